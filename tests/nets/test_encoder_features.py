import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.exceptions import CohortError
from sknac.nets import EncoderFeatures, PlaneFeatureNet, ResNet, _encoder_features
from sknac.preprocessing import MapScaler
from sknac.testing import make_check_cohort

from .test_encoder import Constant, Own

TINY = {"layout": "tiny", "width": 4, "feature_dim": 16}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Weights of a network on colour images."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save(ResNet(3, **TINY).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def frame():
    """B-mode images of 0 to 1, two visits, some with two planes."""
    X, y = make_check_cohort("bmode", visits=("pre", "post2"), image_size=32)
    return MapScaler(limits=(0, 100)).fit_transform(X), y


def encoder(path, **settings):
    """A tiny encoder on the first visit."""
    given = {"weights": path, "columns": "us_pre", "module_settings": {"width": 4}}
    return EncoderFeatures("resnet_tiny", **{**given, **settings})


def test_vectors_are_those_of_a_plain_loop(path, frame):
    X, _ = frame
    step = encoder(path, columns=["us_post2", "us_pre"], normalise=(0.4, 0.2))
    found = step.set_output(transform="pandas").fit(X).transform(X)
    net = ResNet(3, **TINY).eval()
    net.load_state_dict(torch.load(path))
    expected = []
    for column in ("us_post2", "us_pre"):
        for cell in X[column]:
            grey = torch.tensor(np.stack([plane.load() for plane in cell.planes]))
            grey = (grey.float().reshape(-1, 1, 32, 32) - 0.4) / 0.2
            maps = net.maps(grey.expand(-1, 3, -1, -1))
            expected.append(maps.mean((0, 2, 3)).detach().numpy())
    expected = np.hstack(np.split(np.array(expected), 2))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert list(found)[::32] == ["us_post2__encoder0", "us_pre__encoder0"]
    assert list(found.index) == list(X.index)
    assert step.feature_dim_ == 32
    assert step.weights_report_.adapted == ("backbone.conv1.weight",)


def test_features_are_those_of_a_network_that_is_not_trained_at_all(path, frame):
    X, y = frame
    net = PlaneFeatureNet(
        module="resnet_tiny",
        module__width=4,
        module__feature_dim=None,
        module__weights=path,
        trainable="head",
        columns="us_pre",
        max_epochs=1,
    )
    expected = net.fit(X, y).transform(X)
    found = encoder(path).fit(X).transform(X)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_batches_change_nothing(path, frame, batch_size):
    X, _ = frame
    found = encoder(path, batch_size=batch_size).fit(X).transform(X)
    np.testing.assert_allclose(found, encoder(path).fit(X).transform(X), rtol=1e-4)


def test_a_store_is_read_by_content(path, frame, tmp_path, monkeypatch):
    X, _ = frame
    step = encoder(path, store=tmp_path / "store").fit(X)
    first = step.transform(X)
    computed, compute = [], EncoderFeatures._compute

    def counted(self, items, batch):
        computed.extend(batch)
        return compute(self, items, batch)

    monkeypatch.setattr(EncoderFeatures, "_compute", counted)
    np.testing.assert_array_equal(step.transform(X[::-1]), first[::-1])
    np.testing.assert_array_equal(clone(step).fit_transform(X), first)
    assert not computed
    changes = {"pool": "sd"}, {"layer": "backbone.layer3"}, {"normalise": (0, 2)}
    for change in changes:
        other = clone(step).set_params(**change).fit_transform(X)
        assert other.shape != first.shape or not np.allclose(other, first)
    assert len(computed) == 3 * sum(cell.n_planes for cell in X["us_pre"])


def test_other_weights_under_the_same_name_are_noticed(path, frame, tmp_path):
    X, _ = frame
    own = tmp_path / "own.pt"
    own.write_bytes(path.read_bytes())
    step = encoder(own, store=tmp_path / "store")
    first, key = step.fit_transform(X), joblib.hash(clone(step))
    own.write_bytes(path.read_bytes()[:1] + path.read_bytes()[1:])
    assert joblib.hash(clone(step)) == key
    torch.save(ResNet(3, **TINY).state_dict(), own)
    assert joblib.hash(clone(step)) != key
    assert not np.allclose(clone(step).fit_transform(X), first)


def test_a_fitted_step_needs_no_file(path, frame, tmp_path):
    X, _ = frame
    own = tmp_path / "own.pt"
    own.write_bytes(path.read_bytes())
    step = encoder(own, normalise="imagenet").fit(X)
    data, expected = pickle.dumps(step), step.transform(X)
    own.unlink()
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.transform(X), expected)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(again)).transform(X), expected
    )
    assert again.weights_report_.digest == step.weights_report_.digest
    with pytest.raises(FileNotFoundError):
        clone(again).fit(X)


