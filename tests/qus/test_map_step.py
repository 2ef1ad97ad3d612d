"""What both mappers do alike: stores, tables of quality, pixels and warnings."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, lfilter
from sklearn.base import clone

from sknac.cohort import Plane, Study
from sknac.exceptions import CohortError
from sknac.qus import EnvelopeMapper, QUSMapper, ReferencePhantom
from sknac.qus._map_job import MapJob
from sknac.qus._map_step import MapStep

PULSE = firwin(31, (2, 9), fs=40, pass_zero=False)


def scan(seed, spoilt=0.0):
    """Echoes; a share of the lines is dead."""
    rf = lfilter(PULSE, 1, np.random.default_rng(seed).normal(size=(500, 64)), axis=0)
    rf[:, : round(64 * spoilt)] = 0.0
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25, start_depth_mm=1.0)


def cohort(*spoilt):
    cells = np.empty(len(spoilt), dtype=object)
    cells[:] = [Study([scan(i, share)]) for i, share in enumerate(spoilt)]
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(len(spoilt))])


PHANTOM = ReferencePhantom(
    [scan(98), scan(99)], attenuation_db_cm_mhz=0.5, speed_of_sound=1540.0
)
STEPS = {
    "spectra": QUSMapper(
        PHANTOM, attenuation_db_cm_mhz=0.5, overlap=0.5, channels=("mbf", "ss")
    ),
    "envelope": EnvelopeMapper(overlap=0.5),
}


@pytest.fixture(params=STEPS)
def step(request):
    return clone(STEPS[request.param])


@pytest.fixture
def computed(monkeypatch):
    """Planes that were computed."""
    planes, compute = [], MapJob.__call__

    def counted(self, *args):
        planes.append(self.plane)
        return compute(self, *args)

    monkeypatch.setattr(MapJob, "__call__", counted)
    return planes


def said(work):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        work()
    return [str(one.message) for one in seen]


def test_stored_maps_are_not_computed_again(step, tmp_path, computed):
    X = cohort(0, 0.3)
    plain = step.fit_transform(X)["us_pre"]
    expected = step.quality_
    for n_computed in (4, 4):
        stored = clone(step).set_params(store=tmp_path)
        maps = stored.fit_transform(X)["us_pre"]
        assert len(computed) == n_computed
        pd.testing.assert_frame_equal(stored.quality_, expected)
        for cell, other in zip(maps, plain, strict=True):
            one, two = cell.planes[0], other.planes[0]
            assert one.origin_mm == two.origin_mm
            np.testing.assert_array_equal(one.load(), two.load())


def test_mappers_of_both_kinds_share_a_store(tmp_path):
    X = cohort(0)
    for step in STEPS.values():
        clone(step).set_params(store=tmp_path).fit_transform(X)
    assert len(list(tmp_path.glob("??/*.npy"))) == len(STEPS)


def test_table_has_a_row_per_plane_and_is_of_the_last_transform(step):
    X = cohort(0, 0.3)
    assert not hasattr(step.fit(X), "quality_")
    for part in (X, X[1:]):
        step.transform(part)
        assert step.quality_["row"].tolist() == list(range(len(part)))
        assert step.quality_table()["patient_id"].tolist() == part.index.tolist()
    row, plane = step.quality_.iloc[0], step.transform(X)["us_pre"].iloc[1].planes[0]
    for name, values in zip(plane.channels, plane.load(), strict=True):
        assert row[f"valid_{name}"] == pytest.approx(np.isfinite(values).mean())
    assert row["n_dead_line"] == np.isnan(plane.load()).any(axis=0).sum() > 0
    assert (row["visit"], row["plane"], row["doubts"]) == ("pre", 0, "")
    assert not hasattr(step.fit(X), "quality_")
    step.transform(pd.DataFrame({"us_pre": [None]}, index=["P9"]))
    assert len(step.quality_) == 0


@pytest.mark.parametrize("stored", [False, True])
def test_planes_with_few_valid_windows_are_warned_of_once(step, tmp_path, stored):
    X = cohort(0, 0.7, 1.0)
    step.set_params(store=tmp_path if stored else None).fit(X)
    for _ in range(1 + stored):
        (text,) = said(lambda: step.transform(X))
        assert "valid in 2 of 3 planes, of 1 none at all: first in row P2" in text
        assert "(most others: dead_line)" in text
    assert said(lambda: step.set_params(min_valid_share=0.1).transform(X[:2])) == []
    assert len(said(lambda: step.set_params(min_valid_share=0.0).transform(X))) == 1


def test_pixels_are_square_and_begin_at_the_first_window(step):
    X = cohort(0)
    coarse = step.fit_transform(X)["us_pre"].iloc[0].planes[0]
    fine = step.set_params(pixel_mm=0.1).fit_transform(X)["us_pre"].iloc[0].planes[0]
    assert fine.spacing_mm == (0.1, 0.1)
    assert fine.origin_mm == coarse.origin_mm
    at = [
        np.round(np.arange(n) * step_mm / 0.1).astype(int)
        for n, step_mm in zip(coarse.image.shape[1:], coarse.spacing_mm, strict=True)
    ]
    at = [
        index[: np.searchsorted(index, n)]
        for index, n in zip(at, fine.image.shape[1:], strict=True)
    ]
    close = fine.load()[:, at[0]][:, :, at[1]]
    known = coarse.load()[:, : len(at[0]), : len(at[1])]
    between = np.ptp(known, axis=(1, 2), keepdims=True)
    assert (np.abs(close - known) < 0.1 * between).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pixel_mm": 1e-4}, "us_pre, plane 0: pixel_mm=0.0001 .* GiB is the most"),
        ({"pixel_mm": 0.0}, "'pixel_mm' parameter of"),
        ({"min_valid_share": 50}, "'min_valid_share' parameter of"),
        ({"channels": "nothing"}, "channels must be different names out of"),
    ],
)
def test_setting_that_cannot_be_is_refused_in_fit(step, settings, message):
    with pytest.raises(ValueError, match=message):
        step.set_params(**settings).fit(cohort(0))


def test_a_file_is_no_store(step, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ValueError, match="store must be a folder"):
        step.set_params(store=file).fit(cohort(0))


def test_what_a_step_must_write_is_named():
    class Half(MapStep):
        kinds = ("rf",)

    with pytest.raises(NotImplementedError, match="Half must write _settle"):
        Half().fit(cohort(0)).transform(cohort(0))


def test_place_is_named_where_a_plane_cannot_be_used(step):
    X = cohort(0, 0)
    envelope = np.abs(X["us_pre"].iloc[1].planes[0].load())
    plane = X["us_pre"].iloc[1].planes[0].replace(image=envelope)
    X = pd.DataFrame({"us_pre": [X["us_pre"].iloc[0], Study([plane])]}, index=X.index)
    with pytest.raises(CohortError, match=r"row P1, column us_pre, plane 0: .*no RF"):
        step.fit(X).transform(X)
