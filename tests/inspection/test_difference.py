import copy
import pickle
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import FeatureAblation
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline, Study
from sknac.datasets import make_bmode_cohort
from sknac.decision import WeightedYoudenThreshold
from sknac.exceptions import CohortError
from sknac.inspection import _difference_score as score_module
from sknac.inspection import prediction_difference
from sknac.inspection._difference import _batch_size, _check_places
from sknac.inspection._occlusion import Lattice
from sknac.nets import (
    DLRClassifier,
    DualInput,
    PlaneFeatureNet,
    PredictiveNet,
    ResNet,
)
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper
from sknac.systems import make_dlr_pipeline

CLOSE = {"rtol": 0, "atol": 1e-6}
FAST = {"max_epochs": 1, "validation_fraction": None, "random_state": 0}


def n_patches(length, patch, stride):
    """Patches from 0 in strides until the last pixel is covered, none outside."""
    starts = range(0, length, stride)
    n_needed = next((k for k in starts if k + patch >= length), starts[-1])
    return starts.index(n_needed) + 1


def occlusions(image, patch, stride):
    """Every (row, column) of the lattice with the image that lacks the patch."""
    height, width = image.shape
    for i in range(n_patches(height, patch, stride)):
        for j in range(n_patches(width, patch, stride)):
            occluded = image.copy()
            rows = slice(i * stride, i * stride + patch)
            occluded[rows, j * stride : j * stride + patch] = 0
            yield i, j, occluded


def plain(predict, bag, patch=8, stride=4):
    """Compute the definition as it is written: a prediction for every patch.

    ``predict`` takes bags (..., height, width) and returns their probabilities.
    """
    places, bags = [], [bag]
    for at in np.ndindex(bag.shape[:-2]):
        for i, j, image in occlusions(bag[at], patch, stride):
            bags.append(bag.copy())
            bags[-1][at] = image
            places.append((*at, i, j))
    before, *after = predict(bags)
    values = np.zeros(np.max(places, axis=0) + 1)
    values[tuple(np.transpose(places))] = np.abs(np.subtract(after, before))
    return values


def bag_predictor(model):
    """Return what computes the last class's probability of bags."""
    return lambda bags: model.predict_proba(bags)[:, -1]


def louder(net, factor=30.0):
    """Make a network's answers depend strongly on its images."""
    last = getattr(net.module_, "head", net.module_).classify
    with torch.no_grad():
        last.weight.mul_(factor)
    return net


@pytest.fixture(scope="module")
def odd_bags():
    """Eight bags of 1-3 planes, two channels, 37 x 42 pixels."""
    rng = np.random.default_rng(0)
    return [rng.random((1 + i % 3, 2, 37, 42), dtype=np.float32) for i in range(8)]


@pytest.fixture(scope="module")
def odd_pairs():
    """Eight bags of 1-2 pairs, one channel, 37 x 42 pixels."""
    rng = np.random.default_rng(1)
    return [rng.random((1 + i % 2, 2, 1, 37, 42), dtype=np.float32) for i in range(8)]


LABELS8 = ["non-response", "response"] * 4


@pytest.mark.parametrize("module", ["resnet_tiny", "ran_tiny"])
def test_plane_net_equals_the_plain_definition(module, odd_bags):
    net = louder(PlaneFeatureNet(module=module, **FAST).fit(odd_bags, LABELS8))
    (found,) = prediction_difference(net, odd_bags[1:2])
    expected = plain(bag_predictor(net), odd_bags[1])
    assert found.shape == expected.shape == (2, 2, 9, 10)
    assert expected.max() > 1e-4
    np.testing.assert_allclose(found, expected, **CLOSE)


THREE = {"columns": ["us_pre", "us_post2", "us_post4"], "missing_visits": "mask"}


@pytest.fixture(scope="module")
def odd_threes():
    """Eight bags of 1-2 items of three visits, 37 x 42 pixels, some missing."""
    rng = np.random.default_rng(2)
    bags = [rng.random((1 + i % 2, 3, 1, 37, 42), dtype=np.float32) for i in range(8)]
    bags[1][0, 2] = bags[1][1, 1] = bags[2][0, 0] = bags[4][0, 2] = np.nan
    return bags


