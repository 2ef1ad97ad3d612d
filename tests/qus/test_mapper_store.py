"""`QUSMapper(store=...)`: maps on disk, found again, whatever happens meanwhile."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import ArrayRef, InMemoryArray, Plane, PolygonOutline, Study
from sknac.cohort.planes import list_planes
from sknac.exceptions import CohortError, SknacFormatError
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom, SpectralOptions
from sknac.qus._job import PlaneJob
from sknac.roi import ROIMasker
from sknac.utils._store import ArrayStore, StoredArray

CORE = PolygonOutline([(2, 1), (2, 4), (4, 4), (4, 1)])


def scan(seed, n_samples=400, **settings):
    rf = np.random.default_rng(seed).normal(size=(n_samples, 20))
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25, **settings)


def make_frame(n_patients=3):
    """Patients with two planes each; the second has had no scan."""
    index = pd.Index([f"P{i}" for i in range(n_patients)], name="patient_id")
    cells = np.empty(n_patients, dtype=object)
    for i in range(n_patients):
        cells[i] = Study([scan(2 * i, core=CORE), scan(2 * i + 1, core=CORE)])
    cells[1] = None
    return pd.DataFrame(
        {"att": np.linspace(0.5, 0.9, n_patients), "us_pre": cells}, index
    )


def make_mapper(store, **settings):
    phantom = ReferencePhantom(
        scan(99, 450),
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1488.0,
        bsc=PowerLaw(1e-6, 3.2),
    )
    settings = {"attenuation_db_cm_mhz": 0.7, "overlap": 0.5, **settings}
    return QUSMapper(phantom, store=store, **settings)


@pytest.fixture
def X():
    return make_frame()


@pytest.fixture
def computed(monkeypatch):
    """The planes whose maps are computed from now on, in this process."""
    planes, compute = [], PlaneJob.compute

    def counted(self):
        planes.append(self.plane)
        return compute(self)

    monkeypatch.setattr(PlaneJob, "compute", counted)
    return planes


def entries(folder):
    """Content and time of every entry, by name."""
    paths = Path(folder).glob("??/*.npy")
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in paths}


def planes_of(X):
    """All planes of a frame."""
    return [p for cell in X["us_pre"] if cell is not None for p in cell.planes]


@pytest.mark.parametrize("settings", [{}, {"pixel_mm": 0.3}, {"n_jobs": 2}])
def test_stored_maps_are_those_in_memory(X, tmp_path, settings):
    in_memory = planes_of(make_mapper(None, **settings).fit_transform(X))
    for _ in ("computed", "found"):
        stored = make_mapper(tmp_path, **settings).fit_transform(X)
        assert stored.loc["P1", "us_pre"] is None
        for one, other in zip(planes_of(stored), in_memory, strict=True):
            assert isinstance(one.image, StoredArray)
            np.testing.assert_array_equal(one.load(), other.load())
            assert one.replace(image=other.image) == other


def test_only_missing_maps_are_computed(X, tmp_path, computed):
    mapper = make_mapper(tmp_path)
    mapper.fit_transform(X[:1])
    assert len(computed) == 2
    mapper.fit_transform(X)
    assert len(computed) == 4
    before = entries(tmp_path)
    clone(mapper).fit(X).transform(X)
    mapper.transform_plane(X.iloc[0]["us_pre"].planes[0])
    assert len(computed) == 4
    assert entries(tmp_path) == before
    clone(mapper).set_params(overlap=0.6).fit_transform(X)
    assert len(computed) == 8


def test_redrawn_core_finds_the_maps_and_keeps_its_own(X, tmp_path, computed):
    mapper = make_mapper(tmp_path)
    mapper.fit_transform(X)
    core = PolygonOutline([(3, 1), (3, 4), (5, 4), (5, 1)])
    plane = X.iloc[0]["us_pre"].planes[0].replace(core=core)
    maps = mapper.transform(X.assign(us_pre=[Study([plane]), None, None]))
    assert maps.iloc[0]["us_pre"].planes[0].core == core
    assert len(computed) == 4


def test_maps_follow_each_patients_attenuation(X, tmp_path):
    stored = make_mapper(tmp_path, attenuation_db_cm_mhz="att").fit_transform(X)
    again = make_mapper(tmp_path, attenuation_db_cm_mhz="att")
    other = again.fit_transform(X.assign(att=X["att"].to_numpy()[::-1]))
    assert stored.at["P0", "us_pre"] != other.at["P0", "us_pre"]
    single = make_mapper(None, attenuation_db_cm_mhz=0.5).fit_transform(X)
    one, two = (frame.at["P0", "us_pre"].planes[0] for frame in (stored, single))
    np.testing.assert_array_equal(one.load(), two.load())


def test_frame_of_stored_maps_pickles_small(X, tmp_path):
    stored = make_mapper(tmp_path).fit_transform(X)
    assert len(pickle.dumps(stored)) < 1000 * len(planes_of(stored))
    again = pickle.loads(pickle.dumps(stored))
    pd.testing.assert_frame_equal(again, stored)


def test_damaged_map_is_told_when_loaded_and_then_computed_again(X, tmp_path, computed):
    mapper = make_mapper(tmp_path)
    mapped = mapper.fit_transform(X)
    before = entries(tmp_path)
    handle = mapped.iloc[0]["us_pre"].planes[0].image
    data = bytearray(Path(handle.path).read_bytes())
    data[-5] ^= 1
    Path(handle.path).write_bytes(data)
    with pytest.raises(SknacFormatError, match="does not match its checksum"):
        handle.load()
    said = "row P0, column us_pre, plane 0: .* is gone .* transform the planes again"
    with pytest.raises(FileNotFoundError, match=said):  # it was deleted
        ROIMasker(region="core").fit_transform(mapped)
    mapper.transform(X)
    assert len(computed) == 5
    assert {k: v[0] for k, v in entries(tmp_path).items()} == {
        k: v[0] for k, v in before.items()
    }
    handle.load()


@pytest.fixture
def files(tmp_path):
    """Scans of a patient and a phantom in files, and what makes them rot."""
    paths = [tmp_path / f"{i}.npy" for i in range(2)]
    for i, path in enumerate(paths):
        np.save(path, scan(i).load())

    def rot(path):
        stat, data = path.stat(), bytearray(path.read_bytes())
        data[-4] ^= 16
        path.write_bytes(data)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    return paths, rot


@pytest.mark.parametrize("rotten", [0, 1])
def test_scan_that_rotted_is_not_stored_under_the_digest_it_had(
    files, tmp_path, rotten
):
    """Size and time stay the same: bits fall over, or a backup was not whole."""
    paths, rot = files
    plane, acquisition = (scan(0).replace(image=ArrayRef.from_file(p)) for p in paths)
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P0"])
    sound = {
        "acquisitions": acquisition,
        "attenuation_db_cm_mhz": 0.5,
        "speed_of_sound": 1488.0,
    }
    mapper = make_mapper(tmp_path / "store", channels=("mbf", "ss"))
    mapper.set_params(reference=ReferencePhantom(**sound))
    rot(paths[rotten])
    with pytest.raises(SknacFormatError, match=r"is no longer that .*; put the file"):
        mapper.fit(X).transform(X)
    assert entries(tmp_path / "store") == {}
    rot(paths[rotten])
    mapper.set_params(reference=ReferencePhantom(**sound))
    maps = mapper.fit_transform(X).iloc[0, 0].planes[0].load()
    plain = clone(mapper).set_params(store=None).fit_transform(X)
    np.testing.assert_array_equal(maps, plain.iloc[0, 0].planes[0].load())


def test_warm_look_up_reads_no_sample(X, tmp_path, monkeypatch):
    mapper = make_mapper(tmp_path)
    mapper.fit_transform(X)
    monkeypatch.setattr(
        "sknac.utils._store_files._check",
        lambda path, *_: 1 / 0 if path.suffix == ".npy" else None,
    )
    for kind in (ArrayRef, InMemoryArray):
        monkeypatch.setattr(kind, "load", lambda self: 1 / 0)
    mapper.transform(X)


def per_plane(plane):
    """An attenuation that reads the plane."""
    return 0.5 + float(np.abs(plane.load()).mean()) / 10


def test_function_of_a_plane_is_called_where_the_maps_are_made(
    X, tmp_path, computed, monkeypatch
):
    """Not in the process that hands out the work, for each plane in turn."""
    mapper = make_mapper(tmp_path, attenuation_db_cm_mhz=per_plane).fit(X)
    with monkeypatch.context() as patch:
        patch.setattr(InMemoryArray, "load", lambda self: 1 / 0)
        assert all(
            callable(job) for job in mapper.plane_jobs(X, list_planes(X, ["us_pre"]))
        )
    cold, warm = (planes_of(mapper.transform(X)) for _ in range(2))
    assert cold == warm
    assert len(entries(tmp_path)) == 4
    plain = planes_of(
        make_mapper(None, attenuation_db_cm_mhz=per_plane).fit_transform(X)
    )
    for one, other in zip(warm, plain, strict=True):
        np.testing.assert_array_equal(one.load(), other.load())


def test_search_over_regions_computes_each_map_once(X, tmp_path, computed):
    class Mean(ROIMasker):
        def score(self, X, y=None):
            return float(
                np.nanmean(self.transform(X).iloc[0]["us_pre"].planes[0].load())
            )

    pipeline = make_pipeline(make_mapper(tmp_path), Mean(margin_mm=1.0))
    cells = X["us_pre"].to_numpy()
    X = pd.DataFrame({"us_pre": [cells[0], cells[2]] * 2}, index=list("abcd"))
    grid = {"mean__region": ["core", "core+margin", "frame"]}
    GridSearchCV(pipeline, grid, cv=2).fit(X)
    assert len(set(computed)) == len(computed) == 4


def test_store_that_is_a_file_is_refused_before_work(X, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="store must be a folder"):
        make_mapper(tmp_path / "file").fit(X)


def test_error_names_the_place_with_a_store_too(X, tmp_path):
    phantom = ReferencePhantom(
        scan(99, 450),
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1488.0,
        bsc=lambda f: f - 4,
    )
    mapper = make_mapper(tmp_path).set_params(reference=phantom).fit(X)
    with pytest.raises(CohortError, match=r"row P0, column us_pre, plane 0: .*bsc"):
        mapper.transform(X)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """The temporary folder of a program."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SKNAC_SESSION", "of-this-test")
    return tmp_path / "sknac-session-of-this-test"


