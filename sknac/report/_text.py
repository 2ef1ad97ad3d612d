"""Numbers in words: estimates with intervals, p-values, counts."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import re
from collections.abc import Iterable
from typing import Any

ABSENT, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
TIMES = " \N{MULTIPLICATION SIGN} "
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def number(value: Any, digits: int = 2) -> str:
    """Write a number with some decimals; a dash where there is none."""
    if value is None or value != value:
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    # Adding 0 takes the sign off a value that is rounded to 0.
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def significant(value: Any, digits: int = 3) -> str:
    """Write a number with some significant digits; a dash where there is none."""
    if value is None or value != value:
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{value:.{digits}g}".replace("-", MINUS)


def bracket(low: float, high: float, digits: int = 2) -> str:
    """Write an interval in square brackets."""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def interval(found: Any) -> str:
    """Write an estimate, and in small below its interval and its counts."""
    lines = [number(found.estimate), bracket(found.low, found.high)]
    if found.total is not None:
        lines.append(f"{found.count}/{found.total}")
    return "\n".join(lines)


def in_line(found: Any) -> str:
    """Write an estimate with its interval on one line."""
    return f"{number(found.estimate)} {bracket(found.low, found.high)}"


def pvalue(value: float) -> str:
    """Write a p-value with three decimals."""
    if value != value:
        return ABSENT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def share(count: int, total: int) -> str:
    """Write a count with its percentage."""
    return f"{count} ({100 * count / total:.0f} %)" if total else f"{count}"


def plural(count: int, word: str) -> str:
    """Write a count with its word."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def listed(names: Iterable[Any]) -> str:
    """Write names one after the other."""
    names = [str(name) for name in names]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def slug(text: str) -> str:
    """Return what of a name may stand in a file's name or an anchor."""
    found = re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")
    return found[:40].rstrip("-") or "x"


def without_addresses(text: str) -> str:
    """Leave out addresses in memory, which differ from run to run."""
    return _ADDRESS.sub("", text)


def value(thing: Any, longest: int = 120) -> str:
    """Write a setting: no addresses in memory, nothing endless."""
    text = without_addresses(" ".join(repr(thing).split()))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
