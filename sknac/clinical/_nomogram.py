"""Points of a nomogram: a model's log-odds as a sum, one column at a time."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.utils.validation import check_is_fitted

from sknac.clinical._terms import is_text
from sknac.utils._frames import as_names, as_pandas, unique_columns
from sknac.utils._labels import raise_first, shown
from sknac.utils._responses import label_of
from sknac.utils._result import Result
from sknac.utils._text import patients

LONGEST = 100.0  # points of the longest axis
# What rounding may add to log-odds, against the largest of them; what an unused column
# may, against the longest axis; how near the model's probabilities a sum must come.
ROUNDING, NOTHING, NEAR = 1e-6, 1e-11, 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Nomogram(Result):
    """Points of each column of a model, and what their sum says.

    Parameters
    ----------
    scales : DataFrame of shape (n_values, 4)
        `term` (a column of X), `kind` ("number" or "class"), `value` and its `points`:
        of a number both ends, between and beyond which points lie on a straight line;
        of a class each level.
    log_odds_at_zero : float
        Log-odds of `pos_label` of a patient with 0 points.
    log_odds_per_point : float
        What each point adds to them.
    pos_label : int, float, bool or str
        The class whose probability is read off.
    n : int
        Patients whose values give the axes their ends.
    unused : list of str
        Columns that change nothing, such as those that a selection left out.

    See Also
    --------
    NomogramDisplay : Computes and draws it.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknac.clinical import NomogramDisplay, StepwiseLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean texture", "mean smoothness"]]
    >>> model = StepwiseLogisticRegression().fit(X, y)
    >>> found = NomogramDisplay.from_estimator(model, X).nomogram
    >>> points = found.points(X[:1])
    >>> points.round(1).to_dict("records")
    [{'mean texture': 95.4, 'mean smoothness': 40.6}]
    >>> said = found.probability(points.sum(axis=1)), model.predict_proba(X[:1])[:, 1]
    >>> bool(abs(said[0] - said[1])[0] < 1e-9)
    True
    """

    scales: pd.DataFrame
    log_odds_at_zero: float
    log_odds_per_point: float
    pos_label: Any
    n: int
    unused: list[str]

    @property
    def terms(self) -> list[Any]:
        """Columns with an axis, and those of one value, in the order of X."""
        return list(dict.fromkeys(self.scales["term"]))

    @property
    def most_points(self) -> float:
        """The largest sum of points within the axes."""
        return float(self.scales.groupby("term", sort=False)["points"].max().sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the points as a table.

        Returns
        -------
        DataFrame of shape (n_values, 4)
            A copy of `scales`.
        """
        return self.scales.copy()

    def points(self, X: Any) -> pd.DataFrame:
        """Return the points of patients.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Their values; beyond the ends of an axis points are below 0, or more than
            there are on it.

        Returns
        -------
        DataFrame of shape (n_patients, n_terms)
            Points by column; their sum goes to `probability`.

        Raises
        ------
        ValueError
            If a column is absent, a value is missing, or a class has no point.
        """
        table = _check_table(X)
        absent = [term for term in self.terms if term not in table]
        if absent:
            raise ValueError(f"X lacks the columns {absent}; give those of the model")
        parts = self.scales.groupby("term", sort=False)
        found = {term: _points_of(table[term], part) for term, part in parts}
        return pd.DataFrame(found, index=table.index)

    def probability(self, total: Any) -> np.ndarray:
        """Return what sums of points say.

        Parameters
        ----------
        total : array-like of shape (n_patients,)
            Sums of points.

        Returns
        -------
        ndarray of shape (n_patients,)
            Probabilities of `pos_label`.
        """
        total = np.asarray(total, dtype=float)
        return expit(self.log_odds_at_zero + self.log_odds_per_point * total)

    def points_at(self, probability: Any) -> np.ndarray:
        """Return the sums of points at which probabilities are reached.

        Parameters
        ----------
        probability : array-like of shape (n_probabilities,)
            Probabilities of `pos_label`, in (0, 1).

        Returns
        -------
        ndarray of shape (n_probabilities,)
            Sums of points.
        """
        odds = logit(np.asarray(probability, dtype=float))
        return (odds - self.log_odds_at_zero) / self.log_odds_per_point

    def __repr__(self) -> str:
        return f"Nomogram({len(self.terms)} terms, {self._about()}, {patients(self.n)})"


