"""Packages that only some users need."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from types import ModuleType


def import_optional(module: str, package: str, extra: str | None) -> ModuleType:
    """Import a module of an optional package, or say which extra brings it, if any."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise  # the package is there; what it lacks is another matter
        way = "install it: pip install " + package
        if extra is not None:
            way = f"install sknac with it: pip install 'sknac[{extra}]'"
        raise ImportError(f"{package} is not installed; {way}") from error