class Blind(DualInput):
    """Computes as its parent, and does not say of what it consists."""

    def features(self, x):
        return super().features(x)


@pytest.mark.parametrize("fusion", ["mean", "attention"])
@pytest.mark.parametrize("module", ["resnet_tiny", Blind])
def test_three_visits_with_gaps_equal_the_plain_definition(module, fusion, odd_threes):
    net = DLRClassifier(module=module, module__fusion=fusion, **THREE, **FAST)
    if module is Blind:
        net.set_params(module__encoder="resnet_tiny")
    louder(net.fit(odd_threes, LABELS8))
    bag = odd_threes[1]
    (found,) = prediction_difference(net, [bag], stride=12)
    gaps = np.isnan(bag).all((2, 3, 4))
    assert found.shape[:3] == bag.shape[:3]
    assert np.isnan(found[gaps]).all()
    places, bags = [], [bag]
    for at in map(tuple, np.argwhere(~gaps)):  # occlude only what there is
        for i, j, image in occlusions(bag[(*at, 0)], 8, 12):
            places.append((*at, 0, i, j))
            bags.append(bag.copy())
            bags[-1][(*at, 0)] = image
    before, *after = net.predict_proba(bags)[:, -1]
    expected = np.abs(np.subtract(after, before))
    assert np.isfinite(found).sum() == len(expected)
    np.testing.assert_allclose(found[tuple(np.transpose(places))], expected, **CLOSE)
    assert expected.max() > 1e-4


def test_a_missing_visit_of_a_frame_has_no_map_and_a_key_of_its_own(tmp_path):
    rng = np.random.default_rng(0)
    cells = np.empty((8, 3), object)
    for at in np.ndindex(cells.shape):
        images = rng.random((1 + at[1] % 2, 32, 32), dtype=np.float32)
        cells[at] = Study([Plane(image, "bmode", (0.5, 0.5)) for image in images])
    X = pd.DataFrame(cells, columns=THREE["columns"], index=range(8))
    net = DLRClassifier(
        module="resnet_tiny", module__fusion="attention", **THREE, **FAST
    )
    louder(net.fit(X, LABELS8))
    gaps = X.copy()
    gaps.loc[0, "us_pre"] = gaps.loc[1, "us_post2"] = None
    store = {"store": tmp_path, "stride": 16}
    whole = prediction_difference(net, X[:2], **store)
    found = prediction_difference(net, gaps[:2], **store)
    again = prediction_difference(net, gaps[:2], stride=16)
    assert found.notna().equals(gaps[:2].notna())
    for column in X:
        for one, other, before in zip(
            found[column], again[column], whole[column], strict=True
        ):
            if one is None:
                continue
            for k, plane in enumerate(one.planes):
                values = plane.load()
                np.testing.assert_array_equal(values, other.planes[k].load())
                assert not np.array_equal(values, before.planes[k].load())


@pytest.mark.parametrize("module", ["resnet_tiny", "ran_tiny"])
@pytest.mark.parametrize("last", ["net", "sklearn"])
def test_pipeline_equals_the_plain_definition(module, last, odd_bags):
    after = [PredictiveNet(lr=0.1, **FAST | {"max_epochs": 30})]
    if last == "sklearn":
        after = [StandardScaler(with_std=False), LogisticRegression(C=1e3)]
    model = make_pipeline(PlaneFeatureNet(module=module, **FAST), *after)
    model.fit(odd_bags, LABELS8)
    found = prediction_difference(model, odd_bags[1:4])  # ragged: 2, 3 and 1 planes
    expected = plain(bag_predictor(model), odd_bags[3])
    assert [len(maps) for maps in found] == [2, 3, 1]
    assert expected.max() > 1e-4
    np.testing.assert_allclose(found[2], expected, **CLOSE)