class MeanOf(ROIMasker):
    """A region of which the mean is the score."""

    def score(self, X, y=None):
        return float(np.nanmean(self.transform(X).iloc[0, -1].planes[0].load()))


def search(store, cells):
    """Three folds, three regions: ten fits, nine scores."""
    X = pd.DataFrame({"us_pre": [cells[0], cells[2]] * 3}, index=list("abcdef"))
    pipeline = make_pipeline(make_mapper(store), MeanOf(margin_mm=1.0))
    grid = {"meanof__region": ["core", "core+margin", "frame"]}
    return GridSearchCV(pipeline, grid, cv=3).fit(X), X


@pytest.mark.parametrize("store", ["auto", None])
def test_search_computes_each_map_once_without_a_named_store(
    X, computed, session, store
):
    cells = X["us_pre"].to_numpy()
    plain, _ = search(False, cells)
    # 3 folds x 3 regions of 4 + 2 patients, and all 6 again, of 2 planes each.
    assert len(computed) == 2 * (3 * 3 * 6 + 6)
    assert not session.exists()
    computed.clear()
    kept, X = search(store, cells)
    assert len(set(computed)) == len(computed) == 4
    for name in ("mean_test_score", "rank_test_score"):
        np.testing.assert_array_equal(kept.cv_results_[name], plain.cv_results_[name])
    one, two = (
        planes_of(found.best_estimator_[:1].transform(X)) for found in (kept, plain)
    )
    assert one == two
    assert joblib.hash(one) == joblib.hash(two)
    assert all(isinstance(plane.image, InMemoryArray) for plane in one)


