"""Cox's model with strata and delayed entry agrees with R."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import hazard_ratio
from sknac.survival._cox import check_rank

# R 4.2.2, survival 3.5-3: coxph(ties = "efron", eps = 1e-11): coefficients and SE.
PLAIN = {
    "coef": {"sex": -0.4994723990011357, "age": 0.016879642720992752},
    "se": {"sex": 0.1679313885729671, "age": 0.009273554116887415},
    "pvalue": {"sex": 0.0029369161712039385, "age": 0.06872987430655446},
    "hazard_ratio": {"sex": 0.6068507503271785, "age": 1.017022908848715},
    "low": {"sex": 0.43665499864255725, "age": 0.9987046503337961},
    "high": {"sex": 0.8433839857954335, "age": 1.0356771611881417},
}
STRATIFIED = {
    "lung": (
        "sex",
        ["age"],
        "ecog",
        {
            "coef": {"sex": -0.5535169274133258, "age": 0.01077216112675209},
            "se": {"sex": 0.17087281322758383, "age": 0.009253803660289807},
        },
    ),
    "gbsg": (
        "hormon",
        ["size", "nodes"],
        "grade",
        {
            "coef": {
                "hormon": -0.3440050582099876,
                "size": 0.007194256428478462,
                "nodes": 0.04942682207827909,
            },
            "se": {
                "hormon": 0.12571971916269317,
                "size": 0.003845056077008302,
                "nodes": 0.007471516311180822,
            },
        },
    ),
}
ENTERED = {
    "coef": {"group": 0.4785165232029196, "age": 0.005917017580979332},
    "se": {"group": 0.3024405753032186, "age": 0.018438681645319633},
}


def test_model_without_strata_is_that_of_r(lung):
    found = hazard_ratio(
        lung["time"], lung["event"], lung["sex"], covariates=lung[["age"]]
    )
    for column, want in PLAIN.items():
        got = found.table[column]
        np.testing.assert_allclose(got, list(want.values()), rtol=1e-7)


@pytest.mark.parametrize("name", STRATIFIED)
def test_strata_are_those_of_r(request, name):
    data = request.getfixturevalue(name)
    by, covariates, strata, want = STRATIFIED[name]
    table = hazard_ratio(
        data["time"],
        data["event"],
        data[by],
        covariates=data[covariates],
        strata=data[strata],
    ).table
    np.testing.assert_allclose(table["coef"], list(want["coef"].values()), rtol=1e-9)
    np.testing.assert_allclose(table["se"], list(want["se"].values()), rtol=1e-9)


def test_delayed_entry_is_that_of_r(entered):
    x = entered
    about = {"covariates": x[["age"]], "entry": x["start"]}
    found = hazard_ratio(x["stop"], x["event"], x["group"], **about)
    want = ENTERED
    np.testing.assert_allclose(found.table["coef"], list(want["coef"].values()))
    np.testing.assert_allclose(found.table["se"], list(want["se"].values()))
    assert "start='delayed entry'" in repr(found)


def test_entry_from_the_start_changes_nothing(lung):
    about = lung["time"], lung["event"], lung["sex"]
    plain = hazard_ratio(*about, covariates=lung[["age"]])
    entry = hazard_ratio(*about, covariates=lung[["age"]], entry=np.zeros(len(lung)))
    np.testing.assert_allclose(entry.table, plain.table, rtol=1e-9)


def test_landmark_leaves_out_covariates_too(lung):
    about = {"covariates": lung[["age"]], "entry": 200}
    found = hazard_ratio(lung["time"], lung["event"], lung["sex"], **about)
    rest = lung[lung["time"] > 200].reset_index(drop=True)
    plain = hazard_ratio(
        rest["time"], rest["event"], rest["sex"], covariates=rest[["age"]]
    )
    np.testing.assert_allclose(found.table, plain.table, rtol=1e-9)
    assert found.n == len(rest)


def test_groups_of_a_stratum_each_cannot_be_compared():
    time, event = np.arange(1, 9), np.ones(8)
    by, strata = list("aaaabbbb"), [0, 0, 0, 0, 1, 1, 1, 1]
    with pytest.raises(ValueError, match="collinear within the strata"):
        hazard_ratio(time, event, by, strata=strata)


def test_stratum_without_a_maximum_is_nan():
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 1, 1, 0, 0, 1, 1]
    by, strata = list("aabbaabb"), [0] * 4 + [1] * 4
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b"):
        assert hazard_ratio(time, event, by, strata=strata).proportional is None


def test_columns_that_say_the_same_are_refused():
    design = pd.DataFrame({"x": [0, 0, 1, 1.0], "y": [1, 1, 2, 2.0]})
    with pytest.raises(ValueError, match="constant or collinear; leave"):
        check_rank(design)
    check_rank(pd.DataFrame({"x": [0, 1, 0, 1]}), np.array([0, 0, 1, 1]))
