"""Arrays kept for the life of a program: bounded, shared, and gone when it ends."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import sknac
from sknac.utils import _session_store
from sknac.utils._session_store import SessionStore, session_store

MAPS = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of temporary files of one's own, and a program that uses it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SKNAC_SESSION", "of-this-test")
    return tmp_path


def test_what_was_put_is_found(tmp_path):
    store = SessionStore(tmp_path)
    assert store.find("key") == (None, None)
    assert store.put("key", MAPS[:, ::2], {"n": 1.5, "why": ["odd"]}).flags.c_contiguous
    array, note = store.find("key")
    np.testing.assert_array_equal(array, MAPS[:, ::2], strict=True)
    assert note == {"n": 1.5, "why": ["odd"]}
    assert pickle.loads(pickle.dumps(store)).find("key")[1] == note


def test_entry_that_is_damaged_is_computed_again(tmp_path):
    store = SessionStore(tmp_path)
    store.put("key", MAPS, {})
    data = (tmp_path / "key").read_bytes()
    for at in (0, 5, len(data) // 2, len(data) - 1):
        (tmp_path / "key").write_bytes(
            data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        )
        assert store.find("key") == (None, None)
        assert not (tmp_path / "key").exists()
    for cut in (0, 10, 100, len(data) - 1):
        (tmp_path / "key").write_bytes(data[:cut])
        assert store.find("key") == (None, None)


def test_it_stays_within_its_bound(tmp_path):
    store = SessionStore(tmp_path, most_bytes=100_000)
    for number in range(60):
        store.put(f"{number:032}", np.full(1000, number, dtype=np.float32), {})
    there = list(tmp_path.iterdir())
    assert 15 <= len(there) <= 25  # 4.2 kB each
    for path in there:
        assert store.find(path.name)[0][0] == int(path.name)


def test_array_that_would_crowd_out_the_others_is_not_kept(tmp_path):
    store = SessionStore(tmp_path, most_bytes=1000)
    store.put("key", np.zeros(500), {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fault", [OSError(28, "full"), PermissionError(13, "no")])
def test_disk_that_is_full_costs_no_more_than_computing(tmp_path, monkeypatch, fault):
    def refuse(*args, **settings):
        raise fault

    store = SessionStore(tmp_path)
    monkeypatch.setattr(np.lib.format, "write_array", refuse)
    np.testing.assert_array_equal(store.put("key", MAPS, {}), MAPS)
    assert not list(tmp_path.iterdir())
    gone = SessionStore(tmp_path / "gone")
    np.testing.assert_array_equal(gone.put("key", MAPS, {}), MAPS)


def test_program_has_one_store(temporary):
    assert session_store() is session_store()
    assert session_store().folder.parent == temporary
    assert session_store().folder.stat().st_mode & 0o077 == 0


def test_it_is_switched_off_by_the_environment(temporary, monkeypatch):
    monkeypatch.setenv("SKNAC_SESSION", "off")
    assert session_store() is None
    assert not list(temporary.iterdir())


def test_no_room_for_a_folder_is_no_error(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))
    assert session_store() is None


def test_only_folders_that_nobody_holds_are_swept(temporary):
    held = session_store().folder
    killed, young = (temporary / f"sknac-session-{name}" for name in ("old", "young"))
    for folder in (killed, young):
        folder.mkdir()
        (folder / "entry").touch()
    for folder in (held, killed):
        os.utime(folder, (1e9, 1e9))
    _session_store._sweep(temporary)
    assert held.exists()
    assert young.exists()
    assert not killed.exists()


_PROGRAM = """
import os, subprocess, sys
import numpy as np
from sknac.utils._session_store import session_store
found = session_store().find("key")[0]
session_store().put("key", np.arange(3), {})
if len(sys.argv) > 1:
    worker = subprocess.run([sys.executable, *sys.argv[1:]], env=os.environ, text=True)
print(found is not None, session_store().folder.exists(), flush=True)
if sys.stdin.read() == "die":
    os.kill(os.getpid(), 9)
"""


def test_workers_share_it_and_it_goes_with_the_program(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(_PROGRAM)
    (tmp_path / "tmp").mkdir()
    root = Path(sknac.__file__).parents[1]
    env = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(root)}
    del env["SKNAC_SESSION"]

    def run(last_word, *arguments):
        command = [sys.executable, str(script), *arguments]
        run = {"input": last_word, "text": True, "stdout": subprocess.PIPE}
        return subprocess.run(command, env=env, check=False, **run)

    done = run("", str(script))
    assert done.stdout.split() == ["True", "True", "False", "True"]  # worker, program
    assert not list((tmp_path / "tmp").iterdir())
    assert run("die").returncode == -signal.SIGKILL
    (left,) = (tmp_path / "tmp").iterdir()
    os.utime(left, (1e9, 1e9))
    run("")
    assert not list((tmp_path / "tmp").iterdir())
