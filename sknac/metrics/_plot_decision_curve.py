"""Drawing of decision curves."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np

from sknac.metrics._decision_curve import TREAT_ALL, DecisionCurve, decision_curve
from sknac.utils._responses import responses_by_name
from sknac.utils._settings import check_option
from sknac.utils._style import SMALL_LEGEND, line_style, open_axes
from sknac.utils._text import counts


class DecisionCurveDisplay:
    """Net benefit of models beside that of calling everybody or nobody positive.

    Build it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    curve : DecisionCurve
        The curves.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of Line2D
        The models' curves.
    bands_ : list of artists
        Their pointwise bounds; empty if none were drawn.
    corrected_lines_ : list of Line2D
        Curves corrected for optimism, of the models for which it was given.
    all_line_, none_line_ : Line2D
        Everybody and nobody positive; of differences both are the line of none.

    See Also
    --------
    decision_curve : The numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.metrics import DecisionCurveDisplay
    >>> display = DecisionCurveDisplay.from_predictions(
    ...     [0, 0, 0, 1, 1], [0.1, 0.3, 0.6, 0.5, 0.9], name="DLR-2"
    ... )
    >>> [line.get_label() for line in display.ax_.lines]
    ['everybody as 1', 'nobody as 1', 'DLR-2']
    """

    def __init__(self, *, curve: DecisionCurve) -> None:
        self.curve = curve

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        pos_label: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves of one or several fitted classifiers.

        Parameters
        ----------
        estimator : estimator instance or dict of str to estimator instance
            Fitted binary classifier with `predict_proba`, or several by name.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in their `predict`.
        y : array-like of shape (n_patients,)
            True labels.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for classes {0, 1} or {-1, 1}, else required.
        name : str, default=None
            Name of a single classifier; None is that of its class.
        **kwargs : dict
            Passed to `from_predictions`.

        Returns
        -------
        DecisionCurveDisplay
            The display, drawn.
        """
        named = {"name": name, "groups": kwargs.get("groups")}
        probs, label = responses_by_name(
            estimator, X, y, "predict_proba", pos_label, **named
        )
        return cls.from_predictions(y, probs, pos_label=label, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Any,
        *,
        pos_label: Any = None,
        thresholds: Any = None,
        groups: Any = None,
        name: str = "model",
        standardised: bool = False,
        confidence_level: float = 0.95,
        optimism: Any = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the curves of one or several predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True binary labels.
        y_prob : array-like of shape (n_samples,), or dict or DataFrame of such
            Probabilities of the positive class, or several by name.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        thresholds : array-like of shape (n_thresholds,), default=None
            Threshold probabilities in [0, 1); None is 0.01, 0.02, ..., 0.99.
        groups : array-like of shape (n_samples,), default=None
            Patient of each row, where patients have several rows.
        name : str, default="model"
            Name of a single model.
        standardised : bool, default=False
            Whether to divide by the share of positives.
        confidence_level : float, default=0.95
            Pointwise coverage of the bands.
        optimism : OptimismResult or dict of str to OptimismResult, default=None
            What `sknac.metrics.optimism` says of the "net_benefit" of a model that was
            fitted to these patients, by name where there are several; its curve is
            drawn beside the apparent one.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        DecisionCurveDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the input is not as in `decision_curve`.
        """
        curve = decision_curve(
            y_true,
            y_prob,
            pos_label=pos_label,
            thresholds=thresholds,
            groups=groups,
            name=name,
            standardised=standardised,
            confidence_level=confidence_level,
            optimism=optimism,
        )
        return cls(curve=curve).plot(ax, **plot_params)

    def plot(
        self,
        ax: Any = None,
        *,
        versus: str | None = None,
        plot_band: bool = True,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
        reference_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        versus : str, default=None
            Draw the differences to "treat all", or to this model, in place of the net
            benefits; of the models before it in the order they were given.
        plot_band : bool, default=True
            Whether to draw the pointwise bounds; there are none where fewer than ten
            patients are acted on, or treated differently. Of a model that is corrected
            for optimism they are those of the corrected curve, and of its difference
            to another rule there are none.
        line_kwargs, band_kwargs, reference_kwargs : dict, default=None
            Passed to matplotlib for curves, bands, and the two lines of everybody
            and nobody positive.

        Returns
        -------
        DecisionCurveDisplay
            This object, with the artists as attributes.
        """
        shown = self._curves(versus)
        ax = open_axes(self, ax)
        self._draw_references(ax, reference_kwargs or {}, versus)
        self.lines_, self.bands_, self.corrected_lines_ = [], [], []
        for number, (name, curve) in enumerate(shown.items()):
            style = line_style(number) | {"label": name} | (line_kwargs or {})
            self.lines_ += ax.plot(self.curve.thresholds, curve[0], **style)
            if found := self._corrected(name, versus):
                self._draw_corrected(ax, name, found, style)
                curve = found
            if plot_band:
                self._draw_band(ax, curve, band_kwargs or {})
        label, cuts = self.curve.pos_label, self.curve.thresholds
        top = 1.0 if self.curve.standardised else self.curve.n_pos / self.curve.n
        if versus is None:
            # Treating all falls without bound: what lies far below 0 is of no use.
            ax.set_ylim(-0.35 * top, 1.15 * top)
        else:
            ax.set_ylim(-0.75 * top, 0.75 * top)
        if cuts[0] < cuts[-1]:
            ax.set_xlim(cuts[0], cuts[-1])
        what = "standardised net benefit" if self.curve.standardised else "net benefit"
        what += "" if versus is None else f", less that of {versus}"
        ax.set(xlabel=f"threshold probability of {label}", ylabel=what)
        about = counts(self.curve.n, self.curve.n_pos, label, self.curve.n_groups)
        ax.legend(loc="best", title=about, **SMALL_LEGEND)
        return self

    def _curves(self, versus: str | None) -> dict[str, tuple]:
        """Return values and bounds by the name in the legend."""
        found = self.curve
        if versus is None:
            curves = (found.net_benefit, found.low, found.high)
            return {name: tuple(x[name] for x in curves) for name in found.net_benefit}
        table = found.differences
        check_option(versus, "versus", dict.fromkeys(table["other"]))
        parts = table[table["other"] == versus].groupby("model", sort=False)
        names = ("difference", "low", "high")
        return {
            model: tuple(part[name].to_numpy() for name in names)
            for model, part in parts
        }

    def _corrected(self, name: str, versus: str | None) -> tuple | None:
        """Return a corrected curve and its bounds, or its distance to another rule's.

        Distances have no bounds: the optimism of a pair is not known.
        """
        found = self.curve.corrected.get(name)
        if found is None:
            return None
        curve = np.array([found.net_benefit, found.low, found.high])
        if versus == TREAT_ALL:
            curve[0] -= self.curve.treat_all
            curve[1:] = np.nan
        elif versus in self.curve.corrected:
            curve[0] -= self.curve.corrected[versus].net_benefit
            curve[1:] = np.nan
        elif versus is not None:
            return None
        return tuple(curve)

    def _draw_corrected(
        self, ax: Any, name: str, curve: tuple, style: dict[str, Any]
    ) -> None:
        """Draw a corrected curve beside the apparent one, which was drawn last."""
        self.lines_[-1].set(label=f"{name}, apparent", alpha=0.5)
        style = style | {"label": f"{name}, {self.curve.corrected[name]}"}
        style |= {"marker": ".", "linewidth": 1.0}
        self.corrected_lines_ += ax.plot(self.curve.thresholds, curve[0], **style)

    def _draw_references(
        self, ax: Any, reference_kwargs: dict[str, Any], versus: str | None
    ) -> None:
        """Draw everybody and nobody positive, or the line of no difference."""
        label, cuts = self.curve.pos_label, self.curve.thresholds
        drawn = (
            (f"everybody as {label}", self.curve.treat_all, (0, (1, 1))),
            (f"nobody as {label}", 0 * cuts, "-"),
        )
        if versus is not None:
            drawn = ((f"as {versus}", 0 * cuts, "-"),)
        lines = []
        for name, values, dash in drawn:
            style = {"color": "0.5", "linewidth": 1, "linestyle": dash}
            lines += ax.plot(
                cuts, values, **(style | {"label": name, **reference_kwargs})
            )
        self.all_line_, self.none_line_ = lines[0], lines[-1]

    def _draw_band(self, ax: Any, curve: tuple, band_kwargs: dict[str, Any]) -> None:
        """Shade the bounds of the curve drawn last."""
        style = {"color": self.lines_[-1].get_color(), "alpha": 0.12, "linewidth": 0}
        bounds = (self.curve.thresholds, curve[1], curve[2])
        self.bands_.append(ax.fill_between(*bounds, **(style | band_kwargs)))
