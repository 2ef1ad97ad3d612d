"""Spectral parameters of regions as one row per patient."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, Study
from sknac.datasets import make_rf_cohort
from sknac.exceptions import CohortError
from sknac.features import RegionSpectrum
from sknac.qus import ReferencePhantom, SpectralOptions, roi_spectrum


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
