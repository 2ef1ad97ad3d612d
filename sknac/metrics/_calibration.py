"""Calibration of predicted probabilities: slope, intercept, O:E, curve, Brier score."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, ndtri, stdtrit

from sknac.metrics._calibration_curve import curve_of, distances, smoothed
from sknac.metrics._certain import (
    ONE_PATIENT,
    ROUNDING,
    RULE,
    all_or_none,
    widen,
)
from sknac.metrics._checks import check_probabilities
from sknac.metrics._placements import mean_and_error
from sknac.metrics._results import MetricInterval
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option, check_whole
from sknac.utils._text import significant, typed
from sknac.utils._warnings import warn_hint, warn_undefined

# A slope beyond this belongs to probabilities that separate the classes.
LARGEST_SLOPE = 1e3
# A slope within this of 0 is 0 but for rounding, and says nothing of the class.
NO_SLOPE = 1e-9
# Of their standard errors; slope and intercept of new patients are hardly ever so
# near to 1 and 0 together (once in 16,000 studies).
BY_CONSTRUCTION = 0.01


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationResult(Result):
    """Calibration of predicted probabilities.

    Parameters
    ----------
    slope : MetricInterval
        Slope of the log-odds of the outcome on those predicted; 1 is right, below 1
        the predictions are too extreme.
    intercept : MetricInterval
        Calibration in the large: log-odds to add to every prediction, slope kept
        at 1; 0 is right, below 0 the predictions are too high.
    brier : MetricInterval
        Mean squared error of the probabilities.
    brier_skill : float
        1 - Brier score over that of predicting the share of positives for everybody.
    bins : DataFrame of shape (n_bins, 3)
        By group of similar predictions: `n`, mean `predicted` and `observed` share.
    pos_label : int, float, bool or str
        The positive class.
    o_to_e : MetricInterval
        Observed positives over expected ones; 1 is right, below 1 the predictions
        are too high.
    ici, e50, e90, emax : float
        Mean, median, 90th percentile and maximum of the distance between prediction
        and flexible curve, in [0, 1] or slightly above; never 0, even of predictions
        that are right.
    curve : DataFrame of shape (n_points, 4)
        The flexible curve: `predicted`, `observed` share, `low` and `high` bound.
    data : {"new", "training"}
        Whose predictions they are, as declared.

    See Also
    --------
    calibration : Computes this result.
    CalibrationCIDisplay : Draws it.

    Examples
    --------
    >>> from sknac.metrics import calibration
    >>> y = [0, 0, 0, 1, 0, 1, 1, 1]
    >>> p = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    >>> calibration(y, p)
    slope 1.870 [0.192, 3.548], intercept 0.000 [-1.689, 1.689], Brier 0.125
    [0.022, 0.228], O:E 1.000 [0.592, 1.688], ICI 0.112 (95%, pos_label=1, n=8
    patients, n_pos=4)
    """

    slope: MetricInterval
    intercept: MetricInterval
    brier: MetricInterval
    brier_skill: float
    bins: pd.DataFrame
    pos_label: Any
    o_to_e: MetricInterval
    ici: float
    e50: float
    e90: float
    emax: float
    curve: pd.DataFrame
    data: str

    def to_frame(self) -> pd.DataFrame:
        """Return the measures as a table.

        Returns
        -------
        DataFrame of shape (3, 5)
            Estimate, low, high, method and pos_label of slope, intercept and Brier
            score.
        """
        parts = [x.to_frame() for x in (self.slope, self.intercept, self.brier)]
        table = pd.concat(parts).set_index("metric")
        return table[["estimate", "low", "high", "method", "pos_label"]]

    def __repr__(self) -> str:
        found = f"slope {typed(self.slope)}, intercept {typed(self.intercept)}"
        found += f", Brier {typed(self.brier)}, O:E {typed(self.o_to_e)}"
        about = self.brier.replace(method="")._about()
        if self.data == "training":
            about += "; training patients: a fit makes its own slope 1, intercept 0"
        return f"{found}, ICI {significant(self.ici)} ({about})"


def calibration(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    groups: Any = None,
    n_bins: int = 5,
    data: str = "new",
    confidence_level: float = 0.95,
) -> CalibrationResult:
    """Measure how well predicted probabilities fit the outcome.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_prob : array-like of shape (n_samples,)
        Predicted probabilities of the positive class, in [0, 1].
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows: standard errors are
        then those between patients.
    n_bins : int, default=5
        Number of groups of similar predictions, of about equal size.
    data : {"new", "training"}, default="new"
        Whose predictions they are: of patients whom the model, or what recalibrated
        it, has not seen (those of test sets, or out of fold), or of those it was
        fitted to. The latter say nothing of its calibration: the result is marked.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    CalibrationResult
        Slope and intercept with intervals of sandwich errors, O:E, Brier score with
        the interval of a mean, the flexible curve with its distances. With one class,
        a prediction of exactly 0 or 1 or predictions without spread, or that separate
        the classes, slope or intercept are NaN, with an `UndefinedMetricWarning`
        naming why, and so are the Brier score's bounds where all errors are alike. A
        negative slope is warned of: the predictions are then high for the other
        class. So are predictions of new patients with a slope of 1 and an intercept
        of 0 to a hundredth of their errors: they were fitted to these labels.

    Raises
    ------
    ValueError
        If lengths differ, a probability lies outside [0, 1], labels are not binary,
        `pos_label` is missing or unknown, or `n_bins` is below 1.

    See Also
    --------
    CalibrationCIDisplay : Draws the curve.
    auc_ci : Discrimination, which calibration says nothing of.

    Notes
    -----
    The slope is that of a logistic regression of the outcome on the logit of the
    prediction, the intercept that of one where the logit is an offset. Thresholds
    move with calibration, the area under the ROC curve does not.

    Standard errors are those of the sandwich without correction for few patients
    (HC0, summed within patients where `groups` are given), which hold where the slope
    is not 1 and for several rows of a patient; intervals are Student's t with the
    number of patients less that of the coefficients as degrees of freedom. O:E has
    the error of a ratio of means and is normal on the log scale; with one class its
    bounds are Clopper-Pearson's.

    The curve is a lowess (span 2/3, without robust steps) of the outcome on the
    prediction. Its pointwise bounds are Wilson's for the number of patients that has
    the variance of the local mean, as if all outcomes of a patient were alike. In
    simulations of 21 to 126 patients, one to four images each and slopes of 0.6 to
    1.5, the intervals of 95 % held the truth in 94 to 97 %.

    References
    ----------
    D. R. Cox, Two further applications of a model for binary regression, Biometrika
    45:562-565, 1958.

    B. Van Calster et al., Calibration: the Achilles heel of predictive analytics,
    BMC Medicine 17:230, 2019.

    P. C. Austin, E. W. Steyerberg, The Integrated Calibration Index (ICI) and related
    metrics, Statistics in Medicine 38:4051-4065, 2019.

    Examples
    --------
    >>> from sknac.metrics import calibration
    >>> y = [0, 0, 0, 1, 0, 1, 1, 1]
    >>> p = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    >>> calibration(y, p, n_bins=2).bins
       n  predicted  observed
    0  4       0.25      0.25
    1  4       0.75      0.75
    """
    level = check_confidence_level(confidence_level)
    check_option(data, "data", ("new", "training"))
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, beside={"y_prob": y_prob}
    )
    prob = check_probabilities(sample.scores(y_prob, "y_prob"), "y_prob")
    n_bins = check_whole(n_bins, "n_bins", 1)
    target = sample.positive.astype(float)
    slope, intercept = _logistic_measures(sample, target, prob)
    if data == "new":
        _warn_of_training(slope, intercept)
    about = {"confidence_level": level, **sample.about}
    share = target.mean()
    brier, se = mean_and_error((prob - target) ** 2, sample.codes)
    base = share * (1 - share)
    fitted = smoothed(target, prob)
    return CalibrationResult(
        slope=_interval("calibration_slope", *slope, "sandwich", about),
        intercept=_interval("calibration_intercept", *intercept, "sandwich", about),
        brier=_interval(
            "brier", float(brier), float(se), np.inf, "mean", about, least=0, most=1
        ),
        brier_skill=float(1 - brier / base) if base else np.nan,
        bins=_bins(target, prob, n_bins),
        pos_label=sample.pos_label,
        o_to_e=_observed_to_expected(sample, target, prob, about),
        **distances(prob, fitted),
        curve=curve_of(prob, fitted, sample.codes, level),
        data=data,
    )


def _logistic_measures(
    sample: Sample, target: np.ndarray, prob: np.ndarray
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return slope and intercept, each with its standard error and its df."""
    nothing = (np.nan, np.nan, np.nan)
    if sample.warn_of_one_class("calibration"):
        return nothing, nothing
    if sample.n_groups == 1:
        warn_undefined(ONE_PATIENT)
        return nothing, nothing
    if prob.min() == 0 or prob.max() == 1:
        warn_undefined(
            "A prediction is exactly 0 or 1, infinite log-odds: slope and intercept "
            "are NaN; clip the probabilities, for example to [1e-6, 1 - 1e-6]"
        )
        return nothing, nothing
    odds = logit(prob)
    ones = np.ones((len(target), 1))
    intercept = _fit(target, ones, odds, sample.codes)
    if np.ptp(odds) == 0:
        warn_undefined("All predictions are equal; the calibration slope is NaN")
        return nothing, intercept
    slope = _fit(target, np.column_stack([odds, ones]), None, sample.codes)
    if abs(slope[0]) > LARGEST_SLOPE or _ordered(target, prob):
        warn_undefined("The predictions separate the classes; the slope is NaN")
        return nothing, intercept
    if slope[0] < -NO_SLOPE:
        warn_hint(
            f"The calibration slope {slope[0]:.3g} is negative: predictions are lower "
            f"for {sample.pos_label!r}; check pos_label or pass 1 - y_prob"
        )
    return slope, intercept


