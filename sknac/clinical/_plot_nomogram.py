"""Drawing of nomograms."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np

from sknac.clinical._nomogram import LONGEST, nomogram_of
from sknac.utils._style import DARK, open_axes
from sknac.utils._text import patients

# Least distance of two ticks, and room of a letter, in points of the longest axis.
_APART, _PER_LETTER = 7.0, 1.2
_LOW = np.array([0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4])
_PROBABILITIES = np.concatenate([_LOW, [0.5], 1 - _LOW[::-1]]).round(3)


class NomogramDisplay:
    """A logistic model as axes to read by hand: points, their sum, the probability.

    Make it with `from_estimator`.

    Parameters
    ----------
    nomogram : Nomogram
        Points of each column, and what their sum says.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : dict of str to Line2D
        The axes: "points", one by column, "total points" and "probability".
    ticks_ : dict of str to Line2D
        Their ticks.
    labels_ : dict of str to list of Text
        Labels of the ticks, in the same order.

    See Also
    --------
    StepwiseLogisticRegression : A model that can be drawn.
    sknac.metrics.optimism : What its probabilities are worth in new patients.

    Notes
    -----
    The points of a column are what it adds to the log-odds, from its lowest
    contribution, in hundredths of the longest axis; the sum of a patient's points is on
    the axis of probabilities where the model's own prediction lies, to 1e-9. That is
    checked on the patients given, one column at a time, by pairs and in all, whatever
    the steps of a pipeline are: what is no sum over its columns (interactions, trees)
    or no straight line of a number (splines, squares) is refused.

    A nomogram shows the fitted model and says nothing of how well it predicts: print
    its optimism and calibration beside it.

    References
    ----------
    F. E. Harrell, Regression Modeling Strategies, 2nd edition, Springer, 2015
    (section 5.3).

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknac.clinical import NomogramDisplay, StepwiseLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean texture", "mean smoothness"]]
    >>> model = StepwiseLogisticRegression().fit(X, y)
    >>> display = NomogramDisplay.from_estimator(model, X)
    >>> display.nomogram
    Nomogram(2 terms, pos_label=1, n=569 patients)
    """

    def __init__(self, *, nomogram: Any) -> None:
        self.nomogram = nomogram

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        pos_label: Any = None,
        categories: Any = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a fitted logistic model.

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier of two classes with `predict_proba`, whose log-odds are a
            sum over the columns of X: `StepwiseLogisticRegression`, scikit-learn's
            `LogisticRegression`, a threshold around one, or a pipeline that scales,
            imputes or encodes before it.
        X : DataFrame of shape (n_patients, n_columns)
            Patients who show the range of values, such as those of the fit.
        pos_label : int, float, bool or str, default=None
            The class whose probability is read off; 1 for classes {0, 1} or {-1, 1},
            else required.
        categories : list of str, default=None
            Columns whose numbers are classes; those of text, and of at most two
            values, are in any case.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : NomogramDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If X is no table of numbers and classes, the classifier has not two
            classes or no `predict_proba`, its log-odds are infinite, no straight line
            of a number or no sum over the columns, or it uses none of them.
        """
        found = nomogram_of(estimator, X, pos_label, categories)
        return cls(nomogram=found).plot(ax=ax, **kwargs)

    def plot(
        self, ax: Any = None, *, line_kwargs: Any = None, text_kwargs: Any = None
    ) -> Self:
        """Draw the axes from top to bottom.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure as high as the axes need.
        line_kwargs : dict, default=None
            Passed to the lines of the axes, as in `Axes.plot`.
        text_kwargs : dict, default=None
            Passed to names and tick labels, as in `Axes.text`.

        Returns
        -------
        display : NomogramDisplay
            This display.
        """
        found = self.nomogram
        axes = self._axes()
        ax = open_axes(self, ax, figsize=(9.0, 0.9 + 0.6 * len(axes)))
        self.lines_, self.ticks_, self.labels_ = {}, {}, {}
        line = {"color": DARK, "linewidth": 1} | (line_kwargs or {})
        # A name may hold a dollar sign.
        text = {"fontsize": "small", "parse_math": False} | (text_kwargs or {})
        for row, (key, (name, ends, at, labels)) in enumerate(axes.items()):
            (self.lines_[key],) = ax.plot(ends, [-row, -row], **line)
            (self.ticks_[key],) = ax.plot(
                at, np.full(len(at), -row), "|", color=self.lines_[key].get_color()
            )
            ax.text(-4, -row, name, ha="right", va="center", **text)
            self.labels_[key] = [
                ax.text(x, place - row, label, ha="center", va=va, **text)
                for x, label, (place, va) in zip(
                    at, labels, _places(at, labels), strict=True
                )
            ]
        about = patients(found.n).replace("=", " = ")
        about = f"{about}, whose values are the axes' ends{self._only()}"
        ax.text(0, 0.7 - len(axes), about, va="top", **text)
        ax.set(xlim=(-30, LONGEST + 3), ylim=(0.2 - len(axes), 0.6))
        ax.axis("off")
        return self

    def _axes(self):
        """Return by axis its name, its ends, the places of its ticks, their labels."""
        found, whole = self.nomogram, (0.0, LONGEST)
        at = np.linspace(*whole, 11)
        axes = {"points": ("points", whole, at, [f"{x:g}" for x in at])}
        for term, scale in found.scales.groupby("term", sort=False):
            if len(scale) > 1:
                ends = 0.0, scale["points"].max()
                axes[str(term)] = (str(term), ends, *_ticks(scale))
        most = found.most_points
        totals, labels = _even(0.0, most, 11)
        axes["total points"] = "total points", whole, totals * LONGEST / most, labels
        at = found.points_at(_PROBABILITIES) * LONGEST / most
        kept = _spaced(at)
        labels = [f"{x:g}" for x in _PROBABILITIES[kept]]
        name = f"probability of {found.pos_label}"
        axes["probability"] = name, whole, at[kept], labels
        return axes

    def _only(self):
        """Say which columns have one value in all of the patients."""
        parts = self.nomogram.scales.groupby("term", sort=False)
        alone = [
            f"{term} = {part['value'].iloc[0]}"
            for term, part in parts
            if len(part) == 1
        ]
        return f"; only for {', '.join(alone)}" if alone else ""


