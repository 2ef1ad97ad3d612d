"""Jobs of planes: every backend, errors with their place, and what is there already."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import signal
import time

import joblib
import numpy as np
import pandas as pd
import pytest

from sknac.cohort import ArrayRef, Plane, Study, _jobs
from sknac.cohort._jobs import run_jobs
from sknac.cohort.planes import list_planes, put_planes
from sknac.exceptions import CohortError
from sknac.utils import _workers

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


class Shared:
    """What all jobs need, so large that it must not go with each plane."""

    def __init__(self):
        self.samples = np.arange(8000.0)  # 64 kB


class Named:
    """A job that gives handles: what it returns says how it was called."""

    gives_handles = True

    def __init__(self, shared):
        self.shared = shared

    def __call__(self, plane):
        return plane.replace(probe=f"{self.shared.samples[1]:g}")


@pytest.fixture
def sent(monkeypatch):
    """Bytes of each task that goes to another machine, and of what comes back."""
    sizes = []

    class Sender:
        def __init__(self, **settings):
            assert settings["batch_size"] == 1

        def __call__(self, tasks):
            for task in tasks:
                there = pickle.dumps(task)
                function, args, kwargs = pickle.loads(there)
                back = pickle.dumps(function(*args, **kwargs))
                sizes.append((len(args[0]), len(there), len(back)))
                yield pickle.loads(back)

    for module in (_jobs, _workers):
        monkeypatch.setattr(module, "is_far", lambda: True)
    monkeypatch.setattr(_jobs, "effective_n_jobs", lambda n_jobs: 2)
    monkeypatch.setattr(_jobs, "Parallel", Sender)
    return sizes


@pytest.fixture
def handles(tmp_path):
    """A function that makes a frame of planes in one file."""
    np.save(tmp_path / "scan.npy", np.ones((40, 300)))
    image = ArrayRef.from_file(tmp_path / "scan.npy")
    plane = Plane(image, "bmode", spacing_mm=(0.1, 0.1))
    return lambda n: pd.DataFrame({"us_pre": [Study([plane] * n)]}, index=["P1"])


@pytest.mark.parametrize(
    ("n", "of_task"),
    [(5, [5]), (40, [16, 16, 8]), (200, [25] * 8), (900, [64] * 14 + [4])],
)
def test_planes_that_are_sent_share_a_task(handles, sent, n, of_task):
    found = list_planes(handles(n), ["us_pre"])
    heard = []
    made = run_jobs(found, [Named(Shared())] * n, on_plane=lambda: heard.append(1))
    assert [plane.probe for plane in made] == ["1"] * n
    assert len(heard) == n
    assert [size for size, _, _ in sent] == of_task
    for size, there, back in sent:
        assert (there + back) / size < 20_000


def test_pixels_are_not_sent(handles, sent):
    X = handles(20)
    found = list_planes(X, ["us_pre"])
    for jobs, n_jobs in (
        ([double] * 20, 2),  # their planes hold pixels
        ([Named(Shared())] * 20, 1),  # one at a time was asked for
    ):
        run_jobs(found, jobs, n_jobs=n_jobs)
    held = X.map(lambda cell: Study([p.replace(image=p.load()) for p in cell.planes]))
    run_jobs(list_planes(held, ["us_pre"]), [Named(Shared())] * 20, n_jobs=2)
    assert sent == []


def test_nothing_is_sent_from_within_a_task(handles, sent, monkeypatch):
    monkeypatch.setattr(_jobs, "in_task", lambda: True)
    run_jobs(list_planes(handles(20), ["us_pre"]), [Named(Shared())] * 20, n_jobs=2)
    assert sent == []


def test_no_workers_are_started_for_nothing(X, monkeypatch):
    monkeypatch.setattr(_jobs, "near", lambda *args, **settings: 1 / 0)
    found = list_planes(X, ["us_pre"])
    planes = [at.plane for at in found]
    assert run_jobs(found, planes, n_jobs=2) == planes


def sleep(plane):
    """Take long."""
    time.sleep(0.5)
    return plane


def test_task_that_takes_too_long_is_told(X):
    with joblib.parallel_config("threading"):
        with pytest.raises(TimeoutError, match=r"longer than timeout=0.05 s; raise it"):
            map_planes(X, ["us_pre"], sleep, n_jobs=2, timeout=0.05)
        map_planes(X, ["us_pre"], double, n_jobs=2, timeout=60.0)


def kill(plane):
    """Die as a library does that crashes."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_worker_that_is_killed_is_explained(X):
    with pytest.raises(RuntimeError) as caught:
        map_planes(X, ["us_pre"], kill, n_jobs=2)
    assert "n_jobs=1 shows which plane" in caught.value.__notes__[0]
