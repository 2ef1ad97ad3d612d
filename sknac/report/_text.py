"""Words of a report: cells of tables, names of files, settings."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sknac.utils._text import bracket, number

TIMES = " \N{MULTIPLICATION SIGN} "
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Of absolute paths, and of those on Windows.
_FOLDERS = re.compile(
    r"""(?<![\w.…)\]])(?:~|[A-Za-z]:)?[\\/]+(?:[^\\/'"\s,()]+[\\/]+)+"""
)


def interval(found: Any) -> str:
    """Write an estimate, and in small below its interval and its counts."""
    lines = stacked(found).split("\n")
    if found.total is not None:
        lines.append(f"{found.count}/{found.total}")
    return "\n".join(lines)


def stacked(found: Any) -> str:
    """Write an estimate with its interval below, if it has one."""
    return f"{number(found.estimate)}{below(found.low, found.high)}"


def below(low: float, high: float, digits: int = 2) -> str:
    """Write an interval on a small line of its own; nothing where both ends are NaN."""
    return "" if low != low and high != high else f"\n{bracket(low, high, digits)}"


HEADS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
    "accuracy": "Accuracy",
}


def rate_cells(found: Any, *names: str) -> dict[str, str]:
    """Write some rates, or all, each with its interval and counts."""
    return {HEADS[name]: interval(getattr(found, name)) for name in names or HEADS}


def plural(count: int, word: str) -> str:
    """Write a count with its word."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def listed(names: Iterable[Any]) -> str:
    """Write names one after the other."""
    names = [str(name) for name in names]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def showable(text: str, longest: int | None = None) -> str:
    """Put the sign of what cannot be shown for such letters; end what is endless."""
    if longest is not None and len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return _STRANGE.sub("\N{REPLACEMENT CHARACTER}", text)


def without_folders(text: str, settings: Mapping[str, Any]) -> str:
    """Leave the folders out of the paths that settings hold, wherever a text has them.

    Parameters
    ----------
    text : str
        Settings, written down.
    settings : mapping of str to object
        The same by name: paths with blanks in them are known from these.
    """
    paths = [getattr(thing, "location", thing) for thing in settings.values()]
    folders = {os.path.dirname(p) for p in paths if _is_path(p)}
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(f"{folder}/", "…/").replace(f"{folder}\\", "…/")
    return _FOLDERS.sub("…/", text)


def _is_path(thing):
    """Tell whether a setting is a path with folders of a machine."""
    if isinstance(thing, os.PathLike):
        return True
    return isinstance(thing, str) and thing.startswith(("/", "~", "./", "../"))


def slug(text: str) -> str:
    """Return what of a name may stand in a file's name or an anchor."""
    found = re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")
    return found[:40].rstrip("-") or "x"


def without_addresses(text: str) -> str:
    """Leave out addresses in memory, which differ from run to run."""
    return _ADDRESS.sub("", text)


def value(
    thing: Any, settings: Mapping[str, Any] | None = None, longest: int = 120
) -> str:
    """Write a setting: no addresses in memory, no folders, nothing endless."""
    text = without_addresses(" ".join(repr(thing).split()))
    text = without_folders(text, {"": thing} if settings is None else settings)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
