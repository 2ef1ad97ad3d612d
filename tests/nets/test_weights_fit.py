import re

import pytest
import torch
from monai.networks.nets import DenseNet
from monai.networks.nets import ResNet as MonaiResNet
from torch import nn

from sknac.exceptions import SknacFormatError
from sknac.nets import DualInput, ResNet
from sknac.nets._first_layers import first_convolutions
from sknac.nets._weights_file import WeightsFile
from sknac.nets._weights_fit import (
    adapt_channels,
    fit_weights,
    short_name,
    tell_missing,
    tell_unused,
)

CONV = "backbone.conv1"


def colour_net():
    """A network with the names that torchvision has, its statistics not as at first."""
    net = MonaiResNet(
        "basic",
        [1, 1, 1, 1],
        [8, 16, 32, 64],
        spatial_dims=2,
        n_input_channels=3,
        conv1_t_stride=2,
        bias_downsample=False,
        num_classes=5,
    )
    torch.manual_seed(1)
    return net(torch.rand(4, 3, 32, 32)) is not None and net.eval()


@pytest.fixture(scope="module")
def colour():
    return colour_net()


def as_file(tensors):
    """Weights as if they had been read."""
    return WeightsFile("w.pt", "abc", dict(tensors))


def tiny(n_channels, **settings):
    """A network of ours without a layer between maps and classes."""
    return ResNet(n_channels, layout="tiny", feature_dim=None, **settings).eval()


@pytest.mark.parametrize("prefix", ["", "module.", "model.encoder.", "net._orig_mod."])
def test_weights_of_torchvisions_names_compute_what_they_did(colour, prefix):
    net, x = tiny(3), torch.rand(2, 3, 32, 32)
    file = as_file({prefix + k: v for k, v in colour.state_dict().items()})
    report = fit_weights(net, file, [CONV])
    maps = {}
    colour.layer4.register_forward_hook(lambda *given: maps.update(last=given[2]))
    colour(x)
    torch.testing.assert_close(net.maps(x), maps["last"], rtol=1e-5, atol=1e-5)
    assert report.adapted == ()
    assert report.missing == ("head.classify.weight", "head.classify.bias")
    assert report.unused == (f"{prefix}fc.weight", f"{prefix}fc.bias")
    assert report.n_loaded == len(net.state_dict()) - 2


