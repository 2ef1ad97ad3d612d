"""A store of arrays: whole entries only, found by key, verified by checksum."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
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
from sknac.utils import _settled, _store, _store_files
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
    monkeypatch.setattr(_settled, "_TICK_NS", -1)
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


@pytest.mark.parametrize("skew_s", [7200, -7200, 86400 * 365])
def test_a_clock_that_is_wrong_sweeps_nobodys_file(store, monkeypatch, skew_s):
    """Another machine's clock is hours ahead of the folder's, by which files are."""
    young = store.folder / "unfinished" / "young"
    young.write_bytes(b"half")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + skew_s)
    store.prepare()
    assert young.exists()
    assert len(list(young.parent.iterdir())) == 1
    os.utime(young, (now - 7200,) * 2)
    store.prepare()
    assert not young.exists()


def test_writer_whose_file_was_swept_writes_it_again(store, monkeypatch):
    swept, replace = [], os.replace

    def sweep_first(source, target):
        if not swept:
            swept.append(os.unlink(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", sweep_first)
    handle = store.put(KEY, MAPS)
    np.testing.assert_array_equal(handle.load(), MAPS)
    assert swept


def test_folder_that_was_deleted_meanwhile_is_made_again(store):
    for path in sorted(store.folder.rglob("*"), reverse=True):
        path.rmdir()
    store.folder.rmdir()
    np.testing.assert_array_equal(store.put(KEY, MAPS).load(), MAPS)


def test_found_by_name_without_reading_a_sample(store, monkeypatch):
    handle = store.put(KEY, MAPS)
    monkeypatch.setattr(_store_files, "checksum", lambda data: 1 / 0)
    found = store.find(KEY)
    assert (found, found.shape, found.dtype) == (handle, MAPS.shape, MAPS.dtype)
    assert store.find(KEY[::-1]) is None


def test_names_are_listed_once_for_many_keys(store, monkeypatch):
    keys = [f"{KEY[:2]}{i:030x}" for i in range(5)]
    for key in keys[:4]:
        store.put(key, MAPS)
    looked, listdir = [], os.listdir
    monkeypatch.setattr(
        os, "listdir", lambda path: (looked.append(path), listdir(path))[1]
    )
    store = pickle.loads(pickle.dumps(store))
    found = [store.find(key, listed=True) for key in keys]
    assert [one is None for one in found] == [False] * 4 + [True]
    assert len(looked) == 1
    store.put(keys[4], MAPS)
    assert store.find(keys[4]) is not None


def test_entry_that_rotted_is_deleted_when_it_is_loaded(store):
    handle = store.put(KEY, MAPS)
    flip_a_bit(handle.path)
    assert store.find(KEY) == handle
    with pytest.raises(SknacFormatError, match="transform the planes again"):
        handle.load()
    assert store.find(KEY) is None


def claim_8_gb(path):
    """Write a header that claims 8 GB, and a few samples."""
    os.unlink(path)
    with open(path, "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 31,)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(b"1234")


def be_8_gb(path):
    """Be as long as the claim: a file of holes."""
    claim_8_gb(path)
    os.truncate(path, os.path.getsize(path) - 4 + (1 << 33))


def be_a_fifo(path):
    os.unlink(path)
    os.mkfifo(path)


def be_endless(path):
    os.unlink(path)
    os.symlink("/dev/zero", path)


def be_objects(path):
    os.unlink(path)
    with open(path, "wb") as file:
        np.save(file, np.array([{}]), allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [
        claim_8_gb,
        be_8_gb,
        be_a_fifo,
        be_endless,
        be_objects,
        lambda path: os.truncate(path, 0),
        lambda path: os.truncate(path, 100),
    ],
)
def test_entry_that_is_no_array_is_told_and_computed_again(store, damage):
    handle = store.put(KEY, MAPS)
    damage(handle.path)
    with pytest.raises(SknacFormatError, match=r"damaged, .*; transform the planes"):
        store_twin(handle).load()
    assert not os.path.lexists(handle.path)
    for look in (store.get, store.find):
        damage(store.put(KEY, MAPS).path)
        with pytest.warns(UserWarning, match=f"{handle.path}: damaged"):
            assert look(KEY) is None
    np.testing.assert_array_equal(store.put(KEY, MAPS).load(), MAPS)


def store_twin(handle):
    """A handle as another process has it."""
    return pickle.loads(pickle.dumps(handle))


def test_folder_in_the_place_of_an_entry_names_the_store_and_what_to_delete(store):
    path = store.put(KEY, MAPS).path
    os.unlink(path)
    os.mkdir(path)
    with pytest.warns(UserWarning, match="damaged"):
        assert store.find(KEY) is None
    with pytest.raises(OSError, match=rf"the store .*; delete what lies at '{path}'"):
        store.put(KEY, MAPS)
    assert not list((store.folder / "unfinished").iterdir())


def test_note_that_is_none_is_computed_again(store):
    for text in (b"", b"[1", b"3", b"null", b'"text"'):
        path = store._write(KEY, text, ".json")
        with pytest.warns(UserWarning, match="damaged"):
            assert store.note(KEY) is None
        assert not path.exists()


class Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room, code):
        self.file, self.room, self.code = file, room, code

    def write(self, data):
        self.file.write(bytes(data)[: self.room])
        if len(data) > self.room:
            raise OSError(self.code, os.strerror(self.code))

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


@pytest.mark.parametrize("room", [0, 1, *range(10, 210, 20), 215, 222, 223])
def test_full_disk_names_the_store_and_leaves_nothing(store, monkeypatch, room):
    def full(path, mode):
        return Full(open(path, mode), room, errno.ENOSPC)

    with monkeypatch.context() as patch:
        patch.setattr(_store, "open", full, raising=False)
        with pytest.raises(
            OSError, match=r"the store '.*store' .*; free some space"
        ) as it:
            store.put(KEY, MAPS)
    assert it.value.errno == errno.ENOSPC
    assert not [p for p in store.folder.rglob("*") if p.is_file()]
    np.testing.assert_array_equal(store.put(KEY, MAPS).load(), MAPS)


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (errno.EROFS, "make it writable, or give a copy"),
        (errno.EACCES, "make it writable, or give a copy"),
        (errno.EDQUOT, "free some space"),
        (errno.EIO, "check the disk"),
    ],
)
def test_store_that_is_only_read_serves_what_it_holds(store, monkeypatch, code, mend):
    store.put(KEY, MAPS, note={"n": 1})

    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    for name in ("mkdir", "touch", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(_store, "open", refuse, raising=False)
    store.prepare()
    assert store.note(KEY) == {"n": 1}
    np.testing.assert_array_equal(store.find(KEY).load(), MAPS)
    with pytest.raises(
        OSError, match=rf"the store .* cannot be written .*; {mend}"
    ) as it:
        store.put(KEY[::-1], MAPS)
    assert it.value.errno == code


def test_store_that_cannot_be_made_is_refused_before_work(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    store = ArrayStore(tmp_path / "new")
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(PermissionError, match=r"the store .*; make it writable"):
        store.prepare()


def test_shelf_that_cannot_be_read_names_the_store(store):
    (store.folder / KEY[:2]).write_text("")
    with pytest.raises(OSError, match=r"the store .* cannot be read .*; make it"):
        store.find(KEY)


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
from sknac.utils import _store, _store_files
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
