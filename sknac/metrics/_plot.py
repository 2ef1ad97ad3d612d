"""Drawing of ROC curves with their confidence bands."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping, Sequence
from typing import Any, Self

from sknac.metrics._cv_roc import CVRocCI, cv_roc_of
from sknac.metrics._delong import paired_of
from sknac.metrics._resampled_test import ResampledTest, compare_areas
from sknac.metrics._roc import RocCI, roc_of
from sknac.utils._frames import named_models
from sknac.utils._pvalues import holm
from sknac.utils._responses import cv_responses, responses_by_name
from sknac.utils._sample import check_sample
from sknac.utils._settings import check_confidence_level, check_option
from sknac.utils._style import SMALL_LEGEND, line_style, open_axes
from sknac.utils._text import counts, in_line, p_equals

_GID = "sknac-roc-curve"


class RocCIDisplay:
    """ROC curves with pointwise confidence bands, areas and DeLong's p-values.

    Build it with `from_estimator`, `from_predictions` or `from_cv_results`. Further
    displays drawn on the same axes go on with colours and dashes where the last one
    stopped.

    Parameters
    ----------
    curves : dict of str to RocCI or CVRocCI
        The curves by name.
    tests : dict of (str, str) to DeLongResult or ResampledTest or None, default=None
        Comparisons of two curves by their names, each with its unadjusted p-value.

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
    roc_ci : The numbers of a curve.
    delong_test : Those of a comparison.
    sklearn.metrics.RocCurveDisplay : Curves without intervals, one per fold.

    Examples
    --------
    >>> from sknac.metrics import RocCIDisplay, roc_ci
    >>> curve = roc_ci([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], random_state=0)
    >>> RocCIDisplay(curves={"DLR-2": curve}).legend_labels()
    ['DLR-2: AUC 0.89 [0.26, 0.99]\\nn = 6, 3 positive (1)']
    """

    def __init__(
        self,
        *,
        curves: Mapping[str, RocCI | CVRocCI],
        tests: Mapping[tuple[str, str], Any] | None = None,
    ) -> None:
        self.curves = dict(curves)
        self.tests = dict(tests or {})

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        pos_label: Any = None,
        response_method: str = "auto",
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves of one or several fitted classifiers.

        Parameters
        ----------
        estimator : estimator instance or dict of str to estimator instance
            Fitted binary classifier, or several by name.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in their `predict`.
        y : array-like of shape (n_patients,)
            True labels.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for classes {0, 1} or {-1, 1}, else required.
        response_method : {"auto", "predict_proba", "decision_function"}, \
                default="auto"
            Where scores come from; "auto" takes the first that there is. A
            `StagedClassifier` orders all patients by its "decision_function".
        name : str, default=None
            Name of a single classifier; None is that of its class.
        **kwargs : dict
            Passed to `from_predictions`.

        Returns
        -------
        RocCIDisplay
            The display, drawn.
        """
        named = {"name": name, "groups": kwargs.get("groups")}
        scores, label = responses_by_name(
            estimator, X, y, response_method, pos_label, **named
        )
        return cls.from_predictions(y, scores, pos_label=label, **kwargs)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Any,
        X: Any,
        y: Any,
        *,
        pos_label: Any = None,
        response_method: str = "auto",
        name: str = "out-of-fold",
        compare: str | Sequence[tuple[str, str]] | None = "auto",
        groups: Any = None,
        stratify: bool | str = "auto",
        n_resamples: int = 2000,
        confidence_level: float = 0.95,
        random_state: Any = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the mean ROC curves of one or several cross-validations.

        True positive rates are averaged over the folds' own curves, so that the area
        is the mean of the folds' areas and scores of several models need not be on
        one scale (those that are not are warned of). Area and interval are those of
        `cv_auc_ci`; repeats are averaged and patients count once. Nothing is compared
        without being asked. The band is wide for the same reasons; it covered 93 to
        100 % pointwise (logistic regression, 60 and 126 patients), and is left out
        where a fold's curve rests on fewer than two negatives.

        Parameters
        ----------
        cv_results : dict or dict of str to dict
            What `sklearn.model_selection.cross_validate` returns with
            ``return_estimator=True, return_indices=True``, or several by name.
        X : DataFrame or array-like of shape (n_patients, n_columns)
            As in the cross-validation.
        y : array-like of shape (n_patients,)
            As in the cross-validation.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for classes {0, 1} or {-1, 1}, else required.
        response_method : {"auto", "predict_proba", "decision_function"}, \
                default="auto"
            Where scores come from; "auto" takes the first that there is.
        name : str, default="out-of-fold"
            Name of a single cross-validation.
        compare : sequence of (str, str), "auto" or None, default="auto"
            Pairs of models whose fold areas are compared by the corrected resampled
            t-test; several p-values are shown after Holm's adjustment. "auto" and
            None compare nothing.
        groups : array-like of shape (n_patients,), default=None
            Patient of each row of X, where patients have several rows.
        stratify : bool or "auto", default="auto"
            Whether resamples of a fold keep the number of patients of each class.
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
            If a cross-validation kept no estimators or indices, several have
            other folds, or the folds are not as in `cv_auc_ci` (one class,
            leave-one-out).
        """
        several = cv_results if _are_several(cv_results) else {name: cv_results}
        folds, scores, label = cv_responses(
            several, X, y, groups, response_method, pos_label
        )
        pairs = [] if compare == "auto" else _pairs(compare, list(scores))
        level = check_confidence_level(confidence_level)
        sample = check_sample(y, pos_label=label, groups=groups, interval=False)
        drawn = {"stratify": stratify, "n_resamples": n_resamples}
        drawn["random_state"] = random_state
        curves = {
            key: cv_roc_of(sample, score, folds, level, **drawn)
            for key, score in scores.items()
        }
        tests = {
            (a, b): compare_areas(curves[a].auc, curves[b].auc, folds) for a, b in pairs
        }
        return cls(curves=curves, tests=tests).plot(ax, **plot_params)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        pos_label: Any = None,
        name: str = "model",
        compare: str | Sequence[tuple[str, str]] | None = "auto",
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
        y_score : array-like of shape (n_samples,), or dict or DataFrame of such
            Scores of one model, or of several by name.
        pos_label : int, float, bool or str, default=None
            The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
        name : str, default="model"
            Name of a single model.
        compare : "auto", sequence of (str, str) or None, default="auto"
            Pairs of models to compare by DeLong's paired test. Several p-values are
            shown after Holm's adjustment. "auto" compares two models and tests
            nothing among one or many.
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
            If there is no model, the input is not as in `roc_ci`, or `compare` names
            unknown models.
        """
        given = named_models(y_score, name, "y_score")
        if not given:
            raise ValueError("y_score holds no model; give scores of at least one")
        pairs = _pairs(compare, [str(key) for key in given])
        level = check_confidence_level(confidence_level)
        names = {key: f"y_score of {key!r}" for key in given}
        beside = {names[key]: values for key, values in given.items()}
        sample = check_sample(y_true, pos_label=pos_label, groups=groups, beside=beside)
        scores = {
            str(key): sample.scores(values, names[key]) for key, values in given.items()
        }
        curves = {
            key: roc_of(
                sample,
                score,
                level,
                stratify=stratify,
                n_resamples=n_resamples,
                random_state=random_state,
            )
            for key, score in scores.items()
        }
        tests = {
            (a, b): paired_of(sample, scores[a], scores[b], level) for a, b in pairs
        }
        return cls(curves=curves, tests=tests).plot(ax, **plot_params)

    def legend_labels(self) -> list[str]:
        """Write each curve's legend entry.

        Returns
        -------
        list of str
            Name, area with interval, folds of a cross-validation, number of
            patients and positive class.
        """
        return [
            f"{name}: AUC {in_line(c.auc)}\n"
            + (f"cross-validated, {c.auc.folds}\n" if isinstance(c, CVRocCI) else "")
            + counts(c.n, c.n_pos, c.pos_label, c.auc.n_groups)
            for name, c in self.curves.items()
        ]

    def comparison_text(self) -> str:
        """Write the p-values, as they stand in the legend's title.

        Returns
        -------
        str
            One line per comparison; empty if there is none.
        """
        if not self.tests:
            return ""
        adjusted = holm(test.pvalue for test in self.tests.values())
        folds = any(isinstance(test, ResampledTest) for test in self.tests.values())
        which = "Corrected resampled t" if folds else "DeLong"
        lines = [f"{which}, Holm-adjusted:" if len(self.tests) > 1 else f"{which}:"]
        for (a, b), pvalue in zip(self.tests, adjusted, strict=True):
            lines.append(f"{a} vs {b}: {p_equals(pvalue)}")
        return (" " if len(self.tests) == 1 else "\n").join(lines)

    def plot(
        self,
        ax: Any = None,
        *,
        plot_band: bool = True,
        plot_chance_level: bool = True,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
        chance_kwargs: dict[str, Any] | None = None,
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
        line_kwargs, band_kwargs, chance_kwargs : dict, default=None
            Passed to matplotlib for curves, bands and diagonal.

        Returns
        -------
        RocCIDisplay
            This object, with the artists as attributes.
        """
        ax = open_axes(self, ax, figsize=(5.4, 5.2))
        self.lines_, self.bands_, self.chance_line_ = [], [], None
        drawn = sum(line.get_gid() == _GID for line in ax.lines)
        labels = self.legend_labels()
        for i, curve in enumerate(self.curves.values(), start=drawn):
            style = line_style(i) | {"label": labels[i - drawn], "gid": _GID}
            style |= line_kwargs or {}
            self.lines_ += ax.plot(curve.fpr, curve.tpr, **style)
            if plot_band:
                shade = {"color": self.lines_[-1].get_color(), "alpha": 0.15}
                shade |= {"linewidth": 0, **(band_kwargs or {})}
                bounds = (curve.band_fpr, curve.band_low, curve.band_high)
                self.bands_.append(ax.fill_between(*bounds, **shade))
        if plot_chance_level and not drawn:
            style = {"color": "0.5", "linestyle": ":", "linewidth": 1}
            style |= chance_kwargs or {}
            (self.chance_line_,) = ax.plot([0, 1], [0, 1], **style)
        ax.set(xlabel="False positive rate", ylabel="True positive rate")
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        titles = [_legend_title(ax), self.comparison_text()]
        title = "\n".join(filter(None, titles)) or None
        ax.legend(loc="lower right", title=title, **SMALL_LEGEND)
        return self


def _legend_title(ax: Any) -> str:
    """Return the title of the legend that an earlier display drew."""
    legend = ax.get_legend()
    return "" if legend is None else legend.get_title().get_text()


def _are_several(cv_results: Any) -> bool:
    """Tell whether these are cross-validations by name."""
    return all(isinstance(found, Mapping) for found in cv_results.values())


def _pairs(compare: Any, names: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of curves to compare."""
    if compare is None:
        return []
    if isinstance(compare, str):
        check_option(compare, "compare", ("auto",))
        return [(names[0], names[1])] if len(names) == 2 else []
    pairs = [(str(a), str(b)) for a, b in compare]
    for pair in pairs:
        for one in pair:
            check_option(one, "compare", names)
    return pairs
