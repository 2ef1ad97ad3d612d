"""Files that are whole or not there, whatever happens to their writer."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
import os
import resource
import stat
import threading
import warnings

import pytest

from sknac.utils import _atomic
from sknac.utils._atomic import whole_file, write_whole

OLD, NEW = b"old" * 1000, b"new" * 1000


def in_a_fork(action):
    """Run something in a process of its own; return what it said."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which are not used there
        child = os.fork()
    if child == 0:
        try:
            said = str(action() or "done")
        except OSError as error:
            said = f"{error.errno} {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    said = os.read(read, 10_000).decode()
    os.close(read)
    return said


def dying_at(monkeypatch, n, step):
    """Let this process die, with nothing cleaned up, before the n-th step."""
    left, done = [n], getattr(os, step)

    def die(*arguments, **settings):
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)
        return done(*arguments, **settings)

    monkeypatch.setattr(_atomic.os, step, die)


def everything(folder):
    """Content of every file by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("before", [None, OLD], ids=["new", "there"])
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_a_killed_writer_leaves_what_was_there_and_the_next_sweeps(
    tmp_path, monkeypatch, step, before
):
    path = tmp_path / "a.bin"
    if before:
        path.write_bytes(before)

    def killed():
        dying_at(monkeypatch, 1, step)
        write_whole(path, NEW)

    assert in_a_fork(killed) == ""
    left = everything(tmp_path)
    found = left.pop("a.bin", None)
    # The folder is opened, to be flushed, when the new file has its name.
    assert found == (NEW if step == "open" else before)
    assert bool(left) == (step != "open")
    write_whole(path, NEW)
    assert everything(tmp_path) == {"a.bin": NEW}


@pytest.mark.parametrize("size", [0, 1, 1500, 2999])
@pytest.mark.parametrize("before", [None, OLD], ids=["new", "there"])
def test_a_full_disk_leaves_what_was_there_and_is_told(tmp_path, size, before):
    path = tmp_path / "a.bin"
    if before:
        path.write_bytes(before)

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        write_whole(path, NEW)

    said = in_a_fork(full)
    assert said.startswith(f"{errno.EFBIG} ")
    assert f"{path} could not be written (File too large)" in said
    assert said.endswith("make room, or name another folder")
    assert everything(tmp_path) == ({"a.bin": before} if before else {})


def test_a_living_writer_is_not_swept(tmp_path):
    path = tmp_path / "a.txt"
    with whole_file(path) as file:
        file.write(b"first")
        write_whole(path, "second")
        assert path.read_text() == "second"
    assert everything(tmp_path) == {"a.txt": b"first"}


def test_without_locks_an_hour_tells_by_the_files_own_times(tmp_path, monkeypatch):
    monkeypatch.setattr(_atomic, "_lock", lambda file, wait: None)
    young, old = (tmp_path / f".a.txt.{n * 8}.part" for n in "01")
    for left in (young, old):
        left.touch()
    write_whole(tmp_path / "a.txt", "a")
    assert young.exists()
    assert old.exists()
    long_ago = old.stat().st_mtime - 3700
    os.utime(old, (long_ago, long_ago))
    write_whole(tmp_path / "a.txt", "b")
    assert young.exists()
    assert not old.exists()


def test_what_others_left_beside_is_not_touched(tmp_path):
    others = [tmp_path / name for name in ("a.part", ".b.0.part", ".a.txt.part")]
    for other in others:
        other.touch()
    write_whole(tmp_path / "a.txt", "a")
    assert all(other.exists() for other in others)


def test_an_error_in_the_block_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def interrupted():
        with whole_file(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert everything(tmp_path) == {"a.txt": b"old"}


def test_permissions_are_kept_and_links_followed(tmp_path):
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.write_text("old")
    secret.chmod(0o600)
    link.symlink_to(secret)
    write_whole(link, "new")
    assert link.is_symlink()
    assert secret.read_text() == "new"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_never_replaced(tmp_path, make):
    make(tmp_path / "x")
    with pytest.raises(ValueError, match="x must be a file or not there yet"):
        write_whole(tmp_path / "x", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_longest_name_that_the_file_system_takes(tmp_path):
    name = "ä" * 127
    write_whole(tmp_path / name, "a")
    assert everything(tmp_path) == {name: b"a"}


def test_a_folder_that_is_not_there_is_told_by_the_files_own_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no/a\.txt'$"):
        write_whole(tmp_path / "no" / "a.txt", "a")


def test_many_writers_of_one_file_leave_one_of_theirs(tmp_path):
    path, texts = tmp_path / "a.txt", [f"{n}" * 5000 for n in range(8)]

    def write(text):
        for _ in range(5):
            write_whole(path, text)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() in texts
