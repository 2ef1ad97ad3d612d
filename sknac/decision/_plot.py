"""Drawing of a cascade."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np

from sknac.decision._flow import stage_flow
from sknac.utils._parts import reached
from sknac.utils._rows import same_rows
from sknac.utils._style import bar_style, open_axes

TITLES = {
    "stop": "stopped",
    "keep": "kept",
    "continue": "goes on",
    "awaiting": "awaiting data",
}


class StageFlowDisplay:
    """Bars of a cascade: who stops and who goes on at each stage, by true class.

    Make it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    flow : StageFlow
        Counts by stage, action and true class.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    bars_ : list of BarContainer
        One container per true class.

    See Also
    --------
    stage_flow : The numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.decision import StageFlowDisplay
    >>> display = StageFlowDisplay.from_predictions(
    ...     [0, 0, 1], {"first": [0, 1, 1], "second": [0, 0, 1]}, stop_label=0
    ... )
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['first: stopped', 'first: goes on', 'second: stopped', 'second: goes on']
    """

    def __init__(self, *, flow: Any) -> None:
        self.flow = flow

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        pos_label: Any = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the cascade of a fitted `StagedClassifier`.

        Parameters
        ----------
        estimator : StagedClassifier
            Fitted cascade, or a pipeline, search or calibration around one.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in its `fit`.
        y : array-like of shape (n_patients,)
            True labels.
        pos_label : int, float, bool or str, default=None
            The positive class of the rates; None is the class that goes on.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : StageFlowDisplay
            The drawn display.
        """
        same_rows(X=X, y=y)
        estimator, X = reached(estimator, X, "predict_each", "StagedClassifier")
        trace = estimator._answers(X, each=True, strict=False)
        return cls.from_predictions(
            y,
            trace.alone(),
            deferred=trace.deferred(),
            stop_label=np.asarray(estimator.stop_label_).item(),
            pos_label=pos_label,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        stage_labels: Any,
        *,
        stop_label: float | bool | str,
        pos_label: Any = None,
        deferred: Any = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the cascade of what each stage alone predicts.

        Parameters
        ----------
        y_true : array-like of shape (n_patients,)
            True labels.
        stage_labels : DataFrame of shape (n_patients, n_stages) or dict of array-like
            As in `stage_flow`.
        stop_label : int, float, bool or str
            The class that stops a patient.
        pos_label : int, float, bool or str, default=None
            The positive class of the rates; None is the class that goes on.
        deferred : DataFrame of bool or dict of array-like, default=None
            As in `stage_flow`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : StageFlowDisplay
            The drawn display.
        """
        flow = stage_flow(
            y_true,
            stage_labels,
            stop_label=stop_label,
            pos_label=pos_label,
            deferred=deferred,
        )
        return cls(flow=flow).plot(ax=ax, **kwargs)

    def plot(
        self, ax: Any = None, *, bar_kwargs: Any = None, text_kwargs: Any = None
    ) -> Self:
        """Draw two bars per stage, split by true class, with their counts.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        bar_kwargs : dict, default=None
            Passed to `Axes.barh`.
        text_kwargs : dict, default=None
            Passed to `Axes.text` for the counts.

        Returns
        -------
        display : StageFlowDisplay
            This display.
        """
        ax = open_axes(self, ax, figsize=(6.4, 1.4 + 0.45 * len(self.flow.counts)))
        heights = self._heights()
        self.bars_ = self._draw_bars(ax, heights, bar_kwargs or {}, text_kwargs or {})
        ax.set_yticks(heights, [f"{s}: {TITLES[a]}" for s, a in self.flow.counts.index])
        # Room for the legend above the bars, which may fill every corner.
        ax.set_ylim(heights[-1] + 0.6, -0.6 - 0.25 * (heights[-1] + 1))
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlim(0, 1.08 * max(1, self.flow.counts["n"].max()))
        rates = self.flow.rates["cascade"]
        ax.set_xlabel(
            f"patients\ncascade: sensitivity {rates.sensitivity.estimate:.2f}, "
            f"specificity {rates.specificity.estimate:.2f} "
            f"(positive: {self.flow.pos_label})"
        )
        ax.legend(title="true class", loc="upper right", ncols=2)
        return self

    def _heights(self):
        """Return the bars' places, with a gap between stages."""
        order = {name: at for at, name in enumerate(self.flow.stages)}
        stages = self.flow.counts.index.get_level_values("stage")
        return [row + 0.6 * order[name] for row, name in enumerate(stages)]

    def _draw_bars(self, ax, heights, bar_kwargs, text_kwargs):
        """Draw the bars of both classes end to end, each with its count."""
        bars, left = [], 0 * self.flow.counts["n"]
        first = self.flow.counts.loc[self.flow.stages[0]]
        for number, label in enumerate(self.flow.counts.columns[:-1]):
            width = self.flow.counts[label]
            drawn = ax.barh(
                heights,
                width,
                left=left,
                label=f"{label} (n = {int(first[label].sum())})",
                **(bar_style(number) | bar_kwargs),
            )
            for at, start, count in zip(heights, left, width, strict=True):
                if count:
                    self._write(ax, start + count / 2, at, count, text_kwargs)
            bars.append(drawn)
            left = left + width
        return bars

    @staticmethod
    def _write(ax, x, y, count, text_kwargs):
        """Write a count in the middle of its bar, legible over any hatch."""
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "linewidth": 0}
        style = {"ha": "center", "va": "center", "fontsize": "small", "bbox": box}
        ax.text(x, y, str(count), **(style | text_kwargs))
