"""Mapping over the planes of a cohort frame."""

# SPDX-License-Identifier: BSD-3-Clause

import joblib
import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study, map_planes
from sknac.cohort._mapping import list_planes, put_planes, run_planes
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


def double(plane):
    """Double the samples."""
    return plane.replace(image=plane.load() * 2)


def refuse_five(plane):
    """Refuse the plane of fives."""
    if (plane.load() == 5).any():
        raise ValueError("five is refused")
    return plane


def test_map_replaces_every_plane_and_nothing_else(X):
    before, cells = X.copy(), X.to_numpy().tolist()
    mapped = map_planes(X, ["us_pre", "us_post2"], double)
    values = [[p.load()[0, 0] for p in s.planes] for s in mapped["us_pre"]]
    assert values == [[2, 4], [6], [8]]
    assert mapped["us_post2"].tolist() == [None, study(10), study(12)]
    pd.testing.assert_index_equal(mapped.index, before.index)
    pd.testing.assert_index_equal(mapped.columns, before.columns)
    assert mapped["age"].tolist() == [40, 50, 60]
    assert X.to_numpy().tolist() == cells
    pd.testing.assert_frame_equal(X, before)


def test_map_leaves_other_columns(X):
    mapped = map_planes(X, ["us_pre"], double)
    assert mapped["us_post2"].tolist() == X["us_post2"].tolist()


def test_writing_to_the_mapped_frame_leaves_the_input(X):
    mapped = map_planes(X, ["us_pre"], double)
    mapped["age"] = 0
    mapped["us_pre"] = None
    assert X["age"].tolist() == [40, 50, 60]
    assert X["us_pre"].notna().all()


def test_two_workers_give_the_same_frame(X):
    one = map_planes(X, ["us_pre", "us_post2"], double)
    two = map_planes(X, ["us_pre", "us_post2"], double, n_jobs=2)
    pd.testing.assert_frame_equal(one, two)
    assert joblib.hash(one) == joblib.hash(two)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_errors_of_the_function_name_row_column_and_plane(X, n_jobs):
    X.at["P2", "us_post2"] = study(1, 5)
    with pytest.raises(
        CohortError, match=r"^row P2, column us_post2, plane 1: five is refused$"
    ):
        map_planes(X, ["us_pre", "us_post2"], refuse_five, n_jobs=n_jobs)


def test_function_that_returns_no_plane_is_placed(X):
    with pytest.raises(
        CohortError, match=r"^row P1, column us_pre: a study needs planes.*ndarray"
    ):
        map_planes(X, ["us_pre"], lambda plane: plane.load())


def test_other_errors_get_through_as_they_are(X):
    with pytest.raises(ZeroDivisionError):
        map_planes(X, ["us_pre"], lambda plane: 1 / 0)


def test_planes_already_there_are_not_run(X):
    found = list_planes(X, ["us_pre", "us_post2"])
    work = [double if i % 2 else at.plane for i, at in enumerate(found)]
    heard = []
    planes = run_planes(found, work, on_plane=lambda: heard.append(1))
    assert len(heard) == len(found)
    mapped = put_planes(X, ["us_pre", "us_post2"], found, planes)
    values = [[p.load()[0, 0] for p in s.planes] for s in mapped["us_pre"]]
    assert values == [[1, 4], [3], [8]]


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_every_backend_of_joblib_maps(X, backend):
    with joblib.parallel_config(backend=backend):
        two = map_planes(X, ["us_pre"], double, n_jobs=2)
    pd.testing.assert_frame_equal(two, map_planes(X, ["us_pre"], double))
