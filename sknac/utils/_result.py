"""What every result shares: its numbers as a table and a dictionary, and its looks."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
from collections.abc import Mapping
from html import escape
from typing import Any, Self

import numpy as np
import pandas as pd

from sknac.utils._text import patients


class Result:
    """Base of the frozen dataclasses that functions return.

    `to_frame` holds numbers; where a result is printed as a table, `formatted`
    returns the texts.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary of plain Python values.

        Returns
        -------
        dict
            One entry per field; arrays become lists, tables lists of rows, and
            keys text.
        """
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a table.

        Returns
        -------
        DataFrame of shape (1, n_fields)
            One column per field.
        """
        return pd.DataFrame([self.to_dict()])

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed.

        Parameters
        ----------
        **changes : object
            New values by field name.

        Returns
        -------
        object
            A result of the same class.
        """
        return dataclasses.replace(self, **changes)

    def _repr_html_(self) -> str:
        """Return the first line of the repr and the table, for notebooks."""
        head = repr(self).partition("\n")[0]
        table = self.to_frame().to_html(max_rows=20, border=0)
        return f"<div><pre>{escape(head)}</pre>{table}</div>"

    def _about(self) -> str:
        """Say level, method, positive class and number of patients, where known."""

        def known(name):
            return getattr(self, name, None)

        level = known("confidence_level")
        level = None if level is None else f"{100 * level:g}%"
        parts = [" ".join(filter(None, (level, known("method")))), known("alternative")]
        if known("total") is not None:
            parts.append(f"{self.count}/{self.total}")
        if known("pos_label") is not None:
            parts.append(f"pos_label={plain(self.pos_label)!r}")
        if known("n_pos") is not None:
            parts += [patients(self.n, known("n_groups")), f"n_pos={self.n_pos}"]
        return ", ".join(filter(None, parts))


def plain(value: Any) -> Any:
    """Turn results, tables and arrays into plain Python values, keys into text."""
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.DataFrame):
        return _rows(value)
    if isinstance(value, Mapping):
        return {_key(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        value = value.tolist()
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def _key(name: Any) -> str:
    """Return a dictionary's key as text."""
    parts = name if isinstance(name, tuple) else (name,)
    return ": ".join(filter(None, map(str, parts)))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table; an index that says something is part of them."""
    named = [name for name in frame.index.names if name is not None]
    if named or not isinstance(frame.index, pd.RangeIndex):
        names = None if named else ["name"]
        frame = frame.reset_index(names=names, allow_duplicates=True)
    columns = {_key(name): plain(column) for name, column in frame.items()}
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
