"""Drawing of areas and rates side by side: cohorts, models or subgroups."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from sknac.metrics._cv_rates import CVRates
from sknac.metrics._proportions import ConfusionRates
from sknac.metrics._results import CVInterval, MetricInterval
from sknac.metrics._subgroups import ALL, SubgroupRates
from sknac.metrics._tables import PerformanceTable
from sknac.utils._settings import as_number, check_options
from sknac.utils._style import open_axes, point_style
from sknac.utils._text import ABSENT, in_line

_NAMES = {"roc_auc": "area under the ROC curve", "ppv": "PPV", "npv": "NPV"}
# Area of a square, in square points, of the row with the most patients, and the least.
_LARGEST, _SMALLEST = 90.0, 12.0

Row = dict[str, MetricInterval]


class ForestDisplay:
    """Estimates with their intervals, one line per cohort, model or subgroup.

    Build it with `from_results`. Nothing is pooled over the rows: cohorts differ by
    more than chance, and one number for all of them needs a reason.

    Parameters
    ----------
    rows : dict of str or (str, str) to dict of str to MetricInterval
        Estimates by row and metric. The first of a pair of names is a heading, which
        the rows that follow share.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    intervals_ : dict of str to ErrorbarContainer
        The intervals by metric.
    points_ : dict of str to PathCollection
        The estimates by metric; their area grows with the number of patients.
    texts_ : list of Text
        The numbers beside them.
    reference_line_ : Line2D or None
        The upright line.

    See Also
    --------
    performance_table : Areas and rates of one cohort.
    SubgroupDisplay : Subgroups of one cohort, everybody's rate upright.

    References
    ----------
    S. Lewis, M. Clarke, Forest plots: trying to see the wood and the trees, BMJ
    322:1479-1480, 2001.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.metrics import ForestDisplay, auc_ci
    >>> y, better, worse = [0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [1, 5, 3, 2, 4, 6]
    >>> cohorts = {"Hospital A": auc_ci(y, better), "Hospital B": auc_ci(y, worse)}
    >>> display = ForestDisplay.from_results(cohorts)
    >>> [text.get_text() for text in display.texts_]
    ['0.89 [0.26, 0.99]', '0.67 [0.15, 0.96]']
    """

    def __init__(self, *, rows: Mapping[Any, Mapping[str, MetricInterval]]) -> None:
        self.rows = {name: dict(row) for name, row in rows.items()}

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        metrics: str | Iterable[str] | None = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw results that are there already.

        Parameters
        ----------
        results : dict, PerformanceTable or SubgroupRates
            By name of the row, such as that of a cohort: what `auc_ci`, `cv_auc_ci`,
            `confusion_rates`, `cv_rates` or another function with an interval returned,
            or a `performance_table`, whose models are then rows below that name. Or one
            performance table (a row per model), or the result of `subgroup_rates` (a
            row per subgroup, everybody first).
        metrics : str or iterable of str, default=None
            Which of their metrics are drawn, such as "roc_auc" or ["sensitivity",
            "specificity"]; None is the first that there is.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        ForestDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If a result holds no intervals.
        ValueError
            If there is none, a metric is in none of them, or they count different
            classes as positive, have different levels, or lie outside [0, 1].
        """
        display = cls(rows=_rows(results))
        return display.plot(ax, metrics=metrics, **plot_params)

    def plot(
        self,
        ax: Any = None,
        *,
        metrics: str | Iterable[str] | None = None,
        reference: float | None = None,
        point_kwargs: dict[str, Any] | None = None,
        interval_kwargs: dict[str, Any] | None = None,
        text_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw a line per row and metric, with the numbers beside it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        metrics : str or iterable of str, default=None
            Which metrics are drawn; None is the first that there is.
        reference : float, default=None
            Where an upright line is drawn, such as 0.5 or the area in development,
            in [0, 1].
        point_kwargs, interval_kwargs, text_kwargs : dict, default=None
            Passed to `Axes.scatter`, `Axes.errorbar` and `Axes.text`.

        Returns
        -------
        ForestDisplay
            This object, with the artists as attributes.

        Raises
        ------
        ValueError
            As in `from_results`, or if the reference lies outside [0, 1].
        """
        metrics = _check_metrics(self.rows, metrics)
        one = _check_alike(self.rows, metrics)
        places = _places(self.rows)
        height = 1.2 + len(places) * (0.2 + 0.16 * len(metrics))
        ax = open_axes(self, ax, figsize=(7.0, height))
        self.intervals_, self.points_, self.texts_ = {}, {}, []
        self.reference_line_ = _draw_reference(ax, reference)
        looks = interval_kwargs or {}, point_kwargs or {}, text_kwargs or {}
        for number, metric in enumerate(metrics):
            # Several metrics of a row stand below one another in it.
            shift = (number - (len(metrics) - 1) / 2) * 0.7 / len(metrics)
            self._draw(ax, places, metric, number, shift, *looks[:2])
            self._write(ax, places, metric, shift, looks[2])
        _label(ax, places, metrics, one)
        return self

    def _draw(
        self,
        ax: Any,
        places: list,
        metric: str,
        number: int,
        shift: float,
        interval_kwargs: dict[str, Any],
        point_kwargs: dict[str, Any],
    ) -> None:
        """Draw the estimates of one metric and their intervals."""
        shown = [
            (at + shift, row[metric])
            for at, (_, row) in enumerate(places)
            if row and metric in row
        ]
        at, found = zip(*shown, strict=True)
        middle = np.array([x.estimate for x in found])
        reach = np.array([[x.low for x in found], [x.high for x in found]])
        style = point_style(number)
        line = {"linestyle": "none", "capsize": 3, "color": style["color"], "zorder": 2}
        self.intervals_[metric] = ax.errorbar(
            middle, at, xerr=np.abs(reach - middle), **(line | interval_kwargs)
        )
        most = max(_size(row) for _, row in places if row)
        area = [max(_LARGEST * _size_of(x) / most, _SMALLEST) for x in found]
        marker = {"s": area, "zorder": 3, "label": _NAMES.get(metric, metric), **style}
        # Squares first, as is the custom.
        marker["marker"] = {0: "s", 1: "o"}.get(number, style["marker"])
        self.points_[metric] = ax.scatter(middle, at, **(marker | point_kwargs))

    def _write(
        self, ax: Any, places: list, metric: str, shift: float, text_kwargs: dict
    ) -> None:
        """Write the numbers to the right of each row."""
        style = {"ha": "left", "va": "center", "fontsize": "small"}
        style |= {"transform": ax.get_yaxis_transform()} | text_kwargs
        for at, (_, row) in enumerate(places):
            if row and metric in row:
                self.texts_.append(
                    ax.text(1.02, at + shift, _spell(row[metric]), **style)
                )


def _rows(results: Any) -> dict[str | tuple[str, str], Row]:
    """Return estimates by row and metric."""
    if isinstance(results, PerformanceTable):
        return dict(results.results)
    if isinstance(results, SubgroupRates):
        several = len({factor for factor, _ in results.rates}) > 2
        return {
            (factor if several and factor != ALL else "", str(level)): _of_rates(found)
            for (factor, level), found in results.rates.items()
        }
    if not isinstance(results, Mapping):
        raise TypeError(
            "results must be a dictionary by row, a performance table or rates of "
            f"subgroups, got {type(results).__name__}"
        )
    rows = {}
    for name, found in results.items():
        if isinstance(found, PerformanceTable):
            models = found.results
            alone = len(models) == 1 and all(
                not isinstance(x, PerformanceTable) or list(x.results) == list(models)
                for x in results.values()
            )
            for model, row in models.items():
                rows[str(name) if alone else (str(name), model)] = row
        else:
            rows[str(name)] = _row(name, found)
    return rows


def _row(name: Any, found: Any) -> Row:
    """Return the metrics of one result."""
    if isinstance(found, MetricInterval):
        return {found.metric: found}
    if isinstance(found, ConfusionRates | CVRates):
        return _of_rates(found)
    raise TypeError(
        f"results[{name!r}] must be a result with intervals, as auc_ci and "
        f"confusion_rates return, got {type(found).__name__}"
    )


def _of_rates(found: ConfusionRates | CVRates) -> Row:
    """Return the rates by name."""
    return {rate.metric: rate for rate in found.rates}


def _check_metrics(rows: dict, metrics: str | Iterable[str] | None) -> list[str]:
    """Return the metrics that are drawn; each must be in some row."""
    known = list(dict.fromkeys(metric for row in rows.values() for metric in row))
    if not known:
        raise ValueError("results holds no row; give one result or more")
    if metrics is None:
        return known[:1]
    return list(check_options(metrics, "metrics", tuple(known)))


def _check_alike(rows: dict, metrics: list[str]) -> MetricInterval:
    """Return one of the estimates; what is said of it must hold for all."""
    shown = [
        (" ".join(filter(None, [name] if isinstance(name, str) else name)), row[metric])
        for name, row in rows.items()
        for metric in metrics
        if metric in row
    ]
    (first, one), *others = shown
    for name, found in others:
        if found.pos_label != one.pos_label:
            raise ValueError(
                f"{name!r} counts {found.pos_label!r} as positive and {first!r} "
                f"{one.pos_label!r}; draw rows of one positive class"
            )
        if found.confidence_level != one.confidence_level:
            raise ValueError(
                f"{name!r} has intervals of {found.confidence_level:g} and {first!r} "
                f"of {one.confidence_level:g}; give all rows one confidence_level"
            )
    for name, found in shown:
        if not (np.isnan(found.estimate) or 0 <= found.estimate <= 1):
            raise ValueError(
                f"{found.metric} of {name!r} must lie in [0, 1] to be drawn beside "
                f"areas and rates, got {found.estimate:.3g}"
            )
    return one


def _places(rows: dict) -> list[tuple[str, Row | None]]:
    """Return label and estimates of each place; a heading has none."""
    places, last = [], ""
    for name, row in rows.items():
        heading, label = ("", name) if isinstance(name, str) else name
        if heading and heading != last:
            places.append((heading, None))
        last = heading
        places.append((f"{label} {_about(row)}", row))
    return places


def _about(row: Row) -> str:
    """Write how many patients an estimate is of, positive ones where no count says."""
    found = next(iter(row.values()))
    n = f"n = {found.n}" if found.n_groups is None else f"{found.n_groups} patients"
    if isinstance(found, CVInterval):  # else it would be read as of a test set
        n = f"cross-validated, {n}"
    if found.n_pos is None or found.total is not None:
        return f"({n})"
    return f"({n}, {found.n_pos} positive)"


def _size_of(found: MetricInterval) -> int:
    """Return the patients that an estimate is of; those of a rate's denominator."""
    if found.total is not None:
        return found.total
    return found.n if found.n_groups is None else found.n_groups


def _size(row: Row) -> int:
    """Return the most patients that an estimate of a row is of."""
    return max(1, *(_size_of(found) for found in row.values()))


def _spell(found: MetricInterval) -> str:
    """Write count, estimate and interval."""
    if np.isnan(found.estimate):
        return "0/0" if found.total == 0 else ABSENT
    count = "" if found.total is None else f"{found.count}/{found.total}  "
    return count + in_line(found)


def _draw_reference(ax: Any, reference: float | None) -> Any:
    """Draw the upright line, if there is one."""
    if reference is None:
        return None
    number = as_number(reference)
    if number is None or not 0 <= number <= 1:
        raise ValueError(f"reference must lie in [0, 1], got {reference!r}")
    return ax.axvline(number, color="0.5", linestyle=":", linewidth=1, zorder=1)


def _label(ax: Any, places: list, metrics: list[str], one: MetricInterval) -> None:
    """Write what the rows and the axis are."""
    ax.set_yticks(range(len(places)), [label for label, _ in places])
    for tick, (_, row) in zip(ax.get_yticklabels(), places, strict=True):
        tick.set_fontweight("bold" if row is None else "normal")
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(len(places) - 0.5, -0.5), xlim=(-0.02, 1.02))
    named = _NAMES.get(metrics[0], metrics[0]) if len(metrics) == 1 else "rate"
    ax.set_xlabel(
        f"{named} ({100 * one.confidence_level:g} % interval)\n"
        f"positive: {one.pos_label}"
    )
    if len(metrics) > 1:
        ax.legend(loc="best", fontsize="small")
