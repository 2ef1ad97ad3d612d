"""Packages that only some users need."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from types import ModuleType


def import_optional(module: str, package: str, extra: str) -> ModuleType:
    """Import a module of an optional package, or say which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise  # the package is there; what it lacks is another matter
        raise ImportError(
            f"{package} is not installed; install sknac with it: "
            f"pip install 'sknac[{extra}]'"
        ) from error
