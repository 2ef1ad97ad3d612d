"""No interval claims certainty: width zero gives way to one rule, or to NaN."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, f1_score

from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    calibration,
    confusion_rates,
    decision_curve,
    delong_contrast,
    delong_test,
    performance_table,
    rates_from_counts,
    roc_ci,
    subgroup_rates,
)
from sknac.metrics._certain import all_or_none, disjoint_pairs, has_no_width

close = pytest.approx
Y = np.repeat([0, 1], [12, 8])
BOOT = {"n_resamples": 50, "random_state": 0}
no_spread = partial(pytest.warns, UndefinedMetricWarning)


def exact(count, total, level=0.95):
    """Return the exact binomial interval of SciPy."""
    found = binomtest(count, total).proportion_ci(level, method="exact")
    return found.low, found.high


def bounds(found):
    """Return the bounds of a result."""
    return found.low, found.high


@pytest.mark.parametrize(("rate", "trials"), [(1.0, 9), (0.0, 9), (1.0, 1)])
def test_the_rule_is_the_exact_interval_of_all_or_none(rate, trials):
    got = all_or_none([(1.0, rate, trials)], 0.9)
    assert got == close(exact(int(rate * trials), trials, 0.9))


def test_a_sum_of_rates_is_bounded_at_bonferronis_level():
    low, high = all_or_none([(0.8, 1.0, 9), (0.2, 0.0, 5)], 0.95, -1.0)
    a, b = exact(9, 9, 0.975), exact(0, 5, 0.975)
    assert (low, high) == close((0.8 * a[0] - 1, 0.8 * a[1] + 0.2 * b[1] - 1))


@pytest.mark.parametrize(
    ("low", "high", "none"),
    [(1, 1, True), (0, 0, True), (0.1 + 0.2, 0.3, True), (0, 1e-9, False)],
)
def test_width_is_measured_against_rounding(low, high, none):
    assert has_no_width(*sorted((low, high))) is none


def test_pairs_that_share_no_patient():
    positive = np.array([1, 1, 0, 0, 1, 0], dtype=bool)
    assert disjoint_pairs(positive, None) == 3
    assert disjoint_pairs(positive, np.array([0, 0, 0, 1, 1, 1])) == 1
    assert disjoint_pairs(positive, np.array([0, 1, 2, 2, 3, 2])) == 1


@pytest.mark.parametrize(
    ("metric", "total"),
    [("sensitivity", 8), ("specificity", 12), ("ppv", 8), ("accuracy", 20)],
)
@pytest.mark.parametrize("right", [True, False])
def test_bootstrap_of_a_certain_rate_is_the_exact_interval(metric, total, right):
    called = Y if right else 1 - Y
    total = {"ppv": 8 if right else 12}.get(metric, total)
    with no_spread(match=f"{metric} has no spread .* all or none of {total}"):
        got = bootstrap_ci(metric, Y, called, **BOOT)
    assert bounds(got) == close(exact(total * right, total))
    assert got.method == "clopper-pearson"


def test_bootstrap_of_a_certain_rate_counts_patients():
    # Three patients hold the eight positive rows; weights of 0 take one of them out.
    patient, weight = np.arange(20) // 3, np.ones(20)
    about = {"groups": patient, "stratify": False} | BOOT
    for out, total in ((20, 3), (18, 2)):
        weight[out:] = 0
        with (
            no_spread(match=f"all or none of {total}"),
            no_spread(match="undefined in"),
        ):
            got = bootstrap_ci("sensitivity", Y, Y, sample_weight=weight, **about)
        assert got.low == close(exact(total, total)[0])


@pytest.mark.filterwarnings("ignore:The area 0 lies below 0.5")
@pytest.mark.parametrize("weighted", [False, True])
def test_bootstrap_of_a_perfect_area_is_that_of_auc_ci(weighted, rng):
    weights = rng.random(20) if weighted else None
    for score in (Y, -Y):
        with no_spread(match="roc_auc has no spread .* all or none of 8"):
            got = bootstrap_ci("roc_auc", Y, score, sample_weight=weights, **BOOT)
        assert bounds(got) == close(bounds(auc_ci(Y, score)))


@pytest.mark.parametrize(
    ("metric", "predicted"),
    [
        (f1_score, Y),
        (lambda t, p: 0.5, Y),
        (partial(accuracy_score, normalize=False), Y),
        ("roc_auc", np.ones(20)),
    ],
)
def test_without_a_rule_the_bounds_are_nan(metric, predicted):
    with no_spread(match="no spread between patients; its interval is NaN"):
        got = bootstrap_ci(metric, Y, predicted, **BOOT)
    assert np.isfinite(got.estimate)
    assert np.isnan(bounds(got)).all()


def test_mean_of_certain_rates_has_its_own_bounds():
    with no_spread(match="all or none of 8 and 12"):
        got = bootstrap_ci("weighted_youden", Y, Y, **BOOT)
    assert got.high == 0
    assert got.low == close((exact(8, 8, 0.975)[0] + exact(12, 12, 0.975)[0]) / 2 - 1)


@pytest.mark.parametrize("count", [0, 7])
def test_wald_gives_way_where_it_has_no_width(count):
    cells = {"tp": count, "fn": 7 - count, "fp": 2, "tn": 3, "pos_label": 1}
    with no_spread(match="Wald's interval has no width for sensitivity"):
        got = rates_from_counts(**cells, method="wald")
    assert bounds(got.sensitivity) == close(exact(count, 7))
    assert got.sensitivity.method == "clopper-pearson"
    assert got.specificity.method == "wald"


def test_no_table_of_rates_claims_certainty():
    with no_spread(match="Wald's interval has no width for sens"):
        rates = confusion_rates(Y, Y, method="wald")
    with no_spread(match="no width for some rates in: all, subgroup a, subgroup b"):
        parts = subgroup_rates(Y, Y, ["a", "b"] * 10, method="wald")
    intervals = [*rates.rates, *(r for x in parts.rates.values() for r in x.rates)]
    for method, text in (("wald", "has no width"), ("percentile", "no spread")):
        with no_spread(match=text):
            table = performance_table(Y, {"a": Y}, {"a": Y}, method=method, **BOOT)
        intervals += table.results["a"].values()
    for found in intervals:
        assert found.high - found.low > 0.1


@pytest.mark.parametrize("scores", [(Y, 2 * Y), (-Y, -2.0 * Y)])
def test_two_perfect_scores_may_differ_as_pairs_may(scores):
    with no_spread(match="both being perfect"):
        got = delong_test(Y, *scores)
    apart = exact(0, 8)[1]
    assert bounds(got) == close((-apart, apart))
    assert (got.estimate, got.statistic, got.pvalue) == (0, 0, 1)  # as pROC has it


def test_scores_of_one_order_may_differ_as_pairs_may(tied):
    y, a, _ = tied
    got = delong_test(y, a, np.exp(a), pos_label="response")
    apart = exact(0, min((y == "response").sum(), (y != "response").sum()))[1]
    assert bounds(got) == close((-apart, apart))
    with no_spread(match="both being perfect"):
        grouped = delong_test(Y, Y, Y, groups=np.arange(20) // 4)
    assert grouped.high == close(exact(0, 2)[1])


def test_perfect_scores_of_other_patients_have_two_bounds():
    other = np.repeat([0, 1], 5)
    with no_spread(match="both being perfect"):
        got = delong_test(Y, Y, other, y_true_b=other)
    assert bounds(got) == close((exact(8, 8)[0] - 1, 1 - exact(5, 5)[0]))


def test_constant_scores_of_other_patients_have_no_test():
    with no_spread(match="no variance"):
        got = delong_test(Y, np.ones(20), np.ones(20), y_true_b=Y)
    assert np.isnan([got.low, got.high, got.pvalue]).all()


@pytest.mark.parametrize("other", [Y, 3 * Y - 1])
def test_contrasts_without_variance_are_told(other, rng):
    scores = {"a": Y, "b": other, "c": Y + rng.normal(size=20)}
    with no_spread(match="Some contrasts have no variance .* 1 degrees of freedom"):
        got = delong_contrast(Y, scores)
    assert got.df == 1


def test_contrasts_that_differ_without_variance_have_no_test(rng):
    scores = {"a": Y, "b": -Y, "c": Y + rng.normal(size=20)}
    with no_spread(match="chi-square is NaN"):
        got = delong_contrast(Y, scores)
    assert np.isnan(got.pvalue)


def test_contrasts_that_repeat_each_other_are_no_loss(tied):
    y, a, b = tied
    about = {"y_true": y, "scores": {"a": a, "b": b}, "pos_label": "response"}
    got = delong_contrast(**about, contrast=[[1, -1], [2, -2]])
    assert got.statistic == close(delong_contrast(**about).statistic)


def test_all_acted_on_alike_leave_what_others_might_add():
    # At most a share `other` of the patients adds -1/4 in place of 1.
    with no_spread(match="has no spread between patients"):
        curve = decision_curve(
            np.ones(20, dtype=int), np.full(20, 0.4), thresholds=[0.2]
        )
    other = exact(0, 20)[1]
    assert curve.net_benefit["model"][0] == 1
    assert curve.low["model"][0] == close(1 - other * 1.25)
    assert curve.high["model"][0] == 1


@pytest.mark.parametrize("value", [1, 0])
def test_no_net_benefit_is_certain(value):
    with no_spread(match="has no spread between patients"):
        curve = decision_curve(
            np.full(20, value), np.full(20, 0.4), thresholds=[0.2, 0.3]
        )
    assert (curve.high["model"] - curve.low["model"] > 0.05).all()


@pytest.mark.parametrize(
    ("prob", "message"),
    [
        (np.full(20, 0.1), "no probability as high as any threshold"),
        (np.zeros(20), "nobody is acted on; take lower thresholds"),
    ],
)
def test_nobody_acted_on_has_no_bounds(prob, message):
    with no_spread(match=message):
        curve = decision_curve(Y, prob, thresholds=[0.2, 0.3])
    assert np.isnan([curve.low["model"], curve.high["model"]]).all()


def test_equal_patients_of_unequal_rows_have_no_bounds():
    y, prob, patient = [0, 1] * 6, [0.2, 0.8] * 6, np.arange(12) // 2
    with no_spread(match="or NaN"):
        curve = decision_curve(y, prob, groups=patient, thresholds=[0.5])
    assert np.isnan([curve.low["model"], curve.high["model"]]).all()


@pytest.mark.parametrize("prob", [np.full(20, 0.5), Y.astype(float), 1.0 - Y])
def test_equal_errors_have_no_interval(prob):
    with no_spread(match="slope"), no_spread(match="brier has no spread"):
        found = calibration(Y, prob).brier
    assert np.isnan(bounds(found)).all()


@pytest.mark.filterwarnings("ignore:The area 0 lies below 0.5")
def test_band_of_a_perfect_curve_follows_from_its_area():
    got = roc_ci(Y, Y, n_points=5, **BOOT)
    area = auc_ci(Y, Y)
    assert got.band_low.tolist() == close(
        [0, *(max(0, 1 - (1 - area.low) / t) for t in (0.25, 0.5, 0.75)), 1]
    )
    wrong = roc_ci(Y, -Y, n_points=5, **BOOT)
    assert wrong.band_high[1] == close(min(1, auc_ci(Y, -Y).high / 0.75))
    assert (wrong.band_low[:-1] == 0).all()


def test_band_of_constant_scores_is_nan():
    with no_spread(match="All scores are equal"):
        got = roc_ci(Y, np.ones(20), **BOOT)
    assert np.isnan([got.band_low, got.band_high]).all()


@pytest.mark.parametrize("function", [auc_ci, partial(roc_ci, **BOOT)])
def test_an_area_below_chance_is_hinted_at(function, rng):
    y = np.repeat(["N", "R"], 30)
    score = (y == "R") + rng.normal(size=60)
    function(y, score, pos_label="R")
    for wrong in ({"pos_label": "N"}, {"pos_label": "R"}):
        turned = score if wrong["pos_label"] == "N" else -score
        with pytest.warns(UserWarning, match=r"below 0.5 .* check pos_label or turn"):
            function(y, turned, **wrong)


def test_a_negative_slope_is_hinted_at(rng):
    prob = rng.random(60)
    y = (rng.random(60) < prob).astype(int)
    assert calibration(y, prob).slope.estimate > 0
    with pytest.warns(UserWarning, match="slope .* is negative: .* pass 1 - y_prob"):
        calibration(y, 1 - prob)


@pytest.mark.parametrize(
    "function",
    [
        lambda: bounds(auc_ci(Y, Y, groups=np.zeros(20))),
        lambda: bounds(calibration(Y, np.arange(20) / 20, groups=np.zeros(20)).slope),
        lambda: bounds(calibration(Y, np.arange(20) / 20, groups=np.zeros(20)).brier),
        lambda: bounds(bootstrap_ci("roc_auc", Y, Y, groups=[3] * 20, **BOOT)),
        lambda: decision_curve(Y, Y / 2, groups=np.zeros(20)).low["model"],
        lambda: decision_curve([1], [0.9]).high["model"],
    ],
)
def test_one_patient_varies_in_nothing(function):
    with no_spread(match="of one patient|no spread"):
        assert np.isnan(function()).all()
