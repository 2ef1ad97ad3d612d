"""The QUS response system."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
)

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
        "maps__channels": ("mbf", "si", "esd", "eac"),
        "maps__window_mm": 2.0,
        "maps__overlap": 0.95,
        "maps__band_mhz": (3.0, 8.0),
        "region__margin_mm": 5.0,
        "resize__image_size": 512,
        "features__module": "ran56",
        "features__lr": 1e-4,
        "features__batch_size": 8,
        "features__class_weight": {"non-response": 5.0},
        "features__module__dropout": 0.5,
        "features__max_shift": 0.3,
        "features__validation_fraction": 0.25,
        "predict__module__hidden": 100,
        "predict__module__dropout": 0.5,
        "predict__lr": 1e-4,
        "predict__batch_size": 8,
        "predict__class_weight": {"non-response": 5.0},
        "predict__validation_fraction": 0.25,
        "features__optimizer": "adam",
        "features__flip": True,
        "features__cross_fit": None,
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


def test_store_keeps_the_maps_and_changes_no_prediction(cohort, tmp_path):
    kept = _model(cohort, preset="tiny", store=tmp_path)[:2].fit(cohort.X)
    plain = _model(cohort, preset="tiny")[:2].fit(cohort.X)
    with_store = kept.transform(cohort.X)["us_pre"]
    assert list(with_store) == list(plain.transform(cohort.X)["us_pre"])
    assert len(list(tmp_path.rglob("*.npy"))) == len(cohort.X)


def test_unknown_preset_names_those_there_are(cohort):
    with pytest.raises(ValueError, match=r"one of \['paper', 'tiny'\]"):
        _model(cohort, preset="huge")


def test_both_networks_hold_out_the_same_patients(cohort):
    """Early stopping must not watch patients whom the features were trained on."""
    model = _model(cohort, preset="tiny")
    model.set_params(features__max_epochs=1, predict__max_epochs=1, maps__overlap=0.5)
    model.fit(cohort.X, cohort.y)
    held_out = model["features"].validation_rows_
    assert len(held_out) == 4
    np.testing.assert_array_equal(model["predict"].validation_rows_, held_out)


@pytest.fixture(scope="module")
def late(cohort):
    """The tiny system after the maps, which searches need not draw again."""
    model = _model(cohort, preset="tiny")
    X = model["maps"].set_params(overlap=0.5).fit_transform(cohort.X, cohort.y)
    return clone(model[1:]).set_params(features__max_epochs=1, predict__max_epochs=2), X


GRID = {"region__region": ["core", "core+margin"], "predict__module__hidden": [16, 20]}
SPACE = {
    "features__module": ["ran_tiny", "resnet_tiny"],
    "features__module__dropout": uniform(0.3, 0.4),
    "features__lr": loguniform(1e-5, 1e-1),
    "features__class_weight": [{"non-response": c} for c in range(1, 11)],
    "features__batch_size": [4, 8, 16],
    "predict__module__hidden": randint(50, 301),
    "predict__module__dropout": uniform(0.3, 0.4),
}


@pytest.mark.parametrize(
    "kind", ["grid", "random", pytest.param("halving", marks=pytest.mark.slow)]
)
def test_searches_of_scikit_learn_reach_what_the_paper_searched(cohort, late, kind):
    model, X = late
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    settings = {"cv": folds, "scoring": "roc_auc", "error_score": "raise"}
    if kind == "grid":
        search = GridSearchCV(model, GRID, **settings)
    elif kind == "random":
        search = RandomizedSearchCV(model, SPACE, n_iter=3, random_state=0, **settings)
    else:
        search = HalvingGridSearchCV(
            model,
            GRID,
            resource="features__max_epochs",
            max_resources=3,
            min_resources=1,
            factor=3,
            **settings,
        )
    search.fit(X, cohort.y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert (
        best["predict"].module_.layers[1].out_features
        == best.get_params()["predict__module__hidden"]
    )
    if kind == "halving":
        assert set(search.cv_results_["n_resources"]) == {1, 3}


def test_cross_fitted_features_reach_the_predictive_network(cohort, late):
    model, X = late
    crossed = clone(model).set_params(features__cross_fit=2).fit(X, cohort.y)
    plain = clone(model).fit(X, cohort.y)
    np.testing.assert_array_equal(
        crossed[:-1].transform(X), plain[:-1].transform(X)
    )  # later patients see one and the same feature network
    assert not np.array_equal(crossed.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("column", [["us_pre"], 0, None])
def test_the_system_reads_one_column(cohort, column):
    with pytest.raises(ValueError, match="column must be one name, such as 'us_pre'"):
        _model(cohort, preset="tiny", column=column)
