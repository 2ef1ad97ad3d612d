"""What a model's performance on its own patients owes to having been fitted on them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.metrics._asked import check_metrics
from sknac.metrics._correction import corrected_row, warn_of_no_spread
from sknac.metrics._indices import is_of_probability
from sknac.metrics._refits import Refits, tally
from sknac.utils._answers import score_method
from sknac.utils._draws import resolve_seed
from sknac.utils._patient_folds import frozen_parts
from sknac.utils._result import Result
from sknac.utils._sample import check_sample
from sknac.utils._settings import check_confidence_level, check_option, check_whole
from sknac.utils._warnings import warn_user

_METHODS = ("harrell", ".632+")


@dataclass(frozen=True, eq=False, repr=False)
class OptimismResult(Result):
    """Performance of a model, corrected for having been fitted on its own patients.

    Parameters
    ----------
    table : DataFrame of shape (n_metrics, 7) or (n_metrics, 9)
        By metric: `apparent` (on the patients of the fit), `optimism`, `corrected`
        (their difference), `mc_se` (how far chance in the resamples moves the last
        two), `low` and `high`, and `n_undefined`, the resamples in which the metric
        has no value. With ".632+" also `no_information`, the value where outcome and
        prediction have nothing in common, and `weight`, that of the patients left out.
    method : {"harrell", ".632+"}
        How the optimism was estimated.
    confidence_level : float
        Nominal coverage of the bounds, between 0 and 1.
    pos_label : int, float, bool or str
        The positive class of metrics given by name.
    n, n_pos : int
        Rows and positive rows.
    n_groups : int or None
        Number of patients where `groups` was given.
    n_resamples : int
        Number of resamples drawn.
    failures : dict of str to int
        Why resamples were left out, and how many: one class only, or what the fit
        raised.
    warned : dict of str to int
        Kinds of warnings and the number of resamples whose fit gave them, such as
        a `ConvergenceWarning` where the classes were separated.
    seed : int
        Passing it as `random_state` gives the same numbers again.

    See Also
    --------
    optimism : Computes this result.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknac.metrics import optimism
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticRegression()
    >>> found = optimism(model, X[:90, :3], y[:90], n_resamples=20, random_state=0)
    >>> found.table.loc["roc_auc", ["apparent", "corrected"]].round(2).tolist()
    [0.98, 0.97]
    """

    table: pd.DataFrame
    method: str
    confidence_level: float
    pos_label: Any
    n: int
    n_pos: int
    n_groups: int | None
    n_resamples: int
    failures: dict[str, int]
    warned: dict[str, int]
    seed: int

    @property
    def n_failed(self) -> int:
        """Number of resamples that were left out."""
        return sum(self.failures.values())

    def to_frame(self) -> pd.DataFrame:
        """Return the table.

        Returns
        -------
        DataFrame of shape (n_metrics, n_fields)
            One row per metric.
        """
        return self.table.copy()

    def __repr__(self) -> str:
        failed = f", {self.n_failed} failed" if self.n_failed else ""
        lines = [
            f"corrected for optimism ({self._about()}, {self.n_resamples} "
            f"resamples{failed})"
        ]
        for name, row in self.table.iterrows():
            low, high = (f"{row[bound]:.3f}" for bound in ("low", "high"))
            lines.append(
                f"{name} {row['corrected']:.3f} [{low}, {high}], apparent "
                f"{row['apparent']:.3f}, optimism {row['optimism']:.3f}, Monte-Carlo "
                f"SE {row['mc_se']:.4f}"
            )
        return "\n".join(lines)


def optimism(
    estimator: Any,
    X: Any,
    y: Any,
    metrics: Any = "roc_auc",
    *,
    n_resamples: int = 200,
    method: str = "harrell",
    groups: Any = None,
    pos_label: Any = None,
    confidence_level: float = 0.95,
    n_jobs: int | None = None,
    random_state: Any = None,
    callbacks: Any = (),
) -> OptimismResult:
    """Correct a model's performance on its own patients by the bootstrap.

    Everything that `fit` does is repeated on patients drawn with replacement: the
    selection of predictors, the threshold, the search for a penalty. How much better
    such a model is on its own sample than elsewhere is the optimism.

    Parameters
    ----------
    estimator : estimator instance
        Binary classifier, a pipeline or a search; it is cloned, never fitted in place.
    X : array-like, sparse matrix or cohort frame of shape (n_samples, n_features)
        Whatever `estimator` takes. In resamples of a frame, copies of a patient P017
        are named ``P017#2`` and so on.
    y : array-like of shape (n_samples,)
        True labels, two classes.
    metrics : str, list of str, or dict of str to str or callable, default="roc_auc"
        "roc_auc", "sensitivity", "specificity", "ppv", "npv", "accuracy",
        "balanced_accuracy", "weighted_youden" (weight 0.5), "brier",
        "calibration_slope", "calibration_intercept" (in the large, as in
        `calibration`); "net_benefit@0.2" at a threshold, "net_benefit" at 0.05, 0.1,
        ..., 0.95, for `decision_curve`; or scorers ``scorer(estimator, X, y)``, such as
        those of `clinical_scorers` or of `sklearn.metrics.make_scorer`.
    n_resamples : int, default=200
        Number of resamples, each of which costs a fit.
    method : {"harrell", ".632+"}, default="harrell"
        Harrell's optimism, or Efron and Tibshirani's .632+ estimate. Take the latter
        where predictors are many for the number of patients.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row. Patients are drawn with all their rows, and are kept
        together in folds inside `estimator`.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    confidence_level : float, default=0.95
        Nominal coverage of the bounds, between 0 and 1.
    n_jobs : int, default=None
        Number of resamples fitted at the same time; None is 1, -1 all processors. The
        numbers are the same for any.
    random_state : int, RandomState, Generator or None, default=None
        Randomness of the draws, and of every part of `estimator` whose own
        `random_state` is None; the integer that repeats it is in the result as `seed`.
    callbacks : sequence, default=()
        Of scikit-learn, e.g. a `sklearn.callback.ProgressBar`; they hear of each
        resample that is done.

    Returns
    -------
    OptimismResult
        Apparent value, optimism and corrected value of each metric. Resamples of one
        class, and those whose fit raises an error, are left out, counted by reason in
        `failures`, and warned of.

    Raises
    ------
    ValueError
        If a metric or an option is unknown, y has not two classes, a `cv` inside
        `estimator` is a list of positions, or fewer than two resamples could be
        fitted.

    See Also
    --------
    bootstrap_ci : Interval of a metric for a model that is not fitted again.
    decision_curve : Draws net benefits beside the apparent ones, by `optimism=`.
    calibration : Slope, intercept and Brier score of given predictions.

    Notes
    -----
    With model b fitted on resample b of the patients, Harrell's optimism is the mean
    over b of (metric on resample b) - (metric on all patients). The estimate .632+ is
    ``(1 - w) apparent + w left_out``, the last being the mean over b of the metric on
    patients whom resample b left out; ``w = .632 / (1 - .368 R)``, and R in [0, 1] is
    ``(apparent - left_out) / (apparent - no_information)``. The value without
    information is .5 for the area, 0 for the calibration slope, and for rates and the
    Brier score the mean over all pairs of one patient's outcome and another's
    prediction; for a scorer that over permuted outcomes. Where there is none, as for
    the calibration intercept, R is 0 and w is .632.

    Copies of a patient stay in one inner fold: `cv` settings inside `estimator` that
    are numbers or splitters without groups make folds of patients in resamples, also
    where nested; splitters and networks that take groups get the patients as such
    (those of `groups`, or the rows). Inner splits that are no setting named `cv`, such
    as `early_stopping` of gradient boosting, do not know of copies.

    The standard error is that of the patients whom resamples left out, by the delete-d
    jackknife; the bounds are normal around the corrected value, of shares (all named
    metrics but calibration slope and intercept) on the logit scale. In simulations
    they held the area of the model in new patients in 93 to 97 % (n = 50 to 126; with
    40 predictors for 126 patients 95 % with ".632+" and 84 % with "harrell"), where
    the bootstrap interval of the apparent area moved by the optimism (Noma et al.)
    held it in 1 to 86 %. `mc_se` says nothing of the patients, only of `n_resamples`.

    With many predictors for few patients Harrell's estimate is too good: with 40 for
    126 patients 0.86 for a true area of 0.76. Where it differs from the .632+ estimate
    by more than a standard error, a warning says so. The slope of a
    penalised model, itself above 1, is better corrected by "harrell", as long as
    patients are not few for the predictors.

    References
    ----------
    F. E. Harrell, K. L. Lee, D. B. Mark, Multivariable prognostic models, Statistics
    in Medicine 15:361-387, 1996.

    B. Efron, R. Tibshirani, Improvements on cross-validation: the .632+ bootstrap
    method, Journal of the American Statistical Association 92:548-560, 1997.

    H. Noma et al., Confidence intervals of prediction accuracy measures for
    multivariable prediction models based on the bootstrap-based optimism correction
    methods, Statistics in Medicine 40:5691-5701, 2021.

    J. Shao, C. F. J. Wu, A general theory for jackknife variance estimation, Annals
    of Statistics 17:1176-1197, 1989.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknac.metrics import optimism
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticRegression(C=1e6, max_iter=1000)
    >>> found = optimism(model, X[:90, 1:4:2], y[:90], ["roc_auc", "brier"],
    ...                  n_resamples=20, random_state=0)
    >>> found.table["corrected"].round(2).to_dict()
    {'roc_auc': 0.95, 'brier': 0.09}
    """
    check_option(method, "method", _METHODS)
    level = check_confidence_level(confidence_level)
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    metrics = check_metrics(metrics)
    sample = check_sample(y, pos_label=pos_label, groups=groups, beside={"X": X})
    sample.require_both_classes("the optimism")
    seed = resolve_seed(random_state)
    work = Refits(estimator, X, y, sample, metrics, seed)
    work.set_callbacks(*callbacks)
    _check_model(work)
    said, everybody = work.predicted(work.fitted), np.ones(sample.n)
    apparent = work.indices(work.fitted, said, everybody, (X, y))
    refits = work.run(n_resamples, n_jobs)
    done = [one for one in refits if not one.failure]
    failures = tally([one.failure for one in refits if one.failure])
    warned = tally([kind for one in done for kind in one.warned])
    _tell(n_resamples, failures, warned)
    how = {"work": work, "plus": method == ".632+", "level": level}
    rows = {name: corrected_row(name, apparent[name], done, **how) for name in metrics}
    warn_of_no_spread(rows)
    return OptimismResult(
        table=pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric"),
        method=method,
        confidence_level=level,
        n_resamples=n_resamples,
        failures=failures,
        warned=warned,
        seed=seed,
        **sample.about,
    )


def _check_model(work: Refits) -> None:
    """Fit the model on all patients; raise or warn where its optimism is not told."""
    if frozen := frozen_parts(work.estimator):
        warn_user(
            f"{', '.join(frozen)} is not fitted again: what it has learned from these "
            "patients is no part of the optimism; give it unfitted, unless it comes "
            "from others"
        )
    model = work.fitted
    if not hasattr(model, "classes_"):
        raise TypeError(
            f"estimator must be a classifier, got {type(model).__name__} without "
            "classes_"
        )
    asked = [metric for metric in work.metrics.values() if is_of_probability(metric)]
    if asked and score_method(model) != "predict_proba":
        raise ValueError(
            f"{asked[0]} needs probabilities, which {type(model).__name__} does not "
            "give; take CalibratedClassifierCV or other metrics"
        )


def _tell(n: int, failures: dict[str, int], warned: dict[str, int]) -> None:
    """Warn of resamples that failed or warned; raise where nothing is left."""
    failed = sum(failures.values())
    listed = ", ".join(f"{count} x {why}" for why, count in failures.items())
    if failed > n - 2:
        raise ValueError(
            f"{failed} of {n} resamples could not be fitted ({listed}); mend that or "
            "take a simpler model"
        )
    if failed:
        warn_user(
            f"{failed} of {n} resamples could not be fitted and were left out "
            f"({listed}); the estimate is of the others, mend it where these are many"
        )
    if warned:
        listed = ", ".join(f"{kind} in {count}" for kind, count in warned.items())
        warn_user(
            f"Fits on resamples warned ({listed} of {n}); fit the model on a resample "
            "to see what it says"
        )
