"""Firth's penalised logistic regression against R's brglm2."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import chdtri, expit

from sknac.clinical._firth import _Profile, fit_firth

R = json.loads((Path(__file__).parent / "data" / "r_firth.json").read_text())


def design_of(case):
    """Return the design of a case of R's, its intercept first, and the outcome."""
    outcome, right = case["values"]["formula"].split(" ~ ")
    arrays = R["data"][case["data"]]["arrays"]
    columns = [np.array(arrays[name], dtype=float) for name in right.split(" + ")]
    y = np.array(arrays[outcome], dtype=float)
    return np.column_stack([np.ones(y.size), *columns]), y


@pytest.mark.parametrize("case", R["cases"], ids=lambda case: case["id"])
def test_penalised_fits_are_those_of_r(case):
    design, y = design_of(case)
    fit, want = fit_firth(design, y, 0.95), case["values"]
    rel = case["tolerance_rel"]
    np.testing.assert_allclose(fit.coef, list(want["coef"].values()), rtol=rel)
    se = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(se, list(want["se"].values()), rtol=rel)
    np.testing.assert_allclose(expit(design @ fit.coef), want["fitted"], rtol=rel)
    pvalues = list(want["p_penalised_lr"].values())
    np.testing.assert_allclose(fit.pvalue[1:], pvalues, rtol=1e-5)
    assert fit.penalised == pytest.approx(want["loglik_penalised"], rel=rel)
    assert (fit.low < fit.coef).all()
    assert (fit.high > fit.coef).all()


def test_two_by_two_tables_are_those_with_a_half_added():
    # With one binary predictor Firth's estimate is that with 1/2 in every cell.
    x = np.repeat([0.0, 1.0], [12, 8])
    y = np.concatenate([np.repeat([1, 0], [3, 9]), np.ones(8)])  # 1 wherever x = 1
    fit = fit_firth(np.column_stack([np.ones(20), x]), y, 0.95)
    want = np.log([3.5 / 9.5, (8.5 / 0.5) / (3.5 / 9.5)])
    np.testing.assert_allclose(fit.coef, want, rtol=1e-9)


def test_bounds_are_where_the_profile_falls_by_the_quantile():
    case = R["cases"][1]
    design, y = design_of(case)
    fit = fit_firth(design, y, 0.9)
    for at in range(3):
        profile = _Profile(design, y, fit.coef, fit.penalised, at)
        for bound in (fit.low[at], fit.high[at]):
            assert profile(bound) == pytest.approx(chdtri(1, 0.1), rel=1e-4)
