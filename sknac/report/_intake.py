"""Taking in a system: its patients, what its models say of them, and why."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from sknac.report._checks import (
    check_disjoint,
    check_names,
    check_subgroups,
    check_text,
)
from sknac.report._estimators import Judgement, judge
from sknac.report._maps import choose_patients
from sknac.report._sample import Sample, aligned_table, make_sample
from sknac.report._system import CV, TEST, TRAINING, System
from sknac.report._text import listed, plural
from sknac.utils._parts import opened
from sknac.utils._rows import same_rows


def new_system(
    taken: dict[str, System],
    name: str,
    y: Any,
    test: Judgement,
    y_train: Any,
    train: Judgement | None,
    pos_label: Any,
    main: str | None = None,
    cohort: str = TEST,
) -> System:
    """Check what was given and return a system that is not added yet."""
    check_name(taken, name)
    check_cohort_name(name, cohort, ())
    if not test.scores and not test.decisions:
        raise ValueError(f"{name} must have scores, decisions or both")
    sample = make_sample(f"{name}, {cohort}", y, test.scores, test.decisions)
    classes = check_pos_label(name, sample, pos_label)
    trained = None
    if train is not None:
        where = f"{name}, training"
        trained = make_sample(where, y_train, train.scores, train.decisions, classes)
        check_disjoint(name, sample.y.index, trained.y.index, cohort)
    main = main_model(name, sample, main)
    return System(name, pos_label, main, sample, trained, cohort)


def check_name(taken: dict[str, System], name: str) -> None:
    """Raise unless a system may have this name."""
    check_text(name, "name", empty=False)
    if name in taken:
        raise ValueError(f"there is a system {name!r} already; name this one else")


def check_cohort_name(name: str, cohort: str, taken: Iterable[str]) -> None:
    """Raise unless a cohort may have this name."""
    check_text(cohort, "cohort", empty=False)
    if cohort in (TRAINING, CV, *taken):
        raise ValueError(
            f"{name} has a cohort {cohort!r} already, or may have one; name this one "
            "else"
        )


def check_pos_label(name: str, sample: Sample, pos_label: Any) -> list:
    """Return both classes; raise unless the positive one is of them."""
    classes = sample.y.unique().tolist()
    if pos_label not in classes:
        raise ValueError(
            f"{name}: pos_label must be one of {classes}, got {pos_label!r}"
        )
    return classes


def main_model(name, sample, main):
    """Return the model that a system is about; the order of models says nothing."""
    models = sample.models
    if main is not None:
        check_text(main, f"{name}: main")
        return check_names(main, models, f"{name}: main")[0]
    if name in models:
        return name
    for known in (models, list(sample.decisions)):
        if len(known) == 1:
            return known[0]
    raise ValueError(
        f"{name} has the models {models}, none of its own name; say with main= which "
        "of them the first table, subgroups and survival are about"
    )


def need_decisions(system: System, purpose: str) -> None:
    """Raise unless the main model has decisions; say which have."""
    if system.main in system.test.decisions:
        return
    have = listed(system.test.decisions)
    mend = "pass them to add_predictions as decisions="
    mend += f", or as main= a model that has some: {have}" if have else ""
    raise ValueError(f"{system.main} must have decisions {purpose}; {mend}")


def judge_all(models: dict[str, Any], X: Any, pos_label: Any) -> Judgement:
    """Apply all models to the same patients."""
    found = Judgement()
    for name, model in models.items():
        one = judge(name, model, X, pos_label)
        twice = set(found.decisions) & set(one.decisions)
        if twice:
            raise ValueError(f"two models are named {min(twice)!r}; name one else")
        if not found.decisions:  # the first: the system's own
            found.stages, found.stop_label = one.stages, one.stop_label
            found.deferred = one.deferred
        found.scores |= one.scores
        found.decisions |= one.decisions
        found.probabilities += one.probabilities
    return found


def with_rows(name: str, y: Any, X: Any) -> Any:
    """Return y with the row names of X where it has none; raise if they differ.

    The models' answers have the order of X: labels in another one would be paired
    with wrong patients.
    """
    if y is None or not isinstance(X, pd.DataFrame) or np.shape(y) != (len(X),):
        return y
    index = getattr(y, "index", None)
    if not isinstance(index, pd.Index):
        return pd.Series(np.asarray(y), index=X.index)
    try:
        same_rows(X=X, y=y)
    except ValueError as error:
        text = f"{name}: {error}"
        raise ValueError(text) from None
    if isinstance(index, pd.RangeIndex):
        return pd.Series(np.asarray(y), index=X.index)
    return y


def check_probabilities(system: System, sample: Sample | None = None) -> None:
    """Raise unless scores called probabilities lie in [0, 1]."""
    sample = system.test if sample is None else sample
    for model in system.probabilities:
        if model not in sample.scores:
            continue
        score = sample.scores[model].dropna()
        if score.min() < 0 or score.max() > 1:
            raise ValueError(
                f"probabilities must lie in [0, 1]; scores of {model!r} leave it"
            )


def check_flow(system: System, flow: Any) -> None:
    """Raise unless a flow ends in as many patients as the system has.

    Without training patients their number is not known, only the least one.
    """
    n = sum(len(sample.y) for _, sample in system.cohorts())
    fits = flow.analysed == n if system.train is not None else flow.analysed >= n
    if not fits:
        raise ValueError(
            f"flow has {plural(flow.analysed, 'patient')} analysed, the system has "
            f"{n}; they must be the same"
        )


def check_cascade(
    system: System, labels: pd.DataFrame, stop_label: Any, deferred: pd.DataFrame
) -> None:
    """Raise where stages decide otherwise than decisions of the same name.

    The cascade's own are those of the system's name; whom it has not judged to the end
    is left out.
    """
    go = next(label for label in system.classes if label != stop_label)
    passes = labels == go
    passes[deferred.columns] = deferred & labels[deferred.columns].notna()
    passes.iloc[:, -1] = False
    # The first stage that does not hand on decides, or has no data yet.
    last = np.argmin(passes.to_numpy(), axis=1)
    final = labels.to_numpy()[np.arange(len(labels)), last]
    found = dict(labels.items())
    found.setdefault(system.name, pd.Series(final, labels.index, dtype=object))
    for name, decided in found.items():
        known = system.test.decisions.get(name)
        if known is None:
            continue
        wrong = decided.notna() & known.notna() & (decided != known)
        if wrong.any():
            first = labels.index[wrong][0]
            raise ValueError(
                f"stage_labels decide otherwise than the decisions of {name!r} for "
                f"{int(wrong.sum())} of {plural(len(wrong), 'patient')}, first in row "
                f"{first}; give the labels that the decisions were made of"
            )


def subgroup_table(system: System, by: Any) -> pd.DataFrame:
    """Return the factors that part the test patients, from a table or its names."""
    if isinstance(by, str):
        by = [by]
    if isinstance(by, list | tuple) and not by:
        raise ValueError("by must name one column or more, got none")
    if isinstance(by, list | tuple) and all(isinstance(x, str) for x in by):
        table = system.tables.get(system.cohort)
        absent = [x for x in by if table is None or x not in table.columns]
        if absent:
            raise ValueError(
                f"{system.name} has no column {', '.join(absent)}; add it to X, call "
                "add_characteristics before, or pass the column itself"
            )
        by = table[list(by)]
    if not isinstance(by, pd.DataFrame | pd.Series):
        by = pd.Series(np.asarray(by), name="subgroup")
    return check_subgroups(aligned_table("by", by, system.test.y))


def add_curve(system: System, model: str, curve: Any) -> None:
    """Add the curve of a threshold that counts the same class as positive."""
    if model not in system.test.scores:
        raise ValueError(f"curves names {model!r}, which must have scores")
    if curve.pos_label != system.pos_label:
        raise ValueError(
            f"the curve of {model!r} must count {system.pos_label!r} as positive, as "
            f"{system.name} does, got {curve.pos_label!r}"
        )
    system.curves[model] = curve
    system.curve_sources[model] = "the patients who chose it"


def explain(
    system: System, estimator: Any, X: pd.DataFrame, settings: dict[str, Any]
) -> None:
    """Explain a few test patients with Grad-CAM, stage by stage."""
    from sknac.inspection import grad_cam

    shown = X.loc[choose_patients(system)]
    stages = [("", estimator, slice(None))]
    if hasattr(opened(estimator, until="stages_")[0], "stages_"):
        cascade, shown = opened(estimator, shown, until="stages_")
        stages = cascade.stages_
    for stage, model, columns in stages:
        title = f"Grad-CAM, {stage}" if stage else "Grad-CAM"
        maps = grad_cam(model, shown.iloc[:, columns], **settings)
        system.maps.append((title, maps, X))
