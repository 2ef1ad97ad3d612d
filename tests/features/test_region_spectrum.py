"""Spectral parameters of regions as one row per patient."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, lfilter
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, Study
from sknac.datasets import make_rf_cohort
from sknac.exceptions import CohortError
from sknac.features import RegionSpectrum
from sknac.qus import ReferencePhantom, SpectralOptions, roi_spectrum
from sknac.utils._doubts import kind_of


@pytest.fixture(scope="module")
def cohort():
    return make_rf_cohort(
        n_patients=6, n_planes=2, depth_mm=25, width_mm=20, random_state=3
    )


def features(cohort, **settings):
    return RegionSpectrum(cohort.reference, attenuation_db_cm_mhz=0.6, **settings)


def test_feature_is_the_mean_over_planes_of_the_regions_spectrum(cohort):
    table = features(cohort, parameters=["ss", "valid_share", "mbf"])
    found = table.set_output(transform="pandas").fit_transform(cohort.X)
    names = ["us_pre__ss", "us_pre__valid_share", "us_pre__mbf"]
    assert found.columns.tolist() == names
    assert found.index.equals(cohort.X.index)
    planes = cohort.X["us_pre"].iloc[4].planes
    of_planes = [
        roi_spectrum(plane, cohort.reference, attenuation_db_cm_mhz=0.6)
        for plane in planes
    ]
    assert len(of_planes) == 2
    for name in ("ss", "mbf", "valid_share"):
        expected = np.mean([getattr(one, name) for one in of_planes])
        assert found[f"us_pre__{name}"].iloc[4] == pytest.approx(expected)


def local(plane):
    """Attenuation of each sample: two layers."""
    column = np.where(plane.grid.axial < 6.0, 0.3, 0.9)
    return np.repeat(column[:, None], plane.image.shape[1], axis=1)


@pytest.mark.parametrize(
    "tissue",
    [
        {"attenuation_db_cm_mhz": 0.9, "attenuation_layers": [(6.0, 0.3)]},
        {
            "attenuation_db_cm_mhz": None,
            "attenuation_layers": [(6.0, 0.3), (np.inf, 0.9)],
        },
        {"attenuation_db_cm_mhz": local},
    ],
)
def test_tissue_may_be_layers_or_a_function_of_the_plane(cohort, tissue):
    X = cohort.X.iloc[:2]
    found = clone(RegionSpectrum(cohort.reference, parameters="mbf", **tissue))
    numbers = found.fit_transform(X)[:, 0]
    for cell, number in zip(X["us_pre"], numbers, strict=True):
        expected = [
            roi_spectrum(
                plane, cohort.reference, attenuation_db_cm_mhz=local(plane)
            ).mbf
            for plane in cell.planes
        ]
        assert number == pytest.approx(np.mean(expected), abs=0.02)


def test_the_tapers_correction_reaches_the_features(cohort):
    X = cohort.X.iloc[:2]
    step = features(cohort, parameters="ss")
    plain = step.fit_transform(X)
    options = SpectralOptions(correct_taper=True)
    assert (clone(step).set_params(options=options).fit_transform(X) != plain).all()


def test_it_is_searched_in_a_pipeline(cohort):
    first = [Study(cell.planes[:1]) for cell in cohort.X["us_pre"]]
    X = pd.DataFrame({"us_pre": pd.Series(first, index=cohort.X.index, dtype=object)})
    search = GridSearchCV(
        make_pipeline(features(cohort), LogisticRegression()),
        {"regionspectrum__band_mhz": [(3.0, 8.0), (4.0, 7.0)]},
        cv=2,
        error_score="raise",
    ).fit(X, cohort.y)
    assert search.best_estimator_[0].get_feature_names_out().tolist() == [
        "us_pre__mbf",
        "us_pre__ss",
        "us_pre__si",
    ]
    assert search.predict(X).shape == (6,)


def test_size_that_nothing_fits_is_nan_and_said(cohort):
    rising = ReferencePhantom(
        cohort.reference.acquisitions,
        attenuation_db_cm_mhz=0.6,
        speed_of_sound=1540,
        bsc=lambda f: 1e-9 * f**9,
    )
    step = features(cohort, parameters="esd").set_params(reference=rising)
    with pytest.warns(UserWarning, match="fits the region of 6 patients, the first is"):
        assert np.isnan(step.fit_transform(cohort.X)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parameters": ["mbf", "snr"]}, "parameters must be different names out of"),
        ({"parameters": ["mbf", "mbf"]}, "parameters must be different names"),
        ({"parameters": []}, "parameters must be different names"),
        ({"region": "margin"}, "'region' parameter of RegionSpectrum must be"),
        ({"attenuation_db_cm_mhz": "alpha"}, "attenuation_db_cm_mhz"),
        ({"attenuation_db_cm_mhz": None}, "us_pre, plane 0: attenuation.* is missing"),
        ({"attenuation_layers": [(3.0, 9.0)]}, "plane 0: attenuation of .* must be 0"),
        ({"band_mhz": (3.0, 30.0)}, "plane 0: .* beyond the Nyquist frequency"),
    ],
)
def test_setting_that_cannot_be_is_refused(cohort, settings, message):
    step = clone(features(cohort)).set_params(**settings)
    with pytest.raises(ValueError, match=message):
        step.fit(cohort.X)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_phantom_is_read_in_fit_alone(cohort, monkeypatch, n_jobs):
    phantom = ReferencePhantom(
        cohort.reference.acquisitions, attenuation_db_cm_mhz=0.6, speed_of_sound=1540
    )
    loaded, load = [], Plane.load
    monkeypatch.setattr(
        Plane, "load", lambda self: loaded.append(self.digest) or load(self)
    )
    step = features(cohort, n_jobs=n_jobs).set_params(reference=phantom).fit(cohort.X)
    theirs = {plane.digest for plane in phantom.acquisitions}
    assert theirs <= set(loaded)
    loaded.clear()
    step.transform(cohort.X)
    assert len(loaded) == 12
    assert not theirs & set(loaded)


def test_size_without_a_backscatter_is_refused(cohort):
    bare = ReferencePhantom(
        cohort.reference.acquisitions, attenuation_db_cm_mhz=0.6, speed_of_sound=1540
    )
    with pytest.raises(ValueError, match=r"need the phantom's backscatter"):
        RegionSpectrum(bare, attenuation_db_cm_mhz=0.6, parameters="esd").fit(cohort.X)


def test_plane_without_a_core_is_named(cohort):
    X = cohort.X.copy()
    plane = X["us_pre"].iloc[2].planes[0].replace(core=None)
    cells = list(X["us_pre"])
    cells[2] = Study([plane])
    X["us_pre"] = pd.Series(cells, index=X.index, dtype=object)
    patient = X.index[2]
    step = features(cohort).fit(X)
    with pytest.raises(CohortError, match=f"row {patient}, column us_pre, plane 0: "):
        step.transform(X)


def test_attenuation_of_a_column_is_each_patients_own(cohort):
    own = pd.Series(np.linspace(0.4, 1.0, 6), index=cohort.X.index)
    X = cohort.X.assign(alpha=own)
    step = features(cohort, parameters="mbf").set_params(attenuation_db_cm_mhz="alpha")
    found = step.fit(X).transform(X[::-1])[::-1, 0]
    for patient in (0, 5):
        alone = features(cohort, parameters="mbf").set_params(
            attenuation_db_cm_mhz=own.iloc[patient]
        )
        expected = alone.fit_transform(cohort.X.iloc[[patient]])[0, 0]
        assert found[patient] == pytest.approx(expected)
    spoilt = X.assign(alpha=own.where(own.index != X.index[3]))
    with pytest.raises(CohortError, match=f"row {X.index[3]}, column alpha: alpha=nan"):
        step.transform(spoilt)


def scan(seed, until=800, gain=1.0, cut=np.inf):
    """Echoes, down to some sample, in noise."""
    rng = np.random.default_rng(seed)
    pulse = firwin(31, (2, 9), fs=40, pass_zero=False)
    rf = 100 * lfilter(pulse, 1, rng.normal(size=(800, 60)), axis=0)
    rf[until:] = 0
    rf = np.clip(gain * (rf + rng.normal(size=rf.shape)), -cut, cut)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.2)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gain": 10.0}, r"the noise of the scan is \+19"),
        ({"until": 300}, r"\d+% of the region's \d+ gates can be used"),
        ({"cut": 90.0}, r"\d+% of the region's \d+ gates are clipped"),
        ({"gain": 1e-9}, "the scan's mid-band fit is -1.0 dB, and no tissue"),
    ],
)
def test_doubts_are_said_once_a_kind_with_place_and_count(change, said, n_jobs):
    cells = [
        Study([scan(2 * i), scan(2 * i + 1, **(change if i else {}))]) for i in range(3)
    ]
    index = ["P0", "P1", "P2"]
    X = pd.DataFrame({"us_pre": pd.Series(cells, index=index, dtype=object)})
    phantom = ReferencePhantom(scan(9), attenuation_db_cm_mhz=0.5, speed_of_sound=1540)
    options = SpectralOptions(noise_band_mhz=(15.0, 19.0))
    step = RegionSpectrum(
        phantom,
        attenuation_db_cm_mhz=0.5,
        region="all",
        options=options,
        n_jobs=n_jobs,
    ).fit(X)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        step.transform(X)
    texts = [str(one.message) for one in seen]
    start = "2 of 6 planes, the first row P1, column us_pre, plane 1: "
    assert sum(bool(re.match(start + said, text)) for text in texts) == 1, texts
    assert len({kind_of(text) for text in texts}) == len(texts)


def test_phantoms_doubts_are_said_in_fit_and_not_for_every_plane(cohort):
    plane = cohort.reference.acquisitions[0]
    noise = np.random.default_rng(0).normal(size=plane.image.shape)
    flat = ReferencePhantom(
        plane.replace(image=1000 * noise),
        attenuation_db_cm_mhz=0.6,
        speed_of_sound=1540,
    )
    step = features(cohort).set_params(reference=flat)
    with pytest.warns(UserWarning, match=r"the reference: .*is flat up to Nyquist"):
        step.fit(cohort.X)
    assert any("flat" in doubt for doubt in step.reference_doubts_)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        step.transform(cohort.X)
    assert not [one for one in seen if "the reference" in str(one.message)[:200]]
