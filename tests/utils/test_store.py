"""A store of arrays: whole entries only, found by key, verified by checksum."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sknac.cohort import ArrayRef, Plane
from sknac.exceptions import SknacFormatError
from sknac.utils import _store
from sknac.utils._store import ArrayStore

KEY = "0123456789abcdef0123456789abcdef"
MAPS = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    made = ArrayStore(tmp_path / "store")
    made.prepare()
    return made


def entries(store):
    """Content of every entry, by name."""
    return {path.name: path.read_bytes() for path in store.folder.glob("??/*.npy")}


def flip_a_bit(path):
    """Damage a file without changing its size or times."""
    path, stat = Path(path), os.stat(path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_what_was_put_is_got(store):
    assert store.get(KEY) is None
    put, got = store.put(KEY, MAPS), store.get(KEY)
    assert got == put
    assert (got.shape, got.dtype, got.ndim) == ((2, 3, 4), np.float32, 3)
    np.testing.assert_array_equal(got.load(), MAPS)
    assert not got.load().flags.writeable
    assert store.get(KEY[::-1]) is None


def test_entry_is_a_plain_npy_file_with_the_digest_of_a_handle(store):
    handle = store.put(KEY, MAPS[:, ::2])
    np.testing.assert_array_equal(np.load(handle.path), MAPS[:, ::2])
    assert ArrayRef.from_file(handle.path).digest == handle.digest
    assert Plane(handle, "maps", channels=("a", "b")).image is handle


def test_handle_pickles_small_and_reads_again(store):
    handle = store.put(KEY, np.zeros((5, 400, 200), np.float32))
    data = pickle.dumps(handle)
    assert len(data) < 500
    assert pickle.loads(data) == handle
    assert pickle.loads(data).load().shape == (5, 400, 200)
    assert not hasattr(handle, "__array__")


def test_damaged_entry_is_noticed_when_it_is_loaded(store):
    handle = store.put(KEY, MAPS)
    flip_a_bit(handle.path)
    with pytest.raises(SknacFormatError, match="does not match its checksum"):
        handle.load()


@pytest.mark.parametrize("damage", [flip_a_bit, lambda p: os.truncate(p, 100)])
def test_damaged_entry_is_got_rid_of_with_a_warning(store, damage):
    path = store.put(KEY, MAPS).path
    damage(path)
    with pytest.warns(UserWarning, match=f"{path}: damaged .* computed again"):
        assert store.get(KEY) is None
    assert not os.path.exists(path)
    assert store.put(KEY, MAPS).path == path


@pytest.fixture
def hashed(monkeypatch):
    """Files that were hashed."""
    files, hash_file = [], hashlib.file_digest

    def counted(file, name):
        files.append(Path(file.name).name)
        return hash_file(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return files


def test_entry_that_has_settled_is_hashed_once(store, hashed, monkeypatch):
    monkeypatch.setattr(_store, "_TICK_NS", -1)
    handle = store.put(KEY, MAPS)
    assert [store.get(KEY) for _ in range(3)] == [handle] * 3
    assert len(hashed) == 1
    time.sleep(0.02)  # a tick of the file's times
    flip_a_bit(handle.path)
    with pytest.warns(UserWarning, match="damaged"):
        assert store.get(KEY) is None
    store.put(KEY, MAPS)
    assert store.get(KEY) == handle
    assert len(hashed) == 3


def test_young_entry_is_hashed_at_each_look(store, hashed):
    store.put(KEY, MAPS)
    for _ in range(3):
        store.get(KEY)
    assert len(hashed) == 3


def test_deleted_entry_says_what_to_do(store):
    handle = store.put(KEY, MAPS)
    os.unlink(handle.path)
    with pytest.raises(FileNotFoundError, match="transform the planes again"):
        handle.load()
    assert store.get(KEY) is None


def test_copied_store_serves_its_entries(store, tmp_path):
    """Times and places of files do not count, unlike those of an `ArrayRef`."""
    handle = store.put(KEY, MAPS)
    os.utime(handle.path, ns=(1, 1))
    np.testing.assert_array_equal(handle.load(), MAPS)
    os.rename(store.folder, tmp_path / "moved")
    np.testing.assert_array_equal(ArrayStore(tmp_path / "moved").get(KEY).load(), MAPS)


def test_failed_write_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda fd: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.put(KEY, MAPS)
    assert [p for p in store.folder.rglob("*") if p.is_file()] == []


def test_a_note_lies_beside_its_array(store):
    store.put(KEY, MAPS, note={"valid": {"mbf": 0.5}, "doubts": []})
    assert store.note(KEY) == {"valid": {"mbf": 0.5}, "doubts": []}
    assert store.note(KEY[::-1]) is None
    store.put(KEY[::-1], MAPS)
    assert store.note(KEY[::-1]) is None
    assert len(list(store.folder.glob("??/*.json"))) == 1


@pytest.mark.parametrize("damage", [flip_a_bit, lambda p: os.truncate(p, 3)])
def test_damaged_note_is_got_rid_of_and_its_array_stays(store, damage):
    handle = store.put(KEY, MAPS, note={"n": 1})
    (path,) = store.folder.glob("??/*.json")
    damage(path)
    with pytest.warns(UserWarning, match=f"{path}: damaged .* computed again"):
        assert store.note(KEY) is None
    assert not path.exists()
    assert store.get(KEY) == handle


def test_only_old_unfinished_files_are_swept(store):
    old, young = (store.folder / "unfinished" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    store.prepare()
    assert not old.exists()
    assert young.exists()


def test_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ValueError, match="must be a folder to write into"):
            ArrayStore(path).prepare()


def test_writers_of_one_key_do_not_disturb_readers(store):
    """Eight threads write one key while another reads it: no reader sees a part."""
    array = np.random.default_rng(0).normal(size=(5, 100, 100))
    stop, bad = threading.Event(), []

    def read():
        while not stop.is_set():
            handle = store.get(KEY)  # a warning (of damage) is an error here
            if handle is not None and not np.array_equal(handle.load(), array):
                bad.append(handle)

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=lambda: [store.put(KEY, array) for _ in range(10)])
        for _ in range(8)
    ]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not bad
    assert len(entries(store)) == 1
    assert not list((store.folder / "unfinished").iterdir())


_WRITER = """
import sys, numpy as np
from sknac.utils import _store
from sknac.utils._store import ArrayStore
store = ArrayStore(sys.argv[1])
store.prepare()
array = np.arange(300_000, dtype=np.float32)
for i in range(100_000):
    store.put(f"{int(sys.argv[2]) + i:032x}", array + i)
"""


@pytest.mark.slow
def test_killed_writers_leave_whole_entries_only(store):
    """Fifteen kills at random moments; every entry passes its checksum."""
    rng = np.random.default_rng(0)
    for run in range(15):
        n_before = len(entries(store))
        command = [sys.executable, "-c", _WRITER, str(store.folder), str(run * 10**6)]
        writer = subprocess.Popen(command)
        while writer.poll() is None and len(entries(store)) == n_before:
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        for name in entries(store):
            assert store.get(name[:32]) is not None
