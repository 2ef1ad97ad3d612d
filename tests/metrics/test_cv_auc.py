"""Cross-validated areas against R, by hand, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    LeaveOneOut,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)

from sknac.metrics import cv_auc_ci, cv_rates
from sknac.metrics._cv_auc import by_fold, ledell_error
from sknac.utils._folds import read_folds
from sknac.utils._sample import check_sample
from sknac.utils._warnings import HintWarning

# R 4.2.2, written out from the paper and checked with pROC 1.18.0.
ORACLE = json.loads((Path(__file__).parent / "data" / "r_cvauc.json").read_text())
KEPT = {"return_estimator": True, "return_indices": True}


@pytest.fixture(params=ORACLE["cases"])
def case(request):
    found = ORACLE["cases"][request.param]
    return {k: np.array(v) for k, v in found["data"].items()}, found["values"]


@pytest.fixture
def study(rng):
    """60 patients, 20 of them positive, with five folds and scores that know a bit."""
    y = np.repeat([1, 0], [20, 40])
    return y, rng.normal(size=60) + y, np.arange(60) % 5


@pytest.mark.filterwarnings("ignore:LeDell's interval")
def test_ledells_interval_is_rs(case):
    data, values = case
    values = values["pooled_prevalence"]
    found = cv_auc_ci(data["y"], data["score"], data["fold"], method="ledell")
    got = [found.estimate, found.se, found.low, found.high, *found.by_fold]
    wanted = [values["cvauc"], values["se"], *values["ci95"], *values["fold_auc"]]
    assert got == pytest.approx(wanted, rel=ORACLE["tolerance_rel"])


def test_classes_can_be_weighted_by_fold_as_in_r(case):
    data, values = case
    sample, folds = check_sample(data["y"]), read_folds(data["fold"], len(data["y"]))
    _, centred = by_fold(sample.positive[folds.row], data["score"][folds.row], folds)
    got = ledell_error(centred, sample, folds, by_fold=True)
    assert got == pytest.approx(values["fold_prevalence"]["se"], rel=1e-9)


def test_ledells_interval_says_that_it_is_short(study):
    with pytest.warns(HintWarning, match="70 to 91 % .* take method='corrected'"):
        plain = cv_auc_ci(*study, method="ledell")
    wide = cv_auc_ci(*study)
    assert wide.high - wide.low > 1.4 * (plain.high - plain.low)


def test_corrected_variance_is_that_of_folds_without_bias_and_inflated(study):
    y, score, fold = study
    found = cv_auc_ci(y, score, fold)
    total = 0.0
    for v in range(5):
        rows = fold == v
        p, q = score[rows & (y == 1)], score[rows & (y == 0)]
        wins = p[:, None] > q
        # Sums of squares; of 20 and 40 patients five means were taken off.
        for placed, n, whole in ((wins.mean(1), 4, 20), (wins.mean(0), 8, 40)):
            squares = ((placed - wins.mean()) ** 2).sum() / n**2
            total += squares / 25 * whole / (whole - 5)
    assert found.se == pytest.approx(np.sqrt(total * (1 + 5 * 12 / 48)))
    assert found.inflation == 2.25


def test_repeats_change_the_estimate_and_keep_the_size_of_the_interval(study, rng):
    y, score, fold = study
    twice = cv_auc_ci(y, np.stack([score, score], 1), np.stack([fold, fold], 1))
    once = cv_auc_ci(y, score, fold)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    assert twice.folds == "2 x 5 folds"
    assert cv_auc_ci(y, [score, score], [fold, fold]) == twice
    other = [fold, rng.permutation(20) % 5]
    other[1] = np.concatenate([other[1], rng.permutation(40) % 5])
    apart = [cv_auc_ci(y, score, f).estimate for f in other]
    both = cv_auc_ci(y, [score, score], other)
    assert both.estimate == pytest.approx(np.mean(apart))


def test_copies_of_a_patient_add_nothing_by_patient(study):
    y, score, fold = study
    once = cv_auc_ci(y, score, fold)
    thrice = cv_auc_ci(
        *(np.repeat(each, 3) for each in study), groups=np.repeat(np.arange(60), 3)
    )
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert "n=180 rows of 60 patients" in repr(thrice)
    rows = cv_auc_ci(*(np.repeat(each, 3) for each in study))
    assert rows.high - rows.low < 0.7 * (once.high - once.low)


def test_shifts_of_whole_folds_change_nothing_and_are_told(study):
    y, score, fold = study
    quiet = cv_auc_ci(y, score, fold)
    assert quiet.pooled == pytest.approx(roc_auc_score(y, score))
    shifted = score + 3 * (fold == 2)
    with pytest.warns(HintWarning, match="another scale in some folds") as told:
        found = cv_auc_ci(y, shifted, fold)
    assert (found.low, found.high) == (quiet.low, quiet.high)
    assert found.pooled < found.estimate
    assert f"pooled ({found.pooled:.3f})" in str(told[0].message)


@pytest.mark.parametrize(
    "change",
    [
        lambda s, f: np.where(f == 1, 20 * s, s),  # spread
        lambda s, f: np.where(f == 1, 1 / (1 + np.exp(-s)), 10 * s),  # margins, shares
        lambda s, f: s - 2.5 * (f >= 3),
    ],
    ids=["spread", "methods", "two folds"],
)
def test_other_differences_of_scale_are_told(study, change):
    y, score, fold = study
    with pytest.warns(HintWarning, match="another scale"):
        cv_auc_ci(y, change(score, fold), fold)


def test_cross_validate_and_its_scores_give_the_same(study, rng):
    y = np.where(study[0], "R", "N")
    X = rng.normal(size=(60, 3)) + study[0][:, None]
    splitter = RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0)
    kept = cross_validate(LogisticRegression(), X, y, cv=splitter, **KEPT)
    folds, scores = np.empty((60, 2)), np.empty((60, 2))
    for at, rows in enumerate(kept["indices"]["test"]):
        model = kept["estimator"][at]
        folds[rows, at // 4] = at
        scores[rows, at // 4] = model.decision_function(X[rows])
    found = cv_auc_ci(y, kept, X=X, pos_label="R")
    same = cv_auc_ci(y, scores, folds, pos_label="R")
    assert (found.low, found.high) == pytest.approx((same.low, same.high))
    other = cv_auc_ci(y, kept, X=X, pos_label="N")
    assert other.estimate == pytest.approx(found.estimate)
    assert other.pos_label == "N"


def test_perfect_folds_are_bounded_by_pairs_within_folds():
    y, fold = np.repeat([0, 1], 15), np.tile(np.arange(5), 6)
    found = cv_auc_ci(y, y + 0.0, fold)
    assert found.method == "clopper-pearson"
    assert found.low == pytest.approx(0.025 ** (1 / 15))
    assert found.high == 1


@pytest.mark.parametrize(
    ("score", "match"),
    [
        (lambda y, f: np.zeros(30), "No fold's area has spread"),
        (lambda y, f: np.where(f < 2, y, -y), "No fold's area has spread"),
    ],
    ids=["constant", "one way a fold"],
)
@pytest.mark.filterwarnings("ignore::sknac.utils._warnings.HintWarning")
def test_no_interval_has_no_width(score, match):
    y, fold = np.repeat([0, 1], 15), np.tile(np.arange(5), 6)
    with pytest.warns(UndefinedMetricWarning, match=match):
        found = cv_auc_ci(y, score(y, fold), fold)
    assert np.isnan(found.low)
    assert 0 <= found.estimate <= 1


def test_one_patient_of_a_class_in_each_fold_has_no_interval(rng):
    y, fold = np.repeat([1, 0], [5, 25]), np.tile(np.arange(5), 6)
    with pytest.warns(UndefinedMetricWarning, match="5 patients in 5 folds"):
        found = cv_auc_ci(y, rng.normal(size=30), fold)
    assert np.isnan(found.low)


def test_leave_one_out_is_refused_for_areas_and_rates(study, rng):
    y, X = study[0], rng.normal(size=(60, 2))
    kept = cross_validate(LogisticRegression(), X, y, cv=LeaveOneOut(), **KEPT)
    for function in (cv_auc_ci, cv_rates):
        with pytest.raises(ValueError, match=r"without any signal .* was 0\.435"):
            function(y, kept, X=X)
    with pytest.raises(ValueError, match="each fold holds one patient"):
        cv_auc_ci(y, study[1], np.arange(60))


REFUSED = {
    "a fold of one class": (
        {"folds": np.repeat(range(5), 12)},
        "fold 0: it holds only 1",
    ),
    "patients in two folds": (
        {"groups": np.arange(60) // 2},
        "in several folds of one",
    ),
    "no folds": ({"folds": None}, "whose folds must be given"),
    "X beside scores": ({"X": np.zeros((60, 1))}, "X goes with"),
    "folds of other length": ({"folds": [0, 1]}, "folds has 2 rows but y_true has 60"),
    "one fold": ({"folds": np.zeros(60)}, "at least two in each repeat"),
    "two repeats of folds": (
        {"folds": np.ones((60, 2))},
        "has 1 repeats but folds has 2",
    ),
    "another method": ({"method": "delong"}, "method must be one of"),
    "level": ({"confidence_level": 95}, "for 95 % write 0.95"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(study, name):
    y, score, fold = study
    wrong, match = REFUSED[name]
    with pytest.raises(ValueError, match=match):
        cv_auc_ci(y, score, **({"folds": fold} | wrong))


def test_rows_in_another_order_are_refused(study):
    y, score, fold = (pd.Series(x, [f"P{i}" for i in range(60)]) for x in study)
    with pytest.raises(ValueError, match="other row names"):
        cv_auc_ci(y, score, fold[::-1])


def test_repeated_names_without_groups_are_told(study):
    y, score, fold = study
    y = pd.Series(y, [f"P{i // 5}" for i in np.argsort(fold, kind="stable").argsort()])
    with pytest.warns(UserWarning, match="60 rows but only 12 .* pass the patients"):
        cv_auc_ci(y, score, fold)


def test_a_cross_validation_takes_x_and_no_folds(study):
    y, _, fold = study
    kept = cross_validate(LogisticRegression(), y[:, None], y, cv=3, **KEPT)
    for wrong in ({}, {"X": y[:, None], "folds": fold}):
        with pytest.raises(ValueError, match="pass X as it was given"):
            cv_auc_ci(y, kept, **wrong)


def test_turned_scores_are_told():
    y, fold = np.tile([0, 1], 40), np.arange(80) // 2 % 4
    score = -y + np.sin(np.arange(80))
    with pytest.warns(HintWarning, match="lies below 0.5 with all of its interval"):
        cv_auc_ci(y, score, fold)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sknac.utils._warnings.HintWarning")
def test_the_interval_holds_the_truth_of_noise():
    # The null case: folds share training patients, LeDell's interval holds 70-80 %.
    rng, inside, y = np.random.default_rng(1), 0, np.repeat([0, 1], 30)
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    for _ in range(300):
        X = rng.normal(size=(60, 5))
        kept = cross_validate(LogisticRegression(), X, y, cv=splitter, **KEPT)
        found = cv_auc_ci(y, kept, X=X)
        inside += found.low <= 0.5 <= found.high
    assert inside / 300 > 0.95


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, lambda p: list(p.T)])
def test_probabilities_of_both_classes_are_no_repeats(kind):
    y, rng = np.arange(40) % 2, np.random.default_rng(0)
    p, folds = rng.random(40), rng.permutation(40) // 2 % 4
    both = kind(np.stack([1 - p, p], axis=1))
    with pytest.raises(ValueError, match="two columns that sum to 1"):
        cv_auc_ci(y, both, np.stack([folds, folds], axis=1))
