"""Checks inside others' estimators: what works alone works in scikit-learn's tools."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sknac.cohort import Study
from sknac.decision import StagedClassifier
from sknac.testing._assert import fit_and_use, fresh, output_of, require, require_same


def _plane_means(X):
    """Mean valid sample of each visit's planes, of any kind; tables stay."""
    cells = X.to_numpy() if isinstance(X, pd.DataFrame) else np.asarray(X)
    studies = [column for column in cells.T if isinstance(column[0], Study)]
    return np.transpose([[*map(_mean, column)] for column in studies]) if studies else X


def _mean(study):
    """Mean of the valid samples of a visit's planes."""
    values = np.concatenate([plane.load().ravel() for plane in study.planes])
    return values[np.isfinite(values)].mean()


def _classifier(estimator):
    """Give the estimator itself, or a pipeline in which it feeds a classifier."""
    step = fresh(estimator)
    if is_classifier(step):
        return step
    last = [
        ("means", FunctionTransformer(_plane_means)),
        ("classify", LogisticRegression()),
    ]
    return Pipeline([("step", step), *last])


def check_pipeline(estimator, X, y):
    """In a pipeline it gives what it gives alone."""
    alone = fit_and_use(estimator, X, y)
    inside = fit_and_use(Pipeline([("step", estimator)]), X, y)
    message = "in a Pipeline the output differs; let fit depend on X and y alone"
    require_same(inside, alone, message)


def check_grid_search(estimator, X, y):
    """A search finds its settings by name and refits it as it would be alone."""
    model = _classifier(estimator)
    settings = fresh(estimator).get_params(deep=False)
    prefix = "" if is_classifier(estimator) else "step__"
    grid = {f"{prefix}{name}": [value] for name, value in list(settings.items())[:1]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    message = "the estimator that GridSearchCV refits gives other output; keep no state"
    alone = fit_and_use(model, X, y)
    require_same(output_of(search.best_estimator_, X), alone, message)


def check_calibration(estimator, X, y):
    """Frozen, it is calibrated on a cohort frame and stays as it was."""
    model = _classifier(estimator).fit(X, y)
    before = output_of(model, X)
    calibrated = CalibratedClassifierCV(FrozenEstimator(model)).fit(X, y)
    proba = calibrated.predict_proba(X)
    message = "calibrated probabilities must be (n_patients, 2); check predict_proba"
    require(proba.shape == (len(X), 2) and np.isfinite(proba).all(), message)
    message = "calibration changed the frozen estimator; write attributes in fit alone"
    require_same(output_of(model, X), before, message)


def check_stages(estimator, X, y):
    """As stages of a cascade it decides as it does alone."""
    model = _classifier(estimator)
    columns = list(X.columns)
    stages = [("first", model, columns), ("second", model, columns)]
    stop_label = np.unique(y).tolist()[0]
    cascade = StagedClassifier(stages, stop_label=stop_label).fit(X, y)
    alone = clone(model).fit(X, y).predict(X)
    message = "in a StagedClassifier it decides otherwise; let fit depend on X and y"
    require_same(cascade.predict(X), alone, message)


CHECKS = (check_pipeline, check_grid_search, check_calibration, check_stages)
