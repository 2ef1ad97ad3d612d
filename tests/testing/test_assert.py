"""How a claim of a check fails, and what it compares."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from sknac.testing import make_check_cohort
from sknac.testing._assert import (
    fresh,
    output_of,
    require_error,
    require_same,
    with_cell,
)


def test_seeds_reach_the_parts():
    model = fresh(make_pipeline("passthrough", DummyClassifier()))
    assert model[-1].random_state == 0


def test_studies_are_compared_by_content():
    (first, _), (second, _) = (make_check_cohort("maps") for _ in range(2))
    require_same(first, second, "they differ; make them alike")
    cell = first["us_pre"].iloc[4]
    with pytest.raises(AssertionError, match="they differ"):
        require_same(first, with_cell(second, 3, cell), "they differ; make them alike")


def test_what_is_missing_in_both_is_the_same():
    table = np.array([[np.nan, 1.0]])
    require_same(table, pd.DataFrame(table), "they differ; make them alike")


def test_another_shape_is_a_difference():
    with pytest.raises(AssertionError, match="they differ"):
        require_same(np.ones(3), np.ones((3, 1)), "they differ; make them alike")


def test_a_cell_is_replaced_in_a_copy():
    X, _ = make_check_cohort("maps")
    holed = with_cell(X, 3, None)
    assert holed["us_pre"].isna().tolist() == [row == 3 for row in range(len(X))]
    assert X["us_pre"].notna().all()


def test_no_output_is_an_error():
    with pytest.raises(AssertionError, match="neither transform nor predict; write"):
        output_of(BaseEstimator(), None)


def test_errors_of_other_types_pass():
    with pytest.raises(ZeroDivisionError):
        require_error(lambda: 1 / 0, mend="mend it")
