import pytest
import torch

from sknac.nets import DualInput


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(3, 2, 1, 32, 32)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("fusion", ["concat", "diff", "concat_diff"])
def test_fusion_joins_each_visits_features(x, shared, fusion):
    net = DualInput(encoder="resnet_tiny", shared=shared, fusion=fusion).eval()
    pre = net.encoders[0](x[:, 0])
    post = net.encoders[-1](x[:, 1])
    parts = {
        "concat": [pre, post],
        "diff": [post - pre],
        "concat_diff": [pre, post, post - pre],
    }
    torch.testing.assert_close(net.features(x), torch.cat(parts[fusion], dim=1))


def test_shared_encoder_is_called_once_for_both_visits(x):
    net = DualInput(encoder="resnet_tiny").eval()
    shapes = []
    (layer,) = net.last_layers
    layer.register_forward_hook(lambda _, i, o: shapes.append(len(o)))
    net(x)
    assert shapes == [6]


def test_separate_encoders_have_weights_of_their_own():
    shared = DualInput(encoder="resnet_tiny")
    separate = DualInput(encoder="resnet_tiny", shared=False)
    a, b = (p.parameters() for p in separate.encoders)
    assert not all(torch.equal(p, q) for p, q in zip(a, b, strict=True))
    assert len(shared.encoders) == 1
    assert len(separate.last_layers) == 2


def test_difference_of_the_same_image_is_zero(x):
    net = DualInput(encoder="ran_tiny", fusion="diff").eval()
    same = torch.stack([x[:, 0], x[:, 0]], dim=1)
    torch.testing.assert_close(net.features(same), torch.zeros(3, 128))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"encoder": "vgg"}, "encoder must be"), ({"fusion": "sum"}, "fusion must be")],
)
def test_dual_input_refuses_unknown_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        DualInput(**settings)
