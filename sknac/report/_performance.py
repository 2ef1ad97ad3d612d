"""Sections on scores: ROC curves, rates, comparisons, calibration, net benefit."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from sknac.metrics import (
    DecisionCurveDisplay,
    RocCIDisplay,
    auc_ci,
    calibration,
    confusion_rates,
    decision_curve,
    delong_test,
    roc_ci,
)
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System
from sknac.report._text import HEADS, listed, plural, rate_cells
from sknac.utils._pvalues import holm
from sknac.utils._style import line_style, point_style
from sknac.utils._text import ABSENT, MINUS, bracket, in_line, number, pvalue


def roc_section(system: System, options: Options) -> Section | None:
    """Show how well the scores rank the patients, with bands."""
    curves = {}
    for cohort, sample in system.cohorts():
        found = {m: _roc(sample, m, system, options) for m in sample.scores}
        if found:
            curves[cohort] = found
    if not curves:
        return None
    text = (
        f"Bands hold at each point ({options.percent}, {options.n_resamples} resamples "
        "of patients); the intervals of the areas are DeLong's on the logit scale.",
    )
    if system.resubstituted and "training" in curves:
        text += (
            "Training patients are scored by the very models that they trained, which "
            "looks better than it is: only the test counts.",
        )
    table = Table(
        f"Area under the ROC curve [{options.percent} interval], n patients (positive)",
        _auc_table(curves),
    )
    drawings = tuple(_roc_drawing(system, options, *pair) for pair in curves.items())
    return Section("roc", "ROC curves", text, (table,), drawings, {"roc": curves})


def _roc(sample, model, system, options):
    """Return the ROC curve of one model."""
    return roc_ci(
        *sample.scored(model),
        pos_label=system.pos_label,
        n_resamples=options.n_resamples,
        confidence_level=options.confidence_level,
        random_state=options.random_state,
    )


def _auc_table(curves):
    """Return the areas by model and cohort."""
    cells = {
        cohort.capitalize(): {
            model: f"{in_line(c.auc)}\nn = {c.n} ({c.n_pos})"
            for model, c in found.items()
        }
        for cohort, found in curves.items()
    }
    return pd.DataFrame(cells).rename_axis("Model").fillna(ABSENT)


def _roc_drawing(system, options, cohort, found):
    """Return the figure of one cohort's curves."""
    areas = listed(f"{model} {number(c.auc.estimate)}" for model, c in found.items())
    return Drawing(
        key=f"roc-{cohort}",
        caption=f"ROC curves, {cohort} patients",
        alt=f"ROC curves of the {cohort} patients. Areas: {areas}.",
        display=RocCIDisplay(curves=found),
        title=f"{system.name}: {cohort} patients{options.mark}",
        look=_shade(len(found) > 2),
    )


def _shade(many):
    """Return the look of bands: many would cover one another."""
    return {"band_kwargs": {"alpha": 0.07 if many else 0.15}}


def rates_section(system: System, options: Options) -> Section | None:
    """Show how often the decisions are right."""
    found, tables = {}, []
    for cohort, sample in system.cohorts():
        rates = {
            model: confusion_rates(
                *sample.decided(model),
                pos_label=system.pos_label,
                confidence_level=options.confidence_level,
            )
            for model in sample.decisions
        }
        if rates:
            found[cohort] = rates
            tables += [_rates_table(cohort, rates, options)]
    if not found:
        return None
    text = (
        f"Sensitivity is the share of {system.pos_label} found, specificity that of "
        f"{system.neg_label}. Intervals are Wilson's.",
    )
    return Section("rates", "Rates", text, tuple(tables), (), {"rates": found})


def _rates_table(cohort, rates, options):
    """Return the rates of one cohort by model."""
    return Table.of(
        "Model",
        f"Rates of the decisions on the {cohort} patients "
        f"[{options.percent} interval], count/total",
        {model: rate_cells(found) for model, found in rates.items()},
    )


def comparison_section(system: System, options: Options) -> Section | None:
    """Compare the areas of all pairs of models on the same test patients."""
    tests = {}
    for a, b in combinations(system.test.scores, 2):
        score_a, score_b = system.test.scores[a], system.test.scores[b]
        both = score_a.notna() & score_b.notna()
        if system.test.y[both].nunique() == 2:
            tests[a, b] = delong_test(
                system.test.y[both],
                score_a[both],
                score_b[both],
                pos_label=system.pos_label,
                confidence_level=options.confidence_level,
            )
    if not tests:
        return None
    adjusted = holm(found.pvalue for found in tests.values())
    rows = {
        f"{a} {MINUS} {b}": {
            "Difference": number(found.estimate),
            f"{options.percent} interval": bracket(found.low, found.high),
            "n": str(found.n),
            "p": pvalue(found.pvalue),
            "p, adjusted": pvalue(p),
        }
        for ((a, b), found), p in zip(tests.items(), adjusted, strict=True)
    }
    table = Table.of(
        "Models",
        "Differences between areas under the ROC curve, test patients (DeLong, paired)",
        rows,
        f"Adjusted by Holm's method for {plural(len(tests), 'comparison')}.",
    )
    numbers = [
        {"a": a, "b": b, **found.to_dict(), "pvalue_holm": p}
        for ((a, b), found), p in zip(tests.items(), adjusted, strict=True)
    ]
    return Section(
        "delong", "Comparison of models", (), (table,), (), {"delong": numbers}
    )


