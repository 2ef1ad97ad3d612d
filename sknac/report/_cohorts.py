"""Sections on several test cohorts side by side, and on the folds of one."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.metrics import ForestDisplay, auc_ci
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._performance import rates_of
from sknac.report._system import System, head
from sknac.report._text import listed, plural
from sknac.utils._text import ABSENT, MINUS, number

_RATES = ("sensitivity", "specificity")


def cohort_section(system: System, options: Options) -> Section | None:
    """Show the areas and rates of several test cohorts below one another."""
    if not system.external:
        return None
    drawings, cohorts = [], listed(head(cohort) for cohort, _ in system.tests())
    areas, rates = _areas(system, options), _rates(system, options)
    several = len({model for model, _ in [*areas, *rates]}) > 1
    for key, rows, what, metrics in (
        ("auc", areas, "Area under the ROC curve", ("roc_auc",)),
        ("rates", rates, "Sensitivity and specificity", _RATES),
    ):
        if not rows:
            continue
        shown = rows if several else {cohort: row for (_, cohort), row in rows.items()}
        headings = len({model for model, _ in rows}) if several else 0
        reference = {"reference": 0.5} if key == "auc" else {}
        lines = len(rows) * (0.28 + 0.16 * len(metrics)) + 0.3 * headings
        drawings.append(
            Drawing(
                key=f"forest-{key}",
                caption=f"{what} by test cohort",
                alt=f"{what} with intervals on {cohorts}; the tables hold the numbers.",
                display=ForestDisplay(rows=shown),
                title=f"{system.name}: test cohorts{options.mark}",
                look={"metrics": metrics} | reference,
                size=(6.8, 1.5 + lines),
                wide=True,
            )
        )
    if not drawings:
        return None
    text = (
        f"{plural(len(system.tests()), 'test cohort')}: {cohorts}. Squares grow with "
        "the number of patients. Nothing is pooled: cohorts may differ by more than "
        "chance, and subgroups, survival and wrong decisions are those of "
        f"{head(system.cohort)} alone.",
    )
    return Section("cohorts", "Test cohorts side by side", text, (), tuple(drawings))


def _areas(system, options):
    """Return the areas by model and cohort."""
    return {
        (model, head(cohort)): {
            "roc_auc": auc_ci(
                *sample.scored(model),
                pos_label=system.pos_label,
                confidence_level=options.confidence_level,
            )
        }
        for model in system.test.scores
        for cohort, sample in system.tests()
        if model in sample.scores
    }


def _rates(system, options):
    """Return the rates by model and cohort."""
    rows = {}
    for model in system.test.decisions:
        for cohort, sample in system.tests():
            if model in sample.decisions:
                found = rates_of(system, options, cohort, model)
                rows[model, head(cohort)] = {x: getattr(found, x) for x in _RATES}
    return rows


def fold_section(system: System, options: Options) -> Section | None:
    """Show each fold of a cross-validation: patients, areas, thresholds."""
    if system.cv is None:
        return None
    cv = system.cv
    areas = {m: cv.auc(m, options).by_fold for m in cv.scores if _is_whole(cv, m)}
    rows, numbers = {}, []
    for at, tests in enumerate(cv.indices["test"]):
        held = cv.y.iloc[tests]
        n_pos = int((held == system.pos_label).sum())
        here = {model: found[at] for model, found in areas.items()}
        cuts = {model: found[at] for model, found in cv.cuts.items()}
        rows[str(at + 1)] = {
            "n (positive)": f"{len(tests)} ({n_pos})",
            **{f"Area, {model}": number(area) for model, area in here.items()},
            **{f"Threshold, {model}": _cut(cut) for model, cut in cuts.items()},
        }
        one = {"n": len(tests), "n_pos": n_pos, "areas": here, "thresholds": cuts}
        numbers.append({"n_train": len(cv.indices["train"][at]), **one})
    text = (
        "Areas of single folds scatter by chance; a threshold that moves much from "
        "fold to fold rests on few patients.",
    )
    note = "" if areas else f"Areas: {ABSENT}, as a model has no score for some."
    table = Table.of("Fold", "The folds of the cross-validation", rows, note)
    results = {"folds": numbers}
    return Section("folds", "Folds", text, (table,), (), results)


def _cut(value):
    """Write a threshold with as many digits as the others."""
    return f"{value:#.3g}".replace("-", MINUS)


def _is_whole(cv, model):
    """Tell whether a model scored everybody, so that its folds are all there."""
    return all(
        values.size and not (values != values).any() for values in cv.scores[model]
    )