def test_nothing_that_is_saved_names_the_temporary_folder(X, session):
    mapper = make_mapper("auto")
    maps = mapper.fit_transform(X)
    assert len(list(session.iterdir())) == 5  # with the lock
    for saved in (mapper, clone(mapper), maps, mapper.quality_):
        assert b"sknac-session" not in pickle.dumps(saved)
    assert mapper.get_params()["store"] == clone(mapper).store == "auto"


def test_table_of_kept_maps_is_that_of_computed_ones(X, session, computed):
    mappers = [make_mapper(store) for store in (False, "auto", "auto")]
    tables = [(mapper.fit_transform(X), mapper.quality_)[1] for mapper in mappers]
    assert len(computed) == 8
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_function_of_a_plane_is_called_for_kept_maps_too(X, session, computed):
    settings = {"attenuation_db_cm_mhz": per_plane}
    plain, cold, warm = (
        planes_of(make_mapper(store, **settings).fit_transform(X))
        for store in (False, "auto", "auto")
    )
    assert plain == cold == warm
    assert len(list(session.iterdir())) == 5


def test_model_that_cannot_be_written_is_not_kept(X, session):
    def near(ka):
        if np.max(ka) > 5.9:
            raise ValueError("outside its range")
        return np.exp(-(ka**2))

    options = SpectralOptions(form_factor=near, size_fit="masd")
    settings = {"options": options, "channels": ("esd",)}
    one = make_mapper("auto", **settings).fit_transform(X)
    two = make_mapper(False, **settings).fit_transform(X)
    assert planes_of(one) == planes_of(two)


