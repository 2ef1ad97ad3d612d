"""Outline, grey values, encoder and clinical columns side by side."""

# SPDX-License-Identifier: BSD-3-Clause

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict

from sknac.datasets import make_bmode_cohort
from sknac.nets import ResNet
from sknac.systems import make_bmode_response_pipeline

VISITS = ["us_pre", "us_post4"]


@pytest.fixture(scope="module")
def cohort():
    """Patients whose tumours' shape and texture change by response."""
    return make_bmode_cohort(40, image_size=(96, 112), random_state=0)


@pytest.fixture
def weights(tmp_path):
    """A file of weights of the smallest network."""
    torch.manual_seed(0)
    path = tmp_path / "tiny.pt"
    torch.save(ResNet(3, layout="tiny").state_dict(), path)
    return path


def test_its_probabilities_order_patients_it_has_not_seen(cohort):
    model = make_bmode_response_pipeline(
        columns=VISITS, clinical=["er", "ki67"], margin_mm=3.0, random_state=0
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    proba = cross_val_predict(
        model, cohort.X, cohort.y, cv=folds, method="predict_proba"
    )
    assert roc_auc_score(cohort.y == "response", proba[:, 1]) > 0.8


def test_every_part_is_there_by_name_and_may_be_dropped(cohort, weights):
    model = make_bmode_response_pipeline(
        encoder="resnet_tiny",
        weights=weights,
        clinical=["age"],
        image_size=32,
        calibration=None,
        random_state=0,
    )
    model.set_params(features__encoder__reduce__n_components=3)
    grid = [
        {
            "features__texture": ["drop"],
            "features__statistics__numbers__reduce": ["max"],
        },
        {"features__encoder__reduce__n_components": [2], "classify__C": [1.0]},
    ]
    X, y = cohort.X[:16], cohort.y[:16]
    search = GridSearchCV(model, grid, cv=2, refit=False).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    model.fit(X, y)
    names = model["features"].get_feature_names_out()
    parts = [name.partition("__")[0] for name in names]
    assert list(dict.fromkeys(parts)) == [
        "shape",
        "statistics",
        "texture",
        "encoder",
        "clinical",
    ]
    assert parts.count("encoder") == 3


def test_one_clinical_column_may_be_named_without_a_list():
    parts = make_bmode_response_pipeline(clinical="er").get_params()
    assert parts["features__clinical"].transformers[0][2] == ["er"]
    assert "features__clinical" not in make_bmode_response_pipeline().get_params()


def test_missing_clinical_values_become_the_training_median(cohort):
    X = cohort.X.assign(age=cohort.X["age"].astype(float))
    model = make_bmode_response_pipeline(clinical=["age"], calibration=None)
    model.fit(X, cohort.y)
    lacking, median = X[:3].copy(), X[:3].copy()
    lacking["age"], median["age"] = np.nan, X["age"].median()
    assert np.array_equal(model.predict_proba(lacking), model.predict_proba(median))


def test_calibration_is_of_inner_folds_and_the_file_keeps_it(cohort, tmp_path):
    model = make_bmode_response_pipeline(margin_mm=None, random_state=0)
    model.fit(cohort.X, cohort.y)
    assert isinstance(model["classify"], CalibratedClassifierCV)
    joblib.dump(model, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib").predict_proba(cohort.X)
    assert np.array_equal(again, model.predict_proba(cohort.X))
    refit = clone(model).fit(cohort.X, cohort.y).predict_proba(cohort.X)
    assert np.array_equal(refit, again)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": "net.pt"}, "weights need a network; name it as encoder="),
        ({"clinical": ["age", "us_pre"]}, "clinical must name columns of numbers, got"),
        ({"calibration": "platt"}, "calibration must be 'sigmoid', .* got 'platt'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_bmode_response_pipeline(**settings)
