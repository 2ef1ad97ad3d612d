"""The cohort frame: checks, listing."""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sknac.cohort import (
    Plane,
    Study,
    check_cohort,
    cohort_summary,
    pack_cohort,
    planes_table,
    relocate,
)
from sknac.cohort.planes import check_has_studies, has_study
from sknac.exceptions import CohortError

CHANNELS = ("grey",)  # one tuple for all planes, as a step would have it


def study(*values):
    """A study of one constant plane for each value."""
    shape = (6, 4)
    planes = [
        Plane(np.full(shape, float(v)), "bmode", channels=CHANNELS) for v in values
    ]
    return Study(planes)


@pytest.fixture
def X():
    """Three patients, two visits, one of them missing."""
    index = pd.Index(["P1", "P2", "P3"], name="patient_id")
    frame = pd.DataFrame({"age": [40, 50, 60]}, index=index)
    frame["us_pre"] = [study(1, 2), study(3), study(4)]
    frame["us_post2"] = pd.Series([None, study(5), study(6)], index, dtype=object)
    return frame


@pytest.mark.parametrize("missing", [None, np.nan, float("nan"), pd.NA])
def test_every_kind_of_missing_visit_is_taken(X, missing):
    X.at["P1", "us_post2"] = missing
    assert check_cohort(BaseEstimator(), X, reset=True) == ("us_pre", "us_post2")
    assert not has_study(missing)
    assert has_study(X.at["P1", "us_pre"])


def test_fit_stores_names_and_transform_compares_them(X):
    estimator = BaseEstimator()
    check_cohort(estimator, X, reset=True)
    assert estimator.feature_names_in_.tolist() == ["age", "us_pre", "us_post2"]
    assert estimator.n_features_in_ == 3
    check_cohort(estimator, X[:1], reset=False)
    with pytest.raises(ValueError, match=r"seen at fit time, yet now missing:\n- age"):
        check_cohort(estimator, X.drop(columns="age"), reset=False)
    with pytest.raises(ValueError, match="must be in the same order"):
        check_cohort(estimator, X[X.columns[::-1]], reset=False)
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- new"):
        check_cohort(estimator, X.assign(new=1), reset=False)


def test_columns_asked_for_are_checked_alone(X):
    X["us_post2"] = "text"
    for columns in (["us_pre"], ("us_pre",), "us_pre", np.array(["us_pre"])):
        assert check_cohort(BaseEstimator(), X, columns=columns, reset=True) == (
            "us_pre",
        )


def test_input_is_not_changed(X):
    before = X.copy()
    check_cohort(BaseEstimator(), X, reset=True)
    pd.testing.assert_frame_equal(X, before)


def with_cell(cell):
    """Put a value where a study belongs."""
    return lambda X: X.assign(us_pre=pd.Series([cell] * 3, X.index, dtype=object))


@pytest.mark.parametrize(
    ("change", "columns", "message"),
    [
        (
            lambda X: X.to_numpy(),
            None,
            "must be a cohort frame .*got ndarray; pass the frame itself",
        ),
        (
            lambda X: X["us_pre"],
            None,
            r"must be a cohort frame .*got Series; .* X\[\['us_pre'\]\]",
        ),
        (
            lambda X: np.zeros((3, 8, 8)),
            None,
            "got ndarray; .* of arrays as in .*St",
        ),
        (lambda X: [np.zeros((8, 8))], None, "got list; make one with cohort_from_tab"),
        (lambda X: "scans.csv", None, "got str; read the table with cohort_from_table"),
        (lambda X: X[:0], None, "the cohort frame has no row"),
        (
            lambda X: X[["age"]],
            None,
            r"no ultrasound column .*\['age'\].*us_",
        ),
        (lambda X: X, ["us_post4"], "column us_post4 is missing; X has"),
        (lambda X: X, ["pre"], "column pre is missing; name it us_pre"),
        (lambda X: X, [], r"columns must name .* each once, got \[\]"),
        (lambda X: X, ["us_pre", "us_pre"], "columns must name .* each once, got"),
        (
            lambda X: X,
            ["age"],
            "row P1, column age: .* Study or None, got int",
        ),
        (
            with_cell("a.png"),
            None,
            "row P1, column us_pre: .* Study.*got str; paths are read by",
        ),
        (with_cell(np.zeros(3)), None, "row P1, column us_pre: .* got ndarray; make"),
        (with_cell(study(1).planes[0]), None, r"got Plane; .*, Study\(\[plane\]\)"),
        (with_cell(Path("a.png")), None, "got PosixPath; paths are read by cohort_fr"),
        (with_cell([study(1)]), None, "row P1, column us_pre: .* got list"),
        (
            lambda X: pd.concat([X, X[1:2]]),
            None,
            "row P2 is there more than once: .* cohort_from_table gathers",
        ),
        (
            lambda X: pd.concat([X, X[["us_pre"]]], axis=1),
            None,
            "X has two columns of one name, 'us_pre'; rename one",
        ),
    ],
)
def test_bad_frames_name_the_place_and_the_mend(X, change, columns, message):
    with pytest.raises((CohortError, ValueError, TypeError), match=message):
        check_cohort(BaseEstimator(), change(X), columns=columns, reset=True)


def test_missing_visit_that_is_needed_is_counted(X):
    check_has_studies(X, ["us_pre"])
    with pytest.raises(
        CohortError, match=r"row P1, column us_post2: the visit is missing \(in 1 of 3"
    ):
        check_has_studies(X, ["us_pre", "us_post2"])


@pytest.mark.parametrize(
    "function",
    [
        planes_table,
        cohort_summary,
        lambda X: relocate(X, "."),
        lambda X: pack_cohort(X, "never.cohort"),
    ],
)
def test_what_is_no_cohort_frame_is_named(X, function):
    with pytest.raises(TypeError, match=r"X must be a cohort frame .* got ndarray"):
        function(X.to_numpy())
    with pytest.raises(CohortError, match="no ultrasound column"):
        function(X.drop(columns=["us_pre", "us_post2"]))
    with pytest.raises(CohortError, match="two columns of X have one name"):
        function(pd.concat([X, X], axis=1))
    X.at["P1", "us_pre"] = 3
    with pytest.raises(
        CohortError, match="row P1, column us_pre: a visit must be a St"
    ):
        function(X)


@pytest.mark.parametrize(
    "other",
    ["P1 ", "p1", "P\u200b1", "\uff301", "\u04201", "P\u00a01"],
)
def test_two_spellings_of_one_patient_are_refused(X, other):
    X.index = ["P1", "P2", other]
    with pytest.raises(CohortError, match=r"may be one patient.*; write|invisible"):
        check_cohort(BaseEstimator(), X, reset=True)


def test_accents_as_one_sign_or_two_are_one_patient(X):
    X.index = ["M\u00fcller", "P2", "Mu\u0308ller"]
    with pytest.raises(CohortError, match="may be one patient"):
        check_cohort(BaseEstimator(), X, reset=True)


@pytest.mark.parametrize("name", ["P\0", "P\ud800", "x" * 10_000])
def test_names_that_no_page_can_show_are_refused(X, name):
    for renamed in (X.rename(index={"P2": name}), X.rename(columns={"age": name})):
        with pytest.raises(CohortError, match=r"^(row|column) .*; (delete|shorten) it"):
            check_cohort(BaseEstimator(), renamed, reset=True)


def test_patients_that_people_tell_apart_and_numbers_are_taken(X):
    for names in (["P1", "P01", "P11"], [1, 2, 12], [0.5, 1.0, 1.5]):
        check_cohort(BaseEstimator(), X.set_axis(names), reset=True)
