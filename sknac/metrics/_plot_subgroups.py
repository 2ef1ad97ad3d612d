"""Drawing of rates by subgroup."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics._results import MetricInterval
from sknac.metrics._subgroups import ALL, SubgroupRates, subgroup_rates
from sknac.utils._classes import check_known_labels
from sknac.utils._confusion import RATES
from sknac.utils._responses import label_of
from sknac.utils._rows import same_rows
from sknac.utils._settings import check_options
from sknac.utils._style import open_axes, point_style
from sknac.utils._text import counts, in_line

# Of the upright lines; one for each metric there is.
_DASHES = (":", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), "-")


class SubgroupDisplay:
    """Rates with their intervals, one line per subgroup, and everybody on top.

    Build it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    rates : SubgroupRates
        Rates by factor and level.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    containers_ : dict of str to ErrorbarContainer
        Points and intervals by metric.
    texts_ : list of Text
        The numbers beside them.
    lines_ : list of Line2D
        Everybody's rate, upright, one per metric.

    See Also
    --------
    subgroup_rates : The numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.metrics import SubgroupDisplay
    >>> display = SubgroupDisplay.from_predictions(
    ...     [0, 1, 0, 1], [0, 1, 1, 0], ["TN", "TN", "HER2+", "HER2+"]
    ... )
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['all (n = 4)', 'TN (n = 2)', 'HER2+ (n = 2)']
    """

    def __init__(self, *, rates: SubgroupRates) -> None:
        self.rates = rates

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        by: Any,
        *,
        pos_label: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the rates of a fitted classifier in subgroups.

        Parameters
        ----------
        estimator : estimator instance
            Fitted binary classifier.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in its `predict`.
        y : array-like of shape (n_patients,)
            True labels.
        by : str, list of str, array-like or DataFrame
            Columns of X, or the subgroups themselves as in `subgroup_rates`.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for classes {0, 1} or {-1, 1}, else required.
        **kwargs : dict
            Passed to `from_predictions`.

        Returns
        -------
        SubgroupDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `by` is a name and X has no such column.
        """
        same_rows(X=X, y=y)
        check_known_labels(estimator, y)
        label = label_of(estimator, pos_label)
        by = _columns(X, by)
        predicted = estimator.predict(X)
        return cls.from_predictions(y, predicted, by, pos_label=label, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        by: Any,
        *,
        pos_label: Any = None,
        method: str = "wilson",
        confidence_level: float = 0.95,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the rates of given decisions in subgroups.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True binary labels, one row per patient.
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        by : array-like of shape (n_samples,) or (n_samples, n_factors)
            Subgroup of each patient, as in `subgroup_rates`.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        method : {"wilson", "clopper-pearson", "wald"}, default="wilson"
            The interval.
        confidence_level : float, default=0.95
            Coverage of each interval.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        SubgroupDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the input is not as in `subgroup_rates`.
        """
        with warnings.catch_warnings():
            # Where a rate has no patients, "0/0" is written in its place.
            warnings.filterwarnings(
                "ignore", "Some rates are undefined", UndefinedMetricWarning
            )
            rates = subgroup_rates(
                y_true,
                y_pred,
                by,
                pos_label=pos_label,
                method=method,
                confidence_level=confidence_level,
            )
        return cls(rates=rates).plot(ax, **plot_params)

    def plot(
        self,
        ax: Any = None,
        *,
        metrics: str | Iterable[str] = "accuracy",
        point_kwargs: dict[str, Any] | None = None,
        reference_kwargs: dict[str, Any] | None = None,
        text_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw a line per subgroup and metric, with the counts beside it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        metrics : str or iterable of str, default="accuracy"
            What to draw: "accuracy", "sensitivity", "specificity", "ppv", "npv".
        point_kwargs : dict, default=None
            Passed to `Axes.errorbar`.
        reference_kwargs : dict, default=None
            Passed to `Axes.axvline` for everybody's rate.
        text_kwargs : dict, default=None
            Passed to `Axes.text` for the numbers.

        Returns
        -------
        SubgroupDisplay
            This object, with the artists as attributes.

        Raises
        ------
        ValueError
            If a metric is unknown.
        """
        metrics = check_options(metrics, "metrics", RATES)
        rows = self._rows()
        height = 1.3 + len(rows) * (0.18 + 0.16 * len(metrics))
        ax = open_axes(self, ax, figsize=(7.0, height))
        self.containers_, self.texts_, self.lines_ = {}, [], []
        for number, metric in enumerate(metrics):
            # Several metrics of a subgroup stand below one another in its row.
            shift = (number - (len(metrics) - 1) / 2) * 0.7 / len(metrics)
            style = point_style(number)
            upright = {"color": style["color"], "linestyle": _DASHES[number]}
            self._draw_all(ax, metric, upright | (reference_kwargs or {}))
            self._draw_metric(ax, rows, metric, shift, style | (point_kwargs or {}))
            self._write(ax, rows, metric, shift, text_kwargs or {})
        self._label(ax, rows, metrics)
        return self

    def _rows(self) -> list[tuple[str, MetricInterval | None]]:
        """Return label and rates of each row; a factor's heading has no rates."""
        several = len({factor for factor, _ in self.rates.rates}) > 2
        rows, last = [], ALL
        for (factor, level), found in self.rates.rates.items():
            if several and factor != last:
                rows.append((factor, None))
            last = factor
            rows.append((f"{level} (n = {found.accuracy.total})", found))
        return rows

    def _draw_all(self, ax: Any, metric: str, style: dict[str, Any]) -> None:
        """Draw everybody's rate upright, to compare with."""
        value = getattr(self.rates.rates[ALL, ALL], metric).estimate
        thin = {"linewidth": 1, "zorder": 1}
        self.lines_.append(ax.axvline(value, **(thin | style)))

    def _draw_metric(
        self, ax: Any, rows: list, metric: str, shift: float, style: dict[str, Any]
    ) -> None:
        """Draw the points and intervals of one metric."""
        places = [at + shift for at, (_, found) in enumerate(rows) if found]
        shown = [getattr(found, metric) for _, found in rows if found]
        middle = np.array([x.estimate for x in shown])
        reach = np.array([[x.low for x in shown], [x.high for x in shown]])
        gaps = np.abs(reach - middle)
        look = {"linestyle": "none", "capsize": 3, "label": metric} | style
        self.containers_[metric] = ax.errorbar(middle, places, xerr=gaps, **look)

    def _write(
        self, ax: Any, rows: list, metric: str, shift: float, text_kwargs: dict
    ) -> None:
        """Write counts, rate and interval to the right of each row."""
        style = {"ha": "left", "va": "center", "fontsize": "small"}
        style |= {"transform": ax.get_yaxis_transform()} | text_kwargs
        for at, (_, found) in enumerate(rows):
            if found is not None:
                rate = getattr(found, metric)
                self.texts_.append(ax.text(1.02, at + shift, _spell(rate), **style))

    def _label(self, ax: Any, rows: list, metrics: list[str]) -> None:
        """Write what the rows and the axis are."""
        ax.set_yticks(range(len(rows)), [label for label, _ in rows])
        for tick, (_, found) in zip(ax.get_yticklabels(), rows, strict=True):
            tick.set_fontweight("bold" if found is None else "normal")
        ax.tick_params(axis="y", length=0)
        factors = {factor for factor, _ in self.rates.rates} - {ALL, "subgroup"}
        if len(factors) == 1:  # several have headings
            ax.set_ylabel(*factors)
        ax.set(ylim=(len(rows) - 0.5, -0.5), xlim=(-0.02, 1.02))
        everybody = self.rates.rates[ALL, ALL]
        one, n_pos = everybody.accuracy, everybody.tp + everybody.fn
        interval = f"{100 * one.confidence_level:g} % {one.method.title()} interval"
        named = metrics[0] if len(metrics) == 1 else "rate"
        ax.set_xlabel(
            f"{named} ({interval})\n" + counts(one.total, n_pos, self.rates.pos_label)
        )
        if len(metrics) > 1:
            ax.legend(loc="best", fontsize="small")


def _spell(rate: MetricInterval) -> str:
    """Write count, rate and interval."""
    return f"{rate.count}/{rate.total}  {in_line(rate)}" if rate.total else "0/0"


def _columns(X: Any, by: Any) -> Any:
    """Return the subgroups, looked up in X where they are names of its columns."""
    names = [by] if isinstance(by, str) else by
    known = list(getattr(X, "columns", []))
    if isinstance(by, str) and by not in known:
        raise ValueError(f"X has no column {by!r} to part the patients by; add it")
    is_names = isinstance(names, list) and all(name in known for name in names)
    return X[names] if is_names else by
