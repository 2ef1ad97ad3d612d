"""Sections on the patients: how many, who they are, what is missing."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Number

import numpy as np
import pandas as pd

from sknac.clinical import PatientFlow, PatientFlowDisplay, baseline_table
from sknac.cohort.planes import has_study
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import TRAINING, System, head
from sknac.report._text import listed, plural
from sknac.utils._groups import why_no_groups
from sknac.utils._text import bracket, number, share

# A text column with more levels than this may well be names or notes.
MOST_LEVELS = 12


def flow_section(system: System, options: Options) -> Section:
    """Show how many patients there are, and why others are not there."""
    counts = {
        head(cohort): {
            **{
                str(label): str(int((sample.y == label).sum()))
                for label in system.classes
            },
            _total("All", system): str(len(sample.y)),
        }
        for cohort, sample in system.cohorts()
    }
    table = Table.of("Cohort", "Patients by cohort and true class", counts)
    results = {
        "patients": {
            cohort: {_total("n", system): len(sample.y)}
            | {str(x): int((sample.y == x).sum()) for x in system.classes}
            for cohort, sample in system.cohorts()
        }
    }
    flow = system.flow
    if flow is None:
        # Training patients first.
        order = sorted(system.cohorts(), key=lambda pair: pair[0] != TRAINING)
        labels = {cohort: sample.y for cohort, sample in order}
        flow = PatientFlow.from_labels(labels)
    results["flow"] = flow.to_dict()
    if system.flow is None:  # how many were enrolled was not said
        results["flow"]["enrolled"] = None
    drawings = (_flow_drawing(system, flow, options),)
    return Section("patients", "Patients", (), (table,), drawings, results)


def _total(name, system):
    """Name the number of all patients; a class may have that name already."""
    taken = name in map(str, system.classes)
    return f"{name} (both classes)" if taken else name


def _flow_drawing(system, flow, options):
    """Return the flow diagram; its height grows with the reasons of exclusion."""
    reasons, started = len(flow.excluded), system.flow is not None
    return Drawing(
        key="flow",
        caption="Flow of patients through the study",
        alt=f"Flow diagram of patients: {_spoken(system)}.",
        display=PatientFlowDisplay(flow=flow),
        title=f"{system.name}: patients{options.mark}",
        # Where nobody was counted before those analysed, it begins with them.
        look={"start": "enrolled" if started else "analysed"},
        size=(
            max(7.0, 2.4 * len(flow.cohorts)),
            2.8 + 0.8 * started + (0.7 + 0.25 * reasons if reasons else 0.0),
        ),
        wide=True,
    )


def _spoken(system):
    """Write the counts of the cohorts in words."""
    return "; ".join(
        f"{plural(len(sample.y), system.counted(cohort))}, of them "
        + listed(f"{int((sample.y == x).sum())} {x}" for x in system.classes)
        for cohort, sample in system.cohorts()
    )


def baseline_section(system: System, options: Options) -> Section | None:
    """Compare the characteristics of both classes."""
    found, tables, left_out = {}, [], {}
    for cohort, sample in system.cohorts():
        X = system.tables.get(cohort)
        if X is None:
            continue
        columns, skipped = describable(X, sample.y)
        left_out |= skipped
        if columns:
            found[cohort] = baseline_table(X, sample.y.to_numpy(), columns=columns)
            whose = system.whose(cohort)
            tables.append(_baseline_table(whose, found[cohort], options))
    if not found:
        return None
    notes = tuple(
        f"Column {name} is left out: {why}." for name, why in left_out.items()
    )
    notes += _codes_note(found.values(), options)
    text = (
        "Mean ± standard deviation, median [quartiles] of what is not normally "
        "distributed, or patients (percent); the last column names the test behind "
        "each p-value, which is not adjusted.",
    )
    return Section(
        "baseline",
        "Baseline characteristics",
        text,
        tuple(tables),
        (),
        {"baseline": found},
        notes,
    )


def describable(X: pd.DataFrame, y: pd.Series) -> tuple[list, dict[str, str]]:
    """Return the columns fit for a table, and why the other plain ones are not.

    Texts of many levels may be names or numbers of patients, which no report shows.
    """
    columns, skipped = [], {}
    for name in X.columns:
        column = X[name]
        if not all(pd.api.types.is_scalar(cell) for cell in column):
            continue
        is_number = pd.api.types.is_numeric_dtype(column)
        if any(column[y == label].notna().sum() == 0 for label in y.unique()):
            skipped[str(name)] = "one class has no value"
        elif not is_number and column.nunique() > MOST_LEVELS:
            skipped[str(name)] = f"text with more than {MOST_LEVELS} different values"
        elif not is_number and why_no_groups(column):
            skipped[str(name)] = "dates, measurements or names of patients as text"
        else:
            columns.append(name)
    return columns, skipped


_TEST_NAMES = {
    "student": "Student's t",
    "welch": "Welch's t",
    "mann-whitney": "Mann-Whitney U",
    "mann-whitney-exact": "exact Mann-Whitney U",
    "anova": "analysis of variance",
    "welch-anova": "Welch's analysis of variance",
    "kruskal-wallis": "Kruskal-Wallis",
    "pearson": "Pearson's chi-squared",
    "yates": "Yates' chi-squared",
    "likelihood-ratio": "likelihood ratio",
    "fisher": "Fisher's exact",
}


def _baseline_table(whose, found, options):
    """Return a baseline table as it is read."""
    frame = found.formatted().astype(object)
    for name, test in found.tests.iterrows():
        if test["kind"] == "numeric":
            part = found.numeric.loc[name]
            cells = _medians(part) if test["summary"] == "median" else _means(part)
            frame.loc[[(name, "")], frame.columns[: len(part)]] = cells
    names = [options.named(name, level) for name, level in frame.index]
    # A p-value concerns all levels of its characteristic: it stands at the first.
    again = frame.index.get_level_values(0).duplicated()
    frame = frame.set_axis(pd.Index(names, name="Characteristic"))
    frame = frame.rename(columns={"test": "Test"}).replace({"Test": _TEST_NAMES})
    frame.loc[again, ["p", "Test"]] = ""
    return Table(f"Characteristics of the {whose} by true class", frame.astype(str))


def _codes_note(tables, options):
    """Say which levels are numbers that nobody named: what 1 means is not guessed."""
    codes = {}
    for found in tables:
        for name, level in found.formatted().index:
            is_code = isinstance(level, Number) and not isinstance(level, bool)
            if is_code and (name, level) not in options.labels:
                codes[name] = level
    if not codes:
        return ()
    name, level = next(iter(codes.items()))
    return (
        f"The numbers after {listed(map(options.named, codes))} are codes of the data; "
        f"labels={{({name!r}, {level!r}): '...'}} of StudyReport says what they mean.",
    )


def _medians(part):
    """Write median [quartiles] of each group."""
    digits = _digits(part)
    cells = part[["median", "q25", "q75"]].to_numpy()
    return [[f"{number(m, digits)} {bracket(*q, digits)}" for m, *q in cells]]


def _digits(part):
    """Return decimals that suit the spread."""
    spread = max(part["sd"].max(), 1e-6)
    return int(np.clip(1 - np.floor(np.log10(spread)), 1, 3))


def _means(part):
    """Write mean ± SD of each group."""
    digits = _digits(part)
    cells = part[["mean", "sd"]].to_numpy()
    return [[f"{number(m, digits)} ± {number(s, digits)}" for m, s in cells]]


def missing_section(system: System, options: Options) -> Section | None:
    """Count what is missing by column and visit."""
    counts = {
        cohort: _missing(system.tables[cohort])
        for cohort, _ in system.cohorts()
        if cohort in system.tables
    }
    scores = {
        cohort: {m: int(s.isna().sum()) for m, s in sample.scores.items()}
        for cohort, sample in system.cohorts()
    }
    unscored = [
        f"{model} has no score for {count} of "
        f"{plural(len(sample.y), system.counted(cohort))}; its numbers are those of "
        "the others"
        for cohort, sample in system.cohorts()
        for model, count in scores[cohort].items()
        if count
    ]
    if not counts and not unscored:
        return None
    tables = [_missing_table(counts, system, options)] if _any_missing(counts) else []
    text = tuple(f"{sentence}." for sentence in unscored)
    if counts and not tables:
        n = max(map(len, counts.values()))
        text = (f"No value is missing in {plural(n, 'column')}.", *text)
    return Section(
        "missing",
        "Missing data",
        text,
        tuple(tables),
        (),
        {"missing": counts, "without_score": scores},
    )


def _missing(X):
    """Return the number of missing cells by column; a visit is a study or missing."""
    return {
        str(name): int(
            sum(not has_study(cell) for cell in X[name])
            if _is_visit(X[name])
            else X[name].isna().sum()
        )
        for name in X.columns
    }


def _is_visit(column):
    """Tell whether a column holds studies."""
    return any(map(has_study, column))


def _any_missing(counts):
    """Tell whether anything is missing anywhere."""
    return any(any(found.values()) for found in counts.values())


def _missing_table(counts, system, options):
    """Return the columns in which something is missing."""
    sizes = {cohort: len(sample.y) for cohort, sample in system.cohorts()}
    names = dict.fromkeys(name for found in counts.values() for name in found)
    rows = {
        options.named(name): {
            f"{head(cohort)} (n = {sizes[cohort]})": share(
                found.get(name, 0), sizes[cohort]
            )
            for cohort, found in counts.items()
        }
        for name in names
        if any(found.get(name) for found in counts.values())
    }
    complete = len(names) - len(rows)
    note = ""
    if complete:
        which = "column is" if complete == 1 else f"{complete} columns are"
        note = f"The other {which} complete."
    caption = "Patients without a value, by column or visit"
    return Table.of("Column or visit", caption, rows, note)
