import pytest
import torch
from torch import nn

from sknac.nets import RAN
from sknac.nets._ran import AttentionModule, ResidualUnit


def count(module):
    return sum(p.numel() for p in module.parameters())


# Sources of the counts and of 6.271 and 10.534 GMAC: the authors' own network
# definitions (Wang et al., CVPR 2017).
@pytest.mark.parametrize(
    ("layout", "expected"), [("56", 31_810_728), ("92", 52_466_344)]
)
def test_ran_has_the_published_number_of_parameters(layout, expected):
    with torch.device("meta"):
        net = RAN(3, 1000, layout=layout, feature_dim=None)
    assert count(net) == expected


def test_four_channel_ran_with_features_has_the_derived_number_of_parameters():
    # 31,810,728 - (2048 + 1) 1000 + 64 49 + (2048 + 1) 256 + (256 + 1) 2
    with torch.device("meta"):
        assert count(RAN(in_channels=4, n_classes=2)) == 30_289_922


@pytest.mark.parametrize(("layout", "gmac"), [("56", 6.271), ("92", 10.534)])
def test_ran_takes_the_published_number_of_operations(layout, gmac):
    total = []
    with torch.device("meta"):  # shapes only: nothing is multiplied
        net = RAN(3, 1000, layout=layout, feature_dim=None).eval()

    def tally(layer, inputs, output):
        fan_in = layer.weight[0].numel()
        total.append(fan_in * output.numel())

    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(tally)
    with torch.no_grad():
        net(torch.zeros(1, 3, 224, 224, device="meta"))
    assert sum(total) / 1e9 == pytest.approx(gmac, abs=5e-4)


def test_attention_multiplies_the_trunk_by_one_plus_the_mask():
    torch.manual_seed(0)
    module = AttentionModule(8, mask_depth=2, trunk_units=1).eval()
    seen = {}
    for name in ("before", "trunk", "mask"):
        part = getattr(module, name)
        part.register_forward_hook(lambda _, i, o, name=name: seen.update({name: o}))
    module.after.register_forward_pre_hook(lambda _, i: seen.update(product=i[0]))
    module(torch.randn(2, 8, 12, 12))
    expected = module.trunk(seen["before"]) * (1 + seen["mask"])
    torch.testing.assert_close(seen["product"], expected)
    assert 0 < seen["mask"].min() < seen["mask"].max() < 1


def test_mask_of_one_half_scales_the_trunk_by_one_and_a_half():
    torch.manual_seed(0)
    module = AttentionModule(8, mask_depth=1, trunk_units=1).eval()
    nn.init.zeros_(module.mask.gate[5].weight)  # sigmoid(0) = 1/2 everywhere
    x = torch.randn(2, 8, 12, 12)
    expected = module.after(1.5 * module.trunk(module.before(x)))
    torch.testing.assert_close(module(x), expected)


def test_residual_unit_keeps_the_raw_input_and_projects_the_active_one():
    torch.manual_seed(0)
    x = torch.randn(2, 8, 6, 6)
    same, wider = ResidualUnit(8, 8).eval(), ResidualUnit(8, 16).eval()
    for unit in (same, wider):
        nn.init.zeros_(unit.body[6].weight)  # nothing comes through the body
    torch.testing.assert_close(same(x), x)
    active = torch.relu(x / (1 + 1e-5) ** 0.5)  # fresh batch normalisation
    torch.testing.assert_close(wider(x), wider.project(active))


def test_flatten_head_gives_256_features_at_512_pixels():
    net = RAN(1, width=4, head="flatten", image_size=(512, 512)).eval()
    with torch.no_grad():
        assert net.features(torch.zeros(1, 1, 512, 512)).shape == (1, 256)
    assert net.feature_dim == 256


def test_logits_are_the_classifier_on_the_features():
    net = RAN(2, layout="tiny").eval()
    x = torch.randn(3, 2, 48, 48)
    torch.testing.assert_close(net(x), net.head.classify(net.features(x)))


@pytest.mark.parametrize("size", [(33, 47), (32, 32), (64, 48)])
def test_pool_head_takes_images_of_any_size(size):
    assert RAN(1, layout="tiny").eval()(torch.zeros(2, 1, *size)).shape == (2, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layout": "57"}, "layout must be one of"),
        ({"head": "mean", "layout": "tiny"}, "head must be one of"),
        ({"stem": "tall", "layout": "tiny"}, "stem must be"),
        ({"head": "flatten", "layout": "tiny"}, "needs image_size"),
    ],
)
def test_ran_refuses_unknown_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        RAN(**settings)
