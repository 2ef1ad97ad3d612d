"""Files of a folder are parted by patterns, in the order a person reads them in."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.cohort._folder_files import by_value, list_files, sort_out, tell
from sknac.cohort._patterns import read_pattern
from sknac.exceptions import CohortError


def test_numbers_in_names_are_sorted_by_their_value():
    names = ["P10/a.png", "p2/b.png", "P2/a10.png", "P2/a9.png", "Q.png", "1.png"]
    assert sorted(names, key=by_value) == [
        *("1.png", "P2/a9.png", "P2/a10.png", "p2/b.png", "P10/a.png", "Q.png"),
    ]


def test_hidden_files_and_folders_are_not_listed(tmp_path):
    for name in ("a/x.png", ".git/y.png", "__MACOSX/._x.png", "a/.DS_Store", "b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_files(tmp_path) == ["a/x.png", "b.png"]


def test_outlines_are_no_scans_and_tables_are_neither():
    scans = read_pattern("{patient_id}.png", "pattern")
    outlines = read_pattern("{patient_id}_m.png", "outline")
    paths = ["P1.png", "P1_m.png", "x/P2.png", "a.csv", "README", "b.dcm"]
    found, drawn, others = sort_out(paths, scans, outlines)
    assert [path for path, *_ in found] == ["P1.png"]
    assert [path for path, *_ in drawn] == ["P1_m.png"]
    assert others == ["x/P2.png", "b.dcm"]


def test_a_name_that_can_be_read_in_two_ways_is_refused():
    scans = read_pattern("{patient_id}_{visit}.png", "pattern")
    with pytest.raises(CohortError, match=r"P_1_pre\.png can be read as"):
        sort_out(["P_1_pre.png"], scans, None)


def test_three_names_are_told_and_none_of_nothing():
    with pytest.warns(UserWarning, match=r"^4 files are odd: a, b, c, \.\.\.$"):
        tell(list("abcd"), "files are odd")
    tell([], "files are odd")