@pytest.mark.parametrize("n_channels", [1, 2, 4])
def test_a_grey_image_gives_what_its_copies_gave(colour, n_channels):
    net, grey = tiny(n_channels), torch.rand(2, 1, 32, 32)
    report = fit_weights(net, as_file(colour.state_dict()), [CONV])
    assert report.adapted == (f"{CONV}.weight",)
    same = tiny(3)
    fit_weights(same, as_file(colour.state_dict()), [CONV])
    torch.testing.assert_close(
        net.features(grey.expand(-1, n_channels, -1, -1)),
        same.features(grey.expand(-1, 3, -1, -1)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_one_channel_gets_the_sum_and_others_its_share():
    weight = torch.arange(12.0).view(1, 3, 2, 2)
    assert torch.equal(adapt_channels(weight, 1)[:, 0], weight.sum(1))
    assert torch.equal(adapt_channels(weight, 6)[0, 5], weight[0].sum(0) / 6)


@pytest.mark.parametrize("shared", [True, False])
def test_each_encoder_of_a_pair_gets_the_weights(colour, shared):
    net = DualInput(1, encoder="resnet_tiny", shared=shared)
    first = first_convolutions(net, (2, 1, 32, 32))
    report = fit_weights(net, as_file(colour.state_dict()), first)
    assert len(report.adapted) == len(net.encoders)
    for encoder in net.encoders:
        assert torch.equal(encoder.backbone.bn1.bias, colour.bn1.bias)
    assert "classify.weight" in report.missing


def test_a_network_takes_its_own_weights_whole():
    one, other = tiny(2), tiny(2)
    report = fit_weights(other, as_file(one.state_dict()), [])
    assert report.missing == report.unused == ()
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize("way", [r"\1.\2\3.", r"\1.\2.\3."])
def test_dense_networks_of_torchvisions_names_fit_monais(way):
    one, other = (DenseNet(2, 3, 2, 4, 4, (1, 2)) for _ in range(2))
    named = re.compile(r"(denselayer\d)\.layers\.(norm|conv)(\d)\.")
    tensors = {named.sub(way, k): v for k, v in one.state_dict().items()}
    for part in ("weight", "bias"):
        tensors[f"classifier.{part}"] = tensors.pop(f"class_layers.out.{part}")
    report = fit_weights(other, as_file(tensors), [])
    assert report.missing == ("class_layers.out.weight", "class_layers.out.bias")
    assert report.unused == ("classifier.weight", "classifier.bias")


def test_names_without_their_wrappers():
    assert short_name("module.model.backbone.layer1.0.bn.bias") == "layer1.0.bn.bias"
    assert short_name("encoders.1.backbone.conv1.weight") == "conv1.weight"
    assert short_name("model") == "model"


def refusal(net, tensors, first=(CONV,)):
    """What is said of weights that do not fit."""
    with pytest.raises((ValueError, SknacFormatError)) as caught:
        fit_weights(net, as_file(tensors), first)
    return str(caught.value)


def test_weights_of_another_network_are_refused_with_the_nearest_names(colour):
    text = refusal(tiny(1), {"cnv1.weight": torch.ones(8, 1, 7, 7)})
    assert "'backbone.conv1.weight' ('cnv1.weight')" in text
    assert "has 0 of the 60 weights of ResNet besides its head" in text
    head = {k: v for k, v in tiny(1).state_dict().items() if k.startswith("head")}
    assert "has 0 of the 60" in refusal(tiny(1), head)
    few = {k: v for k, v in colour.state_dict().items() if "layer" not in k}
    assert "has 5 of the 60" in refusal(tiny(3), few)


def test_weights_of_another_width_are_refused(colour):
    text = refusal(tiny(3, width=4), colour.state_dict())
    assert (
        "'backbone.conv1.weight' is (8, 3, 7, 7) in the file and (4, 3, 7, 7)" in text
    )


def test_channels_of_other_layers_are_not_adapted(colour):
    tensors = {**colour.state_dict(), "layer1.0.conv1.weight": torch.ones(8, 3, 3, 3)}
    assert "'backbone.layer1.0.conv1.weight' is" in refusal(tiny(3), tensors)


def test_two_sets_of_weights_in_one_are_refused(colour):
    tensors = {f"{p}.{k}": v for k, v in tiny(3).state_dict().items() for p in "ab"}
    both = {
        k.replace("a.", "module.").replace("b.", "net."): v for k, v in tensors.items()
    }
    assert "all stand for" in refusal(tiny(3), both)


def test_whole_numbers_are_refused(colour):
    tensors = {k: v.to(torch.int8) for k, v in colour.state_dict().items()}
    assert "whole numbers; save floats" in refusal(tiny(3), tensors)


def test_a_file_of_a_shallower_network_is_warned_of(colour):
    net = tiny(3, units=(1, 1, 2, 1))
    report = fit_weights(net, as_file(colour.state_dict()), [CONV])
    tell_unused(net, report)
    with pytest.warns(UserWarning, match="lacks 10 weights .* 'backbone.layer3.1"):
        tell_missing(net, report)


def test_a_file_of_a_deeper_network_is_warned_of():
    deeper = tiny(3, units=(1, 1, 2, 1)).state_dict()
    report = fit_weights(net := tiny(3), as_file(deeper), [CONV])
    tell_missing(net, report)
    with pytest.warns(UserWarning, match="10 weights in layers of ResNet"):
        tell_unused(net, report)


def test_a_file_of_the_same_network_is_not_warned_of(colour):
    report = fit_weights(net := tiny(3), as_file(colour.state_dict()), [CONV])
    tell_missing(net, report)
    tell_unused(net, report)


def test_other_tasks_heads_are_no_matter():
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 7))
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2))
    report = fit_weights(net, as_file(body.state_dict()), ["0"])
    assert report.missing == report.unused == ("2.weight", "2.bias")
