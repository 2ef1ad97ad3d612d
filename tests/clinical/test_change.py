"""Changes of tumour size follow the stated definition."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from sknac.clinical import StepwiseLogisticRegression, TumorChange
from sknac.utils._warnings import HintWarning

VISITS = {"pre": ["a0", "b0", "c0"], "post2": ["a2", "b2", "c2"], "post4": "v4"}


@pytest.fixture
def table():
    """Give two patients: one ball that halves its diameter, one missing visit."""
    columns = ["a0", "b0", "c0", "a2", "b2", "c2", "v4", "age"]
    rows = [[20, 20, 20, 10, 10, 10, np.pi * 1000 / 6, 50], [30, 20, 10, 15, 20, 10]]
    return pd.DataFrame(rows, columns=columns, index=["P1", "P2"], dtype=float)


@pytest.mark.parametrize(
    ("definition", "against", "want"),
    [
        ("reduction", "first", [[7 / 8, 7 / 8], [1 / 2, np.nan]]),
        ("change", "first", [[-7 / 8, -7 / 8], [-1 / 2, np.nan]]),
        ("log_ratio", "first", [[-np.log(8), -np.log(8)], [-np.log(2), np.nan]]),
        ("reduction", "previous", [[7 / 8, 0], [1 / 2, np.nan]]),
    ],
)
def test_changes_equal_the_closed_form(table, definition, against, want):
    step = TumorChange(VISITS, definition=definition, against=against)
    np.testing.assert_allclose(step.fit_transform(table), want, atol=1e-12)


def test_names_tell_definition_and_visit(table):
    step = TumorChange(VISITS).set_output(transform="pandas").fit(table)
    found = step.transform(table)
    assert found.columns.tolist() == ["reduction_post2", "reduction_post4"]
    assert found.index.tolist() == ["P1", "P2"]
    assert clone(step).visits == VISITS


def test_it_feeds_a_model(rng):
    before = rng.uniform(20, 60, 80)
    after = before * rng.uniform(0.1, 1.2, 80)
    y = np.where(after / before + 0.3 * rng.normal(size=80) < 0.6, "R", "N")
    after[::9] = np.nan
    X = pd.DataFrame({"ld0": before, "ld2": after})
    model = make_pipeline(
        TumorChange({"pre": "ld0", "post2": "ld2"}),
        SimpleImputer(),
        StepwiseLogisticRegression(pos_label="R"),
    )
    assert model.fit(X, y).score(X, y) > 0.6


@pytest.mark.parametrize(
    ("visits", "change", "message"),
    [
        ({"pre": "v4"}, {}, "at least two visits"),
        ({"pre": ["a0", "b0"], "post2": "v4"}, {}, "'pre' has 2 columns"),
        ({"pre": "v0", "post2": "v4"}, {}, "no column v0"),
        (VISITS, {"a2": -1.0}, "row P1: the size at 'post2' must be finite"),
        (VISITS, {"a0": 0.0}, "row P1: size 0 before; leave"),
    ],
)
def test_bad_input_is_named(table, visits, change, message):
    with pytest.raises(ValueError, match=message):
        TumorChange(visits).fit(table.assign(**change))


def test_logarithm_of_nothing_is_refused(table):
    step = TumorChange(VISITS, definition="log_ratio")
    with pytest.raises(ValueError, match="take definition='reduction'"):
        step.fit(table.assign(v4=0.0))


def test_arrays_have_no_names(table):
    with pytest.raises(ValueError, match="must be a DataFrame"):
        TumorChange(VISITS).fit(table.to_numpy())


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("against", ["first", "previous"])
def test_changes_are_exact_in_decimals(kind, against):
    tenths = np.arange(1, 101)
    sizes = {"ld0": 10 * tenths / 10, "ld2": 7 * tenths / 10}
    X = pd.DataFrame(sizes, dtype=kind)
    step = TumorChange({"pre": "ld0", "post2": "ld2"}, against=against)
    assert (step.fit_transform(X) == 0.3).all()
    step.set_params(definition="change")
    assert (step.fit_transform(X) == -0.3).all()
    step.set_params(definition="log_ratio")
    assert (step.fit_transform(X) == np.log(0.7)).all()


def test_volumes_are_exact_in_decimals():
    X = pd.DataFrame({"a": [3.1], "b": [1.7], "c": [0.3], "d": [2.17]})
    step = TumorChange({"pre": ["a", "b", "c"], "post2": ["d", "b", "c"]})
    assert step.fit_transform(X).item() == 0.3


@pytest.mark.parametrize(
    "visits",
    [
        {"pre": "a0", "post2": "a0"},
        {"pre": ["a0", "b0", "c0"], "post2": ["a0", "b0", "c0"]},
        {"pre": ["a0", "b0", "c0"], "post2": "v4", "post4": ["c0", "a0", "b0"]},
    ],
)
def test_a_visit_is_not_compared_with_itself(table, visits):
    with pytest.raises(
        ValueError, match=r"have the same columns .* name those of each"
    ):
        TumorChange(visits).fit(table)


@pytest.mark.parametrize("first", ["pre", "post"])
def test_a_length_beside_volumes_is_hinted_at(table, first):
    sizes = {"pre": "a0", "post": ["a2", "b2", "c2"]}
    visits = {visit: sizes[visit] for visit in sorted(sizes, key=lambda v: v != first)}
    with pytest.warns(HintWarning, match="one size must be a volume"):
        TumorChange(visits).fit(table)
    TumorChange({"pre": "a0", "post": "a2"}).fit(table)  # two lengths


def test_a_vanished_tumour_is_no_length(table):
    TumorChange(VISITS).fit(table.assign(v4=0.0))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["x", "y"], "column 'a' must be numbers, got 'x'"),
        (pd.to_datetime(["2020", "2021"]), "column 'a' must be numbers, got dates"),
        ([1 + 2j, 3], "column 'a' must be numbers, got"),
    ],
)
def test_sizes_are_numbers(column, message):
    with pytest.raises(ValueError, match=message):
        TumorChange({"pre": "a", "post": "b"}).fit(
            pd.DataFrame({"a": column, "b": [1.0, 2.0]})
        )
