"""Baseline tables as they are printed: cells and labels."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.utils._text import ABSENT, share


def cell_of(part, level, summary, decimals):
    """Return the cells of a row, one per group.

    `part` holds the summaries of a number by group, or the counts of a category.
    """
    if summary == "count":
        known = part.sum()
        row = part.iloc[part.index.get_loc(level)]  # `loc` takes True for a mask
        return [share(int(row[g]), known[g], decimals) for g in part.columns]

    def written(value):
        return ABSENT if value != value else f"{value:.{decimals}f}"

    if summary == "median":
        values = part[["median", "q25", "q75"]].to_numpy()
        return ["{} [{}, {}]".format(*map(written, row)) for row in values]
    values = part[["mean", "sd"]].to_numpy()
    return [f"{written(mean)} ± {written(sd)}" for mean, sd in values]


def check_labels(labels, table):
    """Return the labels; raise where they name what is not in the table."""
    labels = dict(labels or {})
    names = set(table.tests.index)
    levels = set(table.counts.index)
    for key in labels:
        if key not in names and key not in levels:
            raise ValueError(
                f"labels name {key!r}, which must be a column or a (column, level) of "
                "the table"
            )
    return labels


def label_of(labels, name, level):
    """Return the texts of a characteristic and one of its levels."""
    return labels.get(name, name), labels.get((name, level), level)
