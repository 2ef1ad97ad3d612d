"""Sensitivity at a specificity: R's values, whose cut it is, and what is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import sensitivity_at_specificity
from sknac.utils._warnings import HintWarning

close = pytest.approx
FEW = {"n_resamples": 50, "random_state": 0}


@pytest.mark.parametrize("at", [0, 1])
def test_rates_are_those_of_proc_and_of_its_cuts(part_case, at):
    y, score, r = part_case
    specificity, sensitivity = (
        r["sens_at_spec"]["spec"][at],
        r["spec_at_sens_step"]["sens"][at],
    )
    joined = sensitivity_at_specificity(y, score, specificity=specificity, **FEW)
    assert joined.estimate == close(r["sens_at_spec"]["proc_interpolated"][at])
    steps = {"interpolate": False, **FEW}
    got = sensitivity_at_specificity(y, score, specificity=specificity, **steps)
    assert got.estimate == close(r["sens_at_spec"]["step"][at])
    got = sensitivity_at_specificity(y, score, sensitivity=sensitivity, **steps)
    assert got.estimate == close(r["spec_at_sens_step"]["spec"][at])


@pytest.mark.parametrize("at", [0.8, 0.9, 0.95, 2 / 3])
def test_other_positive_class_swaps_the_rates(tied, at):
    y, score, _ = tied
    known = {"random_state": 0, "n_resamples": 2000}
    one = sensitivity_at_specificity(
        y, score, specificity=at, pos_label="response", **known
    )
    other = sensitivity_at_specificity(
        y, -score, sensitivity=at, pos_label="non-response", **known
    )
    assert other.estimate == close(one.estimate)
    assert (other.low, other.high) == close((one.low, one.high), abs=0.04)
    assert other.metric == f"specificity(sensitivity={at:g})"


def test_a_share_of_the_negatives_is_met_in_spite_of_rounding():
    # 1 - 0.9 is a bit less than 0.1, the rate of one of ten.
    score = np.concatenate([np.arange(10.0), [8.5] * 5 + [0.5] * 5])
    y = np.repeat([0, 1], 10)
    for interpolate in (True, False):
        about = {"specificity": 0.9, "interpolate": interpolate, **FEW}
        assert sensitivity_at_specificity(y, score, **about).estimate == 0.5


def test_interval_is_of_a_cut_that_ten_negatives_do_not_tell(rng):
    # The cut of the highest of ten is that of a specificity of 0.76 to 0.997.
    y, shift = np.repeat([1, 0], [200, 10]), 2.0
    score = rng.normal(size=210) + shift * y
    found = sensitivity_at_specificity(y, score, specificity=0.9, random_state=0)
    assert found.low < ndtr(shift - ndtri(0.98)) < found.estimate
    many = np.repeat([1, 0], 200)
    score = rng.normal(size=400) + shift * many
    known = sensitivity_at_specificity(many, score, specificity=0.9, random_state=0)
    assert found.high - found.low > 2 * (known.high - known.low)


@pytest.mark.filterwarnings("ignore:y_score holds two values only")
def test_a_rate_of_one_has_an_interval():
    y = np.repeat([0, 1], 10)
    found = sensitivity_at_specificity(y, y * 1.0, specificity=0.9, **FEW)
    assert found.estimate == found.high == 1
    assert 0.2 < found.low < 0.9


def test_copies_of_each_patient_change_little_with_groups(tied):
    y, score, _ = tied
    known = {"specificity": 0.8, "pos_label": "response", "random_state": 0}
    one = sensitivity_at_specificity(y, score, **known)
    five = [np.repeat(x, 5) for x in (y, score, np.arange(42))]
    copied = sensitivity_at_specificity(*five[:2], groups=five[2], **known)
    naive = sensitivity_at_specificity(*five[:2], **known)
    width = one.high - one.low
    assert copied.estimate == close(one.estimate)
    assert copied.high - copied.low == close(width, rel=0.15)
    assert naive.high - naive.low < 0.7 * width
    assert "n=210 rows of 42 patients" in repr(copied)


def test_repr_says_the_rate_the_class_and_the_method(tied):
    y, score, _ = tied
    about = {"specificity": 0.9, "pos_label": "response", **FEW}
    found = sensitivity_at_specificity(y, score, **about)
    text = repr(found)
    assert text.startswith("sensitivity(specificity=0.9) 0.")
    assert "(95% smoothed-bootstrap, pos_label='response', n=42 patients" in text
    again = sensitivity_at_specificity(y, score, **about | {"random_state": found.seed})
    assert again == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"specificity": None}, "one at a time"),
        ({"sensitivity": 0.9}, "one at a time"),
        ({"specificity": 90}, "specificity must lie between 0 and 1, got 90"),
        ({"specificity": 1.0}, "specificity must lie between 0 and 1"),
        ({"specificity": "0.9"}, "specificity must lie between 0 and 1"),
        ({"specificity": None, "sensitivity": 0}, "sensitivity must lie between"),
        ({"pos_label": None}, "pos_label"),
        ({"n_resamples": 1}, "n_resamples must be a whole number"),
    ],
)
def test_bad_input_is_named(tied, change, message):
    y, score, _ = tied
    about = {"specificity": 0.9, "pos_label": "response", **FEW}
    with pytest.raises(ValueError, match=message):
        sensitivity_at_specificity(y, score, **about | change)


def test_one_class_or_one_score_is_told():
    with pytest.warns(UndefinedMetricWarning, match="the sensitivity at a specificity"):
        lone = sensitivity_at_specificity([1, 1], [1, 2], specificity=0.9, **FEW)
    assert np.isnan([lone.estimate, lone.low, lone.high]).all()
    with pytest.warns(UndefinedMetricWarning, match="All scores are equal"):
        flat = sensitivity_at_specificity([0, 1, 1], [2] * 3, specificity=0.9, **FEW)
    assert flat.estimate == close(0.1)
    assert np.isnan([flat.low, flat.high]).all()


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(40, 10, 0.9), (10, 40, 0.97)])
def test_interval_holds_where_the_bootstrap_of_rows_does_not(sizes):
    n_pos, n_neg, area = sizes
    rng, shift = np.random.default_rng(5), np.sqrt(2) * ndtri(area)
    y, held = np.repeat([1, 0], [n_pos, n_neg]), 0
    for _ in range(150):
        score = rng.normal(size=y.size) + shift * y
        about = {"specificity": 0.9, "n_resamples": 300, "random_state": rng}
        found = sensitivity_at_specificity(y, score, **about)
        held += found.low <= ndtr(shift - ndtri(0.9)) <= found.high
    assert held >= 0.93 * 150


@pytest.mark.parametrize("values", [(0, 1), (-1, 1), (0.2, 0.7)])
def test_decisions_given_as_scores_are_told(values):
    y = np.arange(40) % 2
    decided = np.where(np.arange(40) % 5 == 0, 1 - y, y)
    known = {"specificity": 0.7, "n_resamples": 20, "random_state": 0}
    with pytest.warns(HintWarning, match="two values only, as decisions do"):
        sensitivity_at_specificity(y, np.array(values)[decided], **known)
