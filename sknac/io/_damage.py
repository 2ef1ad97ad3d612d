"""Whatever goes wrong inside a damaged file is one error that names it."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from contextlib import contextmanager
from typing import NoReturn

from sknac.exceptions import SknacFormatError


def damage(cause: str) -> NoReturn:
    """Give up on a file; `damage_named` adds its name and the mend."""
    raise ValueError(cause)


@contextmanager
def damage_named(path, kind: str, mend: str):
    """Raise any error of a library as one that names the file and the mend."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata
            yield
    except (SknacFormatError, ImportError, FileNotFoundError):
        raise
    except Exception as error:  # parsers let nearly any kind through
        cause = " ".join(str(error).split()) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged {kind} file: {cause[:300]}; {mend}"
        ) from error