def _warn_of_training(slope: tuple[float, ...], intercept: tuple[float, ...]) -> None:
    """Warn of a slope of 1 and an intercept of 0, which only a fit makes."""
    off = abs(slope[0] - 1) / slope[1], abs(intercept[0]) / intercept[1]
    if max(off) < BY_CONSTRUCTION:
        warn_hint(
            "The calibration slope is 1 and the intercept 0, as a fit makes them on "
            "the patients it was fitted to; pass predictions of other patients or out "
            'of fold, or say data="training"'
        )


def _ordered(target: np.ndarray, prob: np.ndarray) -> bool:
    """Tell whether some cut parts the classes, so that no slope is finite."""
    up, down = prob[target == 1], prob[target == 0]
    return up.min() >= down.max() or up.max() <= down.min()


def _fit(
    target: np.ndarray,
    design: np.ndarray,
    offset: np.ndarray | None,
    codes: np.ndarray | None,
) -> tuple[float, float, float]:
    """Return the first coefficient of a logistic regression, its error and df."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    kind = {"cov_type": "HC0"}
    if codes is not None:
        within = {"groups": codes, "use_correction": False}
        kind = {"cov_type": "cluster", "cov_kwds": within}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # separation is told by the caller
        fitted = GLM(target, design, family=Binomial(), offset=offset).fit(
            maxiter=60, tol=1e-10, rtol=1e-13, **kind
        )
        units = target.size if codes is None else int(codes.max()) + 1
        df = units - design.shape[1]
        return float(fitted.params[0]), float(fitted.bse[0]), float(df)


def _observed_to_expected(
    sample: Sample, target: np.ndarray, prob: np.ndarray, about: dict[str, Any]
) -> MetricInterval:
    """Return positives seen over expected; normal on the log scale."""
    if not prob.any():
        warn_undefined("All predictions are 0 and expect nobody; O:E is NaN")
        return _interval("o_to_e", np.nan, np.nan, np.inf, "log", about)
    ratio = float(target.mean() / prob.mean())
    if not sample.has_both:
        trials = [(1 / prob.mean(), float(target[0]), sample.n_groups or sample.n)]
        low, high = all_or_none(trials, about["confidence_level"])
        return MetricInterval("o_to_e", ratio, low, high, np.nan, RULE, **about)
    se = float(mean_and_error(target - ratio * prob, sample.codes)[1] / target.mean())
    if se <= ROUNDING:  # as with perfect predictions: as if expected alike of all
        se = float(np.sqrt((1 / target.mean() - 1) / (sample.n_groups or sample.n)))
    log = _interval("o_to_e", np.log(ratio), se, np.inf, "log", about)
    low, high = np.exp([log.low, log.high]).tolist()
    return log.replace(estimate=ratio, low=low, high=high, se=ratio * se)


def _interval(
    metric: str,
    estimate: float,
    se: float,
    df: float,
    method: str,
    about: dict[str, Any],
    *,
    least: float = -np.inf,
    most: float = np.inf,
) -> MetricInterval:
    """Return an interval of Student's t, normal for infinite df, clipped."""
    tail = 0.5 + about["confidence_level"] / 2
    half = se * float(stdtrit(df, tail) if np.isfinite(df) else ndtri(tail))
    low, high = np.clip([estimate - half, estimate + half], least, most).tolist()
    found = {"estimate": estimate, "low": low, "high": high, "se": se}
    return widen(MetricInterval(metric=metric, method=method, **found, **about))


def _bins(target: np.ndarray, prob: np.ndarray, n_bins: int) -> pd.DataFrame:
    """Return groups of similar predictions of about equal size, ties together."""
    edges = np.unique(np.quantile(prob, np.linspace(0, 1, n_bins + 1)[1:-1]))
    code = np.searchsorted(edges, prob, side="right")
    table = pd.DataFrame({"code": code, "predicted": prob, "observed": target})
    found = table.groupby("code").agg(
        n=("observed", "size"),
        predicted=("predicted", "mean"),
        observed=("observed", "mean"),
    )
    return found.reset_index(drop=True)
