import copy
import pickle

import pytest
import torch
from torch import nn

from sknac.nets import RAN, DualInput, ResNet
from sknac.nets._first_layers import (
    IMAGENET,
    first_convolutions,
    input_scaling,
    make_scaled,
    scale_input,
)


class Twofold(nn.Module):
    """Two convolutions on the image, one on what they make, registered last first."""

    def __init__(self):
        super().__init__()
        self.later = nn.Conv2d(1, 1, 1)
        self.left, self.right = nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3)

    def forward(self, x):
        return self.later(self.left(x) + self.right(x))


@pytest.mark.parametrize(
    ("net", "shape", "names"),
    [
        (ResNet(2, layout="tiny"), (2, 32, 32), ["backbone.conv1"]),
        (RAN(1, layout="tiny"), (1, 32, 32), ["stem.0"]),
        (
            DualInput(encoder="resnet_tiny"),
            (2, 1, 32, 32),
            ["encoders.0.backbone.conv1"],
        ),
        (
            DualInput(encoder="resnet_tiny", shared=False),
            (2, 1, 32, 32),
            ["encoders.0.backbone.conv1", "encoders.1.backbone.conv1"],
        ),
        (Twofold(), (1, 8, 8), ["left", "right"]),
        (
            nn.Sequential(nn.ReLU6(), nn.BatchNorm2d(1), nn.Conv2d(1, 1, 1)),
            (1, 8, 8),
            [],
        ),
        (nn.Linear(3, 2), (3,), []),
    ],
)
def test_convolutions_that_see_the_image_are_found(net, shape, names):
    training = [part.training for part in net.modules()]
    assert first_convolutions(net, shape) == names
    assert [part.training for part in net.modules()] == training


def test_imagenets_numbers_and_their_means():
    assert input_scaling("imagenet", 3) == IMAGENET
    mean, sd = input_scaling("imagenet", 1)
    assert mean == pytest.approx((0.449,), abs=1e-3)
    assert sd == pytest.approx((0.226,), abs=1e-3)
    assert input_scaling((0.5, [1, 2]), 2) == ((0.5, 0.5), (1.0, 2.0))


@pytest.mark.parametrize(
    "given",
    ["photos", 1.0, (0.5,), (0.5, 0), (0.5, -1), ([1, 2, 3], 1), (torch.nan, 1), "ab"],
)
def test_what_scales_nothing_is_refused(given):
    with pytest.raises(ValueError, match="normalise must be"):
        input_scaling(given, 2)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]
)
def test_a_scaled_network_computes_of_images_what_it_did_of_scaled_ones(copied):
    net, x = ResNet(2, layout="tiny").eval(), torch.rand(3, 2, 32, 32)
    mean, sd = (0.2, 0.5), (2.0, 3.0)
    scaled = (x - torch.tensor(mean).view(2, 1, 1)) / torch.tensor(sd).view(2, 1, 1)
    expected = net(scaled), net.features(scaled), net.split().parts[0].run(scaled)
    scale_input(net, ["backbone.conv1"], mean, sd)
    net = copied(net)
    for made, wanted in zip(
        (net(x), net.features(x), net.split().parts[0].run(x)), expected, strict=True
    ):
        torch.testing.assert_close(made, wanted)


def test_a_scaled_network_is_built_as_it_was():
    settings = {"in_channels": 1, "layout": "tiny"}
    net = make_scaled(ResNet, settings, ("backbone.conv1",), (0.4,), (0.2,))
    assert net.state_dict()["backbone.conv1.input_sd"].item() == pytest.approx(0.2)
