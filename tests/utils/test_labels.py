"""Reading labels: what is legal, and which row is wrong."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.utils import _labels


@pytest.mark.parametrize("labels", [[0, 1], [1, -1], [True, False], [1], []])
def test_numbers_have_a_positive_class_of_their_own(labels):
    assert _labels.positive_label(labels, None) == 1


@pytest.mark.parametrize("labels", [["R", "N"], [1, 2], ["0", "1"]])
def test_other_labels_have_none(labels):
    with pytest.raises(ValueError, match="pos_label is not specified; either"):
        _labels.positive_label(labels, None)


def test_target_is_classes_in_order_and_their_numbers():
    classes, codes = _labels.check_target(np.array(["b", "a", "b"], dtype=object))
    assert classes.tolist() == ["a", "b"]
    assert classes[codes].tolist() == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "the target y is None; pass"),
        (["a", None], "row 1: Input y contains NaN; leave"),
        (pd.Series(["a", None], index=["P1", "P2"]), "row P2: Input y contains NaN"),
        ([0.5, 1.5, 2.5], "Unknown label type: continuous"),
        (["a", "b", "c"], "Only binary classification is supported"),
        (["a", "a"], r"y holds one class only \(every row is 'a'\); fit needs both"),
    ],
)
def test_bad_targets_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        _labels.check_target(y)


def test_several_classes_are_legal_where_they_may_be():
    assert len(_labels.check_target(["a", "b", "c"], binary=False)[0]) == 3
    with pytest.raises(ValueError, match="give classes, not numbers"):
        _labels.check_target([0.5, 1.5, 2.5], binary=False)


def test_first_wrong_row_has_the_name_it_has_in_the_index():
    wrong = np.array([False, True, True])
    with pytest.raises(ValueError, match=r"^row 1: it is odd \(2 such rows\)$"):
        _labels.raise_first(wrong, "it is odd")
    with pytest.raises(ValueError, match="row y: it is odd"):
        _labels.raise_first(wrong[:, None], "it is odd", pd.Index(list("xyz")))
    _labels.raise_first(~wrong & wrong, "nothing")
