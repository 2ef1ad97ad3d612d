"""Counts of patients on their way into a study."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._frames import check_mapping
from sknac.utils._labels import ALIKE, alike, in_order
from sknac.utils._result import Result
from sknac.utils._rows import ONE_ROW, Rows


@dataclass(frozen=True, repr=False)
class PatientFlow(Result):
    """Patients enrolled, excluded by reason, and analysed by cohort and class.

    Parameters
    ----------
    cohorts : dict of str to dict of object to int
        Patients by cohort and class, such as ``{"training": {"response": 65,
        "non-response": 61}}``.
    excluded : dict of str to int, default={}
        Patients left out, by reason.
    enrolled : int or None, default=None
        Patients at the start; None is the sum of all others.

    Raises
    ------
    ValueError
        If there is no cohort, two classes differ by capitals, blanks or type only, a
        count is no whole number >= 0, or `enrolled` is not the sum of those excluded
        and those in the cohorts.

    See Also
    --------
    PatientFlowDisplay : Draws it.

    References
    ----------
    K. F. Schulz, D. G. Altman, D. Moher, CONSORT 2010 statement, BMJ 340:c332, 2010
    (diagram). The DLRP paper, European Radiology (Fig. 2).

    Examples
    --------
    >>> from sknac.clinical import PatientFlow
    >>> PatientFlow(
    ...     {"training": {"response": 65, "non-response": 61}},
    ...     excluded={"several tumours": 9, "images missing": 12},
    ... )
    PatientFlow(enrolled=147, excluded=21, training=126)
    """

    cohorts: Mapping[str, Mapping[Any, int]]
    excluded: Mapping[str, int] = field(default_factory=dict)
    enrolled: int | None = None

    def __post_init__(self):
        # Copies: the sum that is checked here must stay right.
        check_mapping(self.cohorts, "cohorts", "{'training': {'response': 3}}")
        check_mapping(self.excluded, "excluded", "{'no surgery': 2}")
        for name, counts in self.cohorts.items():
            check_mapping(counts, f"cohorts[{name!r}]", "{'response': 3}")
        cohorts = {name: dict(counts) for name, counts in self.cohorts.items()}
        object.__setattr__(self, "cohorts", cohorts)
        object.__setattr__(self, "excluded", dict(self.excluded))
        if not self.cohorts:
            raise ValueError("cohorts is empty; give at least one with its classes")
        if pair := alike(dict.fromkeys(x for n in cohorts.values() for x in n)):
            raise ValueError(f"cohorts must spell a class in one way; {pair} {ALIKE}")
        for name, counts in [*self.cohorts.items(), ("excluded", self.excluded)]:
            _check_counts(name, counts)
        total = self.analysed + sum(self.excluded.values())
        if self.enrolled is None:
            object.__setattr__(self, "enrolled", total)
        elif self.enrolled != total:
            raise ValueError(
                f"enrolled={self.enrolled}, but {sum(self.excluded.values())} excluded "
                f"and {self.analysed} in the cohorts make {total}; "
                f"account for {abs(self.enrolled - total)} patients"
            )

    @classmethod
    def from_labels(
        cls,
        labels: Mapping[str, Any],
        *,
        excluded: Mapping[str, int] | None = None,
        enrolled: int | None = None,
    ) -> "PatientFlow":
        """Count the labels of each cohort.

        Parameters
        ----------
        labels : dict of str to array-like of shape (n_patients,)
            True labels by cohort, one per patient.
        excluded : dict of str to int, default=None
            Patients left out, by reason.
        enrolled : int, default=None
            Patients at the start; None is the sum of all others.

        Returns
        -------
        PatientFlow
            The counts; each cohort has all classes, in sorted order.

        Raises
        ------
        ValueError
            If a label is missing, the cohorts' labels are of kinds that do not sort,
            such as 0 and "0", or the counts do not add up.
        """
        check_mapping(labels, "labels", "{'training': y}")
        for name, y in labels.items():
            Rows(ONE_ROW).see(name, y)
        found = {
            name: pd.Series(np.asarray(y, dtype=object)) for name, y in labels.items()
        }
        for name, y in found.items():
            if y.isna().any():
                raise ValueError(
                    f"cohort {name!r} holds {int(y.isna().sum())} missing labels; "
                    "count those patients as excluded"
                )
        classes = in_order([x for y in found.values() for x in y], "y of the cohorts")
        cohorts = {
            name: {label: int((y == label).sum()) for label in classes}
            for name, y in found.items()
        }
        return cls(cohorts, excluded=dict(excluded or {}), enrolled=enrolled)

    @property
    def analysed(self) -> int:
        """Patients in all cohorts together."""
        return sum(sum(counts.values()) for counts in self.cohorts.values())

    def to_frame(self) -> pd.DataFrame:
        """Return the counts as a table.

        Returns
        -------
        DataFrame of shape (n_boxes, 1)
            `n` by step ("enrolled", "excluded", "analysed", then the cohorts) and
            group (reason or class; "all" for their sum).
        """
        rows = {("enrolled", "all"): self.enrolled}
        rows["excluded", "all"] = sum(self.excluded.values())
        rows |= {("excluded", reason): n for reason, n in self.excluded.items()}
        rows["analysed", "all"] = self.analysed
        for name, counts in self.cohorts.items():
            rows[name, "all"] = sum(counts.values())
            rows |= {(name, label): n for label, n in counts.items()}
        index = pd.MultiIndex.from_tuples(rows, names=["step", "group"])
        return pd.DataFrame({"n": list(rows.values())}, index=index)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as a dictionary of plain Python values.

        Returns
        -------
        dict
            `enrolled`, `excluded`, `analysed` and `cohorts`; classes become text.
        """
        return super().to_dict() | {"analysed": self.analysed}

    def __repr__(self) -> str:
        parts = [f"{name}={sum(n.values())}" for name, n in self.cohorts.items()]
        out = sum(self.excluded.values())
        return (
            f"PatientFlow(enrolled={self.enrolled}, excluded={out}, {', '.join(parts)})"
        )


def _check_counts(name: str, counts: Mapping[Any, int]) -> None:
    """Raise unless all counts are whole numbers from 0."""
    for key, n in counts.items():
        if not isinstance(n, Integral) or isinstance(n, bool) or n < 0:
            raise ValueError(
                f"{name}, {key} must be a whole number of patients, got {n!r}"
            )
