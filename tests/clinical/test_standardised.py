"""Standardised differences agree with R and with closed forms."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import baseline_table
from sknac.clinical._standardised import of_counts, of_numbers

close = pytest.approx


def _gbsg():
    """Return the 686 patients that R's survival::gbsg has, as lifelines ships them."""
    from lifelines.datasets import load_gbsg2

    data = load_gbsg2()
    grade = data["tgrade"].map({"I": 1, "II": 2, "III": 3})
    meno = (data["menostat"] == "Post").astype(int)
    table = {"age": data["age"], "size": data["tsize"], "nodes": data["pnodes"]}
    return pd.DataFrame(table | {"meno": meno, "grade": grade}), data["horTh"]


def _lung():
    """Return survival::lung as lifelines ships it, where ph.ecog is 0, 1 or 2."""
    from lifelines.datasets import load_lung

    data = load_lung()
    data = data[data["ph.ecog"] < 3].reset_index(drop=True)
    names = {"ph.ecog": "ecog", "status": "event"}
    return data.rename(columns=names)[["age", "event", "ecog"]], data["sex"]


# R 4.2.2, written out: second group minus first; three levels after Yang and Dalton.
R_SMD = [
    (
        _gbsg,
        {
            "age": 0.5742110569451006,
            "size": -0.057346491230256716,
            "nodes": 0.03431217438551713,
            "meno": 0.6137921930451912,
            "grade": 0.1290903222672772,
        },
    ),
    (
        _lung,
        {
            "age": -0.24823187690770188,
            "event": -0.4938133989144227,
            "ecog": 0.11165167720747686,
        },
    ),
]


@pytest.mark.parametrize(("load", "want"), R_SMD)
def test_differences_equal_r(load, want):
    X, by = load()
    named = [name for name in ("grade", "ecog") if name in want]
    found = baseline_table(X, by, categorical=named).tests["smd"]
    assert found.to_dict() == close(want, rel=1e-9)


def test_the_level_left_out_does_not_matter():
    counts = np.array([[3, 9], [8, 2], [5, 5], [1, 4]])
    assert of_counts(counts[::-1]) == close(of_counts(counts))
    merged = np.array([[3, 9], [14, 11]])
    assert of_counts(merged[::-1]) == close(-of_counts(merged))


def test_more_groups_show_their_largest_difference(rng):
    groups = [rng.normal(size=30), rng.normal(size=30) + 1, rng.normal(size=30) - 1]
    pairs = [of_numbers([groups[a], groups[b]]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert of_numbers(groups) == min(pairs)  # the second to the third, downwards
    counts = np.array([[9, 1, 5], [1, 9, 5]])
    assert of_counts(counts) == of_counts(counts[:, :2])


def test_groups_without_spread():
    assert of_numbers([np.ones(3), np.ones(4)]) == 0
    assert of_numbers([np.ones(3), np.zeros(4)]) == -np.inf
    assert np.isnan(of_numbers([np.ones(1), np.arange(4.0)]))
    assert of_counts([[5, 0], [0, 5]]) == np.inf
    assert of_counts([[5, 0], [0, 3], [0, 2]]) == np.inf
    assert of_counts([[5, 5], [0, 0], [1, 1]]) == 0
    assert np.isnan(of_counts([[5, 0], [1, 0]]))
