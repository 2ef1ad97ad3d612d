"""Errors of a table are raised together, and name its file."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.cohort._table_errors import Faults, naming
from sknac.exceptions import CohortError, SknacFormatError


def test_one_error_is_raised_as_it_is():
    faults = Faults()
    faults.raise_found()
    with faults.kept():
        raise SknacFormatError("a.npy", "cut off; copy it again")
    with pytest.raises(SknacFormatError, match=r"^a\.npy: cut off; copy it again$"):
        faults.raise_found()


def test_several_are_listed_after_the_first_and_counted():
    faults = Faults()
    for row in range(3):
        faults.note_fault(f"row {row}: wrong; mend it")
    with pytest.raises(CohortError) as caught:
        faults.raise_found()
    *rows, last = str(caught.value).split("\n")
    assert rows == [f"row {row}: wrong; mend it" for row in range(3)]
    assert last == "3 errors in all; correct these rows, or leave them out"


def test_of_many_twenty_are_shown_and_files_keep_their_kind_of_error():
    faults = Faults()
    with faults.kept():
        raise SknacFormatError("a.npy", "cut off; copy it again")
    for row in range(99):
        faults.note_fault(f"row {row}: wrong; mend it")
    with pytest.raises(SknacFormatError) as caught:
        faults.raise_found()
    assert caught.value.path == "a.npy"
    lines = str(caught.value).split("\n")
    assert len(lines) == 21
    assert lines[-1].startswith("100 errors in all, 80 not shown; correct")


def test_other_errors_are_not_kept():
    with pytest.raises(KeyError), Faults().kept():
        raise KeyError("a")


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("t.csv", "no row; list one", "t.csv: no row; list one"),
        ("t.csv", "t.csv line 2: bad; mend it", "t.csv line 2: bad; mend it"),
        (None, "bad; mend it", "bad; mend it"),
    ],
)
def test_errors_name_the_file_of_their_table_once(name, error, said):
    with pytest.raises(CohortError) as caught, naming(name):
        raise CohortError(error)
    assert str(caught.value) == said
