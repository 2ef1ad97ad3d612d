"""Rates of a decision, as scikit-learn would compute them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import precision_score, recall_score

from sknac.metrics import (
    npv_score,
    ppv_score,
    sensitivity_score,
    specificity_score,
    weighted_youden_score,
)

close = pytest.approx
RATES = [
    sensitivity_score,
    specificity_score,
    ppv_score,
    npv_score,
    weighted_youden_score,
]
YES, NO = "response", "non-response"


def sklearn_rates(y_true, y_pred, **kwargs):
    """Compute the four rates with scikit-learn's recall and precision."""
    other = NO if kwargs.pop("pos_label") == YES else YES
    mine = YES if other == NO else NO
    return (
        recall_score(y_true, y_pred, pos_label=mine, **kwargs),
        recall_score(y_true, y_pred, pos_label=other, **kwargs),
        precision_score(y_true, y_pred, pos_label=mine, **kwargs),
        precision_score(y_true, y_pred, pos_label=other, **kwargs),
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pos_label", [YES, NO])
def test_rates_equal_scikit_learn(pos_label, weighted, rng):
    y_true, y_pred = rng.choice([YES, NO], size=(2, 50))
    weights = rng.random(50) if weighted else None
    kwargs = {"pos_label": pos_label, "sample_weight": weights}
    got = [rate(y_true, y_pred, **kwargs) for rate in RATES[:4]]
    assert got == close(sklearn_rates(y_true, y_pred, **kwargs), rel=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20), st.floats(0, 1))
def test_weighted_youden_swaps_weight_with_the_positive_class(rows, weight):
    rows = [*rows, (True, True), (False, False)]
    truth, found = np.where(np.array(rows).T, YES, NO)
    one = weighted_youden_score(truth, found, weight=weight, pos_label=YES)
    other = weighted_youden_score(truth, found, weight=1 - weight, pos_label=NO)
    assert one == close(other, abs=1e-12)
    assert -1 <= one <= 1e-12


def test_weighted_youden_is_the_papers_form():
    # Sensitivity 1/2, specificity 1: 0.8 * 0.5 + 0.2 * 1 - 1.
    got = weighted_youden_score([1, 1, 0, 0], [1, 0, 0, 0], weight=0.8)
    assert got == close(-0.4)


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1), (False, True)])
def test_numeric_labels_need_no_positive_class(labels):
    y_true = np.take(labels, [0, 0, 1, 1])
    y_pred = np.take(labels, [0, 1, 1, 1])
    assert sensitivity_score(y_true, y_pred) == 1
    assert specificity_score(y_true, y_pred) == 0.5


@pytest.mark.parametrize("rate", RATES)
def test_string_labels_need_a_positive_class(rate):
    with pytest.raises(ValueError, match="pos_label is not specified"):
        rate([YES, NO], [YES, NO])


@pytest.mark.parametrize(
    ("rate", "y_true", "y_pred", "why"),
    [
        (sensitivity_score, [0, 0], [0, 1], "no positive row"),
        (specificity_score, [1, 1], [0, 1], "no negative row"),
        (ppv_score, [0, 1], [0, 0], "no row is predicted positive"),
        (npv_score, [0, 1], [1, 1], "no row is predicted negative"),
        (weighted_youden_score, [1, 1], [1, 1], "no negative row"),
    ],
)
def test_undefined_rate_is_nan_and_says_why(rate, y_true, y_pred, why):
    with pytest.warns(UndefinedMetricWarning, match=why):
        assert np.isnan(rate(y_true, y_pred))


def test_rate_without_weight_may_be_undefined():
    assert weighted_youden_score([1, 1, 1, 1], [1, 1, 1, 0], weight=1) == -0.25


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kwargs", "message"),
    [
        ([YES, NO], [YES], {"pos_label": YES}, "y_pred has 1 rows but y_true has 2"),
        ([YES, NO], [YES, "awaiting"], {"pos_label": YES}, "got 3 labels"),
        ([YES, NO], [0.2, 0.7], {"pos_label": YES}, "none of .*scores at a threshold"),
        ([YES, NO], ["a", "b"], {"pos_label": YES}, "y_pred has none of y_true's"),
        ([YES, NO], [YES, NO], {"pos_label": "resp"}, "not a valid label"),
        ([YES, NO], [YES, NO], {"pos_label": 1}, "not a valid label"),
        ([YES, None], [YES, NO], {"pos_label": YES}, "y_true holds missing labels"),
        ([], [], {}, "y_true is empty"),
        ([0, 1], [0, 1], {"sample_weight": [1, -1]}, "must be non-negative"),
        ([0, 1], [0, 1], {"sample_weight": [1]}, "sample_weight has 1 rows"),
        ([1, 2], [1, 2], {}, "pos_label is not specified"),
    ],
)
def test_bad_input_is_named(y_true, y_pred, kwargs, message):
    with pytest.raises(ValueError, match=message):
        sensitivity_score(y_true, y_pred, **kwargs)


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_weight_lies_between_zero_and_one(weight):
    with pytest.raises(ValueError, match="must be a share in"):
        weighted_youden_score([0, 1], [0, 1], weight=weight)
