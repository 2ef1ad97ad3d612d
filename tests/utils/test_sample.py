"""A sample is checked once and says everything a result needs."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import auc_ci, bootstrap_ci, delong_test, roc_ci
from sknac.utils import _sample
from sknac.utils._sample import check_sample


def test_sample_says_who_is_positive_and_whose_rows_belong_together():
    y = pd.Series(["R", "N", "R"], index=["a", "b", "c"])
    sample = check_sample(y, pos_label="R", groups=["P9", "P2", "P9"])
    assert sample.positive.tolist() == [True, False, True]
    assert sample.codes.tolist() == [0, 1, 0]
    assert sample.index.tolist() == ["a", "b", "c"]
    assert sample.about == {"n": 3, "n_pos": 2, "pos_label": "R", "n_groups": 2}


def test_predicted_labels_may_hold_the_class_that_y_lacks():
    text = r"No row holds pos_label='R': y_true holds \{'N'\} only"
    with pytest.warns(UndefinedMetricWarning, match=text):
        sample = check_sample(["N", "N"], ["N", "R"], pos_label="R")
    assert sample.predicted.tolist() == [False, True]
    assert sample.part(np.array([False, True])).predicted.tolist() == [True]


@pytest.mark.parametrize(("y", "which"), [([1, 1], "every"), ([0, 0], "no")])
def test_one_class_is_refused_or_warned_of_by_one_sentence(y, which):
    sample = check_sample(y)
    text = rf"y_true holds one class only \({which} row is 1\); it needs both classes"
    with pytest.raises(ValueError, match=f"{text}$"):
        sample.require_both_classes("it")
    with pytest.warns(UndefinedMetricWarning, match=f"{text}; it is NaN$"):
        assert sample.warn_of_one_class("it")


def test_both_classes_pass():
    sample = check_sample([0, 1])
    sample.require_both_classes("it")
    assert not sample.warn_of_one_class("it")


def test_repeated_rows_are_warned_of_only_where_an_interval_is_made():
    y = pd.Series([0, 1], index=["P1", "P1"])
    with pytest.warns(UserWarning, match="2 rows but only 1 distinct index labels"):
        check_sample(y)
    with pytest.warns(UserWarning, match="distinct index labels"):
        check_sample([0, 1], beside={"y_score": y})
    check_sample(y, interval=False)
    check_sample(y, groups=["P1", "P1"])


@pytest.mark.parametrize(
    "call",
    [
        lambda y, s: auc_ci(y, s, method="percentile", n_resamples=9),
        lambda y, s: roc_ci(y, s, n_resamples=9),
        lambda y, s: bootstrap_ci("roc_auc", y, s, n_resamples=9),
        lambda y, s: delong_test(y, s, s),
    ],
)
def test_labels_are_read_once(call, monkeypatch):
    read, seen = _sample.distinct_labels, []
    monkeypatch.setattr(
        _sample, "distinct_labels", lambda *a: (seen.append(a), read(*a))[1]
    )
    call([0, 0, 1, 1, 0, 1], [1.0, 3.0, 2.0, 4.0, 2.5, 0.5])
    assert len(seen) == 1
