"""Fitting of a cascade: each stage on its own patients, then their cuts together."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.decision._blocks import column_positions, stage_block, visit_columns
from sknac.decision._joint import StopBound, allowances, joint_cuts, shown_share
from sknac.decision._threshold import WeightedYoudenThreshold
from sknac.utils._classes import check_same_classes
from sknac.utils._sklearn import _check_method_params


def fit_stages(cascade, X, y, routed):
    """Fit the stages in order; return the rows that each was fitted on."""
    cascade.stages_, cascade._visits, cascade.n_fit_ = [], [], {}
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
        cascade.n_fit_[name] = len(rows)
        rows_of.append(rows)
        if cascade.fit_on == "passed":
            still_in[rows] = fitted.predict(block) != cascade.stop_label_
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


def check_own_cut(setting, name, stage, guarantee):
    """Raise unless a setting of the cascade can move the cut of a stage."""
    if not isinstance(stage, WeightedYoudenThreshold):
        raise ValueError(
            f"{setting} moves the cut of each stage, and stage {name!r} is "
            f"a {type(stage).__name__}; wrap it in WeightedYoudenThreshold"
        )
    if stage.at_least is not None:
        raise ValueError(
            f"stage {name!r} sets at_least, and the cascade {setting}; "
            "leave one of them out"
        )
    if guarantee is not None and stage.cv == "resubstitution":
        raise ValueError(
            f"a guarantee needs scores of patients whom stage {name!r} has not "
            "seen; set its cv to folds"
        )


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
