"""What a report knows of one system: its patients and what was given beside them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sknac.report._parts import Drawing, Table
from sknac.report._sample import Sample


@dataclass(eq=False)
class System:
    """Everything given about one system, checked; sections read it."""

    name: str
    pos_label: Any
    main: str
    test: Sample
    train: Sample | None = None
    # Whether the training patients' scores come from the model they trained.
    resubstituted: bool = False
    probabilities: tuple[str, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    curve_sources: dict[str, str] = field(default_factory=dict)
    # Sensitivity and specificity of each fold at the cut of the others.
    nested: dict[str, tuple[float, float]] = field(default_factory=dict)
    stop_bound: Any = None
    cascade: tuple[pd.DataFrame, Any] | None = None
    subgroups: pd.DataFrame | None = None
    survival: tuple[pd.Series, pd.Series, str] | None = None
    flow: Any = None
    coefficients: dict[str, tuple[pd.DataFrame, pd.DataFrame, float]] = field(
        default_factory=dict
    )
    learning: dict[str, pd.DataFrame] = field(default_factory=dict)
    # Quality tables of maps by model, then by cohort.
    quality: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)
    maps: list[tuple[str, pd.DataFrame, pd.DataFrame]] = field(default_factory=list)
    settings: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    further: list[Table | Drawing] = field(default_factory=list)
    further_numbers: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list:
        """Both labels, the positive one first."""
        return [self.pos_label, self.neg_label]

    @property
    def neg_label(self) -> Any:
        """The other label."""
        found = self.test.y.unique().tolist()
        return next(label for label in found if label != self.pos_label)

    def cohorts(self) -> list[tuple[str, Sample]]:
        """Return what there is of test and training patients."""
        found = [("test", self.test)]
        return found if self.train is None else [*found, ("training", self.train)]

    def patient_name(self, row: int, *, show_ids: bool) -> str:
        """Return the number of a test patient, or her identifier if that is asked."""
        return str(self.test.y.index[row]) if show_ids else f"test patient {row + 1}"
