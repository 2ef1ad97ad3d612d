"""Drawing of Kaplan-Meier curves."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, Self

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival._compare import hazard_ratio
from sknac.survival._kaplan_meier import kaplan_meier
from sknac.survival._restricted import restricted_mean
from sknac.utils._rows import same_rows
from sknac.utils._style import line_style, open_axes
from sknac.utils._text import bracket, number, p_equals
from sknac.utils._warnings import warn_hint

_WHOSE = {
    "new": "predicted of new patients",
    "out-of-fold": "predicted out of fold",
    "training": "predicted of training patients",
}


class KaplanMeierDisplay:
    """Kaplan-Meier curves with bands, patients at risk, log-rank p and hazard ratio.

    Make it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    result : KaplanMeierResult
        Curves, at-risk table and test.
    hazard : HazardRatioResult or None, default=None
        Hazard ratios between the groups.
    restricted : RestrictedMeanResult or None, default=None
        Restricted means and their differences.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of Line2D
        One curve per group.
    bands_ : list of PolyCollection
        One band per group.

    See Also
    --------
    kaplan_meier : The numbers of the curves.
    hazard_ratio : Those of the comparison.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.survival import KaplanMeierDisplay
    >>> display = KaplanMeierDisplay.from_predictions(
    ...     [5, 8, 9, 1, 2, 4], [1, 0, 1, 1, 1, 1], ["a", "a", "a", "b", "b", "b"]
    ... )
    >>> [line.get_label() for line in display.lines_]
    ['a (n = 3, events = 2)', 'b (n = 3, events = 3)']
    """

    def __init__(
        self, *, result: Any, hazard: Any = None, restricted: Any = None
    ) -> None:
        self.result = result
        self.hazard = hazard
        self.restricted = restricted

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        time: Any,
        event: Any,
        *,
        predictions: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the survival of the groups that a fitted classifier predicts.

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier; its predicted classes are the groups.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in its `predict`.
        time : array-like of shape (n_patients,)
            Follow-up, any one unit, >= 0.
        event : array-like of shape (n_patients,)
            True or 1 where the event was seen.
        predictions : {"new", "training"}, default=None
            Whether these patients are new to the estimator or those it was fitted to.
            Not saying so, and training ones, bring a warning.
        **kwargs : dict
            Passed to `from_predictions`.

        Returns
        -------
        display : KaplanMeierDisplay
            The drawn display.
        """
        same_rows(X=X, time=time, event=event)
        if predictions is None:
            warn_hint(
                "Nobody said whether the patients are new to the estimator; of those "
                "that it was fitted to the curves part too far: set predictions to "
                "'new' or 'training'"
            )
        by = estimator.predict(X)
        return cls.from_predictions(time, event, by, predictions=predictions, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        time: Any,
        event: Any,
        by: Any = None,
        *,
        reference_group: Any = None,
        confidence_level: float = 0.95,
        at_risk_times: Any = None,
        entry: Any = None,
        until: float | None = None,
        predictions: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the survival of given groups.

        Parameters
        ----------
        time : array-like of shape (n_patients,)
            Follow-up, any one unit, >= 0.
        event : array-like of shape (n_patients,)
            True or 1 where the event was seen.
        by : array-like of shape (n_patients,), default=None
            Group of each patient, such as the predicted class.
        reference_group : object, default=None
            Group that the hazard ratios compare with; None is the first one.
        confidence_level : float, default=0.95
            Coverage of the bands and of the hazard ratio's interval, in (0, 1).
        at_risk_times : array-like of shape (n_times,), default=None
            Times of the at-risk table; None is four to eight round ones from 0.
        entry : float or array-like of shape (n_patients,), default=None
            Landmark, or when each patient's follow-up began.
        until : float, default=None
            Horizon of restricted means, which are then written in the legend; None is
            without them.
        predictions : {"new", "out-of-fold", "training"}, default=None
            Whose predictions the groups are, if they are any; written in the legend.
            Training ones bring a warning.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : KaplanMeierDisplay
            The drawn display.
        """
        about = {"confidence_level": confidence_level}
        told = {"at_risk_times": at_risk_times, "predictions": predictions}
        about["entry"] = entry
        result = kaplan_meier(time, event, by, **told, **about)
        hazard = restricted = None
        if until is not None:
            named = about | {"reference_group": reference_group, "until": until}
            restricted = restricted_mean(time, event, by, **named)
        if len(result.groups) > 1:
            with warnings.catch_warnings():
                # A ratio without a maximum is written as undefined in the legend.
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                about["reference_group"] = reference_group
                hazard = hazard_ratio(time, event, by, **about)
        shown = cls(result=result, hazard=hazard, restricted=restricted)
        return shown.plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        time_label: str = "time",
        at_risk_table: bool = True,
        line_kwargs: Any = None,
        band_kwargs: Any = None,
    ) -> Self:
        """Draw the curves and, below them, the patients at risk.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        time_label : str, default="time"
            Label of the time axis; name the unit.
        at_risk_table : bool, default=True
            Whether to write the patients at risk below the axis.
        line_kwargs : dict, default=None
            Passed to `Axes.step`.
        band_kwargs : dict, default=None
            Passed to `Axes.fill_between`.

        Returns
        -------
        display : KaplanMeierDisplay
            This display.
        """
        height = 4.0 + (0.4 + 0.2 * len(self.result.groups)) * at_risk_table
        ax = open_axes(self, ax, figsize=(6.4, height))
        self.lines_, self.bands_ = [], []
        for at, label in enumerate(self.result.groups):
            self._draw_curve(ax, at, label, line_kwargs or {}, band_kwargs or {})
        ax.set(ylim=(0, 1.02), xlim=(0, None), ylabel="survival", xlabel=time_label)
        if at_risk_table:
            self._write_at_risk(ax)
        ax.legend(title=self._title(), loc="best", alignment="left")
        return self

    def _draw_curve(self, ax, at, label, line_kwargs, band_kwargs):
        """Draw one group's steps, its censored patients and its band."""
        curves = self.result.curves
        curve = curves[curves["group"] == label]
        n, events = self.result.summary.loc[label, ["n", "events"]].astype(int)
        style = line_style(at)
        style["label"] = f"{label} (n = {n}, events = {events})"
        (line,) = ax.step(
            curve["time"], curve["survival"], where="post", **(style | line_kwargs)
        )
        left = curve[curve["censored"] > 0]
        ax.plot(left["time"], left["survival"], "|", color=line.get_color())
        shade = {"color": line.get_color(), "alpha": 0.15, "linewidth": 0}
        band = ax.fill_between(
            curve["time"],
            curve["low"],
            curve["high"],
            step="post",
            **(shade | band_kwargs),
        )
        self.lines_.append(line)
        self.bands_.append(band)

    def _title(self):
        """Return log-rank p-value and hazard ratios in words; None with one group."""
        test = self.result.logrank
        lines = [] if test is None else [f"log-rank {p_equals(test.pvalue)}"]
        if self.hazard is not None:
            others = [x for x in self.result.groups if x != self.hazard.reference_group]
            lines += [self._ratio(label) for label in others]
        if self.restricted is not None:
            lines += self._restricted_means()
        lines += [self.result.start] * bool(self.result.start)
        if self.result.predictions:
            lines.append(_WHOSE[self.result.predictions])
        return "\n".join(lines) or None

    def _restricted_means(self):
        """Write the differences of restricted means, or the one mean."""
        found, until = self.restricted, f"until {self.restricted.until:g}"
        if found.reference_group is None:
            (row,) = found.table.to_dict("records")
            text = f"{number(row['mean'])} {bracket(row['low'], row['high'])}"
            return [f"restricted mean {until} {text}"]
        return [
            f"restricted means {until} differ by {number(row['difference'])} "
            f"{bracket(row['low'], row['high'])}\n({label} - {found.reference_group})"
            for label, row in found.differences.iterrows()
        ]

    def _ratio(self, label):
        """Write one group's hazard ratio."""
        # Not `loc`: a group may be called True, which would be a mask.
        found = dict(self.hazard.table.iterrows())[label]
        value = "undefined"
        if np.isfinite(found["hazard_ratio"]):
            bounds = bracket(found["low"], found["high"])
            value = f"{number(found['hazard_ratio'])} {bounds}"
        return f"hazard ratio {value}\n({label} vs {self.hazard.reference_group})"

    def _write_at_risk(self, ax):
        """Write the at-risk table as extra lines of the time axis' labels."""
        table = self.result.at_risk
        times = table.columns.to_numpy()
        cells = ["\n".join(map(str, table[time])) for time in times]
        texts = [f"{time:g}\n\n{cell}" for time, cell in zip(times, cells, strict=True)]
        ax.set_xticks(times, texts)
        names = "\n".join(map(str, table.index))
        ax.annotate(
            f"at risk\n{names}",
            xy=(0, 0),
            xycoords=("axes fraction", ax.get_xticklabels()[0]),
            xytext=(-14, 0),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=ax.get_xticklabels()[0].get_fontsize(),
        )
