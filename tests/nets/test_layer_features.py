import pytest
import torch
from torch import nn

from sknac.nets._layer_features import LayerFeatures, as_vectors, output_of


def make(width=3):
    """A small network without a method ``features``."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)
    )


def test_features_are_what_a_layer_gives_averaged_over_the_image():
    net = LayerFeatures(make, {"width": 4}, "1")
    x = torch.rand(2, 1, 8, 8)
    expected = net.module[1](net.module[0](x)).mean((2, 3))
    torch.testing.assert_close(net.features(x), expected)
    assert net.last_layer is net.module[1]
    assert net(x).shape == (2, 2)


def test_vectors_and_tokens():
    vectors, tokens = torch.rand(2, 5), torch.rand(2, 9, 5)
    assert as_vectors(vectors, "a") is vectors
    torch.testing.assert_close(as_vectors(tokens, "a"), tokens.mean(1))
    largest = as_vectors(tokens, "a", lambda flat: flat.amax(-1))
    torch.testing.assert_close(largest, tokens.amax(1))
    with pytest.raises(ValueError, match=r"must give vectors or maps .* got \(2,\)"):
        as_vectors(torch.rand(2), "a")


def test_a_layer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no layer 'conv'; choose from 0, 1, 2, 3"):
        LayerFeatures(make, {}, "conv")


def test_a_layer_that_is_not_run_is_refused():
    net = nn.ModuleDict({"a": nn.Identity()})
    net.forward = lambda x: x
    with pytest.raises(ValueError, match="gives no tensor"):
        output_of(net, "a", torch.zeros(1))