def nomogram_of(estimator: Any, X: Any, pos_label: Any, categories: Any) -> Nomogram:
    """Return the points of a fitted model; refuse one that is no sum of its columns."""
    check_is_fitted(estimator)
    table = _check_table(X)
    model = _LogOdds(estimator, table, label_of(estimator, pos_label))
    scales = _values(table, categories)
    base = {name: values[0] for name, (_, values) in scales.items()}
    changes = [{name: v} for name, (_, values) in scales.items() for v in values]
    odds = model.of_changes(base, [{}, *changes])
    ends = np.cumsum([len(values) for _, values in scales.values()])[:-1]
    gains = dict(zip(scales, np.split(odds[1:] - odds[0], ends), strict=True))
    slack = ROUNDING * max(1.0, np.abs(odds).max())
    for name, (kind, values) in scales.items():
        if kind == "number":
            _require_a_line(name, values, gains[name], slack)
    _require_sums(model, base, odds[0], gains, scales, slack)
    spans = {name: np.ptp(gain) for name, gain in gains.items()}
    longest = max(spans.values())
    if longest <= slack:
        raise ValueError(
            "the model uses none of the columns of X; there is nothing to add up"
        )
    used = {
        name: scale
        for name, scale in scales.items()
        if spans[name] > NOTHING * longest or len(scale[1]) == 1
    }
    unit = longest / LONGEST
    parts = [_rows(name, *used[name], gains[name] / unit) for name in used]
    found = Nomogram(
        scales=pd.concat(parts, ignore_index=True),
        log_odds_at_zero=float(odds[0] + sum(gain.min() for gain in gains.values())),
        log_odds_per_point=float(unit),
        pos_label=model.pos_label,
        n=len(table),
        unused=[str(name) for name in scales if name not in used],
    )
    _compare(found, model)
    return found


class _LogOdds:
    """Log-odds that a fitted model gives to rows like those of a table."""

    def __init__(self, estimator: Any, table: pd.DataFrame, pos_label: Any) -> None:
        self.estimator, self.table, self.pos_label = estimator, table, pos_label
        classes = np.asarray(getattr(estimator, "classes_", ())).tolist()
        if not hasattr(estimator, "predict_proba") or len(classes) != 2:
            raise ValueError(
                "estimator must be a classifier of two classes with predict_proba, "
                f"got {type(estimator).__name__}"
            )
        if pos_label not in classes:
            raise ValueError(f"pos_label must be one of {classes}, got {pos_label!r}")
        self.at = classes.index(pos_label)

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        prob = self.estimator.predict_proba(rows)
        if hasattr(self.estimator, "decision_function"):
            # Of a logistic model it is the log-odds, with digits that probabilities
            # near 1 have lost; a threshold's has another zero.
            odds = np.asarray(self.estimator.decision_function(rows), dtype=float)
            if np.allclose(expit(odds), prob[:, 1], rtol=0, atol=1e-12):
                return odds if self.at else -odds
        with np.errstate(divide="ignore"):
            odds = logit(prob[:, self.at].astype(float))
        if not np.isfinite(odds).all():
            raise ValueError(
                "the model predicts probabilities of 0 or 1, whose log-odds are "
                "infinite; take fewer predictors or a penalty"
            )
        return odds

    def of_changes(self, base: dict[Any, Any], changes: list[dict]) -> np.ndarray:
        """Return those of a patient who has `base` but for some columns."""
        columns = {
            name: pd.Series([c.get(name, base[name]) for c in changes], dtype=x.dtype)
            for name, x in self.table.items()
        }
        return self(pd.DataFrame(columns))


def _check_table(X: Any) -> pd.DataFrame:
    """Return X as a table whose columns name the axes."""
    X = as_pandas(X)
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"X must be a DataFrame, whose columns name the axes, got {shown(X)}"
        )
    unique_columns(X, "X")
    if X.empty:
        raise ValueError("X is empty; give the patients who show the range of values")
    return X


