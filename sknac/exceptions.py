"""Errors that sknac raises; each message names the place and the mend."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

__all__ = ["CohortError", "SknacFormatError", "StaleFileError"]


class SknacFormatError(ValueError):
    """A file that is damaged, truncated or not of the format it claims.

    Parameters
    ----------
    path : str or path-like
        The file.
    cause : str
        What is wrong with it.

    Examples
    --------
    >>> from sknac.exceptions import SknacFormatError
    >>> str(SknacFormatError("scan.rf", "header is cut off"))
    'scan.rf: header is cut off'
    """

    def __init__(self, path: Any, cause: str) -> None:
        super().__init__(path, cause)
        self.path = str(path)
        self.cause = cause

    def __str__(self):
        return f"{self.path}: {self.cause}"


class CohortError(ValueError):
    """A cohort frame, study or plane that cannot be used as it is.

    The message starts with the place: ``row P017, column us_post2, plane 3: ...``.

    Examples
    --------
    >>> from sknac.exceptions import CohortError
    >>> issubclass(CohortError, ValueError)
    True
    """


class StaleFileError(RuntimeError):
    """A file that changed after its content digest was taken.

    Reading it would hand out new content under the old digest, so that caches
    return results of another file. Build the cohort again.

    Examples
    --------
    >>> from sknac.exceptions import StaleFileError
    >>> issubclass(StaleFileError, RuntimeError)
    True
    """
