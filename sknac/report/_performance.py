"""Sections on scores and decisions: ROC curves, rates, comparisons."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import pandas as pd

from sknac.metrics import (
    RocCIDisplay,
    auc_ci,
    confusion_rates,
    delong_test,
    roc_ci,
)
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System, head
from sknac.report._text import HEADS, listed, plural, rate_cells, stacked
from sknac.utils._pvalues import holm
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
    table = Table(
        f"Area under the ROC curve [{options.percent} interval], n patients (positive)",
        _auc_rows(curves) if system.external else _auc_table(curves),
    )
    drawings = tuple(_roc_drawing(system, options, *pair) for pair in curves.items())
    text = _about_curves(system, options, curves)
    return Section("roc", "ROC curves", text, (table,), drawings, {"roc": curves})


def _about_curves(system, options, curves):
    """Say how bands and intervals were made."""
    if system.cv is not None:
        return (
            "Areas are the mean of the folds' own, curves the mean of theirs; scores "
            "of different folds are never compared. Intervals and bands "
            f"({options.percent}) allow for the training patients that folds share and "
            "for few patients, so that they are wider than those of a test set.",
        )
    text = (
        f"Bands hold at each point ({options.percent}, {options.n_resamples} resamples "
        "of patients); the intervals of the areas are DeLong's on the logit scale.",
    )
    if system.resubstituted and "training" in curves:
        text += (
            "Training patients are scored by the very models that they trained, which "
            "looks better than it is: only the test counts.",
        )
    return text


def _roc(sample, model, system, options):
    """Return the ROC curve of one model."""
    if system.cv is not None:
        return system.cv.roc(model, options)
    return roc_ci(
        *sample.scored(model),
        pos_label=system.pos_label,
        n_resamples=options.n_resamples,
        confidence_level=options.confidence_level,
        random_state=options.random_state,
    )


def _auc_table(curves):
    """Return the areas by model, a column per cohort."""
    cells = {
        head(cohort): {
            model: f"{in_line(c.auc)}\nn = {c.n} ({c.n_pos})"
            for model, c in found.items()
        }
        for cohort, found in curves.items()
    }
    return pd.DataFrame(cells).rename_axis("Model").fillna(ABSENT)


def _auc_rows(curves):
    """Return the areas, a row per model and cohort."""
    rows = {
        f"{model}\n{head(cohort)}": {
            "Area": stacked(c.auc),
            "n (positive)": f"{c.n} ({c.n_pos})",
        }
        for model in dict.fromkeys(m for found in curves.values() for m in found)
        for cohort, found in curves.items()
        if (c := found.get(model)) is not None
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.rename_axis("Model, cohort")


def _roc_drawing(system, options, cohort, found):
    """Return the figure of one cohort's curves."""
    areas = listed(f"{model} {number(c.auc.estimate)}" for model, c in found.items())
    whose = system.whose(cohort)
    return Drawing(
        key=f"roc-{cohort}",
        caption=f"ROC curves{system.of(cohort)}",
        alt=f"ROC curves of the {whose}. Areas: {areas}.",
        display=RocCIDisplay(curves=found),
        title=f"{system.name}: {system.titled(cohort)}{options.mark}",
        look=shade(len(found) > 2),
    )


def shade(many: bool) -> dict:
    """Return the look of bands: many would cover one another."""
    return {"band_kwargs": {"alpha": 0.07 if many else 0.15}}


def rates_of(system: System, options: Options, cohort: str, model: str):
    """Return the rates of a model's decisions in one cohort."""
    if system.cv is not None:
        return system.cv.rates(model, options)
    return confusion_rates(
        *dict(system.cohorts())[cohort].decided(model),
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )


def rates_section(system: System, options: Options) -> Section | None:
    """Show how often the decisions are right."""
    found = {}
    for cohort, sample in system.cohorts():
        rates = {m: rates_of(system, options, cohort, m) for m in sample.decisions}
        if rates:
            found[cohort] = rates
    if not found:
        return None
    if system.external:
        tables = [_rates_rows(found, options)]
    else:
        tables = [
            _rates_table(system.of(cohort), rates, options)
            for cohort, rates in found.items()
        ]
    text = (
        f"Sensitivity is the share of {system.pos_label} found, specificity that of "
        f"{system.neg_label}. Intervals are Wilson's{_of_folds(system)}.",
    )
    return Section("rates", "Rates", text, tuple(tables), (), {"rates": found})


def _of_folds(system):
    """Say how rates of a cross-validation were made."""
    if system.cv is None:
        return ""
    return (
        ", of as many patients as they are worth where folds share training patients; "
        "each patient is decided on by the model of the other folds, at its threshold"
    )


def _rates_table(whose, rates, options):
    """Return the rates of one cohort by model."""
    return Table.of(
        "Model",
        f"Rates of the decisions{whose.replace(',', ' on the')} "
        f"[{options.percent} interval], count/total",
        {model: rate_cells(found) for model, found in rates.items()},
    )


def _rates_rows(found, options):
    """Return the rates of all cohorts, a row per model and cohort."""
    return Table.of(
        "Model, cohort",
        f"Rates of the decisions by cohort [{options.percent} interval], count/total",
        {
            f"{model}\n{head(cohort)}": rate_cells(one)
            for model in dict.fromkeys(m for rates in found.values() for m in rates)
            for cohort, rates in found.items()
            if (one := rates.get(model)) is not None
        },
    )


