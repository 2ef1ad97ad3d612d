"""Drawing of ROC curves with their confidence bands."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any, Self

from sknac.metrics._roc import RocCI, roc_ci

# Okabe and Ito's colours, distinct for colour-blind readers; dashes differ too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_GID = "sknac-roc-curve"


class RocCIDisplay:
    """ROC curves with pointwise confidence bands.

    Build it with `from_predictions`. Further displays drawn on the same axes go on
    with colours and dashes where the last one stopped.

    Parameters
    ----------
    curves : dict of str to RocCI
        The curves by name.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of Line2D
        The curves.
    bands_ : list of artists
        The bands; empty if none were drawn.
    chance_line_ : Line2D or None
        The diagonal.

    See Also
    --------
    roc_ci : The numbers.

    Examples
    --------
    >>> from sknac.metrics import RocCIDisplay, roc_ci
    >>> curve = roc_ci([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], random_state=0)
    >>> RocCIDisplay(curves={"DLR-2": curve}).legend_labels()
    ['DLR-2: AUC 0.89 [0.26, 0.99]\\nn = 6, 3 positive (1)']
    """

    def __init__(self, *, curves: Mapping[str, RocCI]) -> None:
        self.curves = dict(curves)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        pos_label: Any = None,
        name: str = "model",
        groups: Any = None,
        stratify: bool | str = "auto",
        n_resamples: int = 2000,
        confidence_level: float = 0.95,
        random_state: Any = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the curves of one or several scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True binary labels.
        y_score : array-like of shape (n_samples,) or dict of str to array-like
            Scores of one model, or of several by name.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        name : str, default="model"
            Name of a single model.
        groups : array-like of shape (n_samples,), default=None
            Patient of each row, where patients have several rows.
        stratify : bool or "auto", default="auto"
            Whether resamples keep the number of patients of each class.
        n_resamples : int, default=2000
            Number of resamples of each band.
        confidence_level : float, default=0.95
            Coverage of bands and intervals.
        random_state : int, RandomState, Generator or None, default=None
            Randomness of the resamples.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        RocCIDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the input is not as in `roc_ci`.
        """
        scores = y_score if isinstance(y_score, Mapping) else {name: y_score}
        curves = {
            str(key): roc_ci(
                y_true,
                score,
                pos_label=pos_label,
                groups=groups,
                stratify=stratify,
                n_resamples=n_resamples,
                confidence_level=confidence_level,
                random_state=random_state,
            )
            for key, score in scores.items()
        }
        return cls(curves=curves).plot(ax, **plot_params)

    def legend_labels(self) -> list[str]:
        """Write each curve's legend entry.

        Returns
        -------
        list of str
            Name, area with interval, number of patients and positive class.
        """
        return [
            f"{name}: AUC {c.auc.estimate:.2f} [{c.auc.low:.2f}, {c.auc.high:.2f}]\n"
            f"n = {c.n}, {c.n_pos} positive ({c.pos_label})"
            for name, c in self.curves.items()
        ]

    def plot(
        self,
        ax: Any = None,
        *,
        plot_band: bool = True,
        plot_chance_level: bool = True,
        curve_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
        chance_level_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        plot_band : bool, default=True
            Whether to draw the bands.
        plot_chance_level : bool, default=True
            Whether to draw the diagonal.
        curve_kwargs, band_kwargs, chance_level_kwargs : dict, default=None
            Passed to matplotlib for curves, bands and diagonal.

        Returns
        -------
        RocCIDisplay
            This object, with the artists as attributes.
        """
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots()
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_, self.bands_, self.chance_line_ = [], [], None
        drawn = sum(line.get_gid() == _GID for line in ax.lines)
        labels = self.legend_labels()
        for i, curve in enumerate(self.curves.values(), start=drawn):
            style = {"color": _COLOURS[i % 6], "linestyle": _DASHES[i % 5]}
            style |= {"label": labels[i - drawn], "gid": _GID, **(curve_kwargs or {})}
            self.lines_ += ax.plot(curve.fpr, curve.tpr, **style)
            if plot_band:
                shade = {"color": self.lines_[-1].get_color(), "alpha": 0.15}
                shade |= {"linewidth": 0, **(band_kwargs or {})}
                bounds = (curve.band_fpr, curve.band_low, curve.band_high)
                self.bands_.append(ax.fill_between(*bounds, **shade))
        if plot_chance_level and not drawn:
            style = {"color": "0.5", "linestyle": ":", "linewidth": 1}
            style |= chance_level_kwargs or {}
            (self.chance_line_,) = ax.plot([0, 1], [0, 1], **style)
        ax.set(xlabel="False positive rate", ylabel="True positive rate")
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        ax.legend(loc="lower right", fontsize="small")
        return self
