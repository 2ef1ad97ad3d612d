"""What a report knows of one system: its patients and what was given beside them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sknac.report._cross_validation import CrossValidation
from sknac.report._parts import Drawing, Table
from sknac.report._sample import Sample

TEST, TRAINING, CV = "test", "training", "cross-validated"


@dataclass(eq=False)
class System:
    """Everything given about one system, checked; sections read it.

    `test` are the patients that the main results are about: a test cohort of the name
    `cohort`, or all patients of a cross-validation.
    """

    name: str
    pos_label: Any
    main: str
    test: Sample
    train: Sample | None = None
    cohort: str = TEST
    # Further test cohorts by name.
    external: dict[str, Sample] = field(default_factory=dict)
    cv: CrossValidation | None = None
    # The fitted models, for further test cohorts.
    models: dict[str, Any] = field(default_factory=dict)
    sample_size: dict[str, Any] | None = None
    # Whether the training patients' scores come from the model they trained.
    resubstituted: bool = False
    probabilities: tuple[str, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    curve_sources: dict[str, str] = field(default_factory=dict)
    # Sensitivity and specificity of each fold at the cut of the others.
    nested: dict[str, tuple[float, float]] = field(default_factory=dict)
    stop_bound: Any = None
    # What each stage alone says, the label that stops, and whom bands hand on.
    cascade: tuple[pd.DataFrame, Any, pd.DataFrame | None] | None = None
    bands: dict[str, Any] = field(default_factory=dict)
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

    @property
    def cv_text(self) -> str:
        """How it was cross-validated, as captions say it; empty if it was not."""
        return "" if self.cv is None else self.cv.text

    def tests(self) -> list[tuple[str, Sample]]:
        """Return the cohorts of patients that no model was trained on, by name."""
        return [(self.cohort, self.test), *self.external.items()]

    def cohorts(self) -> list[tuple[str, Sample]]:
        """Return what there is of test and training patients."""
        found = self.tests()
        return found if self.train is None else [*found, (TRAINING, self.train)]

    def whose(self, cohort: str) -> str:
        """Name the patients of a cohort, to stand within a sentence."""
        if cohort in (TEST, TRAINING):
            return f"{cohort} patients"
        return "patients" if cohort == CV else f"patients of {cohort}"

    def of(self, cohort: str) -> str:
        """Name them at the end of a caption; those of a cross-validation are all."""
        return "" if cohort == CV else f", {self.whose(cohort)}"

    def titled(self, cohort: str) -> str:
        """Name them in the title of a figure."""
        if cohort in (TEST, TRAINING):
            return self.whose(cohort)
        return self.cv_text or cohort

    def counted(self, cohort: str) -> str:
        """Return the word for one of a cohort's patients."""
        return "patient" if cohort == CV else f"{cohort} patient"

    def patient_name(
        self, row: int, *, show_ids: bool, cohort: str | None = None
    ) -> str:
        """Return a test patient's number, or her identifier if that is asked."""
        cohort = self.cohort if cohort is None else cohort
        if show_ids:
            return str(dict(self.cohorts())[cohort].y.index[row])
        return f"{self.counted(cohort)} {row + 1}"


def head(cohort: str) -> str:
    """Write a cohort's name at the head of a row or column; a given one stays."""
    return cohort.capitalize() if cohort in (TEST, TRAINING, CV) else cohort
