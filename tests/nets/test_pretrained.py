import pickle
import warnings

import joblib
import numpy as np
import pytest
import torch
from monai.networks.nets import DenseNet121, EfficientNetBN
from sklearn.base import clone
from torch import nn

from sknac.inspection import grad_cam, prediction_difference
from sknac.nets import DLRClassifier, EncoderFeatures, PlaneFeatureNet, ResNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels
from sknac.testing import make_check_cohort

QUICK = {"module": "resnet_tiny", "max_epochs": 1, "random_state": 0, "lr": 0.01}
STILL = {"flip": False, "max_shift": 0.0}
Y = ["response", "non-response"] * 4
DENSE = {
    "module__init_features": 4,
    "module__growth_rate": 4,
    "module__block_config": (1, 1, 1, 1),
}


def images(*shape):
    """Pixels from 0 to 1."""
    return np.random.default_rng(0).random((8, *shape)).astype(np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Weights of a network on colour images."""
    torch.manual_seed(3)
    net = ResNet(3, layout="tiny")
    net(torch.rand(4, 3, 32, 32))
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save({"state_dict": net.state_dict()}, path)
    return path


def weights_of(net):
    """Weights and statistics by name, as arrays."""
    return {k: v.numpy() for k, v in net.module_.state_dict().items()}


@pytest.mark.parametrize(
    ("cls", "shape"), [(PlaneFeatureNet, (1, 32, 32)), (DLRClassifier, (2, 4, 32, 32))]
)
def test_only_the_last_blocks_move(path, cls, shape):
    net = cls(**QUICK, module__weights=path, trainable="last:1").fit(images(*shape), Y)
    start = torch.load(path)["state_dict"]
    moved = set()
    for name, value in weights_of(net).items():
        own = name.removeprefix("encoders.0.")
        same = start.get(own)
        if same is not None and value.shape == same.shape:
            moved |= set() if np.array_equal(value, same) else {own.split(".")[1]}
    assert moved <= {"layer4", "reduce", "classify"}
    assert "layer4" in moved
    assert net.weights_report_.adapted
    assert net.trained_layers_[0].endswith("backbone.layer4.0")


def test_a_fitted_network_needs_no_file(path, tmp_path):
    own = tmp_path / "own.pt"
    own.write_bytes(path.read_bytes())
    X = images(1, 32, 32)
    net = PlaneFeatureNet(
        **QUICK, module__weights=str(own), module__normalise=(0.5, 2.0)
    )
    net.fit(X, Y)
    data, expected = pickle.dumps(net), net.predict_proba(X)
    own.unlink()
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    assert again.weights_report_ == net.weights_report_
    with pytest.raises(FileNotFoundError, match="no file of weights"):
        clone(again).fit(X, Y)


def test_another_file_of_the_same_name_counts_in_caches(path, tmp_path):
    own = tmp_path / "own.pt"
    own.write_bytes(path.read_bytes())
    net = PlaneFeatureNet(**QUICK, module__weights=own)
    before = joblib.hash(net)
    assert joblib.hash(clone(net)) == before
    torch.save(ResNet(3, layout="tiny").state_dict(), own)
    assert joblib.hash(net) != before
    assert pickle.loads(pickle.dumps(net)).get_params() == net.get_params()


@pytest.mark.parametrize(
    ("cls", "shape"), [(PlaneFeatureNet, (1, 64, 64)), (DLRClassifier, (2, 2, 64, 64))]
)
def test_scaling_inside_is_scaling_before(cls, shape):
    X = images(*shape)
    plain = cls(**QUICK, **STILL).fit((X - 0.4) / 0.25, Y)
    scaled = cls(**QUICK, **STILL, module__normalise=(0.4, 0.25)).fit(X, Y)
    before = plain.predict_proba((X - 0.4) / 0.25)
    np.testing.assert_allclose(scaled.predict_proba(X), before, atol=1e-5)
    maps = grad_cam(scaled, X, target="response")
    others = grad_cam(plain, (X - 0.4) / 0.25, target="response")
    np.testing.assert_allclose(maps, others, atol=1e-4)


def test_differences_are_those_of_scaled_images():
    X = images(1, 64, 64)
    net = PlaneFeatureNet(**QUICK, module__normalise=(0.4, 0.25)).fit(X, Y)
    (maps,) = prediction_difference(net, X[:1], patch=32, stride=32)
    hidden = X[:1].copy()
    hidden[..., :32, :32] = 0
    label = net.predict(X[:1])[0]
    column = net.classes_.tolist().index(label)
    both = net.predict_proba(np.concatenate([X[:1], hidden]))[:, column]
    assert np.ravel(maps)[0] == pytest.approx(abs(both[0] - both[1]), abs=1e-6)


def test_learning_rates_by_layer():
    groups = [("backbone.*", {"lr": 0.0}), ("head.reduce.*", {"lr": 1e-3})]
    net = PlaneFeatureNet(**QUICK, optimizer__param_groups=groups)
    torch.manual_seed(0)
    net.fit(images(1, 32, 32), Y)
    rates = [group["lr"] for group in net.optimizer_.param_groups]
    assert rates == [0.0, 1e-3, 0.01]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"module__weights": "https://a.org/b.pt"}, "nothing is downloaded"),
        ({"trainable": "head"}, "would keep weights that are random"),
        ({"trainable": "first"}, "trainable must be"),
        ({"trainable": "last:9", "module__weights": "tiny"}, "has 6 blocks"),
        ({"module__normalise": "imagenet"}, "from 0 to 1, got .* to 255"),
        ({"module__normalise": "photos"}, "normalise must be"),
        ({"module__feature_layer": "stem"}, "no layer 'stem'; choose from backbone"),
        ({"module": DenseNet121, "module__pretrained": True}, "would download"),
        ({"module": DenseNet121, "module__growth_rat": 4}, "module__growth_rate"),
        ({"module": DenseNet121(2, 1, 2, 4, 4, (1,))}, "not an instance"),
    ],
)
def test_what_cannot_be_done_to_a_network_is_refused(path, settings, message):
    if settings.get("module__weights") == "tiny":
        settings = {**settings, "module__weights": path}
    net = PlaneFeatureNet(**{**QUICK, **settings})
    with pytest.raises(ValueError, match=message):
        net.fit(images(1, 32, 32) * (255 if "module__normalise" in settings else 1), Y)


def test_pixels_that_few_weights_are_for_are_told(path):
    net = PlaneFeatureNet(**QUICK, module__weights=path)
    with pytest.warns(UserWarning, match="pixels go up to 255, and most weights are"):
        net.fit(255 * images(1, 32, 32), Y)
    net.set_params(module__normalise=(0, 1)).fit(255 * images(1, 32, 32), Y)


def test_a_layer_of_features_is_refused_where_there_are_none():
    net = DLRClassifier(**QUICK, module__feature_layer="backbone.layer3")
    with pytest.raises(ValueError, match="DLRClassifier gives no features; leave modu"):
        net.fit(images(2, 1, 32, 32), Y)


@pytest.mark.parametrize("layer", [None, "class_layers.flatten"])
def test_networks_of_monai_are_trained(layer):
    X = images(1, 32, 32)
    settings = {**QUICK, "module": DenseNet121, **DENSE}
    net = PlaneFeatureNet(**settings, module__feature_layer=layer, trainable="last:2")
    net.fit(X, Y)
    assert net.transform(X).shape == (8, 8)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.transform(X), net.transform(X))
    assert net.trained_layers_ == (
        "module.features.denseblock4",
        "module.features.norm5",
        "module.class_layers",
    )


class Plain(nn.Module):
    """A network of one's own, with names of others for what it is told."""

    def __init__(self, in_chans, num_classes, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(in_chans, 3, 3, padding=1)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.out = nn.Linear(3, num_classes)

    def forward(self, x):
        return self.out(self.pool(self.conv(x)))


def test_a_network_without_features_names_a_layer():
    X, net = images(2, 8, 8), PlaneFeatureNet(**{**QUICK, "module": Plain})
    with pytest.raises(ValueError, match="name one of its layers as module__feature_l"):
        net.fit(X, Y)
    net.set_params(module__feature_layer="conv").fit(X, Y)
    by_pool = clone(net).set_params(module__feature_layer="pool").fit(X, Y)
    np.testing.assert_allclose(net.transform(X), by_pool.transform(X), atol=1e-5)


def test_efficientnets_download_nothing():
    net = PlaneFeatureNet(module=EfficientNetBN, module__model_name="efficientnet-b0")
    from sknac.nets._named import module_settings

    _, settings = module_settings(
        net.module, {}, net._given_to_module(), {"in_channels": 1, "n_classes": 2}
    )
    assert settings == {
        "model_name": "efficientnet-b0",
        "in_channels": 1,
        "num_classes": 2,
        "spatial_dims": 2,
        "pretrained": False,
    }


@pytest.mark.parametrize(("regions", "told"), [(("core", "margin"), 1), (("core",), 0)])
def test_three_maps_that_meet_weights_of_colours_are_told(path, regions, told):
    X, y = make_check_cohort("bmode")
    X = RegionChannels(regions=regions, margin_mm=1.0).fit_transform(X)
    X = MapScaler().fit_transform(PlaneResizer(image_size=32).fit_transform(X))
    net = PlaneFeatureNet(**QUICK, module__weights=path, module__normalise="imagenet")
    encoder = EncoderFeatures("resnet_tiny", weights=path, normalise="imagenet")
    for estimator in (net, encoder):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(X, y)
        found = [w for w in caught if "red, green and blue" in str(w.message)]
        assert len(found) == told
