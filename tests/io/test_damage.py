"""Whatever goes wrong inside a damaged file is one error that names it."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import pytest

from sknac.exceptions import SknacFormatError
from sknac.io._damage import damage_named


@pytest.mark.parametrize(
    "error", [KeyError("x"), MemoryError(), RecursionError("deep"), ZeroDivisionError()]
)
def test_any_error_names_file_and_mend(error):
    with (
        pytest.raises(SknacFormatError) as caught,
        damage_named("a.h5", "HDF5", "mend"),
    ):
        raise error
    assert str(caught.value).startswith("a.h5: damaged HDF5 file: ")
    assert str(caught.value).endswith("; mend")
    assert caught.value.__cause__ is error


def test_causes_are_short_and_of_one_line():
    with pytest.raises(SknacFormatError) as caught, damage_named("a", "HDF5", "mend"):
        raise ValueError("long\n text " * 1000)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("error", [ImportError("x"), FileNotFoundError("x")])
def test_what_is_no_damage_passes(error):
    with pytest.raises(type(error)), damage_named("a", "HDF5", "mend"):
        raise error


def test_libraries_may_warn():
    with damage_named("a", "HDF5", "mend"):
        warnings.warn("of metadata; ignored", stacklevel=1)