def test_four_shifted_grids_of_captum_give_the_same(plane_net, bags):
    x = torch.from_numpy(bags[1])[None]  # (1, n_planes, 2, 32, 32)

    def probability(images):
        found = torch.softmax(plane_net.module_(images.flatten(0, 1)).double(), -1)
        return found.unflatten(0, (-1, x.shape[1])).mean(1)[:, 1]

    expected = np.zeros((*x.shape[1:3], 7, 7))
    for top, left in [(0, 0), (0, 4), (4, 0), (4, 4)]:
        mask = torch.zeros(x.shape, dtype=torch.long)
        cells = list(np.ndindex(*x.shape[1:3], (32 - top) // 8, (32 - left) // 8))
        for number, (plane, channel, i, j) in enumerate(cells, start=1):
            rows, columns = slice(top + 8 * i, None), slice(left + 8 * j, None)
            mask[0, plane, channel, rows, columns][:8, :8] = number
        with torch.no_grad():
            found = FeatureAblation(probability).attribute(
                x, feature_mask=mask, perturbations_per_eval=16
            )
        for plane, channel, i, j in cells:
            at = (plane, channel, top // 4 + 2 * i, left // 4 + 2 * j)
            value = found[0, plane, channel, top + 8 * i + 4, left + 8 * j + 4]
            expected[at] = abs(value)
    (ours,) = prediction_difference(plane_net, bags[1:2])
    np.testing.assert_allclose(ours, expected, **CLOSE)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("fusion", ["concat", "diff", "concat_diff"])
def test_pairs_equal_the_plain_definition(shared, fusion, odd_pairs):
    settings = {"module__shared": shared, "module__fusion": fusion}
    net = DLRClassifier(module="resnet_tiny", **settings, **FAST)
    louder(net.fit(odd_pairs, LABELS8))
    (found,) = prediction_difference(net, odd_pairs[1:2])
    expected = plain(bag_predictor(net), odd_pairs[1])
    assert found.shape == expected.shape == (2, 2, 1, 9, 10)
    assert expected.max() > 1e-3
    np.testing.assert_allclose(found, expected, **CLOSE)


class OwnNet(ResNet):
    """A network of the user's, of which nothing is known."""

    def __init__(self, in_channels=1, n_classes=2):
        super().__init__(in_channels, n_classes, layout="tiny")

    def maps(self, x):
        return super().maps(x.flip(-1))


class OwnPairNet(torch.nn.Module):
    """A network on pairs that is no DualInput."""

    def __init__(self, in_channels=1, n_classes=2):
        super().__init__()
        self.net = ResNet(2 * in_channels, n_classes, layout="tiny")

    def forward(self, x):
        return self.net(x.flatten(1, 2))


def test_own_modules_equal_the_plain_definition(odd_bags, odd_pairs):
    for net, bags, row in (
        (PlaneFeatureNet(module=OwnNet, **FAST), odd_bags, 1),
        (DLRClassifier(module=OwnPairNet, **FAST), odd_pairs, 1),
    ):
        net.fit(bags, LABELS8)
        (found,) = prediction_difference(net, bags[row : row + 1], patch=9, stride=9)
        expected = plain(bag_predictor(net), bags[row], patch=9, stride=9)
        np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize(("patch", "stride"), [(5, 3), (8, 16), (64, 8)])
def test_other_patches_equal_the_plain_definition(patch, stride, plane_net, bags):
    (found,) = prediction_difference(plane_net, bags[:1], patch=patch, stride=stride)
    if patch > 32:  # one patch over the whole image
        assert found.shape == (1, 2, 1, 1)
    expected = plain(bag_predictor(plane_net), bags[0], patch, stride)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_batch_size_changes_nothing(batch_size, plane_net, bags):
    found = prediction_difference(plane_net, bags[:3], stride=8, batch_size=batch_size)
    expected = prediction_difference(plane_net, bags[:3], stride=8)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)


@pytest.mark.parametrize(
    ("shape", "size"), [((4, 128, 128), 16), ((2, 1, 32, 32), 64), ((4, 900, 900), 1)]
)
def test_large_images_come_in_small_batches(shape, size):
    assert _batch_size(shape, "cpu") == size
    assert _batch_size(shape, "cuda") > size


def test_empty_patches_differ_by_exactly_zero(plane_net, bags):
    bag = bags[1].copy()
    bag[:, 0, :, 12:] = 0
    bag[0, 1] = 0
    (found,) = prediction_difference(plane_net, [bag])
    assert not found[:, 0, :, 3:].any()
    assert not found[0, 1].any()
    assert (found[:, 0, :, :3] > 0).all()
    assert (found[1, 1] > 0).all()


def test_empty_patches_are_not_computed(plane_net, bags, monkeypatch):
    sizes, whole = [], score_module.ChangedBox.__call__

    def counting(self, changed, *box):
        sizes.append(len(changed))
        return whole(self, changed, *box)

    monkeypatch.setattr(score_module.ChangedBox, "__call__", counting)
    bag = np.zeros_like(bags[0])
    bag[0, 1, 16, 16] = 1  # under four patches of 8 x 8
    prediction_difference(plane_net, [bag])
    assert sum(sizes) == 4


def patients_with_maps():
    """Eight patients with 1-2 planes of two maps, 32 x 40 at 0.1 x 0.2 mm."""
    rng = np.random.default_rng(3)
    core = PolygonOutline([(4.0, 4.0), (4.0, 7.0), (6.0, 7.0), (6.0, 4.0)])

    def study(n):
        common = {"channels": ("si", "esd"), "origin_mm": (3.0, 1.0), "core": core}
        images = rng.normal(size=(n, 2, 32, 40)).astype(np.float32)
        return Study([Plane(im, "maps", (0.1, 0.2), **common) for im in images])

    index = pd.Index([f"P{i}" for i in range(8)], name="patient_id")
    cells = [study(1 + i % 2) for i in range(8)]
    return pd.DataFrame({"age": 50, "us_pre": cells}, index=index)


@pytest.fixture
def maps_cohort():
    """Patients that a test may change."""
    return patients_with_maps()


@pytest.fixture(scope="module")
def fitted_on_maps():
    """Scaler, network and logistic regression on the patients of `maps_cohort`."""
    net = PlaneFeatureNet(module="ran_tiny", **FAST)
    after = StandardScaler(with_std=False), LogisticRegression(C=1e4)
    model = make_pipeline(MapScaler(), net, *after)
    return model.fit(patients_with_maps(), LABELS8)


@pytest.fixture
def maps_model(fitted_on_maps):
    """A fitted model that a test may change."""
    return copy.deepcopy(fitted_on_maps)


def test_maps_of_a_frame_lie_on_the_patches_centres(maps_cohort, maps_model):
    found = prediction_difference(maps_model, maps_cohort)
    assert list(found) == ["us_pre"]
    assert found.index.equals(maps_cohort.index)
    assert [s.n_planes for s in found["us_pre"]] == [1, 2] * 4
    plane = found.loc["P0", "us_pre"].planes[0]
    assert plane.kind == "maps"
    assert plane.channels == ("si", "esd")
    assert plane.image.shape == (2, 7, 9)
    assert plane.image.dtype == np.float32
    # Between the pixels 3 and 4, and then every four pixels.
    np.testing.assert_allclose(plane.grid.axial[:2], [3.35, 3.75])
    np.testing.assert_allclose(plane.grid.lateral[:2], [1.7, 2.5])
    assert plane.core == maps_cohort.loc["P0", "us_pre"].planes[0].core


def test_values_of_a_frame_equal_the_plain_definition(maps_cohort, maps_model):
    found = prediction_difference(maps_model, maps_cohort[1:2])
    images = maps_model[:1].transform(maps_cohort[1:2])
    study = images.iloc[0]["us_pre"]
    bag = np.stack([plane.load() for plane in study.planes])

    def with_images(changed):
        planes = zip(study.planes, changed, strict=True)
        return Study([plane.replace(image=image) for plane, image in planes])

    def predict(bags):
        X = pd.DataFrame({"age": 50, "us_pre": [*map(with_images, bags)]})
        return maps_model[1:].predict_proba(X)[:, 1]

    expected = plain(predict, bag)
    values = np.stack([plane.load() for plane in found.iloc[0]["us_pre"].planes])
    np.testing.assert_allclose(values, expected, **CLOSE)


def test_channels_are_picked_by_name_or_number(maps_cohort, maps_model):
    X = maps_cohort[:1]
    every, esd, first, turned = (
        prediction_difference(maps_model, X, channels=c).iloc[0]["us_pre"].planes[0]
        for c in (None, ["esd"], [0], ["esd", "si"])
    )
    assert esd.channels == ("esd",)
    assert first.channels == ("si",)
    assert turned.channels == ("esd", "si")
    np.testing.assert_allclose(esd.load()[0], every.load()[1], **CLOSE)
    np.testing.assert_allclose(first.load()[0], every.load()[0], **CLOSE)
    np.testing.assert_allclose(turned.load(), every.load()[::-1], **CLOSE)


@pytest.fixture(scope="module")
def pair_cohort(cohort):
    """Network on two visits with different numbers of planes."""
    return DLRClassifier(module="resnet_tiny", **FAST).fit(cohort, [0, 1] * 6)


@pytest.fixture(scope="module")
def cohort():
    """Twelve patients with B-mode planes of two visits, without spacing."""
    rng = np.random.default_rng(2)

    def study(n):
        return Study([Plane(im, "bmode") for im in rng.random((n, 33, 36))])

    cells = {
        "us_pre": [study(1 + i % 3) for i in range(12)],
        "us_post2": [study(1 + i % 2) for i in range(12)],
    }
    return pd.DataFrame(cells, index=[f"P{i}" for i in range(12)])


def test_a_plane_paired_twice_is_occluded_in_both_pairs(cohort, pair_cohort):
    net, row = pair_cohort, 2  # three planes before, one after
    found = prediction_difference(net, cohort.iloc[[row]], patch=8, stride=8)
    after = cohort["us_post2"].iloc[row].planes[0]
    images, expected = after.load(), np.zeros((5, 5))
    before = net.predict_proba(cohort.iloc[[row]])[0, 1]
    for i, j, image in occlusions(images, 8, 8):
        X = cohort.iloc[[row]].copy()
        X["us_post2"] = [Study([after.replace(image=image)])]
        expected[i, j] = abs(net.predict_proba(X)[0, 1] - before)
    values = found["us_post2"].iloc[0].planes[0].load()[0, ::8, ::8]
    np.testing.assert_allclose(values, expected, **CLOSE)
    assert found["us_pre"].iloc[0].n_planes == 3


def test_planes_without_spacing_repeat_values_on_their_pixels(cohort, pair_cohort):
    X = cohort[:1]
    gaps = prediction_difference(pair_cohort, X, patch=4, stride=12)
    plane = gaps["us_pre"].iloc[0].planes[0]
    assert plane.spacing_mm is None
    assert plane.channels == ("prediction_difference_coarse",)
    assert plane.image.shape == (1, 33, 36)
    values = plane.load()[0]
    patch = np.arange(36) % 12 < 4
    np.testing.assert_array_equal(np.isfinite(values[0]), patch)
    assert (values[12:16, 24:28] == values[12, 24]).all()
    dense = prediction_difference(pair_cohort, X)["us_pre"].iloc[0].planes[0]
    assert dense.channels == ("prediction_difference",)
    assert np.isfinite(dense.load()).all()


@pytest.mark.parametrize("place", ["memory", "store"])
def test_coarse_maps_say_so(maps_cohort, maps_model, tmp_path, place):
    store = tmp_path if place == "store" else None
    found = prediction_difference(
        maps_model, maps_cohort[:1], stride=16, store=store, channels="esd"
    )
    plane = found.iloc[0]["us_pre"].planes[0]
    assert plane.channels == ("esd_coarse",)
    np.testing.assert_allclose(plane.spacing_mm, (1.6, 3.2))


class Listener:
    """Counts tasks as scikit-learn's callbacks do; may stop the work."""

    def __init__(self, stop_after=None):
        self.stop_after, self.n_done, self.n_planned = stop_after, 0, None

    def setup(self, estimator, context):
        """Note how many planes there are."""
        self.n_planned = context.max_subtasks

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context):
        """Count a plane."""
        self.n_done += context.task_name == "plane"
        if self.n_done == self.stop_after:
            raise KeyboardInterrupt


def test_callbacks_hear_of_every_plane(maps_cohort, maps_model):
    listener = Listener()
    prediction_difference(maps_model, maps_cohort, stride=16, callbacks=[listener])
    assert listener.n_planned == listener.n_done == 12


def test_killed_work_goes_on_where_it_stopped(
    maps_cohort, maps_model, tmp_path, monkeypatch
):
    settings = {"stride": 8, "store": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        prediction_difference(
            maps_model, maps_cohort, callbacks=[Listener(5)], **settings
        )
    finished = {p: p.read_bytes() for p in tmp_path.rglob("*.npy")}
    assert len(finished) == 5
    computed, around = [], score_module.PatientScore.around
    monkeypatch.setattr(
        score_module.PatientScore,
        "around",
        lambda self, *at: computed.append(at) or around(self, *at),
    )
    resumed = prediction_difference(maps_model, maps_cohort, **settings)
    assert len(computed) == 12 - 5
    again = prediction_difference(maps_model, maps_cohort, **settings)
    assert len(computed) == 12 - 5
    assert again.equals(resumed)
    fresh = prediction_difference(maps_model, maps_cohort, stride=8)
    for one, other in zip(resumed["us_pre"], fresh["us_pre"], strict=True):
        for kept, computed_now in zip(one.planes, other.planes, strict=True):
            np.testing.assert_array_equal(kept.load(), computed_now.load())
    for path, content in finished.items():
        assert path.read_bytes() == content


def n_stored(folder):
    """Number of maps in a store."""
    return len(list(folder.rglob("*.npy")))


def test_store_tells_models_images_and_settings_apart(
    maps_cohort, maps_model, tmp_path
):
    def run(model=maps_model, X=maps_cohort[1:2], **settings):
        prediction_difference(model, X, **{"stride": 8, "store": tmp_path} | settings)
        return n_stored(tmp_path)

    assert run() == 2
    assert run(pickle.loads(pickle.dumps(maps_model))) == 2
    assert run(patch=4) == 4
    assert run(channels=["si"]) == 6
    other_plane = maps_cohort[1:2].copy()
    first, second = other_plane.iloc[0]["us_pre"].planes
    other_plane["us_pre"] = [Study([first, second.replace(image=-second.load())])]
    assert run(X=other_plane) == 8  # the mean changed for both
    with torch.no_grad():
        next(maps_model[1].module_.parameters()).mul_(1.1)
    assert run() == 10
    maps_model[-1].coef_ *= 1.1
    assert run() == 12


def test_store_tells_three_classes_apart(bags, tmp_path):
    net = PlaneFeatureNet(module="resnet_tiny", **FAST).fit(bags, ["a", "b", "c"] * 4)
    for target in "abcab":
        about = {"target": target, "patch": 16, "stride": 16}
        (stored,) = prediction_difference(net, bags[:1], store=tmp_path, **about)
        (computed,) = prediction_difference(net, bags[:1], **about)
        np.testing.assert_allclose(stored, computed, **CLOSE)
    assert n_stored(tmp_path) == 3 * len(bags[0])


def test_store_finds_maps_of_a_network_trained_again(maps_cohort, tmp_path):
    for _ in range(2):  # times of training differ, weights do not
        net = PlaneFeatureNet(module="resnet_tiny", **FAST)
        model = make_pipeline(MapScaler(), net, PredictiveNet(**FAST))
        model.fit(maps_cohort, LABELS8)
        prediction_difference(model, maps_cohort[:1], stride=16, store=tmp_path)
        assert n_stored(tmp_path) == 1


def test_estimator_and_generators_are_left_alone(maps_cohort, maps_model):
    module = maps_model[1].module_
    before, drawn = joblib.hash(maps_model), torch.random.get_rng_state()
    prediction_difference(maps_model, maps_cohort[:1], stride=16)
    assert joblib.hash(maps_model) == before
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert not any(part.training for part in module.modules())


def test_a_network_left_in_training_is_computed_as_predict_does(plane_net, bags):
    expected = prediction_difference(plane_net, bags[:1], stride=16)
    net = copy.deepcopy(plane_net)
    net.module_.train()
    found = prediction_difference(net, bags[:1], stride=16)
    np.testing.assert_array_equal(found, expected)
    assert all(part.training for part in net.module_.modules())


@pytest.mark.filterwarnings("ignore:The threshold:UserWarning")
def test_what_wraps_a_system_is_looked_through():
    data = make_bmode_cohort(n_patients=16, random_state=0)
    system = make_dlr_pipeline(columns=["us_pre", "us_post2"], preset="tiny")
    system.set_params(dlr__max_epochs=1, dlr__random_state=0)
    model = WeightedYoudenThreshold(system, weight=0.8, pos_label="response", cv=2)
    model.fit(data.X, data.y)
    found, inner = (
        prediction_difference(one, data.X[:1], stride=8)
        for one in (model, model.estimator_)
    )
    assert list(found) == ["us_pre", "us_post2"]
    assert found.equals(inner)
    scan = data.X.iloc[0]["us_post2"].planes[0].grid
    low, high = scan.to_points([[0, 0], np.subtract(scan.shape, 1)])
    grid = found.iloc[0]["us_post2"].planes[0].grid
    for side, axis in enumerate((grid.axial, grid.lateral)):
        assert low[side] <= axis[0] < axis[-1] <= high[side]


def test_either_of_two_classes_gives_the_same(plane_net, bags):
    maps = [
        prediction_difference(plane_net, bags[:1], stride=16, target=target)[0]
        for target in ("response", "non-response", None)
    ]
    np.testing.assert_allclose(maps[0], maps[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(maps[0], maps[2], rtol=0, atol=1e-6)


def test_each_of_three_classes_can_be_asked_for(bags):
    net = PlaneFeatureNet(module="resnet_tiny", **FAST).fit(bags, ["a", "b", "c"] * 4)
    (found,) = prediction_difference(net, bags[:1], target="b", patch=16, stride=16)
    expected = plain(lambda bags: net.predict_proba(bags)[:, 1], bags[0], 16, 16)
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_the_most_probable_class_is_compared_or_each_patients_own(bags):
    net = PlaneFeatureNet(module="resnet_tiny", **FAST).fit(bags, ["a", "b", "c"] * 4)
    size = {"patch": 16, "stride": 16}
    by_default = prediction_difference(net, bags[:3], **size)
    likeliest = prediction_difference(
        net, bags[:3], target=net.predict(bags[:3]), **size
    )
    own = prediction_difference(net, bags[:3], target=["c", "a", "b"], **size)
    for i, label in enumerate("cab"):
        np.testing.assert_array_equal(by_default[i], likeliest[i])
        (alone,) = prediction_difference(net, bags[i : i + 1], target=label, **size)
        np.testing.assert_allclose(own[i], alone, **CLOSE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "maybe"}, "target must be one of .*, got 'maybe'"),
        ({"target": ["response"] * 5}, "5 labels, X has 8 patients; give one label"),
        ({"channels": ["mbf"]}, "channels must be of .*, got 'mbf'"),
        ({"channels": [2]}, "channels must be of .*, got 2"),
        ({"channels": ["si", 0]}, "must name each channel once"),
        ({"channels": []}, "must name each channel once"),
        ({"patch": 0}, "'patch' parameter"),
        ({"stride": 2.5}, "'stride' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
    ],
)
def test_bad_settings_are_refused(maps_cohort, maps_model, settings, message):
    with pytest.raises(ValueError, match=message):
        prediction_difference(maps_model, maps_cohort, **settings)


def test_a_missing_visit_is_named(maps_cohort, maps_model):
    maps_cohort.loc["P3", "us_pre"] = None
    with pytest.raises(CohortError, match="row P3, column us_pre"):
        prediction_difference(maps_model, maps_cohort)


def cored(spacing):
    """Eight patients with a plane each, cores at another pixel each."""
    rng, cells = np.random.default_rng(3), []
    for i in range(8):
        mask = np.zeros((60, 80), bool)
        mask[20 + i : 36 + i, 30 : 54 - i] = True
        unit = "mm" if spacing else "px"
        grid = Grid(mask.shape, spacing or (1, 1), (3.0, -8.0), unit)
        core = MaskOutline(mask, grid)
        image = rng.random((60, 80))
        cells.append(Study([Plane(image, "bmode", spacing, (3.0, -8.0), core=core)]))
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(8)])


