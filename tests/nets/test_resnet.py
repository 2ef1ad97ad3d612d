import pytest
import torch

from sknac.nets import ResNet


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


def test_own_forward_equals_monai_forward():
    net = ResNet(2, layout="tiny").eval()
    x = torch.randn(2, 2, 48, 48)
    pooled = net.maps(x).mean(dim=(-2, -1))
    torch.testing.assert_close(pooled, net.backbone(x))


def test_features_follow_feature_dim_and_none_means_the_pooled_maps():
    assert ResNet(1, layout="tiny", feature_dim=12).feature_dim == 12
    assert ResNet(1, layout="tiny", feature_dim=None).feature_dim == 64


def test_resnet_refuses_an_unknown_layout():
    with pytest.raises(ValueError, match="layout must be one of"):
        ResNet(layout="34")
