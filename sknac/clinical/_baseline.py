"""Baseline table: patients' characteristics by group, each with a named test."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length

from sknac.clinical._baseline_print import cell_of, check_labels, label_of
from sknac.clinical._group_tests import (
    CATEGORICAL_TESTS,
    NUMERIC_TESTS,
    RANK_TESTS,
    SKEWED,
    categorical_test,
    choose_numeric,
    expected_counts,
    numeric_test,
)
from sknac.clinical._standardised import of_counts, of_numbers
from sknac.utils._frames import as_names, unique_columns
from sknac.utils._groups import check_groups_of
from sknac.utils._labels import as_floats, in_order, one_column, warn_of_alike
from sknac.utils._result import Result
from sknac.utils._rows import ONE_ROW, Rows
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._text import number, patients, pvalue

# Below this expected count Pearson's chi-square is only roughly right.
LEAST_EXPECTED = 5
# Numbers with so few distinct values are categories unless they are told not to be.
MOST_LEVELS = 2


@dataclass(frozen=True, eq=False, repr=False)
class BaselineTable(Result):
    """Characteristics of patients by group.

    Parameters
    ----------
    tests : DataFrame of shape (n_characteristics, 12)
        By characteristic: `kind` ("numeric" or "categorical"), `test`, `reason` why
        that one, `statistic`, `df`, `pvalue`, `n` patients with a value, `missing`,
        `min_expected` count, `note`, `smd`, the standardised difference, and
        `summary`, as what it is printed ("mean", "median" or "count").
    numeric : DataFrame of shape (n_numeric * n_groups, 7)
        By characteristic and group: `n`, `mean`, `sd`, `median`, `q25`, `q75`,
        `missing`.
    counts : DataFrame of shape (n_levels, n_groups)
        By characteristic and level: patients in each group.
    group_sizes : dict of object to int
        Patients in each group.
    missing : DataFrame of shape (n_characteristics, n_groups)
        By characteristic: patients of each group without a value.

    See Also
    --------
    baseline_table : Computes this result.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.clinical import baseline_table
    >>> X = pd.DataFrame({"her2": [1, 1, 0, 0, 0, 1]})
    >>> baseline_table(X, ["R", "R", "R", "N", "N", "N"])
    BaselineTable(1 characteristics, n=6 patients; N: 3, R: 3)
    """

    tests: pd.DataFrame
    numeric: pd.DataFrame
    counts: pd.DataFrame
    group_sizes: dict[Any, int]
    missing: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return what each group has of each characteristic.

        Returns
        -------
        DataFrame of shape (n_rows, 12)
            By characteristic, level ("" for numbers) and group: `n` patients with a
            value, `mean`, `sd`, `count` and `share` of them, `test` and its `pvalue`,
            `median`, `q25`, `q75`, `missing` patients, and `smd` of the
            characteristic.
        """
        rows = {}
        for name, test in self.tests.iterrows():
            about = test[["test", "pvalue", "smd"]].to_dict()
            missing = self.missing.loc[name]
            if test["kind"] == "numeric":
                for group, row in self.numeric.loc[name].iterrows():
                    rows[name, "", group] = row.to_dict() | about
                continue
            part = self.counts.loc[name]
            for level, row in part.iterrows():
                for group, count in row.items():
                    n = part[group].sum()
                    found = {"n": n, "count": count, "share": count / n if n else None}
                    rows[name, level, group] = found | about
                    rows[name, level, group]["missing"] = missing[group]
        names = ["characteristic", "level", "group"]
        frame = pd.DataFrame(list(rows.values()), pd.MultiIndex.from_tuples(rows))
        columns = ["n", "mean", "sd", "count", "share", "test", "pvalue"]
        columns += ["median", "q25", "q75", "missing", "smd"]
        return frame.reindex(columns=columns).rename_axis(names)

    def formatted(
        self,
        *,
        decimals: int = 1,
        labels: Mapping[Any, str] | None = None,
        smd: bool = False,
    ) -> pd.DataFrame:
        """Return the table as it is printed.

        Parameters
        ----------
        decimals : int, default=1
            Decimals of means, medians and percentages.
        labels : dict, default=None
            Texts to print for characteristics, by column, and for levels, by (column,
            level): ``{"er": "ER status", ("er", 1): "positive"}``.
        smd : bool, default=False
            Whether to add the standardised differences.

        Returns
        -------
        DataFrame of shape (n_rows, n_groups + 2)
            A row per numeric characteristic or level: mean ± SD, median [quartiles]
            or count (percent) in each group, p-value and name of the test; where
            values are missing, a row "(missing)" counts them. With `smd`, a column
            more.

        Raises
        ------
        ValueError
            If `labels` name what is not in the table.
        """
        labels = check_labels(labels, self)
        keys, rows = [], []
        for name, test in self.tests.iterrows():
            about = [pvalue(test["pvalue"]), test["test"]]
            about += [number(test["smd"])] * smd
            numeric = test["kind"] == "numeric"
            levels = [""] if numeric else self.counts.loc[name].index
            for level in levels:
                part = self.numeric.loc[name] if numeric else self.counts.loc[name]
                cells = cell_of(part, level, test["summary"], decimals)
                keys.append(label_of(labels, name, level))
                rows.append([*cells, *about])
            if test["missing"]:
                keys.append((label_of(labels, name, "")[0], "(missing)"))
                absent = map(str, self.missing.loc[name])
                rows.append([*absent, *("" for _ in about)])
        groups = [f"{g} (n={n})" for g, n in self.group_sizes.items()]
        index = pd.MultiIndex.from_tuples(keys, names=["characteristic", "level"])
        columns = [*groups, "p", "test", *(["SMD"] * smd)]
        return pd.DataFrame(rows, index=index, columns=columns)

    def __repr__(self) -> str:
        groups = ", ".join(f"{g}: {n}" for g, n in self.group_sizes.items())
        n = patients(sum(self.group_sizes.values()))
        return f"BaselineTable({len(self.tests)} characteristics, {n}; {groups})"


