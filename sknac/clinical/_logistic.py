"""Logistic fits, the three tests between nested ones, and separation."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import chdtrc, expit

# A maximum this far out (in log-odds) may be none: linear programming decides.
SUSPICIOUS = 12.0
# Weighted least squares beyond these log-odds have lost their way.
RUNAWAY = 100.0


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A logistic regression with intercept on the columns of some terms."""

    terms: tuple[str, ...]
    design: np.ndarray
    target: np.ndarray
    spans: dict[str, slice]
    coef: np.ndarray
    deviance: float

    @property
    def n_parameters(self):
        """Number of coefficients, the intercept included."""
        return self.design.shape[1]

    @property
    def aic(self):
        """Akaike's criterion."""
        return self.deviance + 2 * self.n_parameters

    @property
    def bic(self):
        """Schwarz's criterion."""
        return self.deviance + np.log(len(self.target)) * self.n_parameters

    @cached_property
    def probability(self):
        """Fitted probabilities."""
        return expit(self.design @ self.coef)

    @cached_property
    def covariance(self):
        """Inverse information at the coefficients; NaN where none exists."""
        if self.separated:
            return np.full((self.n_parameters,) * 2, np.nan)
        weight = self.probability * (1 - self.probability)
        scale = np.sqrt((weight[:, None] * self.design**2).sum(axis=0))
        scaled = np.sqrt(weight)[:, None] * self.design / scale
        return np.linalg.inv(scaled.T @ scaled) / np.outer(scale, scale)

    @cached_property
    def separated(self):
        """Whether some combination of predictors parts the classes, so that the
        likelihood has no maximum."""
        far = np.abs(self.design @ self.coef).max() > SUSPICIOUS
        return bool(far and is_separated(self.design, self.target))


def fit_logistic(blocks, terms, target):
    """Fit the model with the given terms by maximum likelihood."""
    parts = [np.ones((len(target), 1)), *(blocks[name] for name in terms)]
    edges = np.cumsum([part.shape[1] for part in parts])
    spans = {name: slice(edges[at], edges[at + 1]) for at, name in enumerate(terms)}
    design = np.column_stack(parts)
    # Standardised columns, so that units play no part in the iterations.
    centre, spread = design.mean(axis=0), design.std(axis=0)
    centre[0], spread[0] = 0.0, 1.0
    scaled = _maximise((design - centre) / spread, target)
    coef = scaled / spread
    coef[0] -= coef[1:] @ centre[1:]
    deviance = _deviance(design, coef, target)
    return LogisticFit(tuple(terms), design, target, spans, coef, deviance)


def refitted(fit, coef):
    """Return a fit at other coefficients than those of the maximum likelihood."""
    deviance = _deviance(fit.design, coef, fit.target)
    return replace(fit, coef=coef, deviance=deviance)


def _maximise(design, target):
    """Return coefficients by statsmodels: weighted least squares, else L-BFGS.

    Without a maximum the former may run away; the latter then stops far out, near
    the limit of the likelihood.
    """
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    # A likelihood without a maximum is told by `separated`, not by warnings.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = GLM(target, design, family=Binomial())
        fitted = model.fit(maxiter=60, tol=1e-10, rtol=1e-13)
        coef, settled = np.asarray(fitted.params), fitted.converged
        if settled and np.abs(design @ coef).max() < RUNAWAY:
            return coef
        fitted = Logit(target, design).fit(method="lbfgs", maxiter=1000, disp=0)
        return np.asarray(fitted.params)


def _deviance(design, coef, target):
    """Return minus twice the log-likelihood, without overflow."""
    return float(
        2 * np.logaddexp(0, np.where(target == 1, -1, 1) * (design @ coef)).sum()
    )


def nested_test(smaller, larger, name, block, test):
    """Test the term by which two fits differ: statistic, df, p-value, test used.

    Where the larger model is separated Wald's statistic does not exist and the
    likelihood ratio takes its place.
    """
    df = block.shape[1]
    if test == "wald" and larger.separated:
        test = "lr"
    if test == "lr":
        statistic = max(smaller.deviance - larger.deviance, 0.0)
    elif test == "wald":
        span = larger.spans[name]
        effect = larger.coef[span]
        statistic = effect @ np.linalg.solve(larger.covariance[span, span], effect)
    else:
        statistic = _score_statistic(smaller, block)
    return float(statistic), df, float(chdtrc(df, statistic)), test


def is_separated(design, target):
    """Tell whether a hyperplane has no one of either class on the wrong side.

    Maximise the sum of y_i x_i b with every summand >= 0 and b bounded: the maximum
    is 0 exactly where the likelihood has a maximum.
    """
    from scipy.optimize import linprog

    scale = np.abs(design).max(axis=0)
    signed = (
        design / np.where(scale > 0, scale, 1) * np.where(target == 1, 1, -1)[:, None]
    )
    found = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(target)), bounds=(-1, 1)
    )
    return bool(found.status == 0 and -found.fun > 1e-6)


def _score_statistic(smaller, block):
    """Return Rao's statistic for adding columns to a fit."""
    weight = smaller.probability * (1 - smaller.probability)
    root = np.sqrt(weight)[:, None]
    # What of the columns the model does not hold yet, in its own metric.
    held, added = root * smaller.design, root * block
    rest = added - held @ np.linalg.lstsq(held, added, rcond=None)[0]
    score = block.T @ (smaller.target - smaller.probability)
    return score @ np.linalg.lstsq(rest.T @ rest, score, rcond=None)[0]
