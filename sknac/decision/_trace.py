"""The way of each patient through a cascade: every stage is asked once."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property

import numpy as np
import pandas as pd

from sknac.decision._blocks import check_present, stage_block
from sknac.utils._answers import Answers, answers_of

ACTIONS = ("stop", "continue", "awaiting")
# Least distance of a banded decision value from the edges of its band.
BAND_MARGIN = 2.0**-40


class Route:
    """Who is still in at each stage, and what becomes of them.

    Parameters
    ----------
    judged, passed : ndarray of shape (n_patients, n_stages)
        Whether a stage judged a patient, and whether it let her pass.
    """

    def __init__(self, judged, passed):
        through = np.logical_and.accumulate(passed & judged, axis=1)
        everyone = np.ones((len(judged), 1), dtype=bool)
        reached = np.hstack([everyone, through[:, :-1]])
        here = reached & judged
        # Whom each stage stops, lets pass and has to wait for.
        self.by_action = (here & ~passed, here & passed, reached & ~judged)
        self.last = here.sum(axis=1) - 1
        stopped, _, waiting = (group.any(axis=1) for group in self.by_action)
        self.action = np.select([stopped, waiting], ["stop", "awaiting"], "continue")


class Trace(Answers):
    """What a cascade says of each patient, from one pass through each stage.

    With `each`, every stage judges all patients with data for it, and not only those
    still in; patients who lack data they need then raise only where `strict`.
    """

    def __init__(self, cascade, X, *, each=False, strict=True):
        super().__init__(cascade, X)
        self.judged = np.zeros((X.shape[0], len(cascade.stages_)), dtype=bool)
        self.passed = np.zeros_like(self.judged)
        self.steps = []
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
                self.passed[rows, number] = self._lets_pass(self.steps[-1][-1])
            still_in &= self.passed[:, number]

    @cached_property
    def route(self):
        """Where each patient ends."""
        return Route(self.judged, self.passed)

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
        for number, _, rows, answers in self.steps:
            here = self.route.last[rows] == number
            passed = self.passed[rows, number]
            share = 2 / np.pi * np.arctan(answers.side(go_on))
            inside = np.where(passed, share, 1 + share)
            inside = np.clip(inside, BAND_MARGIN, 1 - BAND_MARGIN)
            floor = np.where(passed, number, number - self.judged.shape[1])
            found[rows[here]] = (floor + inside)[here]
        return found if go_on == 1 else -found

    def alone(self):
        """Return what each stage alone says: a column each, None without data."""
        labels = np.full(self.judged.shape, None, dtype=object)
        for number, _, rows, answers in self.steps:
            labels[rows, number] = answers.label
        names = [name for name, *_ in self.estimator.stages_]
        return pd.DataFrame(labels, getattr(self.X, "index", None), names)

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

    def _lets_pass(self, answers):
        """Tell whom a stage does not stop."""
        return answers.label != self.estimator.stop_label_
