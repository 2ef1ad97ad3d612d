"""Predictors as columns: reference coding, rank, and what is wrong in which row."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical._terms import encode, independent_terms, make_terms

TABLE = pd.DataFrame(
    {"age": [40.0, 50.0, 60.0, 45.0], "grade": ["G2", "G1", "G3", "G1"]}
)


def test_factors_are_coded_against_their_first_level():
    blocks = encode(TABLE, make_terms(TABLE, None))
    want = pd.get_dummies(TABLE["grade"], drop_first=True).to_numpy(dtype=float)
    assert np.array_equal(blocks["grade"], want)
    assert blocks["age"][:, 0].tolist() == TABLE["age"].tolist()


def test_columns_are_named_by_level():
    grade = make_terms(TABLE, None)[1]
    assert grade.columns == ["grade[G2]", "grade[G3]"]


def test_categoricals_keep_their_own_order():
    order = pd.CategoricalDtype(["G3", "G2", "G1"])
    term = make_terms(TABLE.astype({"grade": order}), None)[1]
    assert term.levels == ("G3", "G2", "G1")


def test_terms_that_add_no_rank_are_left_out_with_the_reason():
    rng = np.random.default_rng(0)
    blocks = {"a": rng.normal(size=(20, 1)), "b": rng.normal(size=(20, 2))}
    blocks |= {"sum": blocks["a"] + blocks["b"][:, :1] - 3, "one": np.ones((20, 1))}
    kept, excluded = independent_terms(blocks)
    assert kept == ["a", "b"]
    assert excluded == {"sum": "collinear", "one": "constant"}
    design = np.column_stack([np.ones(20), *blocks.values()])
    assert np.linalg.matrix_rank(design) == 1 + 1 + 2


@pytest.mark.parametrize(
    ("factors", "table", "message"),
    [
        (["stage"], TABLE, r"\['stage'\], which must be columns of X"),
        (None, TABLE.assign(grade=["G1", None, "G2", "G1"]), "missing in row 1"),
    ],
)
def test_what_cannot_be_a_term_is_named(factors, table, message):
    with pytest.raises(ValueError, match=message):
        make_terms(table, factors)


def test_levels_that_fit_did_not_see_are_named():
    terms = make_terms(TABLE, None)
    with pytest.raises(ValueError, match="holds 'G4' in row 2, which is none of"):
        encode(TABLE.assign(grade=["G1", "G2", "G4", "G1"]), terms)


@pytest.mark.parametrize("odd", ["Pos", "pos ", "nan", ""])
def test_levels_that_may_be_one_or_none_are_said(odd):
    table = pd.DataFrame({"er": ["pos", "neg", odd]})
    with pytest.warns(UserWarning, match="of factor 'er'"):
        make_terms(table, None)
