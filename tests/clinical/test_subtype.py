"""Molecular subtypes follow the receptors."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import molecular_subtype
from sknac.datasets import make_bmode_cohort


@pytest.mark.parametrize(
    ("receptors", "subtype"),
    [
        ((1, 0, 0), "HR+HER2-"),
        ((0, 1, 0), "HR+HER2-"),
        ((1, 1, 1), "HR+HER2+"),
        ((0, 0, 1), "HER2+"),
        ((0, 0, 0), "TN"),
        ((1, np.nan, 0), "HR+HER2-"),  # one positive hormone receptor is enough
        ((True, False, False), "HR+HER2-"),
    ],
)
def test_receptors_make_the_subtype(receptors, subtype):
    assert molecular_subtype(*receptors) == subtype


@pytest.mark.parametrize(
    "receptors", [(0, np.nan, 1), (1, 1, None), (None, None, None)]
)
def test_open_subtypes_are_none_and_warned_of(receptors):
    with pytest.warns(UserWarning, match="1 of 1 patients have no subtype"):
        assert molecular_subtype(*receptors) is None


def test_series_keep_their_index():
    er = pd.Series([1, 0], index=["P1", "P2"])
    found = molecular_subtype(er, er, [0, 1])
    assert found.to_dict() == {"P1": "HR+HER2-", "P2": "HER2+"}


def test_names_are_those_of_simulated_cohorts():
    X = make_bmode_cohort(n_patients=8, random_state=0).X
    found = molecular_subtype(X["er"], X["pr"], X["her2"])
    assert found.tolist() == X["subtype"].tolist()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([2], [0], [0]), "row 0: er must be True/False or 1/0, got 2"),
        (([1, 0], [1], [0, 0, 0]), "lengths differ"),
    ],
)
def test_bad_receptors_are_named(args, message):
    with pytest.raises(ValueError, match=message):
        molecular_subtype(*args)