def test_without_spacing_maps_lie_where_they_do_with_one():
    X, labels = cored(None), [0, 1] * 4
    steps = [ROICropper(square=False), PlaneResizer(image_size=48)]
    net = PlaneFeatureNet(module="resnet_tiny", **FAST)
    model = make_pipeline(*steps, net).fit(X, labels)
    found = prediction_difference(model, X, patch=8, stride=8)
    in_mm = prediction_difference(model, cored((1.0, 1.0)), patch=8, stride=8)
    for patient in X.index:
        plane = found.at[patient, "us_pre"].planes[0]
        other = in_mm.at[patient, "us_pre"].planes[0]
        assert plane.grid == X.at[patient, "us_pre"].planes[0].grid
        assert plane.core == X.at[patient, "us_pre"].planes[0].core
        rows = np.round(other.grid.axial - 3.0).astype(int)
        columns = np.round(other.grid.lateral + 8.0).astype(int)
        values = plane.load()[0]
        np.testing.assert_array_equal(values[np.ix_(rows, columns)], other.load()[0])
        # Height and width of the cores, and a quarter of them on either side.
        i = int(patient[1:])
        seen = np.isfinite(values)
        assert seen.any(axis=1).sum() == 24
        assert abs(seen.any(axis=0).sum() - 1.5 * (24 - i)) <= 1
        assert not seen[: 16 + i].any()
        assert not seen[40 + i :].any()


