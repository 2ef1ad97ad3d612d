"""Drawing of calibration curves."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

from sknac.metrics._calibration import CalibrationResult, calibration
from sknac.metrics._proportions import proportion_ci
from sknac.utils._classes import check_known_labels
from sknac.utils._responses import label_of, responses_of
from sknac.utils._rows import same_rows
from sknac.utils._style import SMALL_LEGEND, line_style, open_axes
from sknac.utils._text import counts, in_line


class CalibrationCIDisplay:
    """Observed share against predicted probability: a smooth curve with its bounds.

    Build it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    calibration : CalibrationResult
        The measures, the curve and the groups.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    line_ : Line2D
        The flexible curve.
    band_ : artist or None
        Its pointwise bounds.
    points_ : ErrorbarContainer or None
        Groups of similar predictions, with Wilson's intervals; without bars where
        patients have several rows.
    ideal_line_ : Line2D
        Predictions that are right.

    See Also
    --------
    calibration : The numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.metrics import CalibrationCIDisplay
    >>> y = [0, 0, 0, 1, 0, 1, 1, 1]
    >>> p = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    >>> display = CalibrationCIDisplay.from_predictions(y, p, n_bins=2, name="DLR-2")
    >>> display.line_.get_label().partition(":")[0]
    'DLR-2'
    """

    def __init__(self, *, calibration: CalibrationResult) -> None:
        self.calibration = calibration

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
        """Draw the curve of a fitted classifier.

        Parameters
        ----------
        estimator : estimator instance
            Fitted binary classifier with `predict_proba`.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in its `predict`; of patients whom it was not fitted to.
        y : array-like of shape (n_patients,)
            True labels.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for classes {0, 1} or {-1, 1}, else required.
        name : str, default=None
            Name in the legend; None is that of the class.
        **kwargs : dict
            Passed to `from_predictions`.

        Returns
        -------
        CalibrationCIDisplay
            The display, drawn.
        """
        same_rows(X=X, y=y, groups=kwargs.get("groups"))
        check_known_labels(estimator, y)
        label = label_of(estimator, pos_label)
        prob, _ = responses_of(estimator, X, "predict_proba", label)
        name = name or type(estimator).__name__
        return cls.from_predictions(y, prob, pos_label=label, name=name, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Any,
        *,
        pos_label: Any = None,
        groups: Any = None,
        n_bins: int = 5,
        data: str = "new",
        confidence_level: float = 0.95,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the curve of predicted probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True binary labels.
        y_prob : array-like of shape (n_samples,)
            Probabilities of the positive class, in [0, 1].
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        groups : array-like of shape (n_samples,), default=None
            Patient of each row, where patients have several rows.
        n_bins : int, default=5
            Number of groups of similar predictions.
        data : {"new", "training"}, default="new"
            Whose predictions they are, as in `calibration`; the legend says it.
        confidence_level : float, default=0.95
            Pointwise coverage of the bounds.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **plot_params : dict
            Passed to `plot`, such as `name`.

        Returns
        -------
        CalibrationCIDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the input is not as in `calibration`.
        """
        found = calibration(
            y_true,
            y_prob,
            pos_label=pos_label,
            groups=groups,
            n_bins=n_bins,
            data=data,
            confidence_level=confidence_level,
        )
        return cls(calibration=found).plot(ax, **plot_params)

    def plot(
        self,
        ax: Any = None,
        *,
        name: str | None = None,
        plot_band: bool = True,
        plot_bins: bool = True,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
        point_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        name : str, default=None
            Name of the model in the legend.
        plot_band, plot_bins : bool, default=True
            Whether to draw the bounds of the curve, and the groups.
        line_kwargs, band_kwargs, point_kwargs : dict, default=None
            Passed to matplotlib for the curve, its bounds and the groups.

        Returns
        -------
        CalibrationCIDisplay
            This object, with the artists as attributes.
        """
        ax = open_axes(self, ax)
        found, curve = self.calibration, self.calibration.curve
        label = found.pos_label
        ideal = {"color": "0.5", "linewidth": 1, "linestyle": (0, (1, 1))}
        (self.ideal_line_,) = ax.plot([0, 1], [0, 1], label="ideal", **ideal)
        says = f"slope {in_line(found.slope)}"
        style = line_style(0) | {"label": f"{name}: {says}" if name else says}
        (self.line_,) = ax.plot(
            curve["predicted"], curve["observed"], **(style | (line_kwargs or {}))
        )
        self.band_ = self.points_ = None
        if plot_band:
            self._draw_band(ax, band_kwargs or {})
        if plot_bins:
            self._draw_bins(ax, point_kwargs or {})
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_xlabel(f"predicted probability of {label}")
        ax.set_ylabel(f"observed share of {label}")
        ax.legend(loc="best", title=self._about(), **SMALL_LEGEND)
        return self

    def _about(self) -> str:
        """Say how many were seen, and whose predictions they are."""
        brier = self.calibration.brier
        about = counts(brier.n, brier.n_pos, brier.pos_label, brier.n_groups)
        if self.calibration.data == "training":
            about += "\ntraining patients, whom the model was fitted to"
        return about

    def _draw_band(self, ax: Any, band_kwargs: dict[str, Any]) -> None:
        """Shade the bounds of the curve."""
        curve = self.calibration.curve
        style = {"color": self.line_.get_color(), "alpha": 0.12, "linewidth": 0}
        bounds = (curve["predicted"], curve["low"], curve["high"])
        self.band_ = ax.fill_between(*bounds, **(style | band_kwargs))

    def _draw_bins(self, ax: Any, point_kwargs: dict[str, Any]) -> None:
        """Draw the groups, with bars where each row is a patient."""
        bins, brier = self.calibration.bins, self.calibration.brier
        bars = None
        if brier.n_groups is None:
            level = brier.confidence_level
            hits = (bins["n"] * bins["observed"]).round().astype(int)
            found = [
                proportion_ci(k, n, method="wilson", confidence_level=level)
                for k, n in zip(hits, bins["n"], strict=True)
            ]
            bars = [
                [max(x.estimate - x.low, 0) for x in found],
                [max(x.high - x.estimate, 0) for x in found],
            ]
        style = {"fmt": "s", "color": "0.35", "markersize": 4, "linewidth": 1}
        style |= {"label": "groups of similar predictions", **point_kwargs}
        self.points_ = ax.errorbar(bins["predicted"], bins["observed"], bars, **style)
