"""Drawing of a network's training."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._parts import parts_of
from sknac.utils._style import line_style

_LABELS = {
    "train_loss": "training",
    "valid_loss": "validation",
    "lr": "learning rate",
    "seconds": "seconds per epoch",
}


class TrainingCurveDisplay:
    """Losses of a network by epoch, with the epoch whose weights were kept.

    Make it with `from_estimator`.

    Parameters
    ----------
    curve : DataFrame of shape (n_epochs, n_quantities)
        As in the attribute `training_curve_` of the networks' estimators.
    n_validation : int or None, default=None
        Patients that early stopping watched, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of Line2D
        One curve per quantity.
    kept_line_ : Line2D or None
        The epoch whose weights were kept.

    See Also
    --------
    PlaneFeatureNet : Has the numbers in its `training_curve_`.
    sklearn.model_selection.LearningCurveDisplay : Scores by number of patients.

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> from sknac.nets import PredictiveNet, TrainingCurveDisplay
    >>> matplotlib.use("Agg")
    >>> X = np.random.default_rng(0).normal(size=(20, 4))
    >>> net = PredictiveNet(module="mlp_tiny", max_epochs=3, random_state=0)
    >>> display = TrainingCurveDisplay.from_estimator(net.fit(X, [0, 1] * 10))
    >>> [line.get_label() for line in display.lines_]
    ['training', 'validation (n = 5)']
    """

    def __init__(self, *, curve: pd.DataFrame, n_validation: int | None = None) -> None:
        self.curve = curve
        self.n_validation = n_validation

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, **kwargs: Any
    ) -> "TrainingCurveDisplay":
        """Draw the training of a fitted network.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network, or a pipeline or meta-estimator that holds just one.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        TrainingCurveDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If the estimator holds no fitted network, or several.
        """
        net = _find_net(estimator)
        n_validation = len(net.validation_rows_)
        return cls(curve=net.training_curve_, n_validation=n_validation).plot(
            ax, **kwargs
        )

    def plot(
        self,
        ax: Any = None,
        *,
        quantities: Any = ("train_loss", "valid_loss"),
        line_kwargs: Any = None,
        kept_kwargs: Any = None,
    ) -> "TrainingCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        quantities : sequence of str, default=("train_loss", "valid_loss")
            Columns of the curve; those that it lacks are left out.
        line_kwargs : dict, default=None
            Passed to `Axes.plot` for the curves.
        kept_kwargs : dict, default=None
            Passed to `Axes.axvline` for the epoch that was kept.

        Returns
        -------
        TrainingCurveDisplay
            This display.

        Raises
        ------
        ValueError
            If the curve has none of the quantities.
        """
        import matplotlib.pyplot as plt
        from matplotlib.ticker import MaxNLocator

        found = [name for name in quantities if name in self.curve]
        if not found:
            raise ValueError(
                f"the curve has none of {list(quantities)}; choose from "
                f"{list(self.curve)}"
            )
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = []
        for number, name in enumerate(found):
            style = line_style(number) | {"label": self._label(name)}
            style |= {"marker": "os^D"[number % 4], "markersize": 3}
            style |= line_kwargs or {}
            self.lines_ += ax.plot(self.curve.index, self.curve[name], **style)
        self._draw_kept(ax, kept_kwargs or {})
        losses = all(name.endswith("_loss") for name in found)
        ax.set(xlabel="epoch", ylabel="mean weighted cross-entropy" if losses else "")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="best", fontsize="small")
        return self

    def _label(self, name):
        """Name a curve in the legend."""
        label = _LABELS.get(name, name)
        if name == "valid_loss" and self.n_validation:
            return f"{label} (n = {self.n_validation})"
        return label

    def _draw_kept(self, ax, kept_kwargs):
        """Mark the epoch whose weights were kept."""
        self.kept_line_ = None
        if "kept" not in self.curve or not self.curve["kept"].any():
            return
        epoch = int(self.curve.index[np.argmax(self.curve["kept"])])
        style = {"color": "0.3", "linewidth": 1, "linestyle": (0, (1, 1))}
        style |= {"label": f"kept: epoch {epoch}"} | kept_kwargs
        self.kept_line_ = ax.axvline(epoch, **style)


def _find_net(estimator):
    """Return the one fitted network in an estimator."""
    nets = list(_nets(estimator, ""))
    if len(nets) == 1:
        return nets[0][1]
    if nets:
        names = ", ".join(name or "itself" for name, _ in nets)
        raise ValueError(
            f"{type(estimator).__name__} holds several networks ({names}); pass the "
            "one to draw"
        )
    raise ValueError(
        f"{type(estimator).__name__} holds no fitted network with a "
        "training_curve_; fit it first"
    )


def _nets(estimator, name):
    """Yield name and object of each fitted network in an estimator."""
    if hasattr(estimator, "training_curve_"):
        yield name, estimator
        return
    for accessor, _, part in parts_of(estimator):
        yield from _nets(part, name + accessor)