def calibration_section(system: System, options: Options) -> Section | None:
    """Show whether predicted probabilities are those seen."""
    found = {
        model: calibration(
            *system.test.scored(model),
            pos_label=system.pos_label,
            confidence_level=options.confidence_level,
        )
        for model in system.probabilities
    }
    if not found:
        return None
    rows = {
        model: {
            "Slope": _stacked(c.slope),
            "Intercept": _stacked(c.intercept),
            "Brier score": _stacked(c.brier),
            "n": str(c.brier.n),
        }
        for model, c in found.items()
    }
    table = Table.of(
        "Model",
        f"Calibration on the test patients [{options.percent} interval]",
        rows,
        "Right is a slope of 1 and an intercept of 0. A slope below 1: predictions "
        "too extreme; an intercept below 0: too high.",
    )
    title = f"{system.name}: calibration{options.mark}"
    drawing = Drawing(
        key="calibration",
        caption="Predicted and observed share of the positive class, by groups of "
        "similar predictions",
        alt="Calibration: observed share against mean prediction. Slopes: "
        + listed(f"{m} {number(c.slope.estimate)}" for m, c in found.items())
        + ".",
        display=partial(_draw_calibration, found, system, title),
    )
    return Section(
        "calibration", "Calibration", (), (table,), (drawing,), {"calibration": found}
    )


def _stacked(found):
    """Write an estimate with its interval below."""
    return f"{number(found.estimate)}\n{bracket(found.low, found.high)}"


def _draw_calibration(found, system, title, figure):
    """Draw the groups of predictions of each model."""
    from sklearn.calibration import CalibrationDisplay

    ax = figure.subplots()
    for at, (model, result) in enumerate(found.items()):
        _, score = system.test.scored(model)
        display = CalibrationDisplay(
            prob_true=result.bins["observed"].to_numpy(),
            prob_pred=result.bins["predicted"].to_numpy(),
            y_prob=score.to_numpy(),
            estimator_name=f"{model} (n = {result.brier.n})",
            pos_label=system.pos_label,
        )
        look = line_style(at) | {"marker": point_style(at)["marker"]}
        display.plot(ax=ax, ref_line=at == 0, **look)
    ax.set(title=title, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_xlabel(f"predicted probability of {system.pos_label}")
    ax.set_ylabel(f"observed share of {system.pos_label}")


def net_benefit_section(system: System, options: Options) -> Section | None:
    """Show what acting on the predictions would be worth."""
    scores = pd.DataFrame({m: system.test.scores[m] for m in system.probabilities})
    complete = scores.notna().all(axis=1)
    if scores.empty or system.test.y[complete].nunique() != 2:
        return None
    curve = decision_curve(
        system.test.y[complete],
        {model: column[complete] for model, column in scores.items()},
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )
    drawing = Drawing(
        key="decision-curve",
        caption="Net benefit by threshold probability, beside acting on all and on "
        "none",
        alt=f"Decision curve: net benefit of {listed(scores)} by threshold "
        f"probability of {system.pos_label}.",
        display=DecisionCurveDisplay(curve=curve),
        title=f"{system.name}: decision curve{options.mark}",
        look=_shade(len(curve.net_benefit) > 1),
    )
    text = (
        "The threshold probability at which one would just act says how many actions "
        "for nothing weigh as much as one that was needed. A model is worth using "
        "where its curve lies above both acting on all and acting on none.",
    )
    table = Table.of(
        "Threshold probability",
        "Net benefit per patient at some threshold probabilities, test patients "
        f"[{options.percent} interval]",
        _benefit_table(curve),
        f"n = {curve.n} ({curve.n_pos} positive).",
    )
    return Section(
        "decision-curve",
        "Decision curve",
        text,
        (table,),
        (drawing,),
        {"decision_curve": curve},
    )


def _benefit_table(curve):
    """Return the net benefit at a few thresholds."""
    rows = {}
    for asked in (0.1, 0.3, 0.5, 0.7, 0.9):
        at = int(np.argmin(np.abs(curve.thresholds - asked)))
        rows[number(curve.thresholds[at])] = {
            **{
                name: f"{number(values[at], 3)}\n"
                f"{bracket(curve.low[name][at], curve.high[name][at], 3)}"
                for name, values in curve.net_benefit.items()
            },
            "Act on all": number(curve.treat_all[at], 3),
        }
    return rows


def headline(system: System, options: Options) -> tuple[str, dict]:
    """Return the main model's result in a sentence, and its cells for the table."""
    sample, model = system.test, system.main
    of = sample.scored if model in sample.scores else sample.decided
    judged, _ = of(model)
    n, n_pos = str(len(judged)), int((judged == system.pos_label).sum())
    if len(judged) < len(sample.y):
        n += f" of {len(sample.y)}"
    about = f"{model}\npositive: {system.pos_label}\nn = {n} ({n_pos} positive)"
    cells = {
        "System": about,
        "AUC": ABSENT,
        "Sensitivity": ABSENT,
        "Specificity": ABSENT,
        "NPV": ABSENT,
    }
    parts = []
    if model in sample.scores:
        area = auc_ci(
            *sample.scored(model),
            pos_label=system.pos_label,
            confidence_level=options.confidence_level,
        )
        cells["AUC"] = _stacked(area)
        parts.append(f"an area under the ROC curve of {in_line(area)}")
    if model in sample.decisions:
        rates = confusion_rates(
            *sample.decided(model),
            pos_label=system.pos_label,
            confidence_level=options.confidence_level,
        )
        for name in ("sensitivity", "specificity", "npv"):
            cells[HEADS[name]] = _stacked(getattr(rates, name))
        hit, miss = rates.sensitivity, rates.specificity
        parts.append(
            f"{hit.count} of {plural(hit.total, 'patient')} with {system.pos_label} "
            f"and {miss.count} of {miss.total} with {system.neg_label} recognised"
        )
    whose = "" if model == system.name else f"{model}: "
    return f"{whose}{'; '.join(parts)}.", cells
