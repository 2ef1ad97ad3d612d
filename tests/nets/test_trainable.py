import pytest
import torch
from torch import nn

from sknac.nets import RAN, DualInput, ResNet
from sknac.nets._trainable import (
    block_names,
    check_trainable,
    freeze,
    head_names,
    train_mode,
)


class Own(nn.Module):
    """Stem, a list of blocks, and a classifier, by names of one's own."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1))
        self.stem = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
        self.blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(2, 2, 1)) for _ in range(3))
        self.drop = nn.Dropout()
        self.out = nn.Linear(2, 2)


class Wrapped(nn.Module):
    """Another network inside."""

    def __init__(self):
        super().__init__()
        self.net = Own()


@pytest.mark.parametrize(
    "given", ["last:0", "last", "last:-1", "last:1.5", "", None, 2]
)
def test_what_says_nothing_of_blocks_is_refused(given):
    with pytest.raises(ValueError, match="trainable must be"):
        check_trainable(given)


@pytest.mark.parametrize(
    ("net", "blocks", "heads"),
    [
        (Own(), ["stem", "blocks.0", "blocks.1", "blocks.2"], ["out"]),
        (Wrapped(), ["net.stem", *(f"net.blocks.{i}" for i in range(3))], ["net.out"]),
        (
            ResNet(1, layout="tiny", units=(1, 1, 1, 2)),
            [
                "backbone.conv1",
                "backbone.bn1",
                *(f"backbone.layer{i}.0" for i in (1, 2, 3, 4)),
                "backbone.layer4.1",
            ],
            ["head"],
        ),
        (RAN(1, layout="tiny"), ["stem", *(f"stages.{i}" for i in range(8))], ["head"]),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 2)), ["0"], ["1"]),
    ],
)
def test_blocks_and_head_of_a_network(net, blocks, heads):
    assert head_names(net) == heads
    assert block_names(net) == [blocks]


@pytest.mark.parametrize("shared", [True, False])
def test_the_last_blocks_of_each_encoder_are_trained(shared):
    net = DualInput(encoder="resnet_tiny", shared=shared)
    trained = freeze(net, "last:1")
    encoders = range(len(net.encoders))
    assert trained == (
        *(f"encoders.{i}.backbone.layer4.0" for i in encoders),
        *(f"encoders.{i}.head" for i in encoders),
        "classify",
    )
    moving = {n.rsplit(".", 1)[0] for n, p in net.named_parameters() if p.requires_grad}
    assert "classify" in moving
    assert not any("layer3" in name or name == "conv1" for name in moving)


def test_only_the_head_is_trained_and_the_rest_keeps_still():
    net = Own()
    assert freeze(net, "head") == ("out",)
    assert [n for n, p in net.named_parameters() if p.requires_grad] == [
        "out.weight",
        "out.bias",
    ]
    train_mode(net, ("out",))
    assert net.training
    assert net.out.training
    assert net.drop.training  # between the body and the head
    assert not any(part.training for part in [*net.stem.modules(), *net.blocks[0]])


def test_what_a_network_itself_keeps_still_is_not_trained():
    net = Own()
    net.out.bias.requires_grad_(False)
    freeze(net, "last:4")
    assert not net.out.bias.requires_grad
    assert not net.token.requires_grad  # of no block
    assert net.stem[0].weight.requires_grad


def test_more_blocks_than_there_are_are_refused():
    with pytest.raises(ValueError, match=r"Own has 4 blocks .* among .*'blocks.2'"):
        freeze(Own(), "last:5")


def test_a_single_layer_has_no_head():
    with pytest.raises(ValueError, match="has no head that could be trained alone"):
        freeze(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), "head")
