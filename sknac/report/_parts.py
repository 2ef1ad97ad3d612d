"""What a report is made of: sections with tables, figures and results."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Self

import pandas as pd

from sknac.utils._frames import check_mapping
from sknac.utils._settings import check_confidence_level, check_whole


@dataclass(frozen=True)
class Options:
    """Settings that every number and figure of a report shares."""

    synthetic: bool = False
    show_ids: bool = False
    confidence_level: float = 0.95
    n_resamples: int = 2000
    random_state: int = 0
    labels: Mapping[Any, str] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("synthetic", "show_ids"):
            # A text such as "no" would count as true.
            if not isinstance(getattr(self, name), bool):
                raise TypeError(
                    f"{name} must be True or False, got {getattr(self, name)!r}"
                )
        check_confidence_level(self.confidence_level)
        check_whole(self.n_resamples, "n_resamples", 2)
        check_labels(self.labels)
        seed = self.random_state
        if isinstance(seed, bool) or not isinstance(seed, Integral):
            raise ValueError(f"random_state must be a whole number, got {seed!r}")

    def named(self, name: Any, level: Any = "") -> str:
        """Write a column's name, or that of one of its levels, as it shall be read."""
        label = self.labels.get(name, str(name))
        if level is None or str(level) == "":
            return label
        return f"{label}: {self.labels.get((name, level), level)}"

    @property
    def percent(self) -> str:
        """The confidence level in words."""
        return f"{100 * self.confidence_level:g}\N{NO-BREAK SPACE}%"

    @property
    def mark(self) -> str:
        """What a figure's title says of data that are nobody's."""
        return " (simulated)" if self.synthetic else ""


def check_labels(labels: Any) -> None:
    """Raise unless labels are texts by column, or by column and level."""
    check_mapping(labels, "labels", "{'er': 'ER', ('er', 1): 'positive'}")
    for key, text in labels.items():
        if not isinstance(text, str) or not text.strip():
            raise TypeError(f"labels[{key!r}] must be text, got {text!r}")
        if isinstance(key, tuple) and len(key) != 2:
            raise ValueError(f"labels must name (column, level), got {key!r}")


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is read: cells are text, a line break starts a small line."""

    caption: str
    frame: pd.DataFrame
    note: str = ""

    @classmethod
    def of(cls, axis: str, caption: str, rows: dict, note: str = "") -> Self:
        """Make a table of its rows, whose names stand below `axis`."""
        frame = pd.DataFrame.from_dict(rows, orient="index")
        return cls(caption, frame.rename_axis(axis), note)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure to be drawn, and its description.

    `display` is a display, plotted with `look`, or a function of the empty figure;
    a `picture` is drawn already.
    """

    key: str
    caption: str
    alt: str
    display: Any = None
    title: str = ""
    look: dict[str, Any] = field(default_factory=dict)
    size: tuple[float, float] = (4.8, 4.4)
    wide: bool = False
    picture: bytes = b""

    def draw(self, figure: Any) -> None:
        """Draw on an empty figure."""
        if callable(self.display):
            self.display(figure)
        else:
            ax = figure.subplots()
            self.display.plot(ax, **self.look)
            ax.set_title(self.title)


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
