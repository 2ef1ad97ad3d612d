"""Rates of cross-validated decisions: Wilson by patients, folds' thresholds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from statsmodels.stats.proportion import proportion_confint

from sknac.decision import WeightedYoudenThreshold
from sknac.metrics import bootstrap_ci, confusion_rates, cv_rates

KEPT = {"return_estimator": True, "return_indices": True}
Y = np.repeat(["R", "N"], [20, 40])
FOLD = np.arange(60) % 5
CALLED = np.where(np.r_[np.arange(20) < 15, np.arange(40) < 6], "R", "N")


def rates(y=Y, called=CALLED, fold=FOLD, **settings):
    return cv_rates(y, called, fold, **({"pos_label": "R"} | settings))


def test_rates_are_those_of_all_decisions_together():
    found, plain = rates(), confusion_rates(Y, CALLED, pos_label="R")
    for got, wanted in zip(found.rates, plain.rates, strict=True):
        assert got.estimate == wanted.estimate
        assert (got.count, got.total) == (wanted.count, wanted.total)


def test_bounds_are_wilsons_of_fewer_patients():
    found = rates()
    # 9 of 12 and 20 of 36 hold as 20.25 of 27: five folds count 20 patients as 8.9.
    assert found.sensitivity.inflation == 2.25
    for scale, rate in ((1, found.sensitivity), (4, rates(confidence_level=0.8).npv)):
        size = rate.total / 2.25
        low, high = proportion_confint(
            rate.estimate * size, size, 1 - rate.confidence_level, "wilson"
        )
        assert (rate.low, rate.high) == pytest.approx((low, high)), scale


def test_the_repr_says_folds_class_patients_level_and_method():
    head = repr(rates()).splitlines()[0]
    for part in ("5 folds", "95% wilson / 2.25", "pos_label='R'", "n=60 patients"):
        assert part in head


def test_copies_of_a_patient_add_nothing_by_patient():
    once = rates()
    many = rates(
        *(np.repeat(x, 4) for x in (Y, CALLED, FOLD)),
        groups=np.repeat(np.arange(60), 4),
    )
    for got, wanted in zip(many.rates, once.rates, strict=True):
        # The design effect knows one patient less than there are.
        assert got.high - got.low == pytest.approx(wanted.high - wanted.low, rel=0.06)
        assert got.high - got.low >= wanted.high - wanted.low - 1e-12


def test_design_effect_is_that_of_the_bootstrap_by_patient(rng):
    groups = np.repeat(np.arange(100), rng.integers(1, 6, 100))
    inner = rng.normal(size=100)[groups] + rng.normal(size=groups.size)
    y, called = np.repeat(1, groups.size), (inner > 0).astype(int)
    y[groups >= 50] = 0
    found = cv_rates(y, called, groups % 5, groups=groups).sensitivity
    resampled = bootstrap_ci("sensitivity", y, called, groups=groups, random_state=0)
    assert found.se / 1.5 == pytest.approx(resampled.se, rel=0.1)


@pytest.mark.parametrize("called", ["R", "N"])
def test_certain_rates_count_patients_and_never_close(called):
    with pytest.warns(UndefinedMetricWarning, match="undefined"):
        found = rates(
            np.repeat(Y, 5),
            np.full(300, called),
            np.repeat(FOLD, 5),
            groups=np.repeat(np.arange(60), 5),
        )
    low, high = proportion_confint(20 / 2.25, 20 / 2.25, method="wilson")
    width = found.sensitivity.high - found.sensitivity.low
    assert width == pytest.approx(high - low)


def test_repeats_do_not_shorten_intervals():
    once, twice = rates(), rates(called=[CALLED, CALLED], fold=[FOLD, FOLD])
    for got, wanted in zip(twice.rates, once.rates, strict=True):
        assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high))
    assert twice.sensitivity.n_repeats == 2


def test_thresholds_are_refitted_in_each_fold(rng):
    X = rng.normal(size=(60, 2)) + (Y == "R")[:, None]
    model = WeightedYoudenThreshold(LogisticRegression(), pos_label="R", cv=3)
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    kept = cross_validate(model, X, Y, cv=splitter, **KEPT)
    found = cv_rates(Y, kept, X=X, pos_label="R")
    assert found.thresholds == tuple(m.threshold_ for m in kept["estimator"])
    assert len(set(found.thresholds)) > 1
    called = np.empty(60, dtype=Y.dtype)
    for fitted, rows in zip(kept["estimator"], kept["indices"]["test"], strict=True):
        called[rows] = fitted.predict(X[rows])
    assert found.sensitivity.estimate == np.mean(called[Y == "R"] == "R")


def test_results_are_tables_and_plain():
    found = rates()
    assert found.to_frame().loc["npv", "total"] == 39
    assert found.to_dict()["npv"]["n_folds"] == 5


REFUSED = {
    "no folds": ({"fold": None}, "whose folds must be given"),
    "X beside decisions": ({"X": np.zeros((60, 1))}, "X goes with"),
    "three labels": ({"called": np.where(FOLD == 1, "x", CALLED)}, "must be binary"),
    "no class": ({"pos_label": None}, "pos_label is not specified"),
    "one patient a fold": ({"fold": np.arange(60)}, "each fold holds one patient"),
    "other lengths": ({"called": CALLED[1:]}, "59 rows but y_true has 60"),
    "repeats of one only": ({"fold": [FOLD, FOLD]}, "1 repeats but folds has 2"),
    "patients in two folds": ({"groups": np.arange(60) // 2}, "in several folds"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    wrong, match = REFUSED[name]
    with pytest.raises(ValueError, match=match):
        rates(**wrong)


def test_rows_in_another_order_are_refused():
    y = pd.Series(Y, [f"P{i}" for i in range(60)])
    with pytest.raises(ValueError, match="other row names"):
        rates(y, pd.Series(CALLED, y.index[::-1]))
