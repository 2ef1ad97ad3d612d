"""Errors name their place once, and stay what they are."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import pytest

from sknac.cohort._places import placed
from sknac.exceptions import CohortError, SknacFormatError, StaleFileError


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("bad"), CohortError, "row 1: bad"),
        (CohortError("bad"), CohortError, "row 1: bad"),
        (FileNotFoundError("gone"), FileNotFoundError, "row 1: gone"),
        (StaleFileError("old"), StaleFileError, "row 1: old"),
        (SknacFormatError("a", "cut"), SknacFormatError, "a: cut (row 1)"),
        (TypeError("other"), TypeError, "other"),
    ],
)
def test_the_innermost_place_is_named_once(error, kind, text):
    with pytest.raises(kind) as caught, placed("row 9"), placed("row 1"), placed(None):
        raise error
    assert str(caught.value) == text
    assert type(caught.value) is kind


def test_an_error_of_another_process_is_not_named_again():
    with pytest.raises(CohortError) as caught, placed("row 1"):
        raise ValueError("bad")
    with pytest.raises(CohortError) as again, placed("row 2"):
        raise pickle.loads(pickle.dumps(caught.value))
    assert str(again.value) == "row 1: bad"
