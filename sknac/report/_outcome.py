"""Section on survival by the main model's decision."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System
from sknac.report._text import plural
from sknac.survival import KaplanMeierDisplay, hazard_ratio, kaplan_meier
from sknac.utils._text import number, pvalue, significant


def survival_section(system: System, options: Options) -> Section | None:
    """Show survival by predicted class: curves, at-risk table, log-rank, hazards."""
    if system.survival is None or system.main not in system.test.decisions:
        return None
    _, decided = system.test.decided(system.main)
    time, event, label = system.survival
    time, event = time.loc[decided.index], event.loc[decided.index]
    level = {"confidence_level": options.confidence_level}
    group = decided.astype(str).to_numpy()
    told = {} if system.cv is None else {"predictions": "out-of-fold"}
    found = kaplan_meier(time, event, group, **level, **told)
    hazards = None
    if len(found.groups) == 2:
        reference = next(x for x in found.groups if x != str(system.pos_label))
        hazards = hazard_ratio(time, event, group, reference_group=reference, **level)
    drawing = Drawing(
        key="survival",
        caption=f"Kaplan-Meier curves by decision of {system.main}, bands "
        f"{options.percent}",
        alt=f"Kaplan-Meier curves by predicted class. {_spoken(found)}",
        display=KaplanMeierDisplay(result=found),
        title=f"{system.name}: survival{options.mark}",
        look={"time_label": label},
        size=(6.6, 5.0),
        wide=True,
    )
    text = tuple(
        sentence
        for sentence in (_test_sentence(found), _hazard_sentence(hazards, options))
        if sentence
    )
    return Section(
        "survival",
        "Survival",
        text,
        (_summary_table(found, system), _at_risk_table(found, label)),
        (drawing,),
        {"survival": {"kaplan_meier": found, "hazard_ratio": hazards}},
    )


def _spoken(found):
    """Write patients and events of each group in words."""
    return " ".join(
        f"{group}: {plural(int(row['events']), 'event')} in "
        f"{plural(int(row['n']), 'patient')}."
        for group, row in found.summary.iterrows()
    )


def _test_sentence(found):
    """Write the log-rank test."""
    if found.logrank is None:
        return "All patients got the same decision: there is nothing to compare."
    test = found.logrank
    return (
        f"Log-rank test: χ²({test.df}) = {number(test.statistic)}, "
        f"p = {pvalue(test.pvalue)}.".replace("= <", "<")
    )


def _hazard_sentence(hazards, options):
    """Write the hazard ratio."""
    if hazards is None:
        return ""
    (term, row), *_ = hazards.table.iterrows()
    return (
        f"Hazard ratio of {term} against {hazards.reference_group}: "
        f"{significant(row['hazard_ratio'])} [{significant(row['low'])}, "
        f"{significant(row['high'])}] ({options.percent}, Cox's model)."
    )


def _summary_table(found, system):
    """Return patients, events and median survival by group."""
    rows = {
        f"predicted {group}": {
            "n": str(int(row["n"])),
            "Events": str(int(row["events"])),
            "Median survival": "not reached"
            if row["median"] == float("inf")
            else number(row["median"], 1),
        }
        for group, row in found.summary.iterrows()
    }
    caption = f"Survival by decision of {system.main}{system.of(system.cohort)}"
    return Table.of("Group", caption, rows)


def _at_risk_table(found, label):
    """Return the patients at risk."""
    frame = found.at_risk.astype(str)
    frame.index = pd.Index(
        [f"predicted {group}" for group in frame.index], name=f"Group \\ {label}"
    )
    frame.columns = [f"{time:g}" for time in frame.columns]
    return Table(f"Patients at risk, by time ({label})", frame)
