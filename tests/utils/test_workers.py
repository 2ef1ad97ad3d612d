"""Where work may run: at the top as joblib is told, inside a task in place."""

# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import re
import sys
from types import SimpleNamespace

import joblib
import pytest
from joblib import Parallel, delayed
from joblib.parallel import ParallelBackendBase, register_parallel_backend

from sknac.utils import _workers
from sknac.utils._workers import in_task, is_far, near, telling


class Far(ParallelBackendBase):
    """A backend of other machines, which is never asked to work."""

    def effective_n_jobs(self, n_jobs):
        return 8

    def submit(self, func, callback=None):
        raise AssertionError("sent")


@pytest.fixture
def far():
    register_parallel_backend("far", Far)
    with joblib.parallel_config("far"):
        yield


def test_at_the_top_nobody_waits():
    assert not in_task()
    assert Parallel()([delayed(in_task)()]) == [False]  # one after the other


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_task_of_joblib_knows_that_it_is_one(backend):
    found = Parallel(n_jobs=2, backend=backend)(delayed(in_task)() for _ in range(2))
    assert found == [True, True]


def test_a_task_of_dask_knows_that_it_is_one(monkeypatch):
    def nobody():
        raise ValueError("No worker found")

    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(get_worker=nobody))
    assert not in_task()
    working = SimpleNamespace(get_worker=lambda: object())
    monkeypatch.setitem(sys.modules, "distributed", working)
    assert in_task()


def test_work_is_not_sent_away(far):
    assert is_far()
    assert near(4)(delayed(abs)(i) for i in (-1, -2)) == [1, 2]


def test_work_inside_a_task_starts_no_workers(monkeypatch):
    monkeypatch.setattr(_workers, "in_task", lambda: True)
    assert near(4).n_jobs == 1
    monkeypatch.setattr(_workers, "in_task", lambda: False)
    assert near(4).n_jobs == 4
    assert near(None, prefer="threads").n_jobs == 1


@pytest.mark.parametrize("kind", [TimeoutError, multiprocessing.TimeoutError])
def test_task_that_takes_too_long_names_the_setting(kind):
    said = "longer than timeout=3 s; raise it"
    with pytest.raises(TimeoutError, match=said), telling(3):
        raise kind
    with pytest.raises(kind), telling(None):  # somebody else's
        raise kind


def test_worker_that_died_is_explained():
    class KilledWorker(Exception):
        pass

    with pytest.raises(KilledWorker) as caught, telling(None):
        raise KilledWorker
    assert re.search("more memory .* n_jobs=1", *caught.value.__notes__)
    with pytest.raises(KeyError) as caught, telling(None):
        raise KeyError
    assert not hasattr(caught.value, "__notes__")
