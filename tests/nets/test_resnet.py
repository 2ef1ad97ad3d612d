import pytest
import torch

from sknac.nets import ResNet
from sknac.nets._resnet import LAYOUTS

NEAR = {"rtol": 0, "atol": 1e-9}


# Counts of the networks of He et al. as every library has them.
@pytest.mark.parametrize(
    ("layout", "expected"),
    [("18", 11_689_512), ("50", 25_557_032), ("101", 44_549_160)],
)
def test_resnet_has_the_published_number_of_parameters(layout, expected):
    net = ResNet(3, 1000, layout=layout, feature_dim=None)
    assert sum(p.numel() for p in net.parameters()) == expected


def test_resnet_maps_are_32_times_smaller_than_the_image():
    net = ResNet(1, layout="tiny").eval()
    assert net.maps(torch.zeros(2, 1, 64, 96)).shape[-2:] == (2, 3)


def test_gradient_reaches_the_first_convolution_through_every_shortcut():
    net = ResNet(1, layout="tiny", units=(1, 1, 1, 1))
    # With the bodies silent only the shortcuts carry the gradient.
    for stage in (net.backbone.layer2, net.backbone.layer3, net.backbone.layer4):
        torch.nn.init.zeros_(stage[0].bn2.weight)
    net(torch.randn(2, 1, 64, 64)).sum().backward()
    assert net.backbone.conv1.weight.grad.abs().sum() > 0


def monai_twin(layout, units, width):
    """Build MONAI's network of the same layout."""
    resnet = pytest.importorskip("monai.networks.nets.resnet")
    use = LAYOUTS[layout]
    return resnet.ResNet(
        use["block"],
        list(units),
        [width * k for k in (1, 2, 4, 8)],
        spatial_dims=2,
        n_input_channels=2,
        conv1_t_stride=2,
        bias_downsample=False,
        feed_forward=False,
    )


# Stages of one unit and of two, whose second has no projection, hold all there is: the
# published networks repeat the latter, with more channels.
@pytest.mark.parametrize(
    ("layout", "units", "width"),
    [
        ("tiny", (1, 1, 1, 1), 8),
        ("18", (2, 1, 1, 2), 16),
        ("50", (2, 1, 1, 2), 16),
        pytest.param("18", (2, 2, 2, 2), 64, marks=pytest.mark.slow),
        pytest.param("50", (3, 4, 6, 3), 64, marks=pytest.mark.slow),
    ],
)
def test_maps_and_gradients_are_those_of_monai(layout, units, width):
    torch.manual_seed(0)
    net = ResNet(2, layout=layout, units=units, width=width).double()
    twin = monai_twin(layout, units, width).double()
    twin.load_state_dict(net.backbone.state_dict())
    x = torch.randn(3, 2, 64, 48).double()
    # A smooth loss with a gradient everywhere, in training mode.
    pooled, expected = net.maps(x).mean(dim=(-2, -1)), twin(x)
    pooled.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(pooled, expected, rtol=1e-7, atol=1e-9)
    found, other = net.backbone.conv1.weight.grad, twin.conv1.weight.grad
    torch.testing.assert_close(found / other.norm(), other / other.norm(), **NEAR)


def test_first_weights_are_those_of_monai():
    torch.manual_seed(0)
    net = ResNet(2, layout="tiny")
    torch.manual_seed(0)
    twin = monai_twin("tiny", (1, 1, 1, 1), 8)
    for name, weights in twin.state_dict().items():
        assert torch.equal(net.backbone.state_dict()[name], weights), name


def test_features_follow_feature_dim_and_none_means_the_pooled_maps():
    assert ResNet(1, layout="tiny", feature_dim=12).feature_dim == 12
    assert ResNet(1, layout="tiny", feature_dim=None).feature_dim == 64


def test_resnet_refuses_an_unknown_layout():
    with pytest.raises(ValueError, match="layout must be one of"):
        ResNet(layout="34")
