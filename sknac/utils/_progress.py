"""How far a long call is, on a terminal."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Iterator
from typing import Any


def tracked(
    items: Iterable[Any], doing: str, total: int | None = None
) -> Iterator[Any]:
    """Yield items; where a person looks on, a bar says how many are done.

    The bar goes to the error stream and away when all is done; in files and pipes
    there is none. `total` is needed where items have no length.
    """
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    yield from track(items, doing, total=total, console=console, transient=True)
