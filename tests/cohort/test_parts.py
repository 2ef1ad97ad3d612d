"""Parts of a cohort's planes are worked on where that is sensible."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import chain

import numpy as np
import pytest
from joblib import parallel_config

from sknac.cohort import Plane
from sknac.cohort._parts import over_parts
from sknac.cohort.planes import PlaneAt


def planes(n, side=2):
    plane = Plane(np.eye(side), "bmode")
    return [PlaneAt(plane, i, f"P{i}", "us_pre", 0) for i in range(n)]


def rows(part):
    return [at.row for at in part]


@pytest.mark.parametrize("n_jobs", [None, 1, 3])
@pytest.mark.parametrize("n", [0, 1, 32, 33, 100])
def test_every_plane_is_in_one_part_in_order(n, n_jobs):
    with parallel_config("threading"):
        parts = list(over_parts(rows, planes(n), n_jobs=n_jobs))
    assert list(chain(*parts)) == list(range(n))
    assert all(len(part) == 32 for part in parts[:-1])


@pytest.mark.parametrize(("side", "is_sent"), [(2, True), (60, False)])
def test_only_handles_are_sent_to_other_machines(side, is_sent, monkeypatch):
    """Planes that hold their pixels stay here."""
    made = []

    class Far:
        def __init__(self, **settings):
            made.append(settings)

        def __call__(self, tasks):
            return [function(*args) for function, args, _ in tasks]

    monkeypatch.setattr("sknac.cohort._parts.is_far", lambda: True)
    monkeypatch.setattr("sknac.utils._workers.is_far", lambda: True)
    monkeypatch.setattr("sknac.cohort._parts.Parallel", Far)
    found = planes(40, side)
    assert list(chain(*over_parts(rows, found, n_jobs=2))) == list(range(40))
    assert bool(made) == is_sent
    list(over_parts(rows, found, n_jobs=1))
    assert len(made) == is_sent