def test_steps_are_searched(path, frame):
    X, y = frame
    model = make_pipeline(encoder(path), StandardScaler(), LogisticRegression())
    search = GridSearchCV(model, {"encoderfeatures__pool": ["mean", "sd"]}, cv=2)
    assert search.fit(X, y).predict_proba(X).shape == (len(X), 2)


def test_a_class_brings_its_own_weights(frame):
    X, _ = frame
    step = EncoderFeatures(Constant, columns="us_pre").fit(X)
    assert step.weights_report_ is None
    again = pickle.loads(pickle.dumps(step))
    np.testing.assert_array_equal(again.transform(X), step.transform(X))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"weights": None},
            "weights of module='resnet_tiny' are random; give the path",
        ),
        ({"weights": None, "module": Own}, "are random; give the path"),
        ({"weights": "https://a.org/b.pt"}, "nothing is downloaded"),
        ({"layer": "head"}, "lacks weights that the features depend on"),
        ({"layer": "stem"}, "no layer 'stem'"),
        ({"module_settings": {"width": 8}}, "is of another network than ResNet"),
        (
            {"module_settings": {"width": 4, "units": (1, 1, 1, 2)}},
            "layer4.1.conv1.wei",
        ),
        ({"module": "resnet"}, "module must be one of"),
        ({"pool": "median"}, "'pool' parameter"),
        ({"normalise": "photos"}, "normalise must be"),
        ({"module": "resnet_tiny", "columns": "us_post9"}, "us_post9"),
    ],
)
def test_what_leaves_features_to_chance_is_refused(path, frame, settings, message):
    step = encoder(path).set_params(**settings)
    if settings.get("module") is Own:
        step.set_params(module_settings=None)
    with pytest.raises(ValueError, match=message):
        step.fit(frame[0])


def test_a_fit_that_fails_leaves_nothing(path, frame):
    step = encoder(path).fit(frame[0]).set_params(pool="max", layer="stem")
    with pytest.raises(ValueError, match="no layer"):
        step.fit(frame[0])
    for one in (step, pickle.loads(pickle.dumps(step))):
        with pytest.raises(NotFittedError):
            one.transform(frame[0])


def test_pixels_out_of_range_are_named(path):
    X, _ = make_check_cohort("bmode", image_size=32)
    with pytest.raises(
        CohortError, match=r"row P000, .* from 0 to 1, got .* MapScaler"
    ):
        encoder(path, normalise="imagenet").fit_transform(X)


def test_pixels_that_few_weights_are_for_are_told(path):
    X, _ = make_check_cohort("bmode", image_size=32)
    with pytest.warns(UserWarning, match=r"pixels go up to 1\d\d.*normalise=.0, 1. if"):
        encoder(path).fit(X)


def test_planes_smaller_than_the_stride_or_of_two_sizes_are_refused(path, frame):
    small, _ = make_check_cohort("bmode", image_size=24)
    with pytest.raises(ValueError, match="32 times smaller; enlarge them"):
        encoder(path).fit(small)
    step = encoder(path).fit(frame[0])
    with pytest.raises(CohortError, match="is 24x24 pixels, expected 32x32"):
        step.transform(frame[0].assign(us_pre=small["us_pre"]))


def test_numbers_that_are_not_finite_are_named(path, frame, monkeypatch):
    X, _ = frame
    step = encoder(path).fit(X)
    step.module_.register_forward_hook(lambda layer, given, made: made * torch.nan)
    with pytest.raises(CohortError, match="row P000, column us_pre, plane 0: the enc"):
        step.transform(X)


def test_the_format_enters_the_digest(path, frame, monkeypatch):
    before = encoder(path).fit(frame[0]).encoder_digest_
    monkeypatch.setattr(_encoder_features, "_FORMAT", 0)
    assert encoder(path).fit(frame[0]).encoder_digest_ != before


def test_callbacks_hear_of_every_batch(path, frame, tmp_path, listener):
    X, _ = frame
    step = encoder(path, batch_size=4, store=str(tmp_path)).set_callbacks(listener)
    first = step.fit_transform(X)
    n_batches = -(-sum(len(study.planes) for study in X["us_pre"]) // 4)
    batch, whole = "EncoderFeatures batch", "EncoderFeatures transform"
    assert listener.heard == [batch] * n_batches + [whole]
    np.testing.assert_array_equal(step.transform(X), first)
    assert listener.heard[n_batches + 1 :] == [whole]  # the store has all
    twin = pickle.loads(pickle.dumps(step))  # with a listener of its own
    np.testing.assert_array_equal(twin.transform(X), first)
    assert listener.heard.count(whole) == 2
