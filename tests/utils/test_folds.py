"""Folds of a cross-validation, read and checked."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
)

from sknac.utils._folds import check_folds, folds_of, read_columns, read_folds
from sknac.utils._sample import check_sample

Y = np.tile([0, 1], 6)


def indices(splitter, y=Y):
    """What cross_validate hands back of a splitter."""
    split = list(splitter.split(np.zeros(len(y)), y))
    return dict(zip(("train", "test"), zip(*split, strict=True), strict=True))


def test_names_and_indices_of_the_same_folds_are_read_alike():
    found = indices(StratifiedKFold(3))
    names = np.empty(12, dtype=object)
    for at, rows in enumerate(found["test"]):
        names[rows] = "abc"[at]
    a, b = read_folds(names, 12), folds_of(found, 12)
    assert [a.row[p].tolist() for p in a.parts] == [b.row[p].tolist() for p in b.parts]
    assert a.n_train.tolist() == b.n_train.tolist() == [8, 8, 8]
    # k folds share: one and k times n_test / n_train.
    assert a.inflation == pytest.approx(1 + 3 * 4 / 8)


def test_repeats_are_found_in_the_order_of_folds():
    found = folds_of(indices(RepeatedKFold(n_splits=4, n_repeats=3)), 12)
    assert found.repeat.tolist() == np.repeat([0, 1, 2], 4).tolist()
    assert found.about == {"n_folds": 12, "n_repeats": 3}


@pytest.mark.parametrize(
    "kind", [np.array, pd.DataFrame, lambda t: list(np.array(t).T)]
)
def test_columns_are_repeats(kind):
    columns = read_columns(kind([[0, 1], [1, 1], [1, 0]]), "folds", 3)
    assert [np.asarray(c).tolist() for c in columns] == [[0, 1, 1], [1, 1, 0]]


def test_uneven_tests_are_refused():
    with pytest.raises(ValueError, match="every row must be tested equally often"):
        folds_of(indices(ShuffleSplit(3, random_state=0)), 12)


def test_missing_folds_are_named():
    with pytest.raises(ValueError, match="row 1: folds holds missing values"):
        read_folds([0, None, 1], 3)


def test_leave_one_out_is_refused_with_the_reason():
    sample = check_sample(Y)
    with pytest.raises(ValueError, match=r"leave-one-out .* 0\.435"):
        check_folds(sample, folds_of(indices(LeaveOneOut()), 12))
    # So are folds of one patient with several rows.
    pairs = np.arange(12) // 2
    with pytest.raises(ValueError, match="each fold holds one patient"):
        check_folds(check_sample(Y, groups=pairs), read_folds(pairs, 12))


def test_one_fold_is_no_cross_validation():
    with pytest.raises(ValueError, match="at least two in each repeat, got one; take"):
        check_folds(check_sample(Y), read_folds(np.zeros(12), 12))


def test_patients_in_several_folds_are_named():
    y = pd.Series(Y, index=[f"P{i}" for i in range(12)])
    groups = pd.Series(np.arange(12) // 2, index=y.index)
    sample = check_sample(y, groups=groups)
    with pytest.raises(ValueError, match="row P1: her patient stands in several folds"):
        check_folds(sample, read_folds(np.arange(12) % 2, 12))
    check_folds(sample, read_folds(groups % 2, 12))
    # In several repeats every patient does.
    check_folds(sample, read_folds(np.column_stack([groups % 2, groups % 3]), 12))
