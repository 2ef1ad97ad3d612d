"""The way of each patient through a cascade: every stage is asked once."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property

import numpy as np
import pandas as pd

from sknac.decision._blocks import check_present, stage_block
from sknac.decision._defer import read_band
from sknac.utils._answers import Answers, answers_of

ACTIONS = ("stop", "keep", "continue", "awaiting")
# Where a table of labels says which stages have a band (`DataFrame.attrs`).
BANDED = "stages_with_a_band"
# Least distance of a banded decision value from the edges of its band.
BAND_MARGIN = 2.0**-40


class Route:
    """Who is still in at each stage, and what becomes of them.

    Parameters
    ----------
    judged, passed : bool ndarray of shape (n_patients, n_stages)
        Whether a stage judged a patient, and whether it did not stop her.
    kept : bool ndarray of shape (n_patients, n_stages), default=None
        Whether a stage with a band decided on one whom it did not stop.
    """

    def __init__(self, judged, passed, kept=None):
        kept = np.zeros_like(passed) if kept is None else kept & passed
        through = np.logical_and.accumulate(passed & judged & ~kept, axis=1)
        everyone = np.ones((len(judged), 1), dtype=bool)
        reached = np.hstack([everyone, through[:, :-1]])
        here = reached & judged
        # Whom each stage stops, keeps, lets pass and has to wait for.
        self.by_action = (
            here & ~passed,
            here & kept,
            here & passed & ~kept,
            reached & ~judged,
        )
        self.last = here.sum(axis=1) - 1
        groups = [group.any(axis=1) for group in self.by_action]
        del groups[ACTIONS.index("continue")]
        self.action = np.select(groups, ["stop", "keep", "awaiting"], "continue")


class Trace(Answers):
    """What a cascade says of each patient, from one pass through each stage.

    With `each`, every stage judges all patients with data for it, and not only those
    still in; patients who lack data they need then raise only where `strict`.
    """

    def __init__(self, cascade, X, *, each=False, strict=True):
        super().__init__(cascade, X)
        self.judged = np.zeros((X.shape[0], len(cascade.stages_)), dtype=bool)
        self.passed, self.kept = np.zeros_like(self.judged), np.zeros_like(self.judged)
        self.steps, self.banded = [], {}
        still_in = np.ones(X.shape[0], dtype=bool)
        for number, (name, stage, positions) in enumerate(cascade.stages_):
            asked = np.flatnonzero(still_in | each)
            visits = cascade._visits[number]
            rows, block = stage_block(X, positions, visits, cascade.missing, asked)
            if strict:
                absent = np.setdiff1d(np.flatnonzero(still_in), rows)
                check_present(X, cascade, number, absent)
            if len(rows):
                self.steps.append((number, name, rows, answers_of(stage, block)))
                self.judged[rows, number] = True
                self._judge(number, name, rows)
            still_in &= self.passed[:, number] & ~self.kept[:, number]

    @cached_property
    def route(self):
        """Where each patient ends."""
        return Route(self.judged, self.passed, self.kept)

    @cached_property
    def label(self):
        """The label of the stage that decided."""
        stop = self.estimator._stop_index
        stopped = self.route.action == "stop"
        return self.estimator.classes_[np.where(stopped, stop, 1 - stop)]

    @cached_property
    def probabilities(self):
        """The probabilities of the stage that judged each patient last."""
        found = np.full((len(self.judged), 2), np.nan)
        for number, _, rows, answers in self.steps:
            here = self.route.last[rows] == number
            found[rows[here]] = answers.probabilities[here]
        return found

    @cached_property
    def margin(self):
        """One value per patient that orders the whole cascade, in bands."""
        go_on = 1 - self.estimator._stop_index
        found = np.zeros(len(self.judged))
        for number, name, rows, answers in self.steps:
            here = self.route.last[rows] == number
            passed, kept = self.passed[rows, number], self.kept[rows, number]
            inside = self._inside(go_on, name, answers)
            inside = np.where(passed, inside, 1 + inside)
            inside = np.clip(inside, BAND_MARGIN, 1 - BAND_MARGIN)
            n_stages = self.judged.shape[1]
            floor = np.where(passed, number, number - n_stages)
            floor = np.where(kept, 2 * n_stages - 2 - number, floor)
            found[rows[here]] = (floor + inside)[here]
        return found if go_on == 1 else -found

    def alone(self):
        """Return what each stage alone says: a column each, None without data."""
        labels = np.full(self.judged.shape, None, dtype=object)
        for number, name, rows, answers in self.steps:
            banded = self.banded.get(name)
            labels[rows, number] = answers.label if banded is None else banded[0]
        names = [name for name, *_ in self.estimator.stages_]
        table = pd.DataFrame(labels, getattr(self.X, "index", None), names)
        if _bands(self.estimator):
            table.attrs[BANDED] = list(_bands(self.estimator))
        return table

    def deferred(self):
        """Return whom each stage with a band hands on: a column each."""
        names = [n for n, *_ in self.estimator.stages_ if n in _bands(self.estimator)]
        found = np.zeros((len(self.judged), len(names)), dtype=bool)
        for _, name, rows, _ in self.steps:
            if name in self.banded:
                found[rows, names.index(name)] = self.banded[name][1]
        return pd.DataFrame(found, getattr(self.X, "index", None), names)

    def to_frame(self):
        """Return stage, label, score and action of each patient."""
        names = np.array([name for name, *_ in self.estimator.stages_], dtype=object)
        scored = hasattr(self.estimator, "decision_function")
        return pd.DataFrame(
            {
                "stage": names[self.route.last],
                "label": self.label,
                "score": self.margin if scored else np.nan,
                "action": self.route.action.astype(object),
            },
            index=getattr(self.X, "index", None),
        )

    def _judge(self, number, name, rows):
        """Note whom a stage stops and, where it has a band, whom it keeps."""
        answers, band = self.steps[-1][-1], _bands(self.estimator).get(name)
        label = answers.label
        if band is not None:
            self.banded[name] = read_band(band, answers, name)
            label, deferred, _ = self.banded[name]
            self.kept[rows, number] = ~deferred & (label != self.estimator.stop_label_)
        stopped = label == self.estimator.stop_label_
        self.passed[rows, number] = ~stopped if band is None else ~stopped | deferred

    def _inside(self, index, name, answers):
        """Return how far rows lie towards class `index`, squeezed into (-1, 1).

        Those in the band of a stage, which may call them either class, into (0, 1).
        """
        if name not in self.banded:
            return 2 / np.pi * np.arctan(answers.side(index))
        _, deferred, distance = self.banded[name]
        known = answers.estimator
        if list(known.classes_).index(known.pos_label_) != index:
            distance = -distance
        share = 2 / np.pi * np.arctan(distance)
        return np.where(deferred, (1 + share) / 2, share)


def _bands(cascade):
    """Return the bands by stage; those saved before there were any have none."""
    return getattr(cascade, "bands_", {})
