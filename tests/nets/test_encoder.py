from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sknac.nets import RAN, ResNet
from sknac.nets._encoder import (
    Encoder,
    arrays_of,
    build,
    code_of,
    encoder_settings,
    find_module,
    is_random,
    random_part,
    weights_digest,
)

FACTS = {"in_channels": 1, "n_classes": 2, "image_size": (32, 32)}


class Own(nn.Module):
    """A network of one's own that says nothing of features."""

    def __init__(self, in_channels=1):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(in_channels, 3, 3), nn.ReLU())
        self.out = nn.Linear(3, 2)

    def forward(self, x):
        return self.out(self.body(x).mean((2, 3)))


class Constant(Own):
    """The same, with weights of its own."""

    def __init__(self, in_channels=1):
        super().__init__(in_channels)
        for weight in self.parameters():
            nn.init.constant_(weight, 0.5)


@pytest.fixture
def images():
    return torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("pool", "by_hand"),
    [
        ("mean", lambda maps: maps.mean((2, 3))),
        ("max", lambda maps: maps.amax((2, 3))),
        ("sd", lambda maps: maps.std((2, 3), correction=0)),
    ],
)
def test_last_maps_are_pooled(images, pool, by_hand):
    net = RAN(1, layout="tiny").eval()
    found = Encoder(net, None, pool)(images)
    torch.testing.assert_close(found, by_hand(net.maps(images)))


def test_what_the_head_is_given_are_the_features_of_others(images):
    net = Own().eval()
    expected = net.body(images).mean((2, 3))
    torch.testing.assert_close(Encoder(net, None, "max")(images), expected)
    by_name = Encoder(net, "body.0", "mean")(images)
    torch.testing.assert_close(by_name, net.body[0](images).mean((2, 3)))
    net.features = net.body
    torch.testing.assert_close(Encoder(net, None, "mean")(images), expected)


def test_a_layer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no layer 'stem'; choose from body, body"):
        Encoder(Own(), "stem", "mean")
    with pytest.raises(ValueError, match="a single layer with weights; name the one"):
        Encoder(nn.Sequential(nn.Conv2d(1, 1, 1)), None, "mean")


def test_names_paths_and_classes_are_found():
    assert find_module("resnet_tiny")[0] is ResNet
    assert find_module("sknac.nets.RAN") == (RAN, {})
    assert find_module(Own) == (Own, {})
    _, settings = encoder_settings("resnet_tiny", {"width": 4}, FACTS)
    assert settings["feature_dim"] is None
    assert settings["in_channels"] == 1
    assert settings["width"] == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("resnet19", "module must be one of .* or the path of a class"),
        ("no.such.Network", "cannot be imported .No module named 'no'"),
        ("sknac.nets.Network", "cannot be imported .*no attribute 'Network'"),
        ("sknac.nets.__all__", "or the path of a class"),
        (".relative", "module must be one of"),
        ("os.system", "the path of a class of networks"),
        ("torch.hub.load", "give a function itself"),
        ("builtins.dict", "the path of a class of networks"),
    ],
)
def test_what_is_no_network_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        find_module(given)


def test_settings_that_a_network_does_not_take_are_refused():
    with pytest.raises(ValueError, match=r"has no setting 'widht'.*did you mean"):
        encoder_settings("resnet_tiny", {"widht": 4}, FACTS)
    with pytest.raises(ValueError, match="not an instance"):
        encoder_settings(Own(), {}, FACTS)
    with pytest.raises(ValueError, match="must make a torch module, got a dict"):
        build(dict, {})


def test_first_weights_that_are_drawn_are_known():
    before = torch.random.get_rng_state()
    assert is_random(Own, {}, build(Own, {}))
    assert not is_random(Constant, {}, build(Constant, {}))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert weights_digest(build(Own, {})) == weights_digest(build(Own, {}))


def test_weights_that_the_vectors_depend_on_are_found():
    encoder = Encoder(build(Own, {}), "body", "mean")
    before = arrays_of(encoder.module)
    assert random_part(encoder, ("out.weight", "out.bias"), (1, 32, 32)) is None
    assert (
        random_part(encoder, ("out.bias", "body.0.bias"), (1, 32, 32)) == "body.0.bias"
    )
    np.testing.assert_equal(arrays_of(encoder.module), before)


def test_the_code_of_a_network_is_told():
    name, _, source = code_of(partial(Own, 2), build(partial(Own, 2), {}))
    assert name.endswith("test_encoder.Own by partial")
    assert "self.out(self.body(x)" in source
    assert code_of(nn.Linear, nn.Linear(1, 1))[1] == str(torch.__version__)
    typed = type("Typed", (nn.Module,), {"__module__": "__main__"})
    assert code_of(typed, typed())[2] == ""
