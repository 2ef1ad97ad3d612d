"""Sections on probabilities: calibration and the decision curve."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sknac.metrics import (
    CalibrationCIDisplay,
    DecisionCurveDisplay,
    calibration,
    decision_curve,
)
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._performance import shade
from sknac.report._system import System, head
from sknac.report._text import below, listed, stacked
from sknac.utils._text import number, significant

NBSP = "\N{NO-BREAK SPACE}"


def calibration_section(system: System, options: Options) -> Section | None:
    """Show whether predicted probabilities are those seen."""
    found = {}
    for cohort, sample in system.tests():
        measured = {
            model: calibration(
                *sample.scored(model),
                pos_label=system.pos_label,
                data="new",
                confidence_level=options.confidence_level,
            )
            for model in system.probabilities
            if model in sample.scores
        }
        if measured:
            found[cohort] = measured
    if not found:
        return None
    results = {"calibration": found.pop(system.cohort, {})}
    results |= {"calibration_by_cohort": found} if system.external else {}
    found = {system.cohort: results["calibration"], **found}
    drawings = tuple(
        _calibration_drawing(system, options, cohort, model, result)
        for cohort, measured in found.items()
        for model, result in measured.items()
    )
    return Section(
        "calibration",
        "Calibration",
        _about_calibration(system),
        (_calibration_table(system, options, found),),
        drawings,
        results,
    )


def _about_calibration(system):
    """Say whose predictions they are."""
    text = (
        "The curve is the share of the positive class seen at each prediction, with "
        "its bounds; squares are groups of similar predictions. Right is the diagonal: "
        "a slope of 1, an intercept of 0, and as many observed as expected (O:E 1). "
        "A slope below 1: predictions too extreme; an intercept below 0: too high. ICI "
        "is the mean distance of predictions from the curve; it is never 0.",
    )
    if system.cv is not None:
        text += (
            "Predictions are out of fold: each patient's come from the model of the "
            "other folds, and those of all folds are taken together. The intervals "
            "take them for one model's: in simulated studies of 60 to 200 patients "
            f"those of the slope held the truth in 84 to 92{NBSP}%, those of O:E in 92 "
            f"to 96{NBSP}%; read slopes with reserve.",
        )
    if system.train is not None and system.probabilities:
        text += (
            "Training patients are not shown: a fit makes its own slope 1 and its own "
            "intercept 0 on them, whatever it is worth.",
        )
    return text


def _calibration_table(system, options, found):
    """Return the measures, a row per model, and per cohort where there are several."""
    rows = {
        model + (f"\n{head(cohort)}" if system.external else ""): {
            "Slope": stacked(c.slope),
            "Intercept": stacked(c.intercept),
            "O:E": stacked(c.o_to_e),
            "ICI": number(c.ici),
            "Brier score": stacked(c.brier),
            "n": str(c.brier.n),
        }
        for model in system.probabilities
        for cohort, measured in found.items()
        if (c := measured.get(model)) is not None
    }
    several = bool(system.external)
    where = " by cohort" if several else system.of(system.cohort)
    axis = "Model, cohort" if several else "Model"
    return Table.of(axis, f"Calibration{where} [{options.percent} interval]", rows)


def _calibration_drawing(system, options, cohort, model, result):
    """Return the figure of one model on one cohort."""
    whose = system.whose(cohort)
    return Drawing(
        key=f"calibration-{cohort}-{model}",
        caption=f"Calibration of {model}{system.of(cohort)}",
        alt=f"Calibration of {model} on the {whose}: observed share of "
        f"{system.pos_label} against its predicted probability. Slope "
        f"{number(result.slope.estimate)}, O:E {number(result.o_to_e.estimate)}.",
        display=CalibrationCIDisplay(calibration=result),
        title=f"{model}: {system.titled(cohort)}{options.mark}",
    )


def net_benefit_section(system: System, options: Options) -> Section | None:
    """Show what acting on the predictions would be worth."""
    found = {}
    for cohort, sample in system.tests():
        curve = _curve(system, sample, options)
        if curve is not None:
            found[cohort] = curve
    if not found:
        return None
    text = (
        "The threshold probability at which one would just act says how many actions "
        "for nothing weigh as much as one that was needed. A model is worth using "
        "where its curve lies above both acting on all and acting on none.",
    )
    if system.cv is not None:
        text += (
            "Predictions are out of fold, those of all folds taken together. There is "
            "no interval: those of one test set would be too short.",
        )
    numbers = {
        cohort: _benefit_numbers(system, curve) for cohort, curve in found.items()
    }
    results = {"decision_curve": numbers.pop(system.cohort, None)}
    results |= {"decision_curve_by_cohort": numbers} if system.external else {}
    return Section(
        "decision-curve",
        "Decision curve",
        text,
        tuple(_benefit_table(system, options, *pair) for pair in found.items()),
        tuple(_benefit_drawing(system, options, *pair) for pair in found.items()),
        results,
    )


def _curve(system, sample, options):
    """Return the decision curve of the patients whom all models scored."""
    named = [m for m in system.probabilities if m in sample.scores]
    scores = pd.DataFrame({m: sample.scores[m] for m in named})
    complete = scores.notna().all(axis=1)
    if scores.empty or sample.y[complete].nunique() != 2:
        return None
    return decision_curve(
        sample.y[complete],
        {model: column[complete] for model, column in scores.items()},
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )


def _benefit_numbers(system, curve):
    """Return the numbers of a curve; out of fold its bounds are left out."""
    if system.cv is None:
        return curve
    numbers = curve.to_dict()
    return {name: x for name, x in numbers.items() if name not in ("low", "high")}


def _benefit_drawing(system, options, cohort, curve):
    """Return the figure of one cohort."""
    look = shade(len(curve.net_benefit) > 1)
    where = system.of(cohort) if system.external else ""
    named = "decision curve"
    if system.external or system.cv is not None:
        named = system.titled(cohort)
    key = "decision-curve" + ("" if cohort == system.cohort else f"-{cohort}")
    return Drawing(
        key=key,
        caption="Net benefit by threshold probability, beside acting on all and on "
        f"none{where}",
        alt=f"Decision curve: net benefit of {listed(curve.net_benefit)} by threshold "
        f"probability of {system.pos_label}{where}.",
        display=DecisionCurveDisplay(curve=curve),
        title=f"{system.name}: {named}{options.mark}",
        look={"plot_band": False} if system.cv is not None else look,
    )


def _benefit_table(system, options, cohort, curve):
    """Return the net benefit of one cohort at a few thresholds."""
    bounds = "" if system.cv is not None else f" [{options.percent} interval]"
    return Table.of(
        "Threshold probability",
        "Net benefit per patient at some threshold probabilities"
        f"{system.of(cohort)}{bounds}",
        _benefit_rows(curve, bounded=system.cv is None),
        f"n = {curve.n} ({curve.n_pos} positive).",
    )


def _benefit_rows(curve, *, bounded):
    """Return the net benefit at a few thresholds."""
    rows = {}
    for asked in (0.1, 0.3, 0.5, 0.7, 0.9):
        at = int(np.argmin(np.abs(curve.thresholds - asked)))
        cells = {}
        for name, values in curve.net_benefit.items():
            cells[name] = number(values[at], 3)
            if bounded:
                limits = curve.low[name][at], curve.high[name][at]
                cells[name] += below(*limits, 3)
        rows[significant(curve.thresholds[at], 2)] = {
            **cells,
            "Act on all": number(curve.treat_all[at], 3),
        }
    return rows