@pytest.mark.parametrize("store", [True, 3])
def test_store_is_a_folder_or_off(X, store):
    with pytest.raises(ValueError, match="'store' parameter"):
        make_mapper(store).fit(X)


_RUN = """
import importlib.util as u, sys, time
from pathlib import Path
s = u.spec_from_file_location("cohort_of_test", sys.argv[1])
m = u.module_from_spec(s); sys.modules["cohort_of_test"] = m; s.loader.exec_module(m)
compute = m.PlaneJob.__call__
def slow(self, *args):
    time.sleep(0.02)
    return compute(self, *args)
m.PlaneJob.__call__ = slow
X = m.file_frame(Path(sys.argv[2]))
print("start", flush=True)
m.make_mapper(sys.argv[3]).fit_transform(X)
"""


def file_frame(folder, n_patients=10):
    """A cohort of RF files, written once; four planes a patient."""
    cells = []
    for i in range(n_patients):
        planes = []
        for j in range(4):
            path = folder / f"{i}-{j}.npy"
            if not path.exists():
                np.save(path, scan(10 * i + j).load())
            image = ArrayRef.from_file(path)
            planes.append(Plane.from_rf(image, fs_mhz=40.0, line_pitch_mm=0.25))
        cells.append(Study(planes))
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(n_patients)])


def run_and_kill(files, store, enough):
    """Start a run in a process; kill it when there are enough entries."""
    command = [sys.executable, "-c", _RUN, __file__, str(files), str(store)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE)
    run.stdout.readline()
    while run.poll() is None and len(entries(store)) < enough:
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    return run.returncode


def test_killed_run_goes_on_where_it_stopped(tmp_path, computed):
    """SIGKILL half-way: the same bytes in the end, what was there stays."""
    files, store, whole = (tmp_path / name for name in ("rf", "store", "whole"))
    files.mkdir()
    X = file_frame(files)
    make_mapper(whole).fit_transform(X)
    assert len(computed) == 40
    assert run_and_kill(files, store, 20) == -signal.SIGKILL
    left = entries(store)
    assert 20 <= len(left) < 40
    computed.clear()
    resumed = make_mapper(store).fit_transform(X)
    assert len(computed) == 40 - len(left)
    assert {k: v[0] for k, v in entries(store).items()} == {
        k: v[0] for k, v in entries(whole).items()
    }
    assert {name: entries(store)[name] for name in left} == left
    for plane in planes_of(resumed):
        plane.load()


@pytest.mark.slow
def test_runs_at_the_same_time_share_a_store(tmp_path):
    files, store, whole = (tmp_path / name for name in ("rf", "store", "whole"))
    files.mkdir()
    make_mapper(whole).fit_transform(file_frame(files))
    command = [sys.executable, "-c", _RUN, __file__, str(files), str(store)]
    runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [run.wait(120) for run in runs] == [0, 0, 0]
    assert {k: v[0] for k, v in entries(store).items()} == {
        k: v[0] for k, v in entries(whole).items()
    }
    assert not os.listdir(ArrayStore(store).folder / "unfinished")
