"""Labels of patients, checked once where they enter and then handed on."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from sknac.utils._labels import (
    distinct_labels,
    finite_scores,
    group_codes,
    one_class,
    one_dimensional,
    positive_label,
    spell,
    warn_of_alike,
    warn_of_no_positives,
)
from sknac.utils._rows import PASS_GROUPS, Rows, index_of
from sknac.utils._warnings import warn_undefined


@dataclass(frozen=True, eq=False)
class Sample:
    """Who is positive, and whose rows belong together.

    Public functions make it with `check_sample`; the private functions named
    ``*_of`` take it and check nothing again.

    Parameters
    ----------
    positive : bool ndarray of shape (n,)
        Whether the true label is `pos_label`.
    pos_label : int, float, bool or str
        The positive class.
    predicted : bool ndarray of shape (n,) or None
        Whether the predicted label is `pos_label`.
    codes : int ndarray of shape (n,) or None
        Number 0, 1, ... of each row's patient; None where every row is one.
    index : pandas Index or None
        Names of the rows.
    rows : Rows
        Names of the rows of all arguments so far.
    """

    positive: np.ndarray
    pos_label: Any
    predicted: np.ndarray | None = None
    codes: np.ndarray | None = None
    index: pd.Index | None = None
    rows: Rows = field(default_factory=Rows)

    @cached_property
    def n(self) -> int:
        """Number of rows."""
        return self.positive.size

    @cached_property
    def n_pos(self) -> int:
        """Number of positive rows."""
        return int(self.positive.sum())

    @cached_property
    def n_groups(self) -> int | None:
        """Number of patients where they have several rows."""
        return None if self.codes is None else int(self.codes.max()) + 1

    @property
    def about(self) -> dict[str, Any]:
        """What every result says of its data."""
        about = {"n": self.n, "n_pos": self.n_pos, "pos_label": self.pos_label}
        return about | {"n_groups": self.n_groups}

    @cached_property
    def has_both(self) -> bool:
        """Whether both classes are there."""
        return 0 < self.n_pos < self.n

    def scores(self, values: Any, name: str = "y_score") -> np.ndarray:
        """Return finite scores, one per row."""
        self.rows.see(name, values)
        return finite_scores(values, name, self.n)

    def weights(self, values: Any) -> np.ndarray | None:
        """Return non-negative weights, one per row, or None."""
        self.rows.see("sample_weight", values)
        return check_weights(values, self.n)

    def part(self, rows: np.ndarray) -> Self:
        """Return some of the rows."""
        predicted = None if self.predicted is None else self.predicted[rows]
        codes = None if self.codes is None else pd.factorize(self.codes[rows])[0]
        kept = {"positive": self.positive[rows], "predicted": predicted}
        return replace(self, codes=codes, **kept)

    def warn_of_one_class(self, what: str = "the area under the ROC curve") -> bool:
        """Warn that `what` is NaN if a class is absent; tell whether it is."""
        if not self.has_both:
            warn_undefined(f"{self._one_class(what)}; it is NaN")
        return not self.has_both

    def require_both_classes(self, what: str) -> None:
        """Raise if a class is absent that `what` cannot be without."""
        if not self.has_both:
            raise ValueError(self._one_class(what))

    def _one_class(self, what: str) -> str:
        rows = "every" if self.n_pos else "no"
        return one_class("y_true", f"{rows} row is {self.pos_label!r}", what)


def check_sample(
    y_true: Any,
    y_pred: Any = None,
    *,
    pos_label: Any = None,
    groups: Any = None,
    beside: Mapping[str, Any] | None = None,
    interval: bool = True,
    repeats: str = PASS_GROUPS,
) -> Sample:
    """Check true (and predicted) labels and groups.

    Arguments that name their rows must name the same ones in the same order; so must
    what stands `beside` them, by name, and what the sample is asked about later.
    Without groups, repeated names mean that a patient has several rows. Where an
    interval is made, which would be too narrow, that is warned of, with the mend
    `repeats`.
    """
    arrays = {"y_true": one_dimensional(y_true, "y_true")}
    n = arrays["y_true"].size
    if y_pred is not None:
        arrays["y_pred"] = one_dimensional(y_pred, "y_pred", n)
    held = {key: distinct_labels(array, key) for key, array in arrays.items()}
    found = list(dict.fromkeys(label for labels in held.values() for label in labels))
    if len(found) > 2:
        mend = "leave out rows that have no decision yet"
        if y_pred is not None and not set(held["y_pred"]) & set(held["y_true"]):
            mend = "y_pred has none of y_true's, so put scores at a threshold first"
        raise ValueError(
            f"{' and '.join(arrays)} must be binary, got {len(found)} labels "
            f"{spell(found[:5])}; {mend}"
        )
    label = positive_label(found, pos_label)
    if pos_label is not None and label in found and label not in held["y_true"]:
        warn_of_no_positives(held["y_true"], label, "y_true")  # only predictions do
    elif len(found) == 2:
        warn_of_alike(found, " and ".join(arrays))
    flags = [np.asarray(array == label, dtype=bool) for array in arrays.values()]
    rows = Rows(repeats if interval and groups is None else None)
    rows.see("y_true", y_true)
    rows.see("y_pred", y_pred)
    return Sample(
        flags[0],
        label,
        predicted=flags[1] if y_pred is not None else None,
        codes=check_groups(groups, n, rows, **(beside or {})),
        index=index_of(y_true),
        rows=rows,
    )


def check_weights(values: Any, n: int) -> np.ndarray | None:
    """Return non-negative weights, one per row, or None."""
    if values is None:
        return None
    weights = finite_scores(values, "sample_weight", n)
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must be non-negative and not all zero")
    return weights


def check_groups(groups: Any, n: int, rows: Rows, **data: Any) -> np.ndarray | None:
    """Return group codes per row, or None; compare the names of the rows."""
    for name, values in data.items():
        rows.see(name, values)
    rows.see("groups", groups)
    return None if groups is None else group_codes(groups, n)
