"""Errors that name the plane that they are about, once."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from contextlib import contextmanager

from sknac.exceptions import CohortError, SknacFormatError, StaleFileError


@contextmanager
def placed(place: str | None) -> Iterator[None]:
    """Put a place before what is wrong with a plane.

    A ValueError becomes a `CohortError`, a missing or changed file stays what it is,
    of a damaged one the place stands behind the cause. What names a place already, such
    as an image that is computed when it is read, is raised as it is.

    Parameters
    ----------
    place : str or None
        The words that name the plane; None names none.

    Yields
    ------
    None
        What is raised inside gets the place.
    """
    try:
        yield
    except (ValueError, FileNotFoundError, StaleFileError) as error:
        if place is None or hasattr(error, "place"):
            raise
        named = _named(error, place)
        named.place = place  # pickles with the error
        raise named from error


def _named(error, place):
    """Return the error with its place."""
    if isinstance(error, SknacFormatError):
        return SknacFormatError(error.path, f"{error.cause} ({place})")
    if isinstance(error, ValueError):
        return CohortError(f"{place}: {error}")
    return type(error)(f"{place}: {error}")