def _ticks(scale):
    """Return the places of a term's ticks and their labels."""
    values, points = scale["value"].tolist(), scale["points"].to_numpy()
    if scale["kind"].iloc[0] == "class":
        order = np.argsort(points, kind="stable")
        return points[order], [_written(values[i]) for i in order]
    low, high = map(float, values)
    ticks, labels = _even(low, high, max(2, int(np.ptp(points) / _APART)))
    return np.interp(ticks, [low, high], points), labels


def _written(value):
    """Write a class."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _even(low, high, most):
    """Return at most so many round numbers from `low` to `high`, or both ends."""
    least = (high - low) / (most - 1)
    size = 10.0 ** np.floor(np.log10(least))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= least * (1 - 1e-9))
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    ticks = np.arange(first, last + 1) * step + 0.0  # no -0
    if len(ticks) < 2:
        ticks = np.array([low, high])
    return ticks, [f"{x:.6g}" for x in ticks]


def _spaced(at):
    """Return which probabilities on the axis are kept, the roundest first."""
    rank = {0.5: 0, 0.1: 1, 0.9: 1, 0.2: 2, 0.8: 2, 0.01: 2, 0.99: 2}
    inside = np.flatnonzero((at >= 0) & (at <= LONGEST))
    kept = []
    for i in sorted(inside, key=lambda i: rank.get(float(_PROBABILITIES[i]), 3)):
        if all(abs(at[i] - at[j]) >= _APART / 1.5 for j in kept):
            kept.append(i)
    return np.sort(np.array(kept, dtype=int))


def _places(at, labels):
    """Return height and alignment of each label: the nearest where it is free."""
    free = dict.fromkeys([0.14, -0.14, 0.34, -0.34], -np.inf)
    found = {}
    for i in np.argsort(at, kind="stable").tolist():
        half = _PER_LETTER * (len(labels[i]) + 1) / 2
        fits = [place for place, end in free.items() if end <= at[i] - half]
        place = fits[0] if fits else min(free, key=free.get)
        free[place] = at[i] + half
        found[i] = place, "bottom" if place > 0 else "top"
    return [found[i] for i in range(len(labels))]
