"""Columns of a stage, and who has data in them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sknac.decision._blocks import (
    as_table,
    column_positions,
    stage_block,
    visit_columns,
)

FRAME = pd.DataFrame(
    {"a": [1.0, np.nan, np.nan], "us": [object(), object(), None], "t": ["x", "y", "z"]}
)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ("us", [1]),
        (["t", "a"], [2, 0]),
        (-1, [2]),
        (slice("a", "us"), [0, 1]),
        ([True, False, True], [0, 2]),
        (lambda X: X.columns[:1].tolist(), [0]),
        ([], []),
    ],
)
def test_columns_are_found_however_they_are_named(columns, found):
    assert column_positions(FRAME, columns, "s").tolist() == found


def test_records_of_a_visit_are_told_from_plain_values():
    assert visit_columns(FRAME, [0, 1, 2]).tolist() == [False, True, False]
    assert visit_columns(FRAME.to_numpy(), [0, 1]).tolist() == [False, False]


@pytest.mark.parametrize(
    ("positions", "rule", "kept"),
    [
        ([0, 2], "auto", [0, 1, 2]),
        ([0, 2], "any", [0]),
        ([0, 1], "auto", [0, 1]),
        ([0], "auto", [0]),
    ],
)
def test_rows_without_data_are_left_out(positions, rule, kept):
    visits = visit_columns(FRAME, positions)
    rows, block = stage_block(FRAME, positions, visits, rule, np.arange(3))
    assert rows.tolist() == kept
    assert block.index.tolist() == kept
    assert block.shape == (len(kept), len(positions))


def test_sparse_blocks_lack_nothing():
    X = sparse.csr_array(np.eye(3))
    rows, block = stage_block(X, [0], np.array([False]), "any", np.array([0, 2]))
    assert rows.tolist() == [0, 2]
    assert block.toarray().ravel().tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("X", "message"),
    [(np.ones(3), "got 1D array"), (np.ones((3, 0)), r"0 feature\(s\)")],
)
def test_what_is_no_table_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        as_table(X)


@pytest.mark.parametrize(
    ("columns", "name"),
    [(["a", "us", "a"], "a"), ([1, 1], "us"), ([2, -1], "t"), (lambda X: [0, 0], "a")],
)
def test_a_stage_sees_a_column_once(columns, name):
    with pytest.raises(ValueError, match=f"names column '{name}' twice; name it once"):
        column_positions(FRAME, columns, "one")


@pytest.mark.parametrize(
    ("names", "columns"), [([1, 0], 1), ([1, 2, 0], [1, 2]), ([-1, 5], -1)]
)
def test_a_position_is_not_the_name_of_another_column(names, columns):
    X = pd.DataFrame(np.zeros((2, len(names))), columns=names)
    with pytest.raises(ValueError, match="is a position and the name of column"):
        column_positions(X, columns, "one")


def test_columns_numbered_by_their_place_are_meant_either_way():
    X = pd.DataFrame(np.zeros((2, 3)))
    assert column_positions(X, [2, 0], "one").tolist() == [2, 0]
    X = X.set_axis(["a", 7, "b"], axis=1)
    assert column_positions(X, 1, "one").tolist() == [1]
