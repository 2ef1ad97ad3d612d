"""Fitting of a cascade: each stage on its own patients, then their cuts together."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.decision._blocks import column_positions, stage_block, visit_columns
from sknac.decision._defer import check_own_cut, fit_band, read_band
from sknac.decision._held_out import warn_if_memorised
from sknac.decision._joint import StopBound, allowances, joint_cuts, shown_share
from sknac.decision._promise import Promise
from sknac.utils._classes import check_same_classes
from sknac.utils._sklearn import _check_method_params


def fit_stages(cascade, X, y, routed, bands):
    """Fit the stages in order, with their bands; return the rows of each."""
    cascade.stages_, cascade._visits, cascade.n_fit_ = [], [], {}
    cascade.bands_ = {}
    rows_of = []
    still_in = np.ones(X.shape[0], dtype=bool)
    for name, estimator, columns in cascade.stages:
        positions = column_positions(X, columns, name)
        cascade._visits.append(visit_columns(X, positions))
        cascade.stages_.append((name, cascade._new_stage(estimator), positions))
        rows, block = stage_block(
            X,
            positions,
            cascade._visits[-1],
            cascade.missing,
            np.flatnonzero(still_in),
        )
        _check_both_classes(cascade, name, y[rows])
        fitted = cascade.stages_[-1][1]
        fitted.fit(
            block,
            y[rows],
            **_check_method_params(X, routed[name]["fit"], indices=rows),
        )
        check_same_classes(fitted, cascade.classes_, f"stage {name!r}")
        promised = isinstance(bands.get(name), Promise) or cascade.stop_at_most
        if cascade.guarantee is not None and promised:
            warn_if_memorised(fitted, block, cascade.guarantee, f"stage {name!r}")
        cascade.n_fit_[name] = len(rows)
        rows_of.append(rows)
        goes_on = None
        if name in bands:
            band, answers = fit_band(bands[name], name, fitted, block, y[rows])
            cascade.bands_[name] = band
            goes_on = read_band(band, answers, name)[1]
        if cascade.fit_on == "passed":
            if goes_on is None:
                goes_on = fitted.predict(block) != cascade.stop_label_
            still_in[rows] = goes_on
    return rows_of


def _check_both_classes(cascade, name, y):
    """Raise unless a stage can be trained with these labels."""
    if len(np.unique(y)) == 2:
        return
    passed = cascade.fit_on == "passed"
    mend = "use fit_on='all'" if passed else "check the stage's data"
    found = f"{len(y)} patients of one class only" if len(y) else "no patients"
    raise ValueError(f"stage {name!r} would be trained on {found}; {mend}")


def check_joint(cascade):
    """Raise unless the cuts of the stages can be chosen together."""
    if cascade.stop_at_most is None:
        return
    if cascade.fit_on == "passed":
        raise ValueError(
            "stop_at_most moves the cuts after all stages are fitted; set fit_on='all'"
        )
    for name, stage, _ in cascade.stages:
        check_own_cut("stop_at_most", name, stage, cascade.guarantee)


def cut_together(cascade, rows_of, y):
    """Move the cuts of all stages so that they keep `stop_at_most`."""
    stages = [(name, stage) for name, stage, _ in cascade.stages_]
    scores = np.column_stack(
        [
            _scores_away(name, stage, rows, cascade._stop_index, len(y))
            for (name, stage), rows in zip(stages, rows_of, strict=True)
        ]
    )
    judged = ~np.isnan(scores[:, 0])
    go = y[judged] != cascade.stop_label_
    go_label, stop_label = (
        cascade.classes_.tolist()[at]
        for at in (1 - cascade._stop_index, cascade._stop_index)
    )
    n, sure = int(go.sum()), cascade.guarantee is not None
    asked = (cascade.stop_at_most, cascade.guarantee)
    allowed = allowances(n, len(stages), *asked, go_label)
    highest, wrong = joint_cuts(scores[judged], go, allowed, sure=sure)
    for (_, stage), cut in zip(stages, highest, strict=True):
        stage._stop_up_to(cut, cascade._stop_index)
    return StopBound(
        *asked,
        wrongly_stopped=dict(zip(cascade.n_fit_, wrong, strict=True)),
        n=n,
        high=shown_share(n, allowed, cascade.guarantee) if sure else None,
        go_label=go_label,
        stop_label=stop_label,
    )


def _scores_away(name, stage, rows, stop_index, n):
    """Return the scores that chose a stage's cut, oriented away from stopping."""
    held = stage._held_out
    if len(held.rows) != len(rows) or len(np.unique(held.rows)) != len(rows):
        raise ValueError(
            f"stop_at_most needs one score of each patient, and cv of stage "
            f"{name!r} scores some more often or not at all; set it to folds"
        )
    away = np.full(n, np.nan)
    stops = stage._positive_index == stop_index
    away[rows[held.rows]] = -held.score if stops else held.score
    return away
