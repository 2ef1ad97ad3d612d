"""Section on subgroups of the patients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.metrics import ForestDisplay, SubgroupDisplay, subgroup_rates
from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System
from sknac.report._text import plural, rate_cells


def subgroup_section(system: System, options: Options) -> Section | None:
    """Show the main model's rates in subgroups, with their sizes."""
    if system.subgroups is None or system.main not in system.test.decisions:
        return None
    y, decided = system.test.decided(system.main)
    by = system.subgroups.loc[decided.index]
    if system.cv is not None:
        return _cv_subgroups(system, options, by)
    found = subgroup_rates(
        y.to_numpy(),
        decided.to_numpy(),
        by.reset_index(drop=True),
        pos_label=system.pos_label,
        confidence_level=options.confidence_level,
    )
    rows = {
        _group_name(key, options): {
            "n (positive)": f"{r.accuracy.total} ({r.sensitivity.total})",
            **rate_cells(r, "accuracy", "sensitivity", "specificity"),
        }
        for key, r in found.rates.items()
    }
    table = Table.of(
        "Subgroup",
        f"{system.main} in subgroups of the {system.whose(system.cohort)} "
        f"[{options.percent} interval, Wilson]",
        rows,
        "Subgroups are small and differ by chance: read the intervals.",
    )
    drawing = Drawing(
        key="subgroups",
        caption=f"Accuracy of {system.main} in subgroups",
        alt=f"Accuracy of {system.main} with intervals in "
        f"{plural(len(found.rates) - 1, 'subgroup')}; the table holds the numbers.",
        display=SubgroupDisplay(rates=_readable(found, options)),
        title=f"{system.name}: subgroups{options.mark}",
        size=(6.6, 1.6 + 0.38 * len(found.rates)),
        wide=True,
    )
    numbers = {_key_name(key): rates for key, rates in found.rates.items()}
    return Section(
        "subgroups", "Subgroups", (), (table,), (drawing,), {"subgroups": numbers}
    )


def _cv_subgroups(system, options, by):
    """Show the same out of fold: rates of each subgroup's patients in all folds."""
    parts = {("all", "all"): np.ones(len(system.test.y), dtype=bool)}
    for factor in by:
        column = by[factor].reindex(system.test.y.index)
        parts |= {
            (str(factor), level): (column == level).to_numpy()
            for level in column.dropna().unique()
        }
    found, left_out = {}, []
    for key, kept in parts.items():
        try:
            found[key] = system.cv.rates(system.main, options, kept)
        except ValueError:  # hardly more patients than folds
            left_out.append(_group_name(key, options))
    rows = {
        _group_name(key, options): {
            "n (positive)": f"{r.accuracy.n} ({r.accuracy.n_pos})",
            **rate_cells(r, "accuracy", "sensitivity", "specificity"),
        }
        for key, r in found.items()
    }
    note = "Subgroups are small and differ by chance: read the intervals."
    if left_out:
        note += f" Too few patients for as many folds: {', '.join(left_out)}."
    caption = f"{system.main} in subgroups [{options.percent} interval]"
    shown = {
        _group_name(k, options): {"accuracy": r.accuracy} for k, r in found.items()
    }
    drawing = Drawing(
        key="subgroups",
        caption=f"Accuracy of {system.main} in subgroups",
        alt=f"Accuracy of {system.main} with intervals in "
        f"{plural(len(found) - 1, 'subgroup')}; the table holds the numbers.",
        display=ForestDisplay(rows=shown),
        title=f"{system.name}: {system.cv_text}{options.mark}",
        size=(7.4, 1.6 + 0.38 * len(found)),
        wide=True,
    )
    numbers = {_key_name(key): rates for key, rates in found.items()}
    tables = (Table.of("Subgroup", caption, rows, note),)
    return Section(
        "subgroups", "Subgroups", (), tables, (drawing,), {"subgroups": numbers}
    )


def _readable(found, options):
    """Return the rates of subgroups with the names that are to be read."""
    if not options.labels:
        return found
    rates = {
        key if key == ("all", "all") else _read_key(key, options): rate
        for key, rate in found.rates.items()
    }
    return found.replace(rates=rates)


def _read_key(key, options):
    """Return factor and level as they shall be read."""
    factor, level = key
    return options.labels.get(factor, factor), options.labels.get(key, level)


def _group_name(key, options):
    """Write the name of a subgroup as it shall be read."""
    return "all patients" if key == ("all", "all") else options.named(*key)


def _key_name(key):
    """Write the name of a subgroup among the numbers."""
    return "all patients" if key == ("all", "all") else "{}: {}".format(*key)
