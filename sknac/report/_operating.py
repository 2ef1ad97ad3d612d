"""Sections on decisions: thresholds, the cascade, subgroups, wrong decisions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sknac.decision import (
    StageFlowDisplay,
    ThresholdCurveDisplay,
    stage_flow,
    weighted_youden_curve,
)
from sknac.metrics import SubgroupDisplay, subgroup_rates
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System
from sknac.report._text import TIMES, plural, rate_cells
from sknac.utils._text import ABSENT, MINUS, number, significant

# More wrong decisions than these are read in the numbers, not in the text.
MOST_WRONG = 25
RATES = ("sensitivity", "specificity", "youden")
NESTED = "the same scores, each fold at the cut of the others"


def threshold_section(system: System, options: Options) -> Section | None:
    """Show where each threshold was put, and how it holds on other patients."""
    if not system.curves:
        return None
    found = {model: _at_threshold(system, model) for model in system.curves}
    rows = {
        f"{model}\n{where}": {
            "n (positive)": f"{row['n']} ({row['n_pos']})",
            "Sensitivity": number(row["sensitivity"]),
            "Specificity": number(row["specificity"]),
            "Weighted Youden": number(row["youden"], 3),
        }
        for model, table in found.items()
        for where, row in table.items()
    }
    rows |= {
        f"{model}\n{NESTED}": _nested_row(system, model) for model in system.nested
    }
    table = Table.of(
        "Model and scores",
        "Each model at its threshold, on the scores that chose it and on others",
        rows,
        f"Weighted Youden index: w{TIMES}sensitivity + (1 {MINUS} w){TIMES}specificity "
        f"{MINUS} 1, at most 0.",
    )
    text = tuple(_optimism(system, model, found[model]) for model in found)
    drawings = tuple(_threshold_drawing(system, options, m) for m in system.curves)
    numbers = {
        model: {
            "threshold": curve.threshold,
            "weight": curve.weight,
            "n_optima": curve.n_optima,
            "chosen_on": system.curve_sources[model],
            "at_threshold": found[model],
            "nested": system.nested.get(model),
            "at_least": curve.at_least,
            "guarantee": curve.guarantee,
            "bounds": curve.bounds,
            "curve": curve.to_frame(),
        }
        for model, curve in system.curves.items()
    }
    return Section(
        "thresholds", "Thresholds", text, (table,), drawings, {"thresholds": numbers}
    )


def _nested_row(system, model):
    """Return the rates of each fold at the cut that was chosen without it."""
    curve, (sensitivity, specificity) = system.curves[model], system.nested[model]
    index = curve.weight * sensitivity + (1 - curve.weight) * specificity - 1
    return {
        "n (positive)": f"{curve.n} ({curve.n_pos})",
        "Sensitivity": number(sensitivity),
        "Specificity": number(specificity),
        "Weighted Youden": number(index, 3),
    }


def _at_threshold(system, model):
    """Return the rates at a model's threshold by the scores they come from."""
    curve = system.curves[model]
    chosen = {"weight": curve.weight, "pos_label": curve.pos_label}
    rows = {system.curve_sources[model]: curve}
    for cohort, sample in reversed(system.cohorts()):
        if model not in sample.scores:
            continue
        again = cohort == "training" and system.resubstituted
        where = "training patients, resubstituted" if again else f"{cohort} patients"
        rows[where] = weighted_youden_curve(*sample.scored(model), **chosen)
    return {
        where: {"n": found.n_pos + found.n_neg, "n_pos": found.n_pos}
        | {name: x for name, x in found.at(curve.threshold).items() if name in RATES}
        for where, found in rows.items()
    }


def _optimism(system, model, rows):
    """Say what became of the index from the scores that chose it to the test."""
    curve, source = system.curves[model], system.curve_sources[model]
    text = (
        f"{model}: threshold {significant(curve.threshold)} for {_asked(curve)}, "
        f"chosen on {source}"
    )
    if "test patients" in rows:
        gap = rows[source]["youden"] - rows["test patients"]["youden"]
        kind = "better" if gap >= 0 else "worse"
        text += f"; the index was {number(abs(gap), 3)} {kind} there than on the test"
    if curve.is_trivial:
        called = system.pos_label if curve.best == 0 else system.neg_label
        text += f". It is trivial: all who chose it are called {called}"
    return f"{text}."


def _asked(curve):
    """Say by what a cut was chosen."""
    if curve.at_least is None:
        return f"w = {curve.weight:g}"
    text = " and ".join(f"{k} of at least {v:g}" for k, v in curve.at_least.items())
    if curve.guarantee is None:
        return f"{text} on those scores"
    return f"{text}, guaranteed at {curve.guarantee:g} for scores like them"


def _threshold_drawing(system, options, model):
    """Return the figure of one threshold curve."""
    curve = system.curves[model]
    return Drawing(
        key=f"threshold-{model}",
        caption=f"{model}: rates along the threshold, and the cut chosen",
        alt=f"Sensitivity, specificity and weighted Youden index of {model} along the "
        f"threshold; chosen: {significant(curve.threshold)}.",
        display=ThresholdCurveDisplay(curve=curve),
        title=f"{model}: threshold{options.mark}",
        size=(5.6, 4.4),
    )


