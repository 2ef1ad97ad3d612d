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
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._performance import rates_of
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
        whose = system.whose(cohort)
        where = f"{whose}, resubstituted" if again else whose
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
    tested = system.whose(system.cohort)
    if tested in rows:
        gap = rows[source]["youden"] - rows[tested]["youden"]
        kind = "better" if gap >= 0 else "worse"
        there = "the test" if tested == "test patients" else f"the {tested}"
        much = f"{number(abs(gap), 3)} {kind} there than on {there}"
        text += f"; the weighted Youden index was {much}"
    if curve.is_trivial:
        called = system.pos_label if curve.best == 0 else system.neg_label
        text += f". It is trivial: all who chose it are called {called}"
    return f"{text}.{_beside_band(system, model)}"


def _beside_band(system, model):
    """Say that a cut decides on nobody in the cascade where its stage has a band."""
    if model not in system.bands:
        return ""
    band = system.bands[model]
    return (
        f" In the cascade this cut decides on nobody: {model} decides below "
        f"{significant(band.low)} and from {significant(band.high)} on, and hands on "
        "the scores between; the rates here are those of the stage alone."
    )


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
    alone = " by the stage alone" if _beside_band(system, model) else ""
    return Drawing(
        key=f"threshold-{model}",
        caption=f"{model}: rates along the threshold, and the cut chosen{alone}",
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
    labels, stop_label, deferred = system.cascade
    flow = stage_flow(
        system.test.y,
        labels,
        stop_label=stop_label,
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
        deferred=deferred,
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
    gains = (
        f" Whom any stage stops, the cascade stops: it finds no fewer of the class "
        f"{stop_label} than each stage alone and keeps no more of the other. What it "
        "gains is time."
    )
    text = (
        f"A patient predicted {stop_label} stops. {first} stops {stopped} of "
        f"{plural(len(system.test.y), system.counted(system.cohort))}."
        f"{gains if deferred is None or deferred.empty else ''}",
        *_bounded(system.stop_bound),
        *(_banded(name, band) for name, band in system.bands.items()),
    )
    return Section(
        "cascade",
        "Cascade",
        text,
        _cascade_tables(system, flow, options),
        (drawing,),
        {"cascade": flow if system.cv is None else {"counts": flow.counts}},
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


def _banded(name, band):
    """Say which scores a stage hands on, and by what they were chosen."""
    text = (
        f"{name} decides both ways outside a band of scores for {band.pos_label}, "
        f"{significant(band.low)} <= score < {significant(band.high)}, and hands on "
        f"those in it ({band.n_deferred} of {band.n} scores that it was fitted with)"
    )
    if band.at_least is None:
        return f"{text}; the band was given."
    rates = " and ".join(f"{k} of at least {v:g}" for k, v in band.at_least.items())
    sure = " on those scores"
    if band.guarantee is not None:
        sure = f", guaranteed at {band.guarantee:g} for scores like them"
    return f"{text}, chosen for {rates}{sure}."


_ACTIONS = {
    "stop": "stop",
    "keep": "keep",
    "continue": "go on",
    "awaiting": "await data",
}


def _cascade_tables(system, flow, options):
    """Return the counts by stage, and the rates beside those of each stage alone."""
    whose = system.whose(system.cohort)
    counts = flow.counts.copy()
    counts.index = [f"{stage}: {_ACTIONS[action]}" for stage, action in counts.index]
    counts.columns = [*map(str, counts.columns[:-1]), "All"]
    alone = {
        ("Cascade" if name == "cascade" else f"{name} alone"): {
            "n": str(len(system.test.y) if system.cv else rates.accuracy.total),
            **rate_cells(rates, "sensitivity", "specificity", "npv", "accuracy"),
        }
        for name, rates in _stage_rates(system, flow, options).items()
    }
    return (
        Table(
            f"{whose[0].upper()}{whose[1:]} by stage, action and true class",
            counts.astype(str).rename_axis("Stage and action"),
        ),
        Table.of(
            "Decided by",
            f"The cascade beside each stage alone{system.of(system.cohort)} "
            f"[{options.percent} interval]",
            alone,
        ),
    )


def _stage_rates(system, flow, options):
    """Return the rates of the cascade and its stages; of a cross-validation its own."""
    if system.cv is None:
        return flow.rates
    names = {name: system.name if name == "cascade" else name for name in flow.rates}
    return {
        name: rates_of(system, options, system.cohort, model)
        for name, model in names.items()
        if model in system.test.decisions
    }


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
        f"{system.main} is wrong on {len(rows)} of "
        f"{plural(len(y), system.counted(system.cohort))}.",
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
    whose = system.whose(system.cohort)
    order = "the test cohort" if whose == "test patients" else f"the {whose}"
    note = "" if options.show_ids else f"Numbered in the order of {order}."
    caption = f"Wrong decisions of {system.main}{system.of(system.cohort)}"
    return Table(caption, frame, note)


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
