"""Jobs of planes: every backend, errors with their place, and what is there already."""

# SPDX-License-Identifier: BSD-3-Clause

import joblib
import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.cohort._jobs import run_jobs
from sknac.cohort.planes import list_planes, put_planes
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


def map_planes(X, columns, function, **settings):
    """Replace every plane by what a function makes of it, as the steps do."""
    found = list_planes(X, columns)
    return put_planes(X, columns, run_jobs(found, [function] * len(found), **settings))


def refuse_five(plane):
    """Refuse the plane of fives."""
    if (plane.load() == 5).any():
        raise ValueError("five is refused")
    return plane


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_two_workers_of_every_backend_give_the_same_frame(X, backend):
    one = map_planes(X, ["us_pre", "us_post2"], double)
    with joblib.parallel_config(backend=backend):
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


def test_other_errors_get_through_as_they_are(X):
    with pytest.raises(ZeroDivisionError):
        map_planes(X, ["us_pre"], lambda plane: 1 / 0)


def test_planes_already_there_are_not_run(X):
    found = list_planes(X, ["us_pre", "us_post2"])
    work = [double if i % 2 else at.plane for i, at in enumerate(found)]
    heard = []
    planes = run_jobs(found, work, on_plane=lambda: heard.append(1))
    assert len(heard) == len(found)
    mapped = put_planes(X, ["us_pre", "us_post2"], planes)
    values = [[p.load()[0, 0] for p in s.planes] for s in mapped["us_pre"]]
    assert values == [[1, 4], [3], [8]]
