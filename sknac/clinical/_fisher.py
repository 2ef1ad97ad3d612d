"""Fisher's exact test of tables of any size, by listing."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.special import gammaln

# So many part tables with the observed margins are listed at most.
MOST_TABLES = 3 * 10**6
# Probabilities that differ by rounding only are equal, as in R.
EQUAL = 1e-7


def fisher_exact(counts):
    """Return Fisher's two-sided p-value of a table.

    The sum over all tables with the same margins that are no likelier than the
    observed one. All but two columns are listed; for what they leave of the rows, the
    last two are listed once and then looked up.
    """
    counts = np.asarray(counts)
    counts = counts if counts.shape[0] <= counts.shape[1] else counts.T
    # The largest row follows from the others, the last column from the one before.
    counts = counts[np.argsort(counts.sum(axis=1), kind="stable")]
    counts = counts[:, np.argsort(counts.sum(axis=0), kind="stable")]
    rest, columns = counts.sum(axis=1)[None, :], counts.sum(axis=0)
    log, tables = np.array([_log_margins(counts)]), np.ones(1)
    most = log[0] - gammaln(counts + 1).sum() + EQUAL
    for total in columns[:-2]:
        rest, log, tables = _merged(*_with_column(rest, log, tables, int(total)))
    left, which = np.unique(rest, axis=0, return_inverse=True)
    found = 0.0
    order = np.argsort(which, kind="stable")
    for row, part in zip(left, _parts(order, which[order]), strict=True):
        shares = _last_two(row, int(columns[-2]))
        cumulated = np.append(0.0, np.cumsum(np.exp(shares - shares[-1])))
        unlikelier = np.searchsorted(shares, most - log[part], side="right")
        likely = tables[part] * np.exp(log[part] + shares[-1])
        found += (likely * cumulated[unlikelier]).sum()
    return float(min(found, 1.0))


def _log_margins(counts):
    """Return the part of a table's log probability that its margins give."""
    margins = sum(gammaln(counts.sum(axis=axis) + 1).sum() for axis in (0, 1))
    return margins - gammaln(counts.sum() + 1)


def _parts(order, codes):
    """Return the places of each code; `codes` are sorted and `order` their places."""
    return np.split(order, np.flatnonzero(np.diff(codes)) + 1)


def _last_two(rest, total):
    """Return the log weights of all ways to fill the last two columns, sorted."""
    last, log, _ = _with_column(rest[None], np.zeros(1), np.ones(1), total)
    return np.sort(log - gammaln(last + 1).sum(axis=1))


def _with_column(rest, log, tables, total):
    """Add a column of this total to each part table, in every way the rows allow."""
    at, left = np.arange(len(rest)), np.full(len(rest), total)
    cells = np.empty((len(rest), 0), dtype=int)
    for row in range(rest.shape[1] - 1):
        others = rest[at, row + 1 :].sum(axis=1)
        low, high = np.maximum(0, left - others), np.minimum(rest[at, row], left)
        ways = high - low + 1
        if ways.sum() > MOST_TABLES:
            raise ValueError("'fisher' would list too many tables; take 'pearson'")
        again = np.repeat(np.arange(len(at)), ways)
        start = np.repeat(np.cumsum(ways) - ways, ways)
        cell = np.repeat(low, ways) + np.arange(len(again)) - start
        at, left = at[again], left[again] - cell
        cells = np.column_stack([cells[again], cell])
    cells = np.column_stack([cells, left])
    return rest[at] - cells, log[at] - gammaln(cells + 1).sum(axis=1), tables[at]


def _merged(rest, log, tables):
    """Sum part tables that leave the same margins and are equally likely."""
    keys = np.column_stack([rest[:, :-1], np.round(log * 1e9)])  # the last one follows
    order = np.lexsort(keys.T)
    new = np.ones(len(keys), dtype=bool)
    new[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    first = order[new]
    return rest[first], log[first], np.add.reduceat(tables[order], np.flatnonzero(new))