def _values(table: pd.DataFrame, categories: Any) -> dict[Any, tuple[str, list]]:
    """Return by column its kind and some observed values, or all of its classes."""
    named = as_names(categories or [], "categories")
    if absent := [name for name in named if name not in table]:
        raise ValueError(f"categories names {absent}, which must be columns of X")
    return {name: _observed(x, name, name in named) for name, x in table.items()}


def _observed(column: pd.Series, name: Any, is_class: bool) -> tuple[str, list]:
    """Return the kind of a column and its values, the lowest first."""
    present = column.dropna()
    if present.empty:
        raise ValueError(f"X column {name!r} has no value; leave it out of the model")
    if isinstance(column.dtype, pd.CategoricalDtype):
        seen = set(present)
        return "class", [x for x in column.cat.categories if x in seen]
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    if not numeric and not is_text(column):
        raise ValueError(
            f"X column {name!r} must hold numbers or classes, got "
            f"{shown(present.iloc[0])}; give the columns of the clinical model alone"
        )
    levels = sorted(present.unique().tolist())
    if is_class or not numeric or len(levels) <= 2:
        return "class", levels
    at = np.linspace(0, len(levels) - 1, 5).round().astype(int)
    return "number", [levels[i] for i in dict.fromkeys(at.tolist())]


def _require_a_line(name: Any, values: list, gain: np.ndarray, slack: float) -> None:
    """Raise where a number's axis would not be even."""
    at = np.asarray(values, dtype=float)
    line = gain[0] + (gain[-1] - gain[0]) * (at - at[0]) / (at[-1] - at[0])
    if np.abs(gain - line).max() > slack:
        raise ValueError(
            f"the log-odds are no straight line of {name!r}; make classes of it, or "
            "name it in categories where its numbers are classes"
        )


def _require_sums(model, base, start, gains, scales, slack):
    """Raise where two columns act together: no two axes would add up."""
    ends = {name: len(gain) - 1 for name, gain in gains.items() if len(gain) > 1}
    pairs = list(combinations(ends, 2))
    both = [{name: scales[name][1][ends[name]] for name in pair} for pair in pairs]
    if not pairs:
        return
    found = model.of_changes(base, both)
    for (a, b), odds in zip(pairs, found, strict=True):
        if abs(odds - start - gains[a][ends[a]] - gains[b][ends[b]]) > slack:
            raise ValueError(
                f"the columns {a!r} and {b!r} act together: what one adds depends on "
                "the other, and points cannot be summed; leave their interaction out"
            )


def _rows(name: Any, kind: str, values: list, points: np.ndarray) -> pd.DataFrame:
    """Return the scale of one column: both ends of a number, each class."""
    kept = slice(None) if kind == "class" else slice(None, None, len(values) - 1)
    points = points - points.min()
    shown = pd.Series(values[kept], dtype=object)
    return pd.DataFrame(
        {"term": name, "kind": kind, "value": shown, "points": points[kept]}
    )


def _points_of(column: pd.Series, scale: pd.DataFrame) -> np.ndarray:
    """Return the points of one column's values."""
    name, index = scale["term"].iloc[0], column.index
    missing = column.isna().to_numpy()
    what = f"column {name!r} is missing; impute it, or leave the patient out"
    raise_first(missing, what, index)
    ends, points = scale["value"].tolist(), scale["points"].to_numpy()
    if scale["kind"].iloc[0] == "class":
        known = dict(zip(ends, points, strict=True))
        strange = np.array([value not in known for value in column])
        what = f"column {name!r} must be one of {ends}"
        raise_first(strange, what, index)
        return np.array([known[value] for value in column])
    values = column.to_numpy(dtype=float)
    return points[0] + (points[1] - points[0]) * (values - ends[0]) / (
        ends[1] - ends[0]
    )


def _compare(found: Nomogram, model: _LogOdds) -> None:
    """Raise where the sums of points of the patients are not what the model says."""
    complete = model.table.dropna()
    if complete.empty:
        return
    said = found.probability(found.points(complete).sum(axis=1))
    wrong = np.abs(said - expit(model(complete))) > NEAR
    raise_first(
        wrong,
        "the model's log-odds are no sum over the columns of X; a nomogram takes a "
        "logistic model without interactions or curves",
        complete.index,
    )
