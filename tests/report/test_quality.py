"""The section on the quality of the maps that a fitted model reads."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, lfilter
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, Study
from sknac.features import MapStatistics
from sknac.qus import EnvelopeMapper, QUSMapper, ReferencePhantom, SpectralOptions

PULSE = firwin(31, (2, 9), fs=40, pass_zero=False)


def scan(seed, until=None):
    """Echoes, down to some sample, in noise."""
    echoes, noise = np.random.default_rng(seed).normal(size=(2, 600, 64))
    echoes = lfilter(PULSE, 1, echoes, axis=0)
    echoes[slice(until, None) if until else []] = 0
    return Plane.from_rf(echoes + 0.02 * noise, fs_mhz=40.0, line_pitch_mm=0.25)


def cohort(name, first, fading=()):
    """Eight patients with a plane each, some of which fade."""
    names = [f"{name}-{i}" for i in range(8)]
    cells = np.empty(8, dtype=object)
    cells[:] = [
        Study([scan(first + i, 200 if i in fading else None)]) for i in range(8)
    ]
    y = pd.Series(["response", "non-response"] * 4, index=names)
    return pd.DataFrame({"us_pre": cells}, index=names), y


@pytest.fixture(scope="module")
def model():
    phantom = ReferencePhantom(
        [scan(99), scan(98)], attenuation_db_cm_mhz=0.5, speed_of_sound=1540.0
    )
    mapper = QUSMapper(
        phantom,
        attenuation_db_cm_mhz=0.5,
        overlap=0.5,
        channels=("mbf", "ss"),
        options=SpectralOptions(noise_band_mhz=(15.0, 19.0)),
    )
    steps = mapper, MapStatistics(statistics=["mean"]), LogisticRegression()
    X, y = cohort("train", 0)
    return make_pipeline(*steps).fit(X, y)


@pytest.fixture
def report(model, new):
    X, y = cohort("MRN", 20, fading=(3, 5))
    X_train, y_train = cohort("train", 0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "less than 50%")
        return new().add_estimator(
            "Q", model, X, y, pos_label="response", X_train=X_train, y_train=y_train
        )


def test_quality_is_that_of_test_and_training_planes(report, model):
    planes = report.to_dict()["systems"][0]["results"]["map_quality"]["Q"]
    assert [row["cohort"] for row in planes] == ["test"] * 8 + ["training"] * 8
    assert [row["n_low_snr"] > 0 for row in planes[:8]] == [
        i in (3, 5) for i in range(8)
    ]
    trained = model[0].quality_  # of the last transform
    shares = [row["valid_mbf"] for row in planes[8:]]
    assert shares == trained["valid_mbf"].tolist()


def test_tables_tell_the_planes_that_are_poor_and_no_identifier(report):
    page = report.to_html()
    assert "Quality of the maps" in page
    assert "test patient 4, pre, plane 0" in page
    assert "low_snr" in page
    assert "MRN-3" not in page


def test_model_without_a_mapper_has_no_such_section(study, clinical, new):
    X = study.X[["age", "her2"]]
    report = new().add_estimator("C", clinical, X, study.y, pos_label="response")
    system = report.to_dict()["systems"][0]
    assert "map_quality" not in system["results"]


def test_maps_of_envelopes_have_neither_band_nor_noise(new):
    X, y = cohort("MRN", 20)
    steps = EnvelopeMapper(overlap=0.5), MapStatistics(statistics=["mean"])
    model = make_pipeline(*steps, LogisticRegression()).fit(*cohort("train", 0))
    report = new().add_estimator("E", model, X, y, pos_label="response")
    page = report.to_html()
    assert "Valid, nakagami_m" in page
    assert "Band (MHz)" not in page
    assert "SNR (dB)" not in page
    planes = report.to_dict()["systems"][0]["results"]["map_quality"]["E"]
    assert {row["valid_nakagami_m"] for row in planes} == {1.0}
