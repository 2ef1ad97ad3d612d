import itertools

import pytest
import torch
from torch import nn

from sknac.inspection._incremental import ChangedBox
from sknac.nets import RAN, ResNet

NETS = {
    "resnet tiny": lambda: ResNet(3, layout="tiny"),
    "bottlenecks": lambda: ResNet(
        3, layout="tiny", block="bottleneck", units=(2, 1, 1, 1)
    ),
    "ran tiny": lambda: RAN(3, layout="tiny"),
    "ran with the large stem": lambda: RAN(
        3, layout="tiny", stem="large", trunk_units=2
    ),
    "ran without attention": lambda: RAN(3, layout="tiny", modules=(0, 0, 0)),
}


def lively(net, seed=0):
    """Give a network statistics and weights with which every layer speaks."""
    torch.manual_seed(seed)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.3)
            layer.running_var.uniform_(0.5, 2)
            nn.init.normal_(layer.bias, 0, 0.3)
    return net.eval()


def assert_near(found, expected):
    """Hold maps to 1e-5 of the largest: some 100 rounding steps of float32.

    A crop is summed in another order than the whole, by other instructions on
    every processor, and small values come from large ones that cancel.
    """
    scale = expected.abs().max()
    torch.testing.assert_close(found / scale, expected / scale, rtol=0, atol=1e-5)


def compare(net, image, rows, columns):
    """Maps by crops and from whole images, for two changes of a box."""
    box = (slice(*rows), slice(*columns))
    changed = torch.rand(2, *image[0, :, *box].shape)
    whole = image.repeat(2, 1, 1, 1)
    whole[:, :, *box] = changed
    with torch.inference_mode():
        maps = ChangedBox(net.split(), image)(changed, rows, columns)
        return maps, net.maps(whole)


@pytest.mark.parametrize("side", [(32, 32), (37, 50)])
@pytest.mark.parametrize("name", NETS)
def test_crops_give_the_maps_of_whole_images(name, side):
    net = lively(NETS[name]())
    image = torch.rand(1, 3, *side)
    height, width = side
    rows = [(0, 8), (3, 11), (13, 14), (height - 8, height)]
    columns = [(0, 8), (9, 21), (width - 5, width), (0, width)]
    for box in itertools.product(rows, columns):
        found, expected = compare(net, image, *box)
        assert_near(found, expected)


def test_early_layers_see_less_than_the_image():
    net = lively(ResNet(1, layout="tiny"))
    seen = []
    net.backbone.conv1.register_forward_pre_hook(lambda _, x: seen.append(x[0].shape))
    compare(net, torch.rand(1, 1, 96, 96), (40, 48), (0, 8))
    assert seen[1][-2:] < (32, 32)


@pytest.mark.slow
@pytest.mark.parametrize("make", [RAN, ResNet])
def test_full_size_networks_agree_at_128_pixels(make):
    net = lively(make(4, layout={"RAN": "56", "ResNet": "101"}[make.__name__]))
    net.to(memory_format=torch.channels_last)
    for row, column in [(0, 0), (60, 60), (120, 12), (37, 120)]:
        image = torch.rand(1, 4, 128, 128)
        found, expected = compare(net, image, (row, row + 8), (column, column + 8))
        assert_near(found, expected)
