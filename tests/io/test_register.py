"""A laboratory's own format, in this process and in workers."""

# SPDX-License-Identifier: BSD-3-Clause

import functools
import importlib
import multiprocessing
import sys

import numpy as np
import pandas as pd
import pytest
import skops.io
from joblib.externals.loky import ProcessPoolExecutor

from sknac.cohort import ArrayRef, Plane, Study, relocate
from sknac.exceptions import SknacFormatError
from sknac.io import _register, read_array, read_info, register_reader

LAB = """
import numpy as np
from sknac.io import ArrayInfo, register_reader

def info(path):
    frames, samples, lines = np.fromfile(path, "<u4", 3).tolist()
    return ArrayInfo(
        path, "lab", (samples, lines), np.dtype("<i2"), frames, fs_mhz=40.0,
        signal="rf", spacing_mm=(0.01925, 0.3),
    )

def frame(info, frame):
    data = np.fromfile(info.path, "<i2", offset=12)
    return data.reshape(info.n_frames, *info.shape)[frame or 0]

class Lab:
    @staticmethod
    def info(path):
        return info(path)

def no_info(path):
    return {"shape": (3, 2)}

def broken_info(path):
    raise KeyError("gain")

def refusing_info(path):
    from sknac.exceptions import SknacFormatError
    raise SknacFormatError(path, "made before 2019; ask the lab")

def short_frame(info, frame):
    return np.zeros((1, 2), "<i2")

def other_frame(info, frame):
    return np.zeros(info.shape, "float64")

def masked_frame(info, frame):
    return np.ma.masked_equal(np.zeros(info.shape, "<i2"), 0)

def no_frame(info, frame):
    return [[1, 2]]

def with_fields(**fields):
    def info(path):
        return ArrayInfo(**{"path": path, "format": "lab", "shape": (3, 2),
                            "dtype": np.dtype("i2"), **fields})
    return info

hertz = None
"""
SCANS = np.arange(12, dtype="<i2").reshape(2, 3, 2)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A module with a reader, importable; nothing stays registered."""
    (tmp_path / "lab_of_tests.py").write_text(LAB)
    monkeypatch.syspath_prepend(tmp_path)
    before = dict(_register.REGISTERED)
    _register.REGISTERED.clear()
    yield importlib.import_module("lab_of_tests")
    _register.REGISTERED.clear()
    _register.REGISTERED.update(before)
    del sys.modules["lab_of_tests"]


@pytest.fixture
def scan(tmp_path):
    """A file of two frames of 3 x 2."""
    path = tmp_path / "scan.lab"
    path.write_bytes(np.array([2, 3, 2], "<u4").tobytes() + SCANS.tobytes())
    return path


def test_registered_files_open_as_any_other(lab, scan):
    register_reader(".LAB", info=lab.info, frame=lab.frame)
    info = read_info(scan)
    assert (info.shape, info.n_frames, info.fs_mhz) == ((3, 2), 2, 40.0)
    assert info.reader == "lab_of_tests:info, lab_of_tests:frame"
    assert read_array(scan, 1).tolist() == SCANS[1].tolist()
    with pytest.raises(ValueError, match="holds 2 frames; say which one"):
        read_array(scan)
    assert Plane.from_rf(
        ArrayRef.from_file(scan, 0), fs_mhz=40.0, line_pitch_mm=0.3
    ).load().tolist() == (SCANS[0].tolist())


def test_registering_twice_alike_is_once(lab, scan):
    # A notebook's cell is run again.
    for _ in range(2):
        register_reader(".lab", info=lab.info, frame=lab.frame)
    assert read_info(scan).n_frames == 2


def test_functions_of_a_class_serve(lab, scan):
    register_reader(".lab", info=lab.Lab.info, frame=lab.frame)
    assert read_info(scan).reader.startswith("lab_of_tests:Lab.info, ")


def load_there(handle):
    """What a worker does: it has the handle and nothing else."""
    from sknac.io import _register

    assert ".lab" not in _register.REGISTERED
    return handle.load().tolist(), handle.pixel_digest


def test_handles_carry_their_reader_to_loky_workers(lab, scan):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    handle = ArrayRef.from_file(scan, 1)
    with ProcessPoolExecutor(max_workers=1) as workers:  # joblib's, started anew
        samples, digest = workers.submit(load_there, handle).result()
    assert samples == SCANS[1].tolist()
    assert digest == handle.pixel_digest


@pytest.mark.slow
def test_handles_carry_their_reader_to_spawned_processes(lab, scan):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    handle = ArrayRef.from_file(scan, 1)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(ArrayRef.load, (handle,)).tolist() == SCANS[1].tolist()


@pytest.mark.slow
def test_handles_carry_their_reader_to_dask_workers(lab, scan):
    distributed = pytest.importorskip("distributed")
    register_reader(".lab", info=lab.info, frame=lab.frame)
    handle = ArrayRef.from_file(scan, 1)
    with distributed.Client(n_workers=1, threads_per_worker=1) as client:
        client.run(sys.path.insert, 0, str(scan.parent))
        there = client.submit(ArrayRef.load, handle).result()
    assert there.tolist() == SCANS[1].tolist()


def test_worker_without_the_module_is_told(lab, scan, monkeypatch):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    handle = ArrayRef.from_file(scan, 1)
    monkeypatch.setitem(sys.modules, "lab_of_tests", None)
    with pytest.raises(SknacFormatError, match="lab_of_tests:info cannot be imported"):
        handle.load()


def test_handle_keeps_the_reader_that_it_was_made_with(lab, tmp_path):
    # A longer suffix that is registered later reads other values from the file.
    path = tmp_path / "scan.lab.npy"
    np.save(path, SCANS)
    old = ArrayRef.from_file(path, 1)
    path2 = tmp_path / "scan2.lab.npy"
    path2.write_bytes(np.array([2, 3, 2], "<u4").tobytes() + SCANS.tobytes())
    register_reader(".lab.npy", info=lab.info, frame=lab.frame)
    assert old.load().tolist() == SCANS[1].tolist()
    assert read_array(path2, 1).tolist() == SCANS[1].tolist()


def test_relocated_handles_keep_their_reader(lab, scan, tmp_path):
    # In a process where nothing is registered.
    register_reader(".lab", info=lab.info, frame=lab.frame)
    plane = Plane.from_rf(ArrayRef.from_file(scan, 1), fs_mhz=40.0, line_pitch_mm=0.3)
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])
    _register.REGISTERED.clear()
    (tmp_path / "new").mkdir()
    scan.rename(tmp_path / "new" / scan.name)
    moved = relocate(X, tmp_path / "new").at["P1", "us_pre"].planes[0]
    assert moved == plane
    assert moved.load().tolist() == SCANS[1].tolist()


def test_reader_is_part_of_the_identity(lab, scan):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    first = ArrayRef.from_file(scan, 0)
    _register.REGISTERED.clear()
    register_reader(".lab", info=lab.Lab.info, frame=lab.frame)
    assert ArrayRef.from_file(scan, 0) != first


@pytest.mark.parametrize(
    ("suffix", "error", "message"),
    [
        ("lab", ValueError, "must begin with a dot and hold no blank"),
        (".", ValueError, "must begin with a dot"),
        ("", ValueError, "must begin with a dot"),
        (".a b", ValueError, "must begin with a dot"),
        (".lab/x", ValueError, "must begin with a dot"),
        (".lab::x", ValueError, "must begin with a dot"),
        (".lab.", ValueError, "must begin with a dot"),
        (b".lab", TypeError, "must be a text such as '.lab'"),
        (".npy", ValueError, "is read by sknac itself; give your files a longer one"),
        (".PNG", ValueError, "is read by sknac itself"),
    ],
)
def test_suffixes_that_cannot_be_registered(lab, suffix, error, message):
    with pytest.raises(error, match=message):
        register_reader(suffix, info=lab.info, frame=lab.frame)
    assert suffix not in _register.REGISTERED


def test_suffix_of_another_reader_is_refused(lab):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    with pytest.raises(ValueError, match=r"read by lab_of_tests:info.* already; choos"):
        register_reader(".lab", info=lab.info, frame=lab.short_frame)


@pytest.mark.parametrize("which", ["info", "frame"])
def test_functions_that_workers_cannot_import_are_refused(lab, which, monkeypatch):
    def inner(*_):
        return None

    in_notebook = functools.wraps(lab.info)(lambda path: None)
    in_notebook.__module__, in_notebook.__qualname__ = "__main__", "info"
    shadowed = functools.wraps(lab.info)(lambda path: None)
    for wrong, message in [
        (lambda *_: None, "which workers cannot import; write it as a function in a"),
        (inner, "which workers cannot import; write it"),
        (in_notebook, "is info of __main__, which workers cannot import"),
        (functools.partial(lab.info), "which workers cannot import"),
        (lab.with_fields(), "which workers cannot import"),
        (shadowed, "is not what lab_of_tests:info imports"),
        ("lab_of_tests:info", f"{which} must be a function, got"),
    ]:
        good = {"info": lab.info, "frame": lab.frame}
        with pytest.raises(TypeError, match=message):
            register_reader(".lab", **{**good, which: wrong})


@pytest.mark.parametrize(
    ("info", "frame", "message"),
    [
        ("no_info", "frame", "lab_of_tests:no_info must return an ArrayInfo, got dict"),
        ("broken_info", "frame", "broken_info failed with KeyError: 'gain'; mend the"),
        ("refusing_info", "frame", "scan.lab: made before 2019; ask the lab"),
        ("info", "short_frame", r"must be \(3, 2\) of int16 as the header said, got"),
        ("info", "other_frame", r"got \(3, 2\) of float64"),
        ("info", "masked_frame", "masked_frame gave masked samples; fill them"),
        ("info", "no_frame", "no_frame must return an ndarray, got list"),
    ],
)
def test_what_a_reader_does_wrong_names_the_file(lab, scan, info, frame, message):
    register_reader(".lab", info=getattr(lab, info), frame=getattr(lab, frame))
    with pytest.raises(SknacFormatError, match=message) as caught:
        read_array(scan, 0)
    assert str(scan) in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"fs_mhz": -40.0}, "fs_mhz must be a finite number > 0, got -40.0"),
        ({"fs_mhz": "40"}, "fs_mhz must be a finite number > 0, got '40'"),
        ({"spacing_mm": (0.1, 0.0)}, "spacing_mm must be two finite numbers > 0"),
        ({"spacing_mm": (0.1,)}, "spacing_mm must be two finite numbers > 0"),
        ({"start_depth_mm": np.nan}, "start_depth_mm must be a finite number, got nan"),
        ({"n_frames": 0}, "n_frames must be a whole number > 0, got 0"),
        ({"n_frames": 2.0}, "n_frames must be a whole number > 0, got 2.0"),
        ({"n_frames": 2, "is_stack": True}, "n_frames must be the first side of a sta"),
        ({"probe": 4}, "probe must be a text, got 4"),
        ({"tgc": ((0.0, "x"),)}, "tgc must be pairs of"),
        ({"tgc": ((0.0, 1.0, 2.0),)}, "tgc must be pairs of"),
        ({"signal": "RF"}, "signal must be one of"),
        ({"dtype": np.dtype("U3")}, "dtype must be a type of numbers"),
        ({"dtype": "no type"}, "must give shape as whole numbers and a dtype"),
        ({"shape": (3.0, 2)}, "must give shape as whole numbers and a dtype"),
        ({"shape": (-3, 2)}, "shape must be sides that are not negative"),
        ({"shape": (10**6, 10**6)}, "would take"),
    ],
)
def test_what_an_info_cannot_say_is_refused(lab, scan, fields, message, monkeypatch):
    hertz = lab.with_fields(**fields)
    hertz.__qualname__ = "hertz"
    monkeypatch.setattr(lab, "hertz", hertz)
    register_reader(".lab", info=lab.hertz, frame=lab.frame)
    with pytest.raises(SknacFormatError, match=message):
        read_array(scan)


def test_unknown_suffix_names_the_way_to_add_one(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"x")
    with pytest.raises(
        SknacFormatError, match=r"register_reader: see the formats page of the docu"
    ):
        read_info(tmp_path / "a.xyz")


@pytest.mark.parametrize("ask", [read_info, read_array, ArrayRef.from_file])
def test_a_reader_that_nobody_registered_is_not_called(tmp_path, ask):
    path = np_file(tmp_path)
    with pytest.raises(SknacFormatError, match=r"os:remove is not registered here; "):
        ask(path, reader="os:remove, os:remove")
    assert path.exists()


def test_a_handle_that_was_tampered_with_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "mkdir ran"
    script.write_text("x")
    there = ArrayRef.from_file(np_file(tmp_path))
    stat = script.stat()
    fields = (None, there.shape, "<f8", there.digest, stat.st_size, stat.st_mtime_ns)
    tampered = ArrayRef("mkdir ran", *fields, None, "os:system, os:system")
    data = skops.io.dumps(tampered)
    asked = skops.io.get_untrusted_types(data=data)
    assert asked == ["sknac.cohort._handles.ArrayRef"]
    with pytest.raises(SknacFormatError, match="not registered here"):
        skops.io.loads(data, trusted=asked).load()
    assert not (tmp_path / "ran").exists()


def np_file(folder):
    """Write an array."""
    np.save(folder / "a.npy", np.ones((2, 2)))
    return folder / "a.npy"


def test_a_registered_reader_serves_handles_from_skops(lab, scan):
    register_reader(".lab", info=lab.info, frame=lab.frame)
    data = skops.io.dumps(ArrayRef.from_file(scan, 1))
    asked = skops.io.get_untrusted_types(data=data)
    assert skops.io.loads(data, trusted=asked).load().tolist() == SCANS[1].tolist()
