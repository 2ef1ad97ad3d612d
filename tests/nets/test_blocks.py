"""The head that the networks share, and how settings are filled in."""

import numpy as np
import pytest
import torch

from sknac.nets._blocks import FeatureHead, PlaneNet, fill_from_layout, halved


def _head(**settings):
    """A head on three channels of 4 x 6 maps, weights by seed, in evaluation."""
    torch.manual_seed(0)
    given = {"feature_dim": None, "dropout": 0.5, "map_shape": (4, 6)} | settings
    return FeatureHead(3, 2, **given).eval()


@pytest.fixture
def maps():
    """Two images' last maps."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.standard_normal((2, 3, 4, 6)).astype(np.float32))


def test_pooled_features_are_the_maps_means(maps):
    features = _head(head="pool").features(maps)
    assert torch.allclose(features, maps.mean(dim=(2, 3)), atol=1e-6)


def test_pooled_features_of_a_given_number_are_a_rectified_layer_on_the_means(maps):
    head = _head(head="pool", feature_dim=5)
    layer = head.reduce[2]
    expected = (maps.mean(dim=(2, 3)) @ layer.weight.T + layer.bias).clamp(min=0)
    assert head.feature_dim == 5
    assert torch.allclose(head.features(maps), expected, atol=1e-6)


def test_flat_features_are_one_weighted_sum_of_channels_per_pixel(maps):
    head = _head(head="flatten")
    weight, bias = head.reduce[0].weight[0, :, 0, 0], head.reduce[0].bias
    expected = torch.einsum("c,ncij->nij", weight, maps).flatten(1) + bias
    assert head.feature_dim == 4 * 6
    assert torch.allclose(head.features(maps), expected, atol=1e-6)


def test_logits_are_a_linear_layer_on_the_features(maps):
    head = _head(head="pool")
    expected = head.features(maps) @ head.classify.weight.T + head.classify.bias
    assert torch.allclose(head(maps), expected, atol=1e-6)


@pytest.mark.parametrize(
    "settings", [{"head": "mean"}, {"head": "flatten", "map_shape": None}]
)
def test_heads_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match="head"):
        _head(**settings)


def test_a_plane_net_is_its_head_on_its_maps(maps):
    class Net(PlaneNet):
        def __init__(self):
            super().__init__()
            self.head = _head(head="pool")

        def maps(self, x):
            return 2 * x

    net = Net().eval()
    assert torch.equal(net.features(maps), net.head.features(2 * maps))
    assert torch.equal(net(maps), net.head(2 * maps))
    assert net.feature_dim == 3


@pytest.mark.parametrize("size", [(512, 512), (33, 7), (1, 2)])
@pytest.mark.parametrize("times", [0, 1, 3])
def test_halving_is_what_convolutions_of_stride_two_do(size, times):
    x = torch.zeros(1, 1, *size)
    convolution = torch.nn.Conv2d(1, 1, 3, stride=2, padding=1)
    for _ in range(times):
        x = convolution(x)
    assert halved(size, times) == tuple(x.shape[-2:])


def test_an_unknown_size_stays_unknown():
    assert halved(None, 3) is None


_LAYOUTS = {"small": {"width": 8, "dim": 16}, "wide": {"width": 64, "dim": None}}


def test_what_was_not_given_comes_from_the_layout():
    given = {"width": None, "dim": 3}
    assert fill_from_layout(_LAYOUTS, "small", given) == {"width": 8, "dim": 3}


def test_none_may_be_a_value():
    found = fill_from_layout(_LAYOUTS, "small", {"width": 4}, dim=None)
    assert found == {"width": 4, "dim": None}
    assert fill_from_layout(_LAYOUTS, "small", {}, dim="layout") == {"dim": 16}


def test_an_unknown_layout_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'small', 'wide'.*'huge'"):
        fill_from_layout(_LAYOUTS, "huge", {})
