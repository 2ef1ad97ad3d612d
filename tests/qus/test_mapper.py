"""`QUSMapper` gives `qus_maps` of every plane, in place and in mm."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.exceptions import CohortError
from sknac.qus import (
    PowerLaw,
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
)
from sknac.roi import ROIMasker

LAW = PowerLaw(bsc_1mhz=1e-6, exponent=3.2)
PITCH = 0.25
CORE = PolygonOutline([(2, 1), (2, 4), (4, 4), (4, 1)])


def scan(rng, n_samples=400, **settings):
    rf = (1000 * rng.normal(size=(n_samples, 20))).astype(np.int16)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=PITCH, **settings)


@pytest.fixture
def phantom(rng):
    planes = [scan(rng, 450) for _ in range(2)]
    return ReferencePhantom(
        planes, attenuation_db_cm_mhz=0.5, speed_of_sound=1488.0, bsc=LAW
    )


@pytest.fixture
def frame(rng):
    studies = [
        Study([scan(rng, core=CORE), scan(rng, 350, core=CORE)]),
        None,
        Study([scan(rng, core=CORE, speed_of_sound=1560.0)]),
    ]
    cells = np.empty(3, dtype=object)
    cells[:] = studies
    index = pd.Index(["P1", "P2", "P3"], name="patient_id")
    X = pd.DataFrame({"age": [50, 60, 70], "att": [0.6, np.nan, 0.9]}, index=index)
    return X.assign(us_pre=pd.Series(cells, index=index, dtype=object))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_maps_are_those_of_qus_maps(frame, phantom, n_jobs):
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, n_jobs=n_jobs)
    mapped = mapper.fit_transform(frame)
    for patient in ("P1", "P3"):
        cells = frame.at[patient, "us_pre"], mapped.at[patient, "us_pre"]
        for rf, maps in zip(*(cell.planes for cell in cells), strict=True):
            expected = qus_maps(rf, phantom, attenuation_db_cm_mhz=0.7)
            for name, values in zip(maps.channels, maps.load(), strict=True):
                np.testing.assert_allclose(values, getattr(expected, name), atol=1e-4)


def test_frame_keeps_its_shape_and_the_input_its_planes(frame, phantom):
    before = frame.copy()
    mapped = QUSMapper(phantom, attenuation_db_cm_mhz=0.7).fit_transform(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert mapped.index.equals(frame.index)
    assert list(mapped.columns) == list(frame.columns)
    assert mapped.at["P2", "us_pre"] is None
    plane = mapped.at["P1", "us_pre"].planes[0]
    assert (plane.kind, plane.image.dtype, plane.core) == ("maps", np.float32, CORE)


def test_pixels_of_the_maps_are_the_window_centres(frame, phantom):
    mapped = QUSMapper(phantom, attenuation_db_cm_mhz=0.7).fit_transform(frame)
    grid = mapped.at["P1", "us_pre"].planes[0].grid
    rf = frame.at["P1", "us_pre"].planes[0]
    expected = qus_maps(rf, phantom, attenuation_db_cm_mhz=0.7)
    np.testing.assert_allclose(grid.axial, expected.depth_mm)
    np.testing.assert_allclose(grid.lateral, expected.lateral_mm)


def test_core_covers_the_same_millimetres(frame, phantom):
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, channels=("mbf",))
    plane = mapper.fit_transform(frame).at["P1", "us_pre"].planes[0]
    area = plane.core_mask().sum() * np.prod(plane.spacing_mm)
    assert area == pytest.approx(2 * 3, rel=0.1)


def test_attenuation_may_come_from_a_column(frame, phantom):
    by_column = QUSMapper(phantom, attenuation_db_cm_mhz="att").fit_transform(frame)
    for patient, attenuation in (("P1", 0.6), ("P3", 0.9)):
        single = QUSMapper(phantom, attenuation_db_cm_mhz=attenuation)
        expected = single.fit_transform(frame).at[patient, "us_pre"]
        assert by_column.at[patient, "us_pre"] == expected
    assert by_column.at["P2", "us_pre"] is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.6, 0.7, np.nan], "row P3, column att: att=nan"),
        ([-0.6, 0.7, 0.7], "row P1, column att: att=-0.6 is negative"),
    ],
)
def test_impossible_attenuation_names_the_row(frame, phantom, values, message):
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz="att")
    with pytest.raises(CohortError, match=message):
        mapper.fit(frame.assign(att=values))


def test_missing_attenuation_column_is_named(frame, phantom):
    with pytest.raises(CohortError, match="column alpha"):
        QUSMapper(phantom, attenuation_db_cm_mhz="alpha").fit(frame)


@pytest.mark.parametrize("value", [-0.1, None])
def test_attenuation_is_required_and_not_negative(frame, phantom, value):
    with pytest.raises(ValueError, match="attenuation_db_cm_mhz"):
        QUSMapper(phantom, attenuation_db_cm_mhz=value).fit(frame)
    with pytest.raises(TypeError, match="attenuation_db_cm_mhz"):
        QUSMapper(phantom)


def test_start_depth_shifts_scan_and_reference_alike(rng, phantom):
    # The plane begins 52 samples down; so does its part of the reference.
    sample_mm = 1540 / 80e3
    whole = scan(rng)
    below = Plane.from_rf(
        whole.load()[52:],
        fs_mhz=40.0,
        line_pitch_mm=PITCH,
        start_depth_mm=52 * sample_mm,
    )
    settings = {"attenuation_db_cm_mhz": 0.7, "overlap": 0.5}
    mapper = QUSMapper(phantom, channels=("mbf",), **settings)
    cells = pd.DataFrame({"us_pre": [Study([whole]), Study([below])]}, index=["a", "b"])
    one, other = (s.planes[0] for s in mapper.fit_transform(cells)["us_pre"])
    assert other.origin_mm[0] == pytest.approx(one.grid.axial[1])
    np.testing.assert_allclose(other.load()[0], one.load()[0, 1:], atol=0.02)


def test_square_pixels_interpolate_the_finished_maps(frame, phantom):
    settings = {"attenuation_db_cm_mhz": 0.7, "channels": ("mbf",)}
    coarse = QUSMapper(phantom, **settings).fit_transform(frame)
    fine = QUSMapper(phantom, pixel_mm=0.1, **settings).fit_transform(frame)
    a, b = (X.at["P1", "us_pre"].planes[0] for X in (coarse, fine))
    assert b.spacing_mm == (0.1, 0.1)
    assert b.origin_mm == a.origin_mm
    at = b.grid.lateral
    row = np.array([np.interp(at, a.grid.lateral, line) for line in a.load()[0]])
    both = [np.interp(b.grid.axial, a.grid.axial, c) for c in row.T]
    np.testing.assert_allclose(b.load()[0], np.array(both).T, atol=1e-4)


def test_errors_name_row_column_and_plane(frame, phantom, rng):
    other = Plane.from_rf(np.ones((400, 20)), fs_mhz=25.0, line_pitch_mm=PITCH)
    frame.at["P3", "us_pre"] = Study([scan(rng), other])
    with pytest.raises(CohortError, match=r"row P3, column us_pre, plane 1: .*fs_mhz"):
        QUSMapper(phantom, attenuation_db_cm_mhz=0.7).fit(frame)


@pytest.mark.parametrize("setting", ["gain_db", "transmit_mhz"])
def test_each_plane_is_held_against_the_phantom(frame, rng, setting):
    one, other = (scan(rng).replace(**{setting: value}) for value in (6.0, 9.0))
    frame.at["P1", "us_pre"] = Study([one])
    frame.at["P3", "us_pre"] = Study([other])
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    mapper = QUSMapper(ReferencePhantom(one, **known), attenuation_db_cm_mhz=0.7)
    with pytest.raises(CohortError, match=r"row P3, .*plane 0: no acquisition"):
        mapper.set_params(channels="mbf").fit(frame)


def test_planes_with_new_settings_are_met_in_transform(frame, phantom, rng):
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7).fit(frame)
    n_known = len(mapper.reference_spectra_)
    frame.at["P2", "us_pre"] = Study([scan(rng, 380)])
    mapped = mapper.transform(frame)
    assert mapped.at["P2", "us_pre"].n_planes == 1
    assert len(mapper.reference_spectra_) == n_known


def test_options_reach_the_spectra(frame, phantom):
    options = SpectralOptions(attenuation_power=1.2, n_fft=256, taper="hamming")
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, options=options)
    plane = frame.at["P1", "us_pre"].planes[0]
    got = mapper.fit(frame).transform_plane(plane).load()[0]
    expected = qus_maps(plane, phantom, attenuation_db_cm_mhz=0.7, options=options)
    np.testing.assert_allclose(got, expected.mbf, atol=1e-4)


def test_spectral_options_are_settings_by_name(frame, phantom):
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7)
    assert mapper.get_params()["options__min_snr_db"] == 6.0
    assert "options__min_snr_db" not in mapper.get_params(deep=False)
    changed = clone(mapper.set_params(**mapper.get_params()))
    changed.set_params(options__attenuation_power=1.2, options__min_snr_db=3.0)
    assert mapper.get_params()["options__min_snr_db"] == 6.0
    options = SpectralOptions(attenuation_power=1.2, min_snr_db=3.0)
    given = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, options=options)
    pd.testing.assert_frame_equal(
        clone(changed).fit_transform(frame), given.fit_transform(frame)
    )


def test_a_search_reaches_the_spectral_options(frame, phantom):
    class Level(ROIMasker):
        def score(self, X, y=None):
            return -np.nanmean(self.transform(X).iat[0, -1].planes[0].load())

    frame = frame.loc[["P1", "P3"]]
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, channels=("mbf",))
    grid = {"qusmapper__options__attenuation_power": [1.0, 1.4]}
    found = GridSearchCV(make_pipeline(mapper, Level()), grid, cv=2).fit(frame)
    # Less attenuation put back, lower maps.
    assert found.best_params_["qusmapper__options__attenuation_power"] == 1.0


def test_missing_bsc_is_said_in_fit(frame, rng):
    bare = ReferencePhantom(
        scan(rng, 450), attenuation_db_cm_mhz=0.5, speed_of_sound=1540.0
    )
    with pytest.raises(ValueError, match="need the phantom's backscatter"):
        QUSMapper(bare, attenuation_db_cm_mhz=0.7).fit(frame)
    four = QUSMapper(bare, attenuation_db_cm_mhz=0.7, channels=("mbf", "si"))
    assert four.fit_transform(frame).at["P1", "us_pre"].planes[0].channels == (
        "mbf",
        "si",
    )


def test_pipeline_with_masker_and_pickle(frame, phantom):
    pipe = make_pipeline(
        QUSMapper(phantom, attenuation_db_cm_mhz=0.7), ROIMasker(region="core")
    )
    whole = frame.loc[["P1", "P3"]]
    expected = pipe.fit_transform(whole)
    again = pickle.loads(pickle.dumps(pipe)).transform(whole)
    pd.testing.assert_frame_equal(again, expected)
