"""The test of proportional hazards agrees with R and finds crossing hazards."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.survival import hazard_ratio

# R 4.2.2, survival 3.5-3: cox.zph(m, transform = "km")$table[, "chisq"], by Efron.
R_ZPH = [
    (
        "lung",
        "sex",
        ["age"],
        None,
        {
            "sex": 2.34817957765709,
            "age": 0.17816049976640108,
            "GLOBAL": 2.4864346264727275,
        },
    ),
    (
        "lung",
        "sex",
        ["age"],
        "ecog",
        {
            "sex": 2.299267073291658,
            "age": 0.020190694733810865,
            "GLOBAL": 2.3174225139284057,
        },
    ),
    (
        "gbsg",
        "hormon",
        ["size", "nodes"],
        "grade",
        {
            "hormon": 0.03621628162858027,
            "size": 0.03902690615821022,
            "nodes": 1.0182102233812709,
            "GLOBAL": 1.3989638405827918,
        },
    ),
]
R_ENTERED = {
    "group": 0.2645832321111825,
    "age": 0.3166486766400465,
    "GLOBAL": 0.5490056666991959,
}


@pytest.mark.parametrize(("name", "by", "covariates", "strata", "want"), R_ZPH)
def test_score_tests_are_those_of_r(request, name, by, covariates, strata, want):
    data = request.getfixturevalue(name)
    strata = None if strata is None else data[strata]
    about = {"covariates": data[covariates], "strata": strata}
    found = hazard_ratio(data["time"], data["event"], data[by], **about).proportional
    assert found.index.tolist() == ["by", *covariates, "all"]
    np.testing.assert_allclose(found["statistic"], list(want.values()), rtol=1e-7)


def test_delayed_entry_is_that_of_r(entered):
    x = entered
    about = {"covariates": x[["age"]], "entry": x["start"]}
    found = hazard_ratio(x["stop"], x["event"], x["group"], **about).proportional
    np.testing.assert_allclose(found["statistic"], list(R_ENTERED.values()), rtol=1e-7)


def test_groups_are_tested_together(datasets):
    data = datasets["larynx"]
    found = hazard_ratio(data["time"], data["event"], data["group"])
    assert found.proportional["df"].tolist() == [3, 3]
    assert (
        f"proportional hazards p = {found.proportional['pvalue'].iloc[0]:.3f}"
        in repr(found)
    )


def test_hazards_that_cross_are_found():
    # Weibull shapes 0.5 and 3: the ratio goes from above 1 to below.
    rng = np.random.default_rng(0)
    time = np.append(rng.weibull(0.5, 60), rng.weibull(3, 60))
    found = hazard_ratio(time, np.ones(120), np.repeat(["a", "b"], 60)).proportional
    assert found.loc["by", "pvalue"] < 0.001


def test_hazards_in_proportion_are_not():
    rng = np.random.default_rng(1)
    draws = [
        hazard_ratio(
            rng.exponential(1, 60) * np.repeat([1, 2], 30),
            rng.random(60) < 0.7,
            np.repeat(["a", "b"], 30),
        ).proportional.loc["by", "pvalue"]
        for _ in range(20)
    ]
    assert np.mean(np.array(draws) < 0.05) < 0.25  # binomial, 0.05 of 20: 99.7 %
