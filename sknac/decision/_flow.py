"""Where a cascade sends its patients, beside what each stage would do alone."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sknac.decision._trace import ACTIONS, BANDED, Route
from sknac.metrics import rates_from_counts
from sknac.utils._confusion import CELLS, RATES, cell_counts
from sknac.utils._frames import unique_columns
from sknac.utils._labels import class_index, one_dimensional, shown, spell
from sknac.utils._result import Result
from sknac.utils._rows import ONE_ROW
from sknac.utils._sample import check_sample
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._text import patients


@dataclass(frozen=True, eq=False, repr=False)
class StageFlow(Result):
    """Counts of a cascade by stage, action and true class, and its rates.

    Parameters
    ----------
    counts : DataFrame of shape (n_stages * n_actions, n_classes + 1)
        Patients by (stage, action) in the rows and true class in the columns, with
        their sum `n`. Actions: "stop", "keep" where a stage has a band and is sure of
        the other class, "continue" and, where patients lack data, "awaiting".
    rates : dict of str to result of `rates_from_counts`
        Rates of the "cascade" and of each stage alone, by name.
    n_undecided : dict of str to int
        Patients left out of those rates for want of data, by the same names.
    stop_label : object
        The class that stops a patient.
    pos_label : object
        The positive class of the rates.

    See Also
    --------
    stage_flow : Computes this result.
    StageFlowDisplay : Draws it.

    Examples
    --------
    >>> from sknac.decision import stage_flow
    >>> flow = stage_flow(
    ...     [0, 0, 1], {"first": [0, 1, 1], "second": [0, 0, 1]}, stop_label=0
    ... )
    >>> flow
    StageFlow(n=3 patients, stop_label=0, 95%, pos_label=1)
                      0  1  n
    stage  action
    first  stop       1  0  1
           continue   1  1  2
    second stop       1  0  1
           continue   0  1  1
    """

    counts: pd.DataFrame
    rates: dict[str, Any]
    n_undecided: dict[str, int]
    stop_label: object
    pos_label: object

    @property
    def confidence_level(self) -> float:
        """Coverage of the rates' intervals."""
        return self.rates["cascade"].accuracy.confidence_level

    @property
    def stages(self) -> list[str]:
        """Stage names, in order."""
        return list(dict.fromkeys(self.counts.index.get_level_values("stage")))

    def to_frame(self) -> pd.DataFrame:
        """Return the rates of the cascade and of each stage alone.

        Returns
        -------
        frame : DataFrame of shape (n_stages + 1, 11)
            One row for the cascade, one for each stage alone: `pos_label`, `n`,
            `n_undecided`, the four counts and five rates in [0, 1].
        """
        return pd.DataFrame(
            {
                name: {
                    "pos_label": self.pos_label,
                    "n": rates.tp + rates.fn + rates.fp + rates.tn,
                    "n_undecided": self.n_undecided[name],
                    **{cell: getattr(rates, cell) for cell in CELLS},
                    **{rate: getattr(rates, rate).estimate for rate in RATES},
                }
                for name, rates in self.rates.items()
            }
        ).T.infer_objects()

    def __repr__(self):
        n = int(self.counts.loc[self.stages[0], "n"].sum())
        return (
            f"StageFlow({patients(n)}, stop_label={self.stop_label!r}, "
            f"{self._about()})\n{self.counts}"
        )


