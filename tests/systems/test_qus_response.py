"""The QUS response system."""

import numpy as np
import pytest
from sklearn.base import clone

from sknac.datasets import make_rf_cohort
from sknac.systems import make_qus_response_pipeline


@pytest.fixture(scope="module")
def cohort():
    """Simulated patients with small planes and a large effect."""
    return make_rf_cohort(
        n_patients=16,
        n_planes=1,
        depth_mm=18.0,
        width_mm=15.0,
        prevalence=0.5,
        random_state=0,
    )


def _model(cohort, **settings):
    """The tiny system."""
    return make_qus_response_pipeline(
        cohort.reference, attenuation_db_cm_mhz=0.7, random_state=0, **settings
    )


def test_paper_preset_has_the_papers_settings(cohort):
    params = _model(cohort).get_params()
    published = {
        "maps__parameters": ("mbf", "si", "esd", "eac"),
        "maps__window_mm": 2.0,
        "maps__overlap": 0.95,
        "maps__band_mhz": (3.0, 8.0),
        "region__margin_mm": 5.0,
        "resize__size": 512,
        "features__module": "ran56",
        "features__lr": 1e-4,
        "features__batch_size": 8,
        "features__class_weight": {"non-response": 5.0},
        "features__module__dropout": 0.5,
        "features__max_shift": 0.3,
        "features__validation_fraction": 0.25,
        "predict__module__hidden": 100,
    }
    assert {name: params[name] for name in published} == published


def test_every_searched_setting_is_reachable_by_name(cohort):
    model = clone(_model(cohort, preset="tiny"))
    searched = {
        "region__region": "core",
        "features__module": "resnet_tiny",
        "features__module__dropout": 0.3,
        "features__lr": 1e-2,
        "features__batch_size": 4,
        "features__class_weight": {"non-response": 3.0},
        "predict__module__hidden": 50,
        "predict__module__dropout": 0.4,
    }
    params = clone(model.set_params(**searched)).get_params()
    assert {name: params[name] for name in searched} == searched


def test_tiny_system_predicts_patients(cohort):
    model = _model(cohort, preset="tiny")
    model.set_params(features__max_epochs=1, predict__max_epochs=1, maps__overlap=0.5)
    model.fit(cohort.X, cohort.y)
    proba = model.predict_proba(cohort.X)
    assert proba.shape == (16, 2)
    assert np.allclose(proba.sum(axis=1), 1.0)
    assert set(model.predict(cohort.X)) <= {"response", "non-response"}


def test_unknown_preset_names_those_there_are(cohort):
    with pytest.raises(ValueError, match=r"one of \['paper', 'tiny'\]"):
        _model(cohort, preset="huge")
