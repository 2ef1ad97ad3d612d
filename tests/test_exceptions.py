"""Errors travel: through pickles of workers, and to those who catch by type."""

import pickle
from pathlib import Path

import pytest

from sknac.exceptions import CohortError, SknacFormatError, StaleFileError


@pytest.mark.parametrize(
    "error",
    [
        SknacFormatError(Path("scan.rf"), "cut off; copy it again"),
        CohortError("row P017, column us_pre: no core; outline the tumour"),
        StaleFileError("scan.rf changed; build the cohort again"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_worker_arrives_as_it_was(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_format_error_names_file_and_cause():
    error = SknacFormatError(Path("scan.rf"), "cut off; copy it again")
    assert (error.path, error.cause) == ("scan.rf", "cut off; copy it again")
    assert str(error) == "scan.rf: cut off; copy it again"


@pytest.mark.parametrize("error", [SknacFormatError, CohortError])
def test_bad_input_is_a_value_error_as_in_scikit_learn(error):
    assert issubclass(error, ValueError)


def test_a_stale_file_is_not_taken_for_bad_input():
    # Code that catches ValueError to skip a bad scan must not skip a moved cohort.
    assert not issubclass(StaleFileError, ValueError)
