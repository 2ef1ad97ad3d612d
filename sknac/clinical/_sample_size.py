"""How many patients the development of a prediction model takes."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, ndtri, xlogy

from sknac.utils._labels import shown
from sknac.utils._result import Result
from sknac.utils._settings import as_number, check_whole

# Largest optimism in Nagelkerke's R2, and margin of the share of positives.
OPTIMISM, MARGIN = 0.05, 0.05


@dataclass(frozen=True, repr=False)
class RileySampleSize(Result):
    """The fewest patients for developing a logistic model, by three criteria.

    Parameters
    ----------
    n : int
        The largest of the three: what the development takes.
    n_shrinkage, n_optimism, n_prevalence : int
        Patients that each criterion takes: little overfitting of the effects, of
        Nagelkerke's R2, and a share of positives known to within 0.05.
    n_events : int
        Positives expected among `n`.
    n_parameters : int
        Candidate parameters.
    prevalence : float
        Expected share of positives, between 0 and 1.
    r2 : float
        Cox and Snell's R2 that is expected, below `max_r2`.
    max_r2 : float
        The largest R2 with this prevalence.
    shrinkage : float
        Least shrinkage asked for, between 0 and 1.

    See Also
    --------
    riley_sample_size : Computes this result.

    Examples
    --------
    >>> from sknac.clinical import riley_sample_size
    >>> riley_sample_size(5, prevalence=0.5, auc=0.8).n
    385
    """

    n: int
    n_shrinkage: int
    n_optimism: int
    n_prevalence: int
    n_events: int
    n_parameters: int
    prevalence: float
    r2: float
    max_r2: float
    shrinkage: float

    def to_frame(self) -> pd.DataFrame:
        """Return what each criterion takes.

        Returns
        -------
        DataFrame of shape (4, 3)
            `n`, `n_events` and `events_per_parameter` by criterion, the largest last.
        """
        sizes = {
            "shrinkage": self.n_shrinkage,
            "optimism": self.n_optimism,
            "prevalence": self.n_prevalence,
            "all": self.n,
        }
        table = pd.DataFrame({"n": sizes}).rename_axis("criterion")
        table["n_events"] = np.ceil(table["n"] * self.prevalence).astype(int)
        each = table["n"] * self.prevalence / self.n_parameters
        return table.assign(events_per_parameter=each)

    def __repr__(self) -> str:
        return (
            f"{self.n} patients, {self.n_events} positive (shrinkage "
            f"{self.n_shrinkage}, optimism {self.n_optimism}, prevalence "
            f"{self.n_prevalence}; {self.n_parameters} parameters, "
            f"prevalence={self.prevalence:g}, R2={self.r2:.3g})"
        )


def riley_sample_size(
    n_parameters: int,
    *,
    prevalence: float,
    r2: float | None = None,
    auc: float | None = None,
    shrinkage: float = 0.9,
) -> RileySampleSize:
    """Compute how many patients a logistic prediction model takes to develop.

    Parameters
    ----------
    n_parameters : int
        Candidate parameters: all that the model or its selection looks at, dummies
        and splines counted one by one.
    prevalence : float
        Expected share of positives, between 0 and 1.
    r2 : float, default=None
        Expected R2 of Cox and Snell, corrected for optimism, as of an earlier model.
    auc : float, default=None
        Instead of `r2`: expected area under the ROC curve, above 0.5.
    shrinkage : float, default=0.9
        Factor by which the effects may have to be shrunk, at least; above the R2.

    Returns
    -------
    RileySampleSize
        The fewest patients, and those of each criterion.

    Raises
    ------
    ValueError
        If a number lies outside its range, or not one of `r2` and `auc` is given.

    See Also
    --------
    StepwiseLogisticRegression : Every candidate counts, also those left out.

    Notes
    -----
    With p parameters and an R2 of Cox and Snell, ``n = p / ((S - 1) ln(1 - R2 / S))``
    is what an expected shrinkage S takes [1]_: once with S as asked for, once with
    ``S = R2 / (R2 + 0.05 max R2)``, so that the optimism of Nagelkerke's R2 is at
    most 0.05. The third criterion, ``(1.96 / 0.05)^2 prevalence (1 - prevalence)``,
    gives the share of positives to within 0.05. An R2 is taken from an area under the
    curve as if the log-odds were normal with one variance in both classes [2]_, here
    by integration instead of simulation.

    This is for logistic models on candidates that were fixed before; networks and
    selected image features have far more parameters than inputs.

    References
    ----------
    .. [1] R. D. Riley, K. I. E. Snell, J. Ensor et al., Minimum sample size for
       developing a multivariable prediction model: part II, Statistics in Medicine
       38:1276-1296, 2019.
    .. [2] R. D. Riley, B. Van Calster, G. S. Collins, A note on estimating the
       Cox-Snell R2 from a reported C statistic, Statistics in Medicine 40:859-864,
       2021.

    Examples
    --------
    >>> from sknac.clinical import riley_sample_size
    >>> riley_sample_size(24, prevalence=0.174, r2=0.288)
    662 patients, 116 positive (shrinkage 623, optimism 662, prevalence 221; 24
    parameters, prevalence=0.174, R2=0.288)
    """
    p = check_whole(n_parameters, "n_parameters", 1)
    share = _between(prevalence, "prevalence", 0, 1)
    most = 1 - float(np.exp(2 * (xlogy(share, share) + xlogy(1 - share, 1 - share))))
    if (r2 is None) == (auc is None):
        raise ValueError("r2 or auc must be given, one of them and not both")
    if r2 is None:
        r2 = _r2_of_area(_between(auc, "auc", 0.5, 1), share)
    r2 = _between(r2, "r2", 0, most)
    shrinkage = _between(shrinkage, "shrinkage", r2, 1)
    sizes = (
        _size(p, r2, shrinkage),
        _size(p, r2, r2 / (r2 + OPTIMISM * most)),
        int(np.ceil((1.96 / MARGIN) ** 2 * share * (1 - share))),
    )
    n = max(sizes)
    events = int(np.ceil(n * share))
    return RileySampleSize(n, *sizes, events, p, share, r2, most, shrinkage)


def _size(p: int, r2: float, shrinkage: float) -> int:
    """Return the patients that an expected shrinkage takes."""
    return int(np.ceil(p / ((shrinkage - 1) * np.log1p(-r2 / shrinkage))))


def _r2_of_area(auc: float, share: float) -> float:
    """Return Cox and Snell's R2 of normal scores with this area."""
    apart = np.sqrt(2) * float(ndtri(auc))
    at, weight = np.polynomial.hermite_e.hermegauss(200)
    weight /= weight.sum()

    def odds(score: np.ndarray) -> np.ndarray:
        return logit(share) + apart * score - apart**2 / 2

    gain = share * (weight @ -np.logaddexp(0, -odds(at + apart)))
    gain += (1 - share) * (weight @ -np.logaddexp(0, odds(at)))
    gain -= xlogy(share, share) + xlogy(1 - share, 1 - share)
    return 1 - float(np.exp(-2 * gain))


def _between(value: Any, name: str, low: float, high: float) -> float:
    """Return a number strictly between two others."""
    number = as_number(value)
    if number is None or not low < number < high:
        raise ValueError(
            f"{name} must lie between {low:.3g} and {high:.3g}, got {shown(value)}"
        )
    return float(number)
