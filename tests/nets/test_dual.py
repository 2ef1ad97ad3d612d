import pytest
import torch
from torch import nn

from sknac.nets import DualInput
from sknac.nets._visits import FUSIONS

NAN = float("nan")


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
    [
        ({"encoder": "vgg"}, "encoder must be"),
        ({"fusion": "sum"}, "fusion must be"),
        ({"shared": "no"}, "shared must be True or False, got 'no'"),
        ({"n_visits": 1}, "n_visits must be 2 or more, got 1"),
    ],
)
def test_dual_input_refuses_unknown_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        DualInput(**settings)


@pytest.fixture
def three():
    torch.manual_seed(0)
    return torch.randn(4, 3, 1, 32, 32)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_three_visits_are_encoded_each_and_fused(three, shared, fusion):
    net = DualInput(
        encoder="resnet_tiny", shared=shared, fusion=fusion, n_visits=3
    ).eval()
    assert len(net.encoders) == (1 if shared else 3)
    encoders = [*net.encoders] * (3 if shared else 1)
    vectors = [encode(three[:, k]) for k, encode in enumerate(encoders)]
    fused = net.fuse(torch.stack(vectors, 1), torch.ones(4, 3, dtype=bool))
    torch.testing.assert_close(net.features(three), fused)
    torch.testing.assert_close(net.split().join(*vectors), net(three))
    assert net.split().encoders == tuple(encoders)


@pytest.mark.parametrize("encoder", ["resnet_tiny", "ran_tiny"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_patient_with_gaps_is_computed_as_alone(three, encoder, fusion):
    net = DualInput(encoder=encoder, fusion=fusion, n_visits=3).eval()
    gaps = three.clone()
    gaps[0, 2] = gaps[2, 1] = NAN
    found = net(gaps)
    for k in range(4):
        torch.testing.assert_close(found[k : k + 1], net(gaps[k : k + 1]))
    torch.testing.assert_close(found[[1, 3]], net(three)[[1, 3]])
    assert not torch.allclose(found[[0, 2]], net(three)[[0, 2]])
    vectors = list(net.encoders[0](three[2]).unsqueeze(1))
    vectors[1] = None
    torch.testing.assert_close(net.split().join(*vectors), found[2:3])


def test_batch_statistics_are_those_of_the_images_there_are(three):
    """The blank of a missing visit is no image: plant zeros, and they show."""
    statistics = []
    for fill in (NAN, None, 0.0):
        torch.manual_seed(0)
        net = DualInput(encoder="resnet_tiny", fusion="mean", n_visits=3).train()
        gaps = three.clone()
        if fill is None:  # the same images, in another place
            net.encoders[0](three.flatten(0, 1)[[0, 1, 3, 4, 5, 6, 7, 8, 10, 11]])
        else:
            gaps[0, 2] = gaps[3, 0] = fill
            net(gaps)
        layers = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
        statistics.append(torch.cat([m.running_mean for m in layers]))
    torch.testing.assert_close(statistics[0], statistics[1])
    assert not torch.allclose(statistics[0], statistics[2])


@pytest.mark.parametrize("fusion", FUSIONS)
def test_training_with_gaps_has_finite_gradients(three, fusion):
    net = DualInput(encoder="resnet_tiny", fusion=fusion, n_visits=3).train()
    three[0, 2] = three[1, 1] = NAN
    net(three).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_a_gap_before_separate_encoders_is_refused(three):
    net = DualInput(encoder="resnet_tiny", shared=False, fusion="mean", n_visits=3)
    three[0, 2] = NAN
    with pytest.raises(ValueError, match=r"encoder of its own.*; set shared=True"):
        net(three)


def test_another_number_of_visits_is_refused(three):
    with pytest.raises(ValueError, match="x must hold n_visits=2 images an item, got"):
        DualInput(encoder="resnet_tiny")(three)


def test_weights_of_pairs_keep_their_names():
    names = {name.split(".")[0] for name in DualInput(encoder="ran_tiny").state_dict()}
    assert names == {"encoders", "classify"}
    attention = DualInput(encoder="ran_tiny", fusion="attention").state_dict()
    own = {name for name in attention if name.startswith("fuse")}
    assert own == {"fuse.weigh.order", "fuse.weigh.queries", "fuse.weigh.keys.weight"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of torch's own parts
@pytest.mark.parametrize(
    ("fusion", "n_visits"), [("concat_diff", 2), ("attention", 3), ("mean", 3)]
)
def test_a_program_does_without_missing_visits_too(fusion, n_visits):
    torch.manual_seed(0)
    settings = {"encoder": "resnet_tiny", "width": 2, "n_visits": n_visits}
    net = DualInput(fusion=fusion, **settings).eval()
    x = torch.rand(4, n_visits, 1, 32, 32)
    n_items = {0: torch.export.Dim("n_items")}
    program = torch.export.export(net, (x[:2],), dynamic_shapes=(n_items,)).module()
    for missing in ([], [1], [1, n_visits - 1]):
        x[0, missing] = torch.nan
        with torch.inference_mode():
            torch.testing.assert_close(program(x), net(x), equal_nan=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_program_of_an_encoder_each_gives_nan_where_it_cannot_refuse():
    net = DualInput(encoder="resnet_tiny", width=2, shared=False).eval()
    x = torch.rand(3, 2, 1, 32, 32)
    n_items = {0: torch.export.Dim("n_items")}
    program = torch.export.export(net, (x[:2],), dynamic_shapes=(n_items,)).module()
    x[1, 0] = torch.nan
    with torch.inference_mode():
        assert program(x).isnan().any(dim=1).tolist() == [False, True, False]
        with pytest.raises(ValueError, match="a visit is missing"):
            net(x)