@validate_params(
    {
        "X": [pd.DataFrame],
        "by": ["array-like"],
        "columns": [str, "array-like", None],
        "categorical": [str, "array-like", None],
        "tests": [dict, None],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "least_expected": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def baseline_table(
    X: pd.DataFrame,
    by: ArrayLike,
    *,
    columns: str | Iterable[str] | None = None,
    categorical: str | Iterable[str] | None = None,
    tests: Mapping[str, str] | None = None,
    alpha: float = 0.05,
    least_expected: float = 5,
) -> BaselineTable:
    """Compare the characteristics of two or more groups of patients.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        Characteristics, one row per patient; missing values are left out of their
        own column only, and counted.
    by : array-like of shape (n_patients,)
        Group of each patient, two or more, such as the response.
    columns : str or list of str, default=None
        Columns to compare; None is all that hold numbers, flags or text.
    categorical : str or list of str, default=None
        Numeric columns that are categories, beside those with two distinct values,
        such as a receptor coded 0 and 1. An empty list: no numbers are.
    tests : dict of str to str, default=None
        Test by column, against the rule: "student", "welch", "mann-whitney" or
        "mann-whitney-exact" for numbers in two groups, "anova", "welch-anova" or
        "kruskal-wallis" in more; "pearson", "yates", "likelihood-ratio" or "fisher"
        for categories. A name there also decides what the column is.
    alpha : float, default=0.05
        Level of the rule's own tests, in (0, 1).
    least_expected : float, default=5
        Expected count below which the rule takes Fisher's exact test; 0 is Pearson's
        chi-square throughout, as in the paper.

    Returns
    -------
    table : BaselineTable
        Summaries and tests.

    Raises
    ------
    ValueError
        If lengths differ, `by` has missing values or one group only, a
        column is missing, `categorical` or `tests` name one that is not compared, or a
        test does not fit its column.

    See Also
    --------
    sknac.metrics.subgroup_rates : Rates of a decision by group.

    Notes
    -----
    The rule: numbers by Student's t (analysis of variance with more than two groups)
    if no group departs from normality (Shapiro-Wilk p >= alpha) nor the variances
    from equality (Brown-Forsythe p >= alpha), else by Mann-Whitney (normal
    approximation, continuity and tie corrected) or Kruskal-Wallis; categories by
    Pearson's chi-square without Yates' correction, where an expected count is below
    `least_expected` by Fisher's exact test. Where that would list too many tables, or
    Pearson's was asked for, `note` says so.

    Numbers are printed as mean ± SD; as median [quartiles] where the rule found them
    to depart from normality, or a test of ranks was asked for.

    The standardised difference of numbers is that of the means over the root of the
    mean variance, second group minus first; of two levels that of the last one's
    share; of more levels Yang and Dalton's, which has no sign. With more than two
    groups it is the largest of all pairs. It does not grow with the patients, as
    p-values do: below 0.1 is called balanced by many.

    References
    ----------
    The DLRP paper, European Radiology (Table 2; most of its printed p-values are
    Pearson's, two are likelihood ratios').

    D. Yang, J. E. Dalton, A unified approach to measuring the effect size between two
    groups using SAS, SAS Global Forum, paper 335, 2012.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.clinical import baseline_table
    >>> X = pd.DataFrame({"age": [50, 41, 47, 52, 44, 60, 39, 48],
    ...                   "er": [1, 0, 0, 0, 1, 1, 1, 0]})
    >>> table = baseline_table(X, ["response"] * 4 + ["non-response"] * 4)
    >>> table.tests[["test", "pvalue"]].round(3)
            test  pvalue
    age  student   0.962
    er    fisher   0.486
    """
    rows = Rows(ONE_ROW)
    rows.see("X", X)
    rows.see("by", by)
    check_consistent_length(X, by)
    unique_columns(X, "X")
    by = one_column(by, "by")
    if pd.isna(by).any():
        raise ValueError("by holds missing values; leave those patients out")
    check_groups_of(by, "by")
    groups = in_order(by, "by")
    if len(groups) < 2:
        raise ValueError(f"by must hold two groups or more, got {groups} only")
    if categorical is not None:
        categorical = as_names(categorical, "categorical")
    names = _column_names(X, columns)
    chosen = _check_tests(dict(tests or {}))
    _check_named(names, X, tests=chosen, categorical=categorical or [])
    rows, numeric, counts, missing = {}, {}, {}, {}
    for name in names:
        column = X[name]
        absent = column.isna().to_numpy()
        missing[name] = {g: int(absent[by == g].sum()) for g in groups}
        if _is_numeric(column, name, categorical, chosen):
            column = pd.Series(as_floats(column, f"column {name!r}"))
            parts = [column[by == g] for g in groups]
            numeric |= {
                (name, g): _describe(p) for g, p in zip(groups, parts, strict=True)
            }
            rows[name] = _compare_numbers(name, parts, chosen.get(name), alpha)
        else:
            if name not in chosen and name not in (categorical or ()):
                check_groups_of(column, f"column {name!r}")
            else:
                warn_of_alike(column.dropna().unique(), f"column {name!r}")
            table = _tabulate(column, by, groups)
            counts |= {(name, level): row for level, row in table.iterrows()}
            asked = chosen.get(name)
            rows[name] = _compare_shares(name, table, asked, least_expected)
        rows[name]["missing"] = int(absent.sum())
    return BaselineTable(
        tests=pd.DataFrame.from_dict(rows, orient="index"),
        numeric=_stack(numeric, ("characteristic", "group")),
        counts=_stack(counts, ("characteristic", "level")),
        group_sizes={g: int((by == g).sum()) for g in groups},
        missing=pd.DataFrame.from_dict(missing, orient="index"),
    )


def _column_names(X, columns):
    """Return the columns to compare, checked."""
    if columns is None:
        plain = [name for name in X.columns if _is_plain(X[name])]
        columns = [name for name in plain if X[name].notna().any()]
    names = as_names(columns, "columns")
    _check_present(names, X)
    empty = [name for name in names if X[name].isna().all()]
    if empty:
        raise ValueError(f"the columns {empty} hold no value; leave them out")
    return names


def _check_present(names, X):
    """Raise unless X has these columns."""
    absent = [name for name in names if name not in X.columns]
    if absent:
        raise ValueError(f"X has no column {', '.join(map(str, absent))}; add it")


def _check_named(names, X, **settings):
    """Raise unless settings name columns that are compared."""
    for setting, named in settings.items():
        _check_present(named, X)
        for name in named:
            if name not in names:
                raise ValueError(f"{setting} names {name!r}, which must be in columns")


def _is_plain(column):
    """Tell whether a column holds numbers, flags or text rather than records."""
    return all(pd.api.types.is_scalar(cell) for cell in column)


def _check_tests(tests):
    """Return the tests asked for; raise on unknown ones."""
    for name, test in tests.items():
        if test not in NUMERIC_TESTS + CATEGORICAL_TESTS:
            raise ValueError(
                f"tests[{name!r}]={test!r} is unknown; numbers take one of "
                f"{NUMERIC_TESTS}, categories one of {CATEGORICAL_TESTS}"
            )
    return tests


def _is_numeric(column, name, categorical, chosen):
    """Tell whether a column is compared as numbers."""
    number = pd.api.types.is_numeric_dtype(column)
    number = number and not pd.api.types.is_bool_dtype(column)
    named = categorical is not None and name in categorical
    if name in chosen:
        wanted = chosen[name] in NUMERIC_TESTS
        if wanted and named:
            raise ValueError(
                f"categorical names {name!r} but tests asks for {chosen[name]!r}, a "
                "test of numbers; take it out of one of them"
            )
        if wanted and not number:
            raise ValueError(f"{chosen[name]!r} needs numbers; {name!r} holds none")
        return wanted
    if not number or named:
        return False
    return column.nunique() > MOST_LEVELS or categorical == []


def _describe(values):
    """Return the summary of one group's numbers."""
    known = values.dropna()
    low, middle, high = known.quantile([0.25, 0.5, 0.75])
    return {
        "n": len(known),
        "mean": known.mean(),
        "sd": known.std(),
        "median": middle,
        "q25": low,
        "q75": high,
        "missing": len(values) - len(known),
    }


def _compare_numbers(name, parts, asked, alpha):
    """Return the row of tests of a numeric characteristic."""
    known = [part.dropna().to_numpy() for part in parts]
    if any(len(part) == 0 for part in known):
        raise ValueError(f"column {name!r} has no value in one group; leave it out")
    if asked is None:
        test, reason = choose_numeric(*known, alpha=alpha)
        skewed = reason.startswith(SKEWED)
    else:
        test, reason, skewed = asked, "asked for", asked in RANK_TESTS
    found = _named(name, numeric_test, *known, name=test)
    note = "no spread: the test is undefined" if np.isnan(found.pvalue) else ""
    return _row("numeric", found, reason, sum(map(len, known)), note=note) | {
        "smd": of_numbers(known),
        "summary": "median" if skewed else "mean",
    }


def _compare_shares(name, table, asked, least_expected):
    """Return the row of tests of a categorical characteristic."""
    counts, least, note = table.to_numpy(), np.nan, ""
    reason = "categories" if asked is None else "asked for"
    absent = table.columns[counts.sum(axis=0) == 0].tolist()
    if len(counts) < 2 or absent:
        found = categorical_test(counts[:1], asked or "pearson")
        note = "one level or one group only: the test is undefined"
        if len(table.columns) > 2 and absent:
            note = f"no value in group {absent[0]!r}: the test is undefined"
    else:
        least = expected_counts(counts)
        found = None
        if asked is None and least < least_expected:
            found, note = _try_fisher(counts)
            if found is not None:
                reason = f"expected count below {least_expected:g}"
        if found is None:
            found = _named(name, categorical_test, counts, name=asked or "pearson")
            if least < LEAST_EXPECTED and found.name != "fisher":
                note = note or f"expected count below {LEAST_EXPECTED}"
    return _row("categorical", found, reason, int(counts.sum()), least, note) | {
        "smd": of_counts(counts),
        "summary": "count",
    }


def _try_fisher(counts):
    """Return Fisher's test, or None and why it cannot be had."""
    try:
        return categorical_test(counts, "fisher"), ""
    except ValueError:
        return None, (
            f"expected count below {LEAST_EXPECTED}, too many tables for Fisher's test"
        )


def _named(column, test, *args, name):
    """Run a test; its complaints get the name of the column."""
    try:
        return test(*args, name=name)
    except ValueError as error:
        text = f"column {column!r}: {error}"
        raise ValueError(text) from error


def _row(kind, found, reason, n, least=np.nan, note=""):
    """Return one row of the tests."""
    return {
        "kind": kind,
        "test": found.name,
        "reason": reason,
        "statistic": found.statistic,
        "df": found.df,
        "pvalue": found.pvalue,
        "n": n,
        "missing": 0,
        "min_expected": least,
        "note": note,
    }


def _tabulate(column, by, groups):
    """Return the counts by level and group."""
    table = pd.crosstab(column.to_numpy(), by)
    return table.reindex(columns=groups, fill_value=0)


def _stack(rows, names):
    """Return rows under a two-level index."""
    if not rows:
        return pd.DataFrame()
    frame = pd.DataFrame(list(rows.values()))
    frame.index = pd.MultiIndex.from_tuples(rows, names=names)
    frame.columns.name = None
    return frame
