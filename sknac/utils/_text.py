"""Numbers in words: estimates with intervals, p-values, patients."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from typing import Any

ABSENT, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


def number(value: Any, digits: int = 2) -> str:
    """Write a number with some decimals; a dash where there is none."""
    # Adding 0 takes the sign off a value that is rounded to 0.
    return _written(value, lambda x: f"{round(x, digits) + 0.0:.{digits}f}")


def significant(value: Any, digits: int = 3) -> str:
    """Write a number with some significant digits; a dash where there is none."""
    return _written(value, lambda x: f"{x:.{digits}g}")


def _written(value, write):
    """Write a finite number with a real minus sign, others by their symbol."""
    if value is None or value != value:
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return write(value).replace("-", MINUS)


def bracket(low: float, high: float, digits: int = 2) -> str:
    """Write an interval in square brackets."""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def in_line(found: Any, digits: int = 2) -> str:
    """Write an estimate with its interval on one line."""
    return f"{number(found.estimate, digits)} {bracket(found.low, found.high, digits)}"


def typed(found: Any, digits: int = 3) -> str:
    """Write the same in plain characters, as a repr does."""
    values = (found.estimate, found.low, found.high)
    texts = [f"{round(x, digits) + 0.0:.{digits}f}" for x in values]
    return "{} [{}, {}]".format(*texts)


def pvalue(value: float) -> str:
    """Write a p-value with three decimals."""
    if value != value:
        return ABSENT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def p_equals(value: float) -> str:
    """Write a p-value as part of a sentence."""
    if value != value:
        return "p undefined"
    return f"p {'' if value < 0.001 else '= '}{pvalue(value)}"


def share(count: int, total: int, digits: int = 1) -> str:
    """Write a count with its percentage: 7 (43.8%)."""
    return f"{count} ({100 * count / total:.{digits}f}%)" if total else f"{count}"


def counts(n: int, n_pos: int, pos_label: Any, n_groups: int | None = None) -> str:
    """Write how many patients there are and which class is the positive one.

    Where patients have several rows, `n_groups` is the number of patients.
    """
    rows = f"n = {n}" if n_groups is None else f"{n} rows of {n_groups} patients"
    return f"{rows}, {n_pos} positive ({pos_label})"


def patients(n: int, n_groups: int | None = None) -> str:
    """Write the same number for a repr."""
    return (
        f"n={n} patients" if n_groups is None else f"n={n} rows of {n_groups} patients"
    )


def folds_text(n_folds: int, n_repeats: int) -> str:
    """Write how a cross-validation was made: 5 folds, 10 x 5 folds."""
    if n_repeats == 1:
        return f"{n_folds} folds"
    if n_folds % n_repeats:
        return f"{n_folds} folds in {n_repeats} repeats"
    return f"{n_repeats} x {n_folds // n_repeats} folds"
