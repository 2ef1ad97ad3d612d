"""Drawing of both rates along the threshold."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np

from sknac.decision._curve import weighted_youden_curve
from sknac.utils._answers import answers_of
from sknac.utils._classes import check_known_labels
from sknac.utils._parts import reached
from sknac.utils._rows import same_rows
from sknac.utils._style import SMALL_LEGEND, line_style, open_axes
from sknac.utils._text import counts

RATES = ("sensitivity", "specificity")


class ThresholdCurveDisplay:
    """Sensitivity, specificity and weighted Youden index along the threshold.

    Make it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    curve : ThresholdCurve
        Rates at every threshold that can matter.
    threshold : float or None, default=None
        The cut to mark, such as one chosen on other patients; None is the curve's
        own optimum.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of Line2D
        Sensitivity, specificity and index.
    threshold_line_ : Line2D
        The chosen cut.
    points_ : Line2D
        The three values at the cut.

    See Also
    --------
    weighted_youden_curve : The numbers.
    WeightedYoudenThreshold : Chooses the cut inside cross-validation.

    Notes
    -----
    The index w sensitivity + (1 - w) specificity - 1 lies in [-1, 0]. It is drawn
    plus 1: the weighted mean of the two other curves.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.decision import ThresholdCurveDisplay
    >>> display = ThresholdCurveDisplay.from_predictions(
    ...     [0, 0, 1, 1], [0.25, 0.5, 0.375, 0.75], weight=0.75
    ... )
    >>> display.rates
    {'threshold': 0.3125, 'sensitivity': 1.0, 'specificity': 0.5, 'youden': -0.125}
    """

    def __init__(self, *, curve: Any, threshold: float | None = None) -> None:
        self.curve = curve
        self.threshold = threshold

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curve of a fitted `WeightedYoudenThreshold`.

        Parameters
        ----------
        estimator : WeightedYoudenThreshold
            Fitted classifier, or a pipeline, search or calibration around one.
        X : DataFrame or array-like of shape (n_patients, n_columns), default=None
            Other patients, to see how the chosen cut does on them. None draws the
            scores that the cut was chosen on.
        y : array-like of shape (n_patients,), default=None
            Their true labels.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : ThresholdCurveDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If one of X and y is given without the other.
        """
        if (X is None) != (y is None):
            raise ValueError("X and y must come both, or neither of them")
        if X is not None:
            same_rows(X=X, y=y)
        estimator, X = reached(estimator, X, "curve_", "WeightedYoudenThreshold")
        if X is None:
            return cls(curve=estimator.curve_).plot(ax=ax, **kwargs)
        check_known_labels(estimator, y)
        label = np.asarray(estimator.pos_label_).item()
        index = list(estimator.classes_).index(label)
        curve = weighted_youden_curve(
            y,
            answers_of(estimator, X).shown(index)[0],
            weight=estimator.curve_.weight,  # of the fit that chose the cut
            pos_label=label,
        )
        return cls(curve=curve, threshold=estimator.threshold_).plot(ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        weight: float,
        pos_label: Any = None,
        threshold: float | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curve of given scores.

        Parameters
        ----------
        y_true : array-like of shape (n_patients,)
            True labels, two classes.
        y_score : array-like of shape (n_patients,)
            Scores; higher means likelier to be positive.
        weight : float
            Share of sensitivity in the index, in (0, 1).
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        threshold : float, default=None
            The cut to mark; None is the optimum of these scores.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : ThresholdCurveDisplay
            The drawn display.
        """
        curve = weighted_youden_curve(
            y_true, y_score, weight=weight, pos_label=pos_label
        )
        return cls(curve=curve, threshold=threshold).plot(ax=ax, **kwargs)

    @property
    def rates(self) -> dict[str, float]:
        """Threshold, sensitivity, specificity and index at the marked cut."""
        marked = self.curve.threshold if self.threshold is None else self.threshold
        return self.curve.at(marked)

    def plot(
        self,
        ax: Any = None,
        *,
        line_kwargs: Any = None,
        reference_kwargs: Any = None,
        point_kwargs: Any = None,
    ) -> Self:
        """Draw the three curves and the cut.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        line_kwargs : dict, default=None
            Passed to `Axes.step` for the curves.
        reference_kwargs : dict, default=None
            Passed to `Axes.axvline` for the cut.
        point_kwargs : dict, default=None
            Passed to `Axes.plot` for the points on the cut.

        Returns
        -------
        display : ThresholdCurveDisplay
            This display.
        """
        ax = open_axes(self, ax)
        self._draw_curves(ax, line_kwargs or {})
        self._draw_cut(ax, reference_kwargs or {}, point_kwargs or {})
        # Room for the legend above the curves, which run through every corner.
        ax.set(xlabel="threshold", ylabel="rate", ylim=(-0.02, 1.36))
        ax.set_yticks(np.linspace(0, 1, 6))
        curve = self.curve
        about = counts(curve.n, curve.n_pos, curve.pos_label)
        ax.legend(loc="upper left", title=about, ncols=2, **SMALL_LEGEND)
        return self

    def _draw_curves(self, ax, line_kwargs):
        """Draw the rates as the steps that they are: they change at the scores."""
        at = self.rates
        weight = f"w = {self.curve.weight:g}"
        named = {name: f"{name} {at[name]:.2f}" for name in RATES}
        named["youden"] = f"weighted Youden + 1 ({weight}) {at['youden'] + 1:.2f}"
        edges = _edges(self.curve.scores, at["threshold"])
        self.lines_ = []
        for number, (name, label) in enumerate(named.items()):
            values = getattr(self.curve, name) + (name == "youden")
            # Left of a score, it included, the rates of the threshold before it hold.
            values = np.concatenate([values[:1], values])
            style = line_style(number) | {"label": label} | line_kwargs
            self.lines_ += ax.step(edges, values, where="pre", **style)

    def _draw_cut(self, ax, reference_kwargs, point_kwargs):
        """Mark the cut and what the curves are there."""
        at = self.rates
        style = {"color": "0.3", "linewidth": 1, "linestyle": (0, (1, 1))}
        style |= {"label": f"threshold {at['threshold']:.3g}"} | reference_kwargs
        self.threshold_line_ = ax.axvline(at["threshold"], **style)
        heights = [at["sensitivity"], at["specificity"], at["youden"] + 1]
        style = {"color": "black", "marker": "o", "markersize": 4, "linestyle": ""}
        style |= point_kwargs
        (self.points_,) = ax.plot(3 * [at["threshold"]], heights, **style)


def _edges(scores, threshold):
    """Return where the steps end: at the scores, and a little beyond both ends."""
    low, high = min(scores[0], threshold), max(scores[-1], threshold)
    room = 0.03 * (high - low) or 1.0
    return np.concatenate([[low - room], scores, [high + room]])
