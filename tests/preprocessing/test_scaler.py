"""Limits of the training set."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from sknac.cohort import ArrayRef, MaskOutline, Plane, Study
from sknac.exceptions import CohortError
from sknac.preprocessing import MapScaler


def _frame(*images, channels=("mbf",), roi=None):
    """A cohort of one plane a patient."""
    planes = [
        Plane(np.asarray(image, float), "maps", (1, 1), channels=channels)
        for image in images
    ]
    planes = [
        p.replace(roi=MaskOutline(roi, p.grid)) if roi is not None else p
        for p in planes
    ]
    index = [f"P{i}" for i in range(len(planes))]
    return pd.DataFrame({"us_pre": [Study([p]) for p in planes]}, index=index)


def _scaled(scaler, X):
    """Scaled images of a frame."""
    return [cell.planes[0].load() for cell in scaler.transform(X)["us_pre"]]


def test_limits_are_percentiles_of_all_training_values():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(5, 1, 20, 20))
    scaler = MapScaler(limits=(5, 95)).fit(_frame(*images))
    assert scaler.low_[0] == pytest.approx(np.percentile(images, 5))
    assert scaler.high_[0] == pytest.approx(np.percentile(images, 95))


def test_minimum_and_maximum_of_the_paper():
    X = _frame([[[1.0, 2.0]]], [[[3.0, 5.0]]])
    first, second = _scaled(MapScaler(limits=(0, 100)).fit(X), X)
    assert first == pytest.approx(np.array([[[0.0, 0.25]]]))
    assert second == pytest.approx(np.array([[[0.5, 1.0]]]))


def test_test_values_beyond_the_training_limits_are_clipped():
    scaler = MapScaler(limits=(0, 100)).fit(_frame([[[0.0, 1.0]]]))
    assert _scaled(scaler, _frame([[[-3.0, 9.0]]]))[0].tolist() == [[[0.0, 1.0]]]


def test_channels_have_limits_of_their_own():
    X = _frame([[[0.0, 10.0]], [[100.0, 300.0]]], channels=("mbf", "esd"))
    scaler = MapScaler(limits=(0, 100)).fit(X)
    assert scaler.low_.tolist() == [0.0, 100.0]
    assert scaler.high_.tolist() == [10.0, 300.0]


@pytest.mark.parametrize(("fill", "expected"), [("median", 0.5), (0.25, 0.25)])
def test_invalid_inside_is_filled_and_outside_is_zero(fill, expected):
    roi = np.array([[True, True, True, True, False]])
    X = _frame([[[0.0, 1.0, 2.0, np.nan, np.nan]]], roi=roi)
    scaler = MapScaler(limits=(0, 100), fill=fill).fit(X)
    assert _scaled(scaler, X)[0][0, 0].tolist() == [0.0, 0.5, 1.0, expected, 0.0]
    assert scaler.filled_share_[0] == pytest.approx(0.25)


def test_values_outside_the_region_do_not_set_the_limits():
    roi = np.array([[True, True, False]])
    scaler = MapScaler(limits=(0, 100)).fit(_frame([[[0.0, 1.0, 99.0]]], roi=roi))
    assert scaler.high_[0] == 1.0


@pytest.mark.parametrize(
    ("limits", "message"),
    [((99, 1), "percentiles"), ((-1, 50), "percentiles"), ((1, 50, 99), "percentiles")],
)
def test_impossible_limits_are_refused(limits, message):
    with pytest.raises(ValueError, match=message):
        MapScaler(limits=limits).fit(_frame([[[0.0, 1.0]]]))


@pytest.mark.parametrize(
    ("limits", "mend"), [((0.01, 0.99), "(1, 99)"), ((0.0, 1.0), "(0, 100)")]
)
def test_limits_that_look_like_shares_are_refused(limits, mend):
    with pytest.raises(ValueError, match="looks like shares; write " + re.escape(mend)):
        MapScaler(limits=limits).fit(_frame([[[0.0, 1.0]]]))


def test_small_percentiles_are_taken():
    scaler = MapScaler(limits=(0.5, 99.5)).fit(_frame([[[0.0, 1.0]]]))
    assert scaler.low_[0] == pytest.approx(0.005)


@pytest.mark.parametrize("fill", ["median", 0.25])
def test_plane_without_a_valid_value_is_named_with_its_place(fill):
    roi = np.array([[True, True, False]])
    both = ("mbf", "esd")
    X = _frame([[[0.0, 1.0, 2.0]], [[3.0, 4.0, 5.0]]], channels=both)
    nan = np.nan
    invalid = _frame([[[0.0, 1.0, 2.0]], [[nan, nan, 5.0]]], channels=both, roi=roi)
    message = "row P0, column us_pre, plane 0: map esd has no valid value in its region"
    plane = MapScaler(fill=fill).fit(X).transform(invalid).loc["P0", "us_pre"].planes[0]
    with pytest.raises(CohortError, match=f"^{message}"):
        plane.load()


def test_constant_channel_is_refused():
    with pytest.raises(ValueError, match="constant"):
        MapScaler().fit(_frame([[[2.0, 2.0]]]))


def test_channel_without_a_valid_value_is_named():
    X = _frame([[[0.0, 1.0]], [[np.nan, np.nan]]], channels=("mbf", "esd"))
    with pytest.raises(ValueError, match="esd must have a valid value"):
        MapScaler().fit(X)


def test_other_channels_are_named_with_their_place():
    X = _frame([[[0.0, 1.0]]])
    other = _frame([[[0.0, 1.0]]], channels=("esd",))
    with pytest.raises(CohortError, match="row P0, column us_pre, plane 0: channels"):
        MapScaler().fit(X).transform(other)


def test_limits_are_exact_over_planes_of_any_size_and_region():
    rng = np.random.default_rng(1)
    images = [rng.normal(size=(1, 7, n)).astype(np.float32) for n in (3, 11, 6)]
    images[1][0, :2] = np.nan
    values = np.concatenate([image.ravel() for image in images]).astype(float)
    scaler = MapScaler(limits=(2.5, 90)).fit(_frame(*images))
    expected = np.nanpercentile(values, [2.5, 50, 90])
    assert [scaler.low_[0], scaler.median_[0], scaler.high_[0]] == expected.tolist()
    assert scaler.filled_share_[0] == pytest.approx(22 / 140)


def test_fit_holds_one_plane_in_memory_at_a_time(tmp_path):
    """Forty planes of 1.6 MB in files: peak memory is a part of their sum."""
    stack = np.random.default_rng(0).normal(size=(40, 1, 400, 500))
    np.save(tmp_path / "maps.npy", stack)
    planes = [
        Plane(ArrayRef.from_file(tmp_path / "maps.npy", i), "maps", channels=("mbf",))
        for i in range(len(stack))
    ]
    X = pd.DataFrame({"us_pre": [Study(planes)]}, index=["P1"])
    tracemalloc.start()
    MapScaler().fit(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * stack.nbytes


@pytest.mark.parametrize("limits", [(1.0, 99.0), (5.0, 60.0), (0, 100)])
def test_shares_that_are_kept_are_not_stretched(limits):
    """Masks that are rare, everywhere or nowhere; soft ones; a map beside them."""
    rng = np.random.default_rng(0)
    image = rng.uniform(5, 9, (20, 20))
    masks = [np.zeros((20, 20)) for _ in range(4)]
    masks[0][3, 4] = 1
    masks[1][:] = 1
    masks[3][:] = rng.uniform(0.2, 0.4, (20, 20))
    names = ("mbf", "core", "margin", "empty", "soft")
    X = _frame([image, *masks], channels=names)
    scaler = MapScaler(limits=limits, keep=names[1:]).fit(X)
    found = _scaled(scaler, X)[0]
    np.testing.assert_array_equal(found[1:], np.float32(masks))
    alone = MapScaler(limits=limits).fit(_frame([image]))
    np.testing.assert_array_equal(found[0], _scaled(alone, _frame([image]))[0][0])
    assert scaler.low_[1:].tolist() == [0] * 4
    assert scaler.high_[1:].tolist() == [1] * 4


def test_masks_by_their_names_are_kept_unless_told():
    X = _frame([np.eye(8), np.eye(8)], channels=("core", "mbf"))
    np.testing.assert_array_equal(_scaled(MapScaler().fit(X), X)[0][0], np.eye(8))
    empty = _frame([np.zeros((8, 8)), np.eye(8)], channels=("core", "mbf"))
    with pytest.raises(ValueError, match="constant"):
        MapScaler(keep=()).fit(empty)


def test_map_that_is_kept_and_no_share_is_refused():
    X = _frame([[[0.0, 3.5]]], channels=("core",))
    message = r"channel core is in keep and must be a share, .*, got 0 to 3.5; rename"
    with pytest.raises(ValueError, match=message):
        MapScaler().fit(X)
    assert _scaled(MapScaler(keep=[], limits=(0, 100)).fit(X), X)[0].max() == 1


def test_limits_do_not_depend_on_how_the_planes_are_parted():
    rng = np.random.default_rng(0)
    X = _frame(*(rng.normal(size=(1, 9, 11)) for _ in range(70)))
    serial = MapScaler().fit(X)
    with parallel_config("threading"):
        parted = MapScaler(n_jobs=3).fit(X)
    for name in ("low_", "median_", "high_", "filled_share_"):
        assert np.array_equal(getattr(serial, name), getattr(parted, name))


def test_other_channels_are_told_before_anything_is_read(monkeypatch):
    X = _frame([np.eye(2)], [np.eye(2)])
    X.iloc[1, 0] = _frame([np.eye(2)], channels=("esd",)).iloc[0, 0]
    monkeypatch.setattr("sknac.cohort.Plane.load", lambda self: 1 / 0)
    with pytest.raises(CohortError, match="row P1, column us_pre, plane 0: channels"):
        MapScaler().fit(X)
