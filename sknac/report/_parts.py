"""What a report is made of: sections with tables, figures and results."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Options:
    """Settings that every number and figure of a report shares."""

    synthetic: bool = False
    show_ids: bool = False
    confidence_level: float = 0.95
    n_resamples: int = 2000
    random_state: int = 0

    @property
    def percent(self) -> str:
        """The confidence level in words."""
        return f"{100 * self.confidence_level:g}\N{NO-BREAK SPACE}%"

    @property
    def mark(self) -> str:
        """What a figure's title says of data that are nobody's."""
        return " (simulated)" if self.synthetic else ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is read: cells are text, a line break starts a small line."""

    caption: str
    frame: pd.DataFrame
    note: str = ""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure to be drawn, and its description.

    `draw` gets one axes or, where `whole`, the empty figure; a `picture` is drawn.
    """

    key: str
    caption: str
    alt: str
    draw: Callable[[Any], Any] | None = None
    size: tuple[float, float] = (4.8, 4.4)
    wide: bool = False
    whole: bool = False
    picture: bytes = b""


@dataclass(frozen=True, eq=False)
class Section:
    """One part of a system's report; `results` are the numbers it rests on."""

    key: str
    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    results: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