def cascade_section(system: System, options: Options) -> Section | None:
    """Show the cascade by stage and true class, beside each stage alone."""
    if system.cascade is None:
        return None
    labels, stop_label = system.cascade
    flow = stage_flow(
        system.test.y,
        labels,
        stop_label=stop_label,
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )
    drawing = Drawing(
        key="cascade",
        caption="The cascade by stage and true class",
        alt=f"Bars of who stops and who goes on at each stage ({len(flow.stages)}), "
        "split by true class; the first table holds the counts.",
        display=StageFlowDisplay(flow=flow),
        title=f"{system.name}: cascade{options.mark}",
        size=(6.6, 4.2),
        wide=True,
    )
    first = flow.stages[0]
    stopped = flow.counts.loc[(first, "stop"), "n"]
    text = (
        f"A patient predicted {stop_label} stops. {first} stops {stopped} of "
        f"{len(system.test.y)} test patients. Whom any stage stops, the cascade stops: "
        f"it finds no fewer of the class {stop_label} than each stage alone and keeps "
        "no more of the other. What it gains is time.",
        *_bounded(system.stop_bound),
    )
    return Section(
        "cascade",
        "Cascade",
        text,
        _cascade_tables(flow, options),
        (drawing,),
        {"cascade": flow},
    )


def _bounded(bound):
    """Say under which bound of the whole cascade its cuts were chosen."""
    if bound is None:
        return ()
    sure = "" if bound.guarantee is None else f", guaranteed at {bound.guarantee:g}"
    return (
        f"The cuts were chosen together so that at most {bound.at_most:g} of the class "
        f"{bound.go_label} are stopped by any stage{sure}; of those who chose them "
        f"{sum(bound.wrongly_stopped.values())} of {bound.n} were.",
    )


_ACTIONS = {"stop": "stop", "continue": "go on", "awaiting": "await data"}


def _cascade_tables(flow, options):
    """Return the counts by stage, and the rates beside those of each stage alone."""
    counts = flow.counts.copy()
    counts.index = [f"{stage}: {_ACTIONS[action]}" for stage, action in counts.index]
    counts.columns = [*map(str, counts.columns[:-1]), "All"]
    alone = {
        ("Cascade" if name == "cascade" else f"{name} alone"): {
            "n": str(rates.accuracy.total),
            **rate_cells(rates, "sensitivity", "specificity", "npv", "accuracy"),
        }
        for name, rates in flow.rates.items()
    }
    return (
        Table(
            "Test patients by stage, action and true class",
            counts.astype(str).rename_axis("Stage and action"),
        ),
        Table.of(
            "Decided by",
            "The cascade beside each stage alone, test patients "
            f"[{options.percent} interval]",
            alone,
        ),
    )


def subgroup_section(system: System, options: Options) -> Section | None:
    """Show the main model's rates in subgroups, with their sizes."""
    if system.subgroups is None or system.main not in system.test.decisions:
        return None
    y, decided = system.test.decided(system.main)
    by = system.subgroups.loc[decided.index]
    found = subgroup_rates(
        y.to_numpy(),
        decided.to_numpy(),
        by.reset_index(drop=True),
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )
    rows = {
        _group_name(key): {
            "n (positive)": f"{r.accuracy.total} ({r.sensitivity.total})",
            **rate_cells(r, "accuracy", "sensitivity", "specificity"),
        }
        for key, r in found.rates.items()
    }
    table = Table.of(
        "Subgroup",
        f"{system.main} in subgroups of the test patients [{options.percent} interval, "
        "Wilson]",
        rows,
        "Subgroups are small and differ by chance: read the intervals.",
    )
    drawing = Drawing(
        key="subgroups",
        caption=f"Accuracy of {system.main} in subgroups",
        alt=f"Accuracy of {system.main} with intervals in "
        f"{plural(len(found.rates) - 1, 'subgroup')}; the table holds the numbers.",
        display=SubgroupDisplay(rates=found),
        title=f"{system.name}: subgroups{options.mark}",
        size=(6.6, 1.6 + 0.38 * len(found.rates)),
        wide=True,
    )
    numbers = {_group_name(key): rates for key, rates in found.rates.items()}
    return Section(
        "subgroups", "Subgroups", (), (table,), (drawing,), {"subgroups": numbers}
    )


def _group_name(key):
    """Write the name of a subgroup."""
    factor, level = key
    return "all patients" if key == ("all", "all") else f"{factor}: {level}"


def wrong_section(system: System, options: Options) -> Section | None:
    """List the test patients on whom the main model was wrong."""
    if system.main not in system.test.decisions:
        return None
    y, decided = system.test.decided(system.main)
    everyone = _everyone(system, options)
    wrong = np.flatnonzero((y != decided).to_numpy())
    rows = [system.test.y.index.get_loc(y.index[at]) for at in wrong]
    shown = rows[:MOST_WRONG]
    text = (
        f"{system.main} is wrong on {len(rows)} of {plural(len(y), 'test patient')}.",
    )
    if len(rows) > MOST_WRONG:
        text += (f"The first {MOST_WRONG} are listed; report.json lists all.",)
    tables = (_wrong_table(system, options, [everyone[row] for row in shown]),)
    tables = tables if shown else ()
    return Section(
        "wrong", "Wrong decisions", text, tables, (), {"test_patients": everyone}
    )


def _wrong_table(system, options, patients):
    """Return true class and all decisions of some patients."""
    frame = pd.DataFrame(
        [
            {"True class": str(one["true"])}
            | {
                f"Decision, {model}": ABSENT if decision is None else str(decision)
                for model, decision in one["decisions"].items()
            }
            for one in patients
        ],
        index=pd.Index([one["patient"] for one in patients], name="Patient"),
    )
    note = "" if options.show_ids else "Numbered in the order of the test cohort."
    return Table(f"Wrong decisions of {system.main}, test patients", frame, note)


def _everyone(system, options):
    """Return true class, scores and decisions of each test patient."""
    sample = system.test
    return [
        {
            "patient": system.patient_name(row, show_ids=options.show_ids),
            "true": sample.y.iloc[row],
            "scores": {m: s.iloc[row] for m, s in sample.scores.items()},
            "decisions": {m: d.iloc[row] for m, d in sample.decisions.items()},
        }
        for row in range(len(sample.y))
    ]
