"""Lower bounds as scores of a search."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score

from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    bootstrap_lower_bound,
    delong_lower_bound,
    npv_score,
    weighted_youden_score,
)

RESPONSE = ("decision_function", "predict_proba")


@pytest.fixture(scope="module")
def table():
    """Give 90 patients with string labels."""
    X, y = make_classification(90, random_state=0, flip_y=0.2)
    return X, np.where(y, "response", "non-response")


def test_bounds_are_the_lower_ends(tied):
    y, a, _ = tied
    got = delong_lower_bound(y, a, pos_label="response")
    assert got == auc_ci(y, a, pos_label="response").low
    got = bootstrap_lower_bound(y, a, pos_label="response")
    want = bootstrap_ci("roc_auc", y, a, pos_label="response", random_state=0)
    assert got == want.low


def test_scorers_serve_as_refit_keys_in_nested_search(table):
    kwargs = {"pos_label": "response"}
    scoring = {
        "auc_low": make_scorer(delong_lower_bound, response_method=RESPONSE, **kwargs),
        "npv_low": make_scorer(bootstrap_lower_bound, metric="npv", **kwargs),
        "npv": make_scorer(npv_score, **kwargs),
        "youden": make_scorer(weighted_youden_score, weight=0.8, **kwargs),
    }
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.01, 1]}, scoring=scoring, refit="auc_low", cv=3
    )
    search.fit(*table)
    results = search.cv_results_
    assert (results["mean_test_npv_low"] < results["mean_test_npv"]).all()
    assert search.best_score_ == results["mean_test_auc_low"].max()
    outer = cross_val_score(search, *table, cv=3, scoring=scoring["auc_low"])
    assert np.isfinite(outer).all()


def test_one_class_fold_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="one class only"):
        assert np.isnan(delong_lower_bound([0, 0], [1, 2]))