def comparison_section(system: System, options: Options) -> Section | None:
    """Compare the areas of pairs of models on the same test patients.

    Of cross-validated models only those pairs that were asked for.
    """
    if system.cv is not None:
        tests = {("", *k): x for k, x in system.cv.compared(options).items()}
        whose, method = "", "corrected resampled t-test"
    else:
        tests = {
            (cohort, *pair): test
            for cohort, sample in system.tests()
            for pair, test in _delong(sample, system, options).items()
        }
        whose, method = ", test patients", _methods(tests.values())
    if not tests:
        return None
    adjusted = holm(found.pvalue for found in tests.values())
    rows = {
        f"{a} {MINUS} {b}" + (f"\n{head(cohort)}" if system.external else ""): {
            "Difference": number(found.estimate),
            f"{options.percent} interval": bracket(found.low, found.high),
            "n": str(found.n),
            **({"Bounds": _scale(found)} if ";" in method else {}),
            "p": pvalue(found.pvalue),
            "p, adjusted": pvalue(p),
        }
        for ((cohort, a, b), found), p in zip(tests.items(), adjusted, strict=True)
    }
    table = Table.of(
        "Models",
        f"Differences between areas under the ROC curve{whose} ({method})",
        rows,
        f"Adjusted by Holm's method for {plural(len(tests), 'comparison')}.",
    )
    numbers = [
        ({"cohort": cohort} if system.external else {})
        | {"a": a, "b": b, **found.to_dict(), "pvalue_holm": p}
        for ((cohort, a, b), found), p in zip(tests.items(), adjusted, strict=True)
    ]
    name = "delong" if system.cv is None else "resampled_test"
    return Section("delong", "Comparison of models", (), (table,), (), {name: numbers})


def _scale(found):
    """Say on which scale the bounds of a difference were made."""
    return "logit" if "logit" in found.method else "DeLong"


def _methods(tests):
    """Say by what all pairs were compared."""
    scales = sorted({_scale(found) for found in tests})
    text = "DeLong, paired"
    return {
        ("logit",): f"{text}, logit bounds",
        ("DeLong", "logit"): f"{text}; bounds near an area of 1 on the logit scale",
    }.get(tuple(scales), text)


def _delong(sample, system, options):
    """Return DeLong's test of each pair of models that scored both classes."""
    tests = {}
    for a, b in combinations(sample.scores, 2):
        score_a, score_b = sample.scores[a], sample.scores[b]
        both = score_a.notna() & score_b.notna()
        if sample.y[both].nunique() == 2:
            tests[a, b] = delong_test(
                sample.y[both],
                score_a[both],
                score_b[both],
                pos_label=system.pos_label,
                confidence_level=options.confidence_level,
            )
    return tests


def headline(system: System, options: Options) -> tuple[str, list[dict]]:
    """Return the main model's result in a sentence, and cells for each test cohort."""
    parts, rows = [], []
    for cohort, _ in system.tests():
        said, cells = _main_result(system, options, cohort)
        where = f"{head(cohort)}: " if system.external else ""
        parts.append(where + "; ".join(said))
        rows.append(cells)
    whose = "" if system.main == system.name else f"{system.main}: "
    how = f"{system.cv_text}: " if system.cv is not None else ""
    return f"{whose}{how}{'. '.join(parts)}.", rows


def _main_result(system, options, cohort):
    """Return what a cohort says of the main model, in words and in cells."""
    sample, model = dict(system.tests())[cohort], system.main
    of = sample.scored if model in sample.scores else sample.decided
    judged, _ = of(model)
    n, n_pos = str(len(judged)), int((judged == system.pos_label).sum())
    if len(judged) < len(sample.y):
        n += f" of {len(sample.y)}"
    about = [model, *([head(cohort)] if system.external else [])]
    about += [system.cv_text] if system.cv is not None else []
    about += [f"positive: {system.pos_label}", f"n = {n} ({n_pos} positive)"]
    names = ("AUC", "Sensitivity", "Specificity", "NPV")
    cells = {"System": "\n".join(about)} | dict.fromkeys(names, ABSENT)
    said = []
    if model in sample.scores:
        area = _area(sample, model, system, options)
        cells["AUC"] = stacked(area)
        said.append(f"an area under the ROC curve of {in_line(area)}")
    if model in sample.decisions:
        rates = rates_of(system, options, cohort, model)
        for name in ("sensitivity", "specificity", "npv"):
            cells[HEADS[name]] = stacked(getattr(rates, name))
        said.append(_recognised(rates, system))
    return said, cells


def _area(sample, model, system, options):
    """Return the area of one model."""
    if system.cv is not None:
        return system.cv.auc(model, options)
    return auc_ci(
        *sample.scored(model),
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )


def _recognised(rates, system):
    """Write how many of each class were recognised; of repeats there is no count."""
    hit, miss = rates.sensitivity, rates.specificity
    if hit.total is None:
        return f"a sensitivity of {in_line(hit)} and a specificity of {in_line(miss)}"
    return (
        f"{hit.count} of {plural(hit.total, 'patient')} with {system.pos_label} "
        f"and {miss.count} of {miss.total} with {system.neg_label} recognised"
    )
