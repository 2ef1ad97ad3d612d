"""Calibration of test cohorts and out of fold; net benefit without short intervals."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.metrics import calibration
from sknac.report._calibration import calibration_section
from sknac.report._parts import Options

POSITIVE = {"pos_label": "response"}


def section(report, key):
    """Return a section of the only system."""
    (chapter,) = report._build().chapters
    return next(x for x in chapter.sections if x.key == key)


def test_test_predictions_are_new_and_training_is_said_to_tell_nothing(full):
    found = section(full, "calibration")
    assert {x.data for x in found.results["calibration"].values()} == {"new"}
    assert "a fit makes its own slope 1" in " ".join(found.text)


def test_nothing_is_said_of_training_patients_who_are_not_there(bare, study, new):
    report = new().add_predictions(
        "x", study.y, study.X["dlr2"], probabilities=True, **POSITIVE
    )
    assert "its own slope" not in " ".join(section(report, "calibration").text)


def test_table_has_o_to_e_and_ici(full, study):
    (table,) = section(full, "calibration").tables
    expected = calibration(study.y, study.X["dlr2"], **POSITIVE)
    row = table.frame.loc["DLR-2"]
    assert row["O:E"].startswith(f"{expected.o_to_e.estimate:.2f}\n[")
    assert row["ICI"] == f"{expected.ici:.2f}"


def test_figures_are_flexible_curves(full):
    for drawing in section(full, "calibration").drawings:
        assert type(drawing.display).__name__ == "CalibrationCIDisplay"


def test_out_of_fold_calibration_says_how_far_it_holds(crossed):
    found = section(crossed, "calibration")
    assert "84 to 92\N{NO-BREAK SPACE}%" in " ".join(found.text)
    assert found.results["calibration"]["plain"].brier.n == 80


def test_decision_curve_out_of_fold_has_no_interval(crossed, full):
    for report, bounded in ((crossed, False), (full, True)):
        (table,) = section(report, "decision-curve").tables
        shown = table.frame.drop(columns="Act on all").to_numpy().ravel()
        assert any("[" in cell for cell in shown) == bounded
    numbers = crossed.to_dict()["systems"][0]["results"]["decision_curve"]
    assert "net_benefit" in numbers
    assert not {"low", "high"} & set(numbers)


@pytest.mark.slow
def test_slopes_out_of_fold_are_held_as_often_as_is_said():
    """Logistic regression, 126 patients, 5 predictors: 90 % of 250 studies."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    rng = np.random.default_rng(15)
    beta, held = np.full(5, 0.6), []
    X_new = rng.normal(size=(3000, 5))
    p_new = 1 / (1 + np.exp(-X_new @ beta))
    twice, both = np.repeat([1, 0], 3000), np.r_[p_new, 1 - p_new]
    for seed in range(60):
        X = rng.normal(size=(126, 5))
        y = (rng.random(126) < 1 / (1 + np.exp(-X @ beta))).astype(int)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        model = LogisticRegression(C=1e6)
        prob = cross_val_predict(model, X, y, cv=folds, method="predict_proba")[:, 1]
        slopes = []
        for train, _ in folds.split(X, y):
            odds = model.fit(X[train], y[train]).decision_function(X_new)
            again = LogisticRegression(C=1e9)
            again.fit(np.r_[odds, odds][:, None], twice, sample_weight=both)
            slopes.append(again.coef_[0, 0])
        found = calibration(y, prob, pos_label=1).slope
        held.append(found.low <= np.mean(slopes) <= found.high)
    assert 0.78 <= np.mean(held) <= 0.97


def test_without_probabilities_there_is_none(bare):
    (system,) = bare._systems.values()
    assert calibration_section(system, Options()) is None
    assert isinstance(system.test.y, pd.Series)
