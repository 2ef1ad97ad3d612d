"""Networks say how far their parts look, and of what they consist."""

# SPDX-License-Identifier: BSD-3-Clause

import itertools

import pytest
import torch
from torch import nn

from sknac.nets import RAN, DualInput, ResNet
from sknac.nets._parts import Part, part_of
from sknac.nets.split import network_parts

SETTINGS = [  # kernel, stride, padding
    (1, 1, 0),
    (1, 2, 0),
    (3, 1, 1),
    (3, 2, 1),
    (3, 2, 0),
    (7, 2, 3),
    (5, 3, 2),
]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("length", [16, 17, 19])
def test_reach_is_what_a_convolution_depends_on(setting, length):
    kernel, stride, padding = setting
    layer = nn.Conv1d(1, 1, kernel, stride, padding, bias=False)
    nn.init.ones_(layer.weight)
    part = Part(layer, stride, padding, kernel - 1 - padding)
    n_outputs = layer(torch.zeros(1, 1, length)).shape[-1]
    for start, stop in itertools.combinations(range(length + 1), 2):
        x = torch.zeros(1, 1, length)
        x[..., start:stop] = 1
        touched = torch.nonzero(layer(x)[0, 0])[:, 0]
        first, last = part.outputs(start, stop, n_outputs)
        assert touched.tolist() == list(range(first, max(first, last)))


@pytest.mark.parametrize("setting", SETTINGS)
def test_reach_of_layers_in_a_row_is_that_of_one_after_the_other(setting):
    kernel, stride, padding = setting
    layers = [nn.Conv2d(1, 1, kernel, stride, padding), nn.ReLU(), nn.MaxPool2d(3, 2)]
    part = part_of(nn.Sequential(*layers), layers)
    assert part.stride == 2 * stride
    assert part.before == padding
    assert part.after == kernel - 1 - padding + 2 * stride


@pytest.mark.parametrize(
    "net",
    [
        ResNet(2, layout="tiny"),
        RAN(2, layout="tiny"),
        RAN(2, layout="tiny", modules=(0, 0, 0)),
    ],
)
def test_parts_run_one_after_the_other_give_the_maps(net):
    net.eval()
    image = torch.rand(1, 2, 40, 48)
    split, outputs = net.split(), [image]
    for part in split.parts:
        outputs.append(part.run(outputs[-1]))
    found = split.join(*(outputs[k + 1] for k in split.kept))
    torch.testing.assert_close(found, net.maps(image))


@pytest.mark.parametrize("shared", [True, False])
def test_encoders_and_their_join_give_the_logits_of_pairs(shared):
    net = DualInput(encoder="resnet_tiny", shared=shared).eval()
    pairs = torch.rand(3, 2, 1, 32, 32)
    split = net.split()
    vectors = [encode(pairs[:, i]) for i, encode in enumerate(split.encoders)]
    torch.testing.assert_close(split.join(*vectors), net(pairs))


def test_other_networks_are_not_split():
    class Own(ResNet):
        def maps(self, x):
            return super().maps(x.flip(-1))

    assert network_parts(Own(1, layout="tiny")) is None
    assert network_parts(nn.Conv2d(1, 1, 3)) is None


def test_a_pair_network_that_joins_otherwise_says_nothing():
    class Own(DualInput):
        def features(self, x):
            return super().features(x.flip(1))

    assert network_parts(Own(encoder="resnet_tiny")) is None
