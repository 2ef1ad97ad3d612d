"""What speaks against numbers: said at once, or gathered and said once a kind."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from sknac.utils._warnings import warn_user

_NUMBER = re.compile(r"[-+]?\d[\d.]*(e[-+]?\d+)?")
_GATHERED: ContextVar[list | None] = ContextVar("gathered", default=None)


def say(text: str) -> None:
    """Warn of a doubt, or hand it to who gathers them."""
    found = _GATHERED.get()
    if found is None:
        warn_user(text)
    else:
        found.append(text)


@contextmanager
def gathered() -> Iterator[list[str]]:
    """Gather what this thread says inside, instead of warning of it."""
    found: list[str] = []
    before = _GATHERED.set(found)
    try:
        yield found
    finally:
        _GATHERED.reset(before)


def kind_of(doubt: str) -> str:
    """Write doubts that differ in their numbers alone alike."""
    return _NUMBER.sub("#", doubt)


def once_a_kind(places: Sequence[str], doubts: Sequence[Sequence[str]]) -> list[str]:
    """Say each kind of doubt once: of how many planes, and the first of them."""
    kinds: dict[str, dict] = {}
    for place, of_plane in zip(places, doubts, strict=True):
        for doubt in of_plane:
            kinds.setdefault(kind_of(doubt), {}).setdefault(place, doubt)
    said = []
    for planes in kinds.values():
        place, doubt = next(iter(planes.items()))
        said.append(f"{among(len(planes), len(places))}, the first {place}: {doubt}")
    return said


def among(n: int, total: int) -> str:
    """Write a count of planes among all."""
    return f"{n} of {total} plane{'s' if total != 1 else ''}"