@validate_params(
    {
        "y_true": ["array-like"],
        "stage_labels": ["array-like", dict],
        "deferred": ["array-like", dict, None],
        "stop_label": [Real, str, "boolean"],
        "pos_label": [Real, str, "boolean", None],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def stage_flow(
    y_true: ArrayLike,
    stage_labels: Any,
    *,
    stop_label: Any,
    pos_label: Any = None,
    confidence_level: float = 0.95,
    deferred: Any = None,
) -> StageFlow:
    """Count where a cascade sends its patients, by true class.

    Parameters
    ----------
    y_true : array-like of shape (n_patients,)
        True labels, two classes.
    stage_labels : DataFrame of shape (n_patients, n_stages) or dict of array-like
        What each stage alone predicts for each patient, one column per stage in
        order; None where a patient has no data for it. `predict_each` of
        `StagedClassifier` gives it.
    stop_label : int, float, bool or str
        The class that stops a patient.
    pos_label : int, float, bool or str, default=None
        The positive class of the rates; None is the class that goes on.
    confidence_level : float, default=0.95
        Coverage of the rates' intervals (Wilson's), in (0, 1).
    deferred : DataFrame of bool or dict of array-like, default=None
        Whom each stage with a band hands on, by name; it decides on the others, both
        ways. `deferred_each` of `StagedClassifier` gives it. Stages not named stop
        one class only; labels of `predict_each` know which have a band, and without
        it are refused.

    Returns
    -------
    flow : StageFlow
        Counts of the cascade, and its rates beside those of each stage alone.

    Raises
    ------
    ValueError
        If the lengths differ, a label is none of y, a patient has no data for the
        first stage, or `deferred` lacks a stage that has a band.

    See Also
    --------
    StagedClassifier : The cascade.
    StageFlowDisplay : Draws the counts.

    Notes
    -----
    A patient who passed all stages so far and has no data for the next is
    "awaiting": counted there, and left out of the cascade's rates.

    References
    ----------
    The DLRP paper, European Radiology (Fig. 4).

    Examples
    --------
    >>> from sknac.decision import stage_flow
    >>> y = ["non-response", "non-response", "response", "response"]
    >>> early = ["non-response", "response", "response", "response"]
    >>> late = ["non-response", "non-response", "response", "non-response"]
    >>> flow = stage_flow(
    ...     y, {"early": early, "late": late}, stop_label="non-response"
    ... )
    >>> flow.to_frame()[["tp", "fn", "fp", "tn"]]
             tp  fn  fp  tn
    cascade   1   1   0   2
    early     2   0   1   1
    late      1   1   0   2
    """
    sample = check_sample(y_true, pos_label=stop_label, repeats=ONE_ROW)
    sample.require_both_classes("a cascade")
    _require_deferred(stage_labels, deferred)
    labels = _label_table(stage_labels, sample)
    known = np.unique(y_true).tolist()
    stop = known.index(stop_label)
    positive = class_index(known, pos_label, name="pos_label", default=1 - stop)
    judged = labels.notna().to_numpy()
    passed = labels.to_numpy() == known[1 - stop]
    _check_labels(labels, judged, known)
    handed_on, banded = _deferred_table(deferred, list(labels.columns), sample)
    kept = judged & passed & banded & ~handed_on
    route = Route(judged, passed | (judged & handed_on), kept)
    # Who is decided on, and who of them goes on: by the cascade, by each stage alone.
    goes_on = np.isin(route.action, ["keep", "continue"])
    decided = {"cascade": (route.action != "awaiting", goes_on)}
    for name, *pair in zip(labels.columns, judged.T, passed.T, strict=True):
        decided[name] = pair
    truth = sample.positive == (positive == stop)
    return StageFlow(
        counts=_count(sample.positive, route, labels.columns, banded, (known, stop)),
        rates={
            name: rates_from_counts(
                **_cells(truth[rows], goes_on[rows] == (positive != stop)),
                pos_label=known[positive],
                confidence_level=confidence_level,
            )
            for name, (rows, goes_on) in decided.items()
        },
        n_undecided={name: int((~rows).sum()) for name, (rows, _) in decided.items()},
        stop_label=known[stop],
        pos_label=known[positive],
    )


def _label_table(stage_labels, sample):
    """Return the stages' labels as a table of objects."""
    sample.rows.see("stage_labels", stage_labels)
    if isinstance(stage_labels, Mapping):
        for name, values in stage_labels.items():
            sample.rows.see(f"stage_labels[{name!r}]", values)
        stage_labels = {
            name: one_dimensional(values, f"stage_labels[{name!r}]", sample.n)
            for name, values in stage_labels.items()
        }
    labels = pd.DataFrame(stage_labels).astype(object).reset_index(drop=True)
    if len(labels) != sample.n:
        raise ValueError(
            f"stage_labels has {len(labels)} rows but y_true has {sample.n}; give one "
            "of each"
        )
    unique_columns(labels, "stage_labels")
    if "cascade" in labels.columns:
        raise ValueError("a stage is named 'cascade'; name it else, this one is taken")
    return labels


def _check_labels(labels, judged, known):
    """Raise on labels that y does not know and on patients nobody judged first."""
    strange = set(labels.to_numpy()[judged].tolist()) - set(known)
    if strange:
        raise ValueError(
            f"stage_labels must hold labels of y_true ({known}), got "
            f"{sorted(map(str, strange))}"
        )
    if not judged[:, 0].all():
        raise ValueError(
            f"row {int(np.flatnonzero(~judged[:, 0])[0])} has no label of the first "
            f"stage {labels.columns[0]!r}; give every patient one"
        )


def _require_deferred(stage_labels, deferred):
    """Raise where labels of stages with a band come without whom these hand on."""
    tables = [stage_labels]
    if isinstance(stage_labels, Mapping):
        tables = list(stage_labels.values())
    attrs = [getattr(table, "attrs", {}).get(BANDED, ()) for table in tables]
    given = [] if deferred is None else list(_by_stage(deferred))
    for name in (name for names in attrs for name in names):
        if name not in given:
            raise ValueError(
                f"stage_labels are of a cascade whose stage {shown(name)} has a band "
                "and decides both ways outside of it; pass deferred=, which "
                "deferred_each gives"
            )


def _by_stage(deferred):
    """Return whom stages hand on, by name."""
    return dict(deferred if isinstance(deferred, Mapping) else pd.DataFrame(deferred))


def _deferred_table(deferred, stages, sample):
    """Return who is handed on by each stage, and which stages have a band."""
    found = np.zeros((sample.n, len(stages)), dtype=bool)
    if deferred is None:
        return found, np.zeros(len(stages), dtype=bool)
    sample.rows.see("deferred", deferred)
    columns = _by_stage(deferred)
    for name, values in columns.items():
        if name not in stages[:-1]:
            raise ValueError(
                f"deferred must name stages before the last, {spell(stages[:-1])}, got "
                f"{shown(name)}"
            )
        sample.rows.see(f"deferred[{name!r}]", values)
        values = one_dimensional(values, f"deferred[{name!r}]", sample.n)
        if values.dtype != bool:
            raise ValueError(
                f"deferred[{name!r}] must be True or False for each patient, got "
                f"{values.dtype}"
            )
        found[:, stages.index(name)] = values
    return found, np.isin(stages, list(columns))


def _count(stops, route, stages, banded, of):
    """Return the patients by stage and action, and by true class."""
    known, stop = of
    rows, truths = {}, [stops == (at == stop) for at in range(2)]
    for at, name in enumerate(stages):
        for action, groups in zip(ACTIONS, route.by_action, strict=True):
            group = groups[:, at]
            if action == "keep" and not banded[at]:
                continue
            if action != "awaiting" or group.any():
                by_class = [int((group & truth).sum()) for truth in truths]
                rows[name, action] = [*by_class, sum(by_class)]
    counts = pd.DataFrame.from_dict(rows, orient="index", columns=[*known, "n"])
    counts.index = pd.MultiIndex.from_tuples(counts.index, names=["stage", "action"])
    return counts


def _cells(truth, called):
    """Return the four counts by name."""
    return dict(zip(CELLS, cell_counts(truth, called).tolist(), strict=True))
