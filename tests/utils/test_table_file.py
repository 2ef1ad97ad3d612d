"""Paths of tables: what has no end is refused before it is opened."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import pytest

from sknac.exceptions import SknacFormatError
from sknac.utils import _table_file
from sknac.utils._table_file import check_file


def test_a_file_is_taken(tmp_path):
    (tmp_path / "a.csv").write_text("a")
    assert check_file(str(tmp_path / "a.csv")) == tmp_path / "a.csv"


@pytest.mark.parametrize("name", ["pipe.csv", "folder.csv", "/dev/zero"])
def test_what_is_no_file_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SknacFormatError, match="a folder, pipe or device is no table;"):
        check_file(tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0.csv", "\ud800.csv"])
def test_paths_that_no_file_has_are_refused_in_few_words(name):
    with pytest.raises(SknacFormatError, match=r"no path of a file: .*; check it") as e:
        check_file(name)
    assert len(str(e.value)) < 200
    assert str(e.value).isprintable()


def test_absent_and_huge_files_are_said(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no such file; check the path"):
        check_file(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("abc")
    monkeypatch.setattr(_table_file, "MOST_BYTES", 2)
    with pytest.raises(SknacFormatError, match="larger than any table"):
        check_file(tmp_path / "a.csv")
