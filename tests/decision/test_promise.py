"""Cuts keep the rates that are asked for, and the guarantee is the exact one."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, norm

from sknac.decision import weighted_youden_curve
from sknac.decision._curve import warn_if_trivial
from sknac.decision._promise import allowed_misses, check_promise, patients_needed
from sknac.metrics import npv_score, ppv_score, sensitivity_score, specificity_score

SCORES = {
    "sensitivity": sensitivity_score,
    "specificity": specificity_score,
    "npv": npv_score,
    "ppv": ppv_score,
}
OTHER = {
    "sensitivity": "specificity",
    "specificity": "sensitivity",
    "npv": "specificity",
    "ppv": "sensitivity",
}
rows = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])),
    min_size=2,
    max_size=25,
).filter(lambda rows: len({label for label, _ in rows}) == 2)


def cohort(seed=0, n_pos=60, n_neg=66, shift=1.5):
    """Return labels and normal scores."""
    y = np.repeat([1, 0], [n_pos, n_neg])
    return y, np.random.default_rng(seed).normal(size=y.size) + shift * y


# Wilks's one-sided sample sizes for 0, 1, 2 and 3 misses, as tabulated for tolerance
# limits (95/95 is the table of nuclear safety analysis).
@pytest.mark.parametrize(
    ("rate", "level", "sizes"),
    [
        (0.95, 0.95, [59, 93, 124, 153]),
        (0.95, 0.90, [45, 77, 105, 132]),
        (0.90, 0.90, [22, 38, 52, 65]),
    ],
)
def test_sample_sizes_are_those_of_wilks(rate, level, sizes):
    for misses, n in enumerate(sizes):
        assert patients_needed(rate, level, misses) == n
        assert allowed_misses(n, rate, level) == misses
        assert allowed_misses(n - 1, rate, level) == misses - 1


# The share below the k-th smallest of n scores has the law Beta(k, n - k + 1).
@pytest.mark.parametrize("n", [10, 40, 60, 126, 1000])
@pytest.mark.parametrize(("rate", "level"), [(0.75, 0.9), (0.8, 0.5), (0.95, 0.95)])
def test_allowed_misses_are_those_of_the_order_statistics(n, rate, level):
    k = np.arange(1, n + 1)
    safe = beta.cdf(1 - rate, k, n - k + 1) >= level
    assert allowed_misses(n, rate, level) == safe.sum() - 1


@settings(max_examples=100)
@given(rows=rows, name=st.sampled_from(sorted(OTHER)), bound=st.floats(0.05, 1))
def test_the_other_rate_is_the_greatest_under_a_bound(rows, name, bound):
    y, s = map(np.array, zip(*rows, strict=True))
    best = None
    for cut in [-np.inf, *np.unique(s), np.inf]:
        called = s >= cut
        if name in ("npv", "ppv") and (called == (name == "npv")).all():
            continue  # nobody of whom it would be the share
        if SCORES[name](y, called, pos_label=True) >= bound:
            value = SCORES[OTHER[name]](y, called, pos_label=True)
            best = value if best is None else max(best, value)
    ask = {"weight": 0.5, "pos_label": True, "at_least": {name: bound}}
    if best is None:
        with pytest.raises(ValueError, match=f"no cut reaches {name} >= "):
            weighted_youden_curve(y, s, **ask)
        return
    curve = weighted_youden_curve(y, s, **ask)
    called = s >= curve.threshold
    assert SCORES[name](y, called, pos_label=True) >= bound - 1e-12
    assert SCORES[OTHER[name]](y, called, pos_label=True) == best


def test_ties_go_to_more_of_the_bounded_rate():
    y, s = [1, 0, 1, 1, 0, 1], [0, 1, 2, 3, 4, 5]
    low = weighted_youden_curve(y, s, weight=0.2, at_least={"sensitivity": 0.25})
    high = weighted_youden_curve(y, s, weight=0.8, at_least={"specificity": 0.5})
    assert (low.threshold, low.n_optima) == (4.5, 1)
    assert (high.threshold, high.n_optima) == (1.5, 1)
    y, s = [1, 0, 1, 1, 1], [0, 1, 2, 3, 4]
    tied = weighted_youden_curve(y, s, weight=0.2, at_least={"sensitivity": 0.25})
    assert (tied.threshold, tied.n_optima) == (1.5, 3)


def test_several_bounds_are_kept_at_the_best_index():
    y, s = cohort()
    bounds = {"sensitivity": 0.7, "specificity": 0.75}
    curve = weighted_youden_curve(y, s, weight=0.3, at_least=bounds)
    kept = (curve.sensitivity >= 0.7) & (curve.specificity >= 0.75)
    assert kept[curve.best]
    assert curve.youden[curve.best] == curve.youden[kept].max()


def test_weights_count_in_the_bounds():
    y, s = cohort(n_pos=12, n_neg=12)
    times = np.random.default_rng(1).integers(1, 4, y.size)
    for bounds in ({"sensitivity": 0.8}, {"npv": 0.7}, {"ppv": 0.8}):
        one = weighted_youden_curve(
            y, s, weight=0.5, sample_weight=times, at_least=bounds
        )
        two = weighted_youden_curve(
            np.repeat(y, times), np.repeat(s, times), weight=0.5, at_least=bounds
        )
        assert one.threshold == two.threshold


def test_the_positive_class_mirrors_the_bounds():
    y, s = cohort()
    for guarantee in (None, 0.8):
        ask = {"weight": 0.5, "guarantee": guarantee}
        one = weighted_youden_curve(y, s, at_least={"sensitivity": 0.8}, **ask)
        two = weighted_youden_curve(
            y, -s, pos_label=0, at_least={"specificity": 0.8}, **ask
        )
        assert one.threshold == pytest.approx(-two.threshold)


@pytest.mark.parametrize("name", ["sensitivity", "specificity"])
def test_a_guarantee_allows_the_misses_of_the_tolerance_bound(name):
    sizes = (60, 600) if name == "sensitivity" else (600, 60)
    y, s = cohort(n_pos=sizes[0], n_neg=sizes[1])  # so dense that no cut ties
    ask = {"weight": 0.5, "at_least": {name: 0.9}, "guarantee": 0.9}
    curve = weighted_youden_curve(y, s, **ask)
    n = (y == 1).sum() if name == "sensitivity" else (y == 0).sum()
    wrong = round(n * (1 - getattr(curve, name)[curve.best]))
    assert wrong == allowed_misses(n, 0.9, 0.9)
    # One-sided Clopper-Pearson, by the beta quantile.
    low = beta.ppf(0.1, n - wrong, wrong + 1)
    assert curve.bounds[name] == pytest.approx(low)
    assert low >= 0.9
    assert "guarantee=0.9 (clopper-pearson)" in repr(curve)


def test_the_guarantee_is_missed_as_often_as_the_beta_law_says():
    n, bound, level = 40, 0.8, 0.9
    k = allowed_misses(n, bound, level) + 1
    expected = 1 - beta.cdf(1 - bound, k, n - k + 1)
    missed = []
    for seed in range(300):
        # Negatives above all positives leave nothing to gain by a lower cut.
        y, s = cohort(seed, n_pos=n, n_neg=1, shift=0)
        s[y == 0] = 9
        ask = {"weight": 0.5, "pos_label": 1, "guarantee": level}
        y, s = np.r_[y, np.zeros(200, int)], np.r_[s, np.linspace(-4, 4, 200)]
        curve = weighted_youden_curve(y, s, at_least={"sensitivity": bound}, **ask)
        missed.append(norm.sf(curve.threshold) < bound)
    error = np.sqrt(expected * (1 - expected) / len(missed))
    assert np.mean(missed) <= expected + 3 * error
    assert expected <= 1 - level


def test_a_patient_counts_as_found_where_all_her_rows_are():
    y, s = cohort(n_pos=30, n_neg=30)
    groups = np.arange(60)
    ask = {"weight": 0.5, "at_least": {"sensitivity": 0.85}, "guarantee": 0.9}
    one = weighted_youden_curve(y, s, **ask)
    # A second image of everybody with a higher (lower) score changes nothing.
    twice, same = np.tile(y, 2), np.tile(groups, 2)
    s2 = np.r_[s, s + np.where(y == 1, 5, -5)]
    two = weighted_youden_curve(twice, s2, groups=same, **ask)
    assert (s >= one.threshold).tolist() == (s >= two.threshold).tolist()
    assert two.bounds == one.bounds
    rows = weighted_youden_curve(twice, s2, **ask)
    assert rows.threshold > two.threshold  # rows taken for patients promise too much


@pytest.mark.parametrize(("name", "at"), [("npv", "below"), ("ppv", "above")])
def test_predictive_values_are_guaranteed_at_a_rank(name, at):
    y, s = cohort(n_pos=60, n_neg=60, shift=3)
    curve = weighted_youden_curve(
        y, s, weight=0.5, at_least={name: 0.75}, guarantee=0.9
    )
    called = (s < curve.threshold) if at == "below" else (s >= curve.threshold)
    wrong = (called & (y == (1 if at == "below" else 0))).sum()
    assert called.sum() in 120 * np.arange(1, 10) // 10
    assert curve.bounds[name] == beta.ppf(0.1 / 9, called.sum() - wrong, wrong + 1)
    assert curve.bounds[name] >= 0.75
    # The cut lies at the end of its gap that the test was made at.
    assert (s == curve.threshold).any() == (at == "below")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"at_least": {"sensitivity": 0.95}},
            r"with 40 positive patients, none of them missed, the sensitivity is shown "
            r"to be at least 0.944; take at least 45 positive patients",
        ),
        (
            {"at_least": {"specificity": 0.95}},
            "with 10 negative patients.* at least 0.794; take at least 45 negative",
        ),
        ({"at_least": {"npv": 0.95}}, "of whom at least 88 are needed"),
        (
            {"at_least": {"sensitivity": 0.9, "specificity": 0.7}},
            "the nearest, .* though each bound alone is within reach",
        ),
        (
            {"at_least": {"sensitivity": 1.0, "specificity": 1}, "guarantee": None},
            "no cut reaches sensitivity >= 1 and specificity >= 1 .the nearest",
        ),
        ({"at_least": None}, "guarantee=0.9 has no rate to hold for; set at_least"),
        ({"at_least": {}}, "at_least must be a dict of rates"),
        ({"at_least": 0.9}, "at_least must be a dict of rates"),
        ({"at_least": {"recall": 0.9}}, "at_least must name some of .* got 'recall'"),
        ({"at_least": {"npv": 95}}, r"in \(0, 1\], got 95; for 95 % write 0.95"),
        ({"at_least": {"npv": True}}, "must be a rate"),
        ({"at_least": {"ppv": np.nan}}, "must be a rate"),
        ({"at_least": {"sensitivity": 1}}, "must be less than 1 with a guarantee"),
        ({"guarantee": 90}, "guarantee must lie between 0 and 1, got 90; for 90 %"),
        ({"guarantee": 1.0}, "guarantee must lie between 0 and 1"),
        ({"at_least": {"npv": 0.5, "ppv": 0.5}}, "take one of them"),
        ({"sample_weight": np.ones(50)}, "guarantee counts patients"),
        (
            {"at_least": {"npv": 0.5}, "groups": np.arange(50) // 2},
            "some have several; pool the scores of each patient first",
        ),
    ],
)
def test_what_cannot_be_promised_is_refused_with_the_mend(change, message):
    y, s = cohort(n_pos=40, n_neg=10, shift=1)
    ask = {"weight": 0.5, "at_least": {"sensitivity": 0.8}, "guarantee": 0.9}
    with pytest.raises(ValueError, match=message):
        weighted_youden_curve(y, s, **(ask | change))


def test_nobody_called_negative_has_no_npv():
    curve = weighted_youden_curve([1, 0], [1.0, 0.0], weight=0.9, at_least={"npv": 0.1})
    assert curve.threshold == 0.5
    with pytest.raises(ValueError, match="no cut reaches npv >= 1"):
        weighted_youden_curve([1, 0], [0.0, 1.0], weight=0.5, at_least={"npv": 1})


def test_a_trivial_cut_under_a_bound_asks_for_a_lower_bound():
    curve = weighted_youden_curve(
        [1, 0], [0.0, 1.0], weight=0.5, at_least={"sensitivity": 1}
    )
    with pytest.warns(UserWarning, match="choose a lower bound or better scores"):
        warn_if_trivial(curve)


def test_several_bounds_share_the_risk():
    promise = check_promise({"sensitivity": 0.8, "npv": 0.9}, 0.9)
    assert promise.level == pytest.approx(0.95)
