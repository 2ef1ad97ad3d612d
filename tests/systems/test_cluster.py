"""A study on a cluster of two workers: the same numbers as alone, to the bit."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import signal
import threading

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import ArrayRef, Study
from sknac.datasets import make_rf_cohort
from sknac.features import MapStatistics
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import QUSMapper, ReferencePhantom
from sknac.roi import ROIMasker

pytestmark = pytest.mark.slow

GRID = {"roimasker__region": ["core", "core+margin"]}


def in_files(planes, folder, name):
    """Write the samples of planes, and put handles in their place."""
    handles = []
    for number, plane in enumerate(planes):
        path = folder / f"{name}-{number}.npy"
        np.save(path, plane.load())
        handles.append(plane.replace(image=ArrayRef.from_file(path)))
    return handles


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Patients and a phantom whose samples lie in files."""
    folder = tmp_path_factory.mktemp("scans")
    size = {"depth_mm": 20, "width_mm": 16}
    cohort = make_rf_cohort(n_patients=8, n_planes=2, random_state=0, **size)
    cells = [
        Study(in_files(cell.planes, folder, patient))
        for patient, cell in cohort.X["us_pre"].items()
    ]
    old = cohort.reference
    phantom = ReferencePhantom(
        in_files(old.acquisitions, folder, "phantom"),
        attenuation_db_cm_mhz=old.attenuation_db_cm_mhz,
        speed_of_sound=old.speed_of_sound,
        bsc=old.bsc,
    )
    return cohort.X.assign(us_pre=cells), cohort.y, phantom


@pytest.fixture(scope="module")
def client():
    """Two workers of 1.5 GB, one thread each."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    cluster = distributed.LocalCluster(memory_limit="1.5GB", **settings)
    with cluster, distributed.Client(cluster) as client:
        yield client


def mapper(phantom, store, **settings):
    """Maps of half-overlapping windows."""
    settings = {"overlap": 0.5, "channels": ("mbf", "ss"), **settings}
    return QUSMapper(phantom, attenuation_db_cm_mhz=0.7, store=store, **settings)


def search(phantom, store):
    """A search behind the mapper; its steps ask for workers of their own."""
    maps, region = mapper(phantom, store, n_jobs=2), ROIMasker(n_jobs=2)
    numbers = MapStatistics(n_jobs=2), StandardScaler(), LogisticRegression()
    pipeline = make_pipeline(maps, region, *numbers)
    return GridSearchCV(pipeline, GRID, cv=2, scoring="neg_log_loss")


def network(phantom, store):
    """A small network on what the mapper stored."""
    net = PlaneFeatureNet(
        module="ran_tiny", max_epochs=1, random_state=0, torch_threads=1
    )
    steps = ROIMasker(), PlaneResizer(image_size=32), MapScaler(), net
    return make_pipeline(mapper(phantom, store), *steps)


@pytest.mark.parametrize(
    ("model", "method"), [(search, "predict_proba"), (network, "transform")]
)
def test_study_gives_what_it_gives_alone(study, client, tmp_path, model, method):
    X, y, phantom = study
    alone = model(phantom, tmp_path / "alone").fit(X, y)
    with joblib.parallel_config("dask"):
        sent = model(phantom, tmp_path / "sent").fit(X, y)
        found = getattr(sent, method)(X)
    np.testing.assert_array_equal(found, getattr(alone, method)(X))


def test_steps_send_handles_and_numbers_only(study, client, tmp_path, monkeypatch):
    """Bytes that this process writes: to the scheduler, and its to the workers."""
    from distributed.comm.tcp import TCP

    X, y, phantom = study
    written, write = [], TCP.write

    async def counted(self, *args, **settings):
        written.append(await write(self, *args, **settings))
        return written[-1]

    def per_plane(work):
        written.clear()
        with joblib.parallel_config("dask"):
            work()
        return sum(n or 0 for n in written) / 16

    monkeypatch.setattr(TCP, "write", counted)
    model = mapper(phantom, tmp_path).fit(X)
    assert per_plane(lambda: model.transform(X)) < 20_000
    maps = model.transform(X)
    for step in (ROIMasker(), ROIMasker(n_jobs=2), MapStatistics(n_jobs=2)):
        assert per_plane(lambda step=step: step.fit(maps).transform(maps)) < 2000
    assert per_plane(lambda: search(phantom, tmp_path).fit(X, y)) < 20_000


def test_worker_killed_three_times_changes_nothing(study, client, tmp_path):
    X, y, phantom = study
    alone = search(phantom, tmp_path / "alone").fit(X, y).predict_proba(X)
    done, killed = threading.Event(), []

    def kill():
        """Kill the first worker whenever it has been started again."""
        while len(killed) < 3 and not done.wait(0.3):
            pid = client.cluster.workers[0].pid
            if pid and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for number in range(20):  # until three are killed, each time from nothing
            # A copy of the frame on both: where the last copy dies, dask gives up.
            with joblib.parallel_config("dask", scatter=[X, y]):
                sent = search(phantom, tmp_path / f"sent{number}").fit(X, y)
            np.testing.assert_array_equal(sent.predict_proba(X), alone)
            if not killer.is_alive():
                break
    finally:
        done.set()
        killer.join()
    assert len(killed) == 3