def test_a_calibrated_networks_probabilities_are_the_calibrated(
    plane_net, bags, labels
):
    net = louder(clone(plane_net).fit(bags, labels))
    outer = CalibratedClassifierCV(FrozenEstimator(net), cv=2)
    outer.fit(bags, labels)
    found = prediction_difference(outer, bags[1:2], target="response")[0]
    expected = plain(bag_predictor(outer), bags[1])
    # The calibration is steep and magnifies what float32 leaves open.
    np.testing.assert_allclose(found, expected, atol=2e-5)
    bare = prediction_difference(net, bags[1:2], target="response")[0]
    assert not np.allclose(found, bare, atol=1e-2)


@pytest.mark.parametrize(("patch", "stride"), [(30, 1), (24, 2), (99, 4)])
def test_patches_reach_the_core(patch, stride):
    core = PolygonOutline([(1, 1), (1, 3), (3, 3)])
    plane = Plane(np.ones((32, 32)), "bmode", (1.0, 1.0), core=core)
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P0"])
    net = SimpleNamespace(columns_=("us_pre",))
    match = f"no patch of {patch} pixels every {stride} has its centre near the core; t"
    with pytest.raises(CohortError, match=f"row P0, column us_pre, plane 0: {match}"):
        _check_places(X, net, Lattice(patch, stride, (32, 32)), [None])
    _check_places(X, net, Lattice(4, 4, (32, 32)), [None])
