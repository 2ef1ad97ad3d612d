"""Stepwise logistic regression agrees with R and says what it cannot do."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import WeightedYoudenThreshold

pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

close = pytest.approx

# Direction and start of each R run; scripted p-based runs with both start empty.
R_RUNS = {
    "forward": {"direction": "forward"},
    "backward": {"direction": "backward"},
    "both_from_full": {"direction": "both", "start": "full"},
    "both_from_null": {"direction": "both", "start": "empty"},
    "both": {"direction": "both"},
}


_FITTED = {}


def fit_as_r(run, case, data):
    """Fit what one R run fitted, once for the tests that look at it."""
    key = (case["data"], tuple(case["candidates"]), run["criterion"], run["direction"])
    if key not in _FITTED:
        table = data(case["data"])
        criterion = {"AIC": "aic", "BIC": "bic"}.get(run["criterion"], "p")
        settings = R_RUNS[run["direction"]]
        model = StepwiseLogisticRegression(criterion=criterion, **settings)
        _FITTED[key] = model.fit(table[case["candidates"]], table["y"])
    return _FITTED[key]


@parametrize_with_checks([StepwiseLogisticRegression()])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_selection_and_path_equal_r(stepwise_case, data):
    for run in stepwise_case["runs"]:
        model = fit_as_r(run, stepwise_case, data)
        assert model.selected_ == run["selected"]
        steps = [p["op"] + p["term"] for p in run["path"] if "op" in p]
        steps += [p["step"] for p in run["path"] if "step" in p]
        path = model.path_
        taken = path["action"].map({"start": "", "add": "+ ", "drop": "- "})
        if run["criterion"] in ("AIC", "BIC"):
            assert (taken + path["term"].fillna("")).tolist() == steps
        else:
            taken = (path["action"] + path["term"].fillna("")).tolist()
            assert taken[1:] == steps


def test_criterion_along_the_path_equals_r(stepwise_case, data):
    for run in stepwise_case["runs"]:
        model = fit_as_r(run, stepwise_case, data)
        if run["criterion"] in ("AIC", "BIC"):
            want = [p["value"] for p in run["path"]]
            got = model.path_[run["criterion"].lower()]
        else:
            want = [p["p"] for p in run["path"]]
            got = model.path_["pvalue"][1:]
        assert got.tolist() == close(want, rel=stepwise_case["rtol"])
        fit = model.deviance_, model.aic_, model.bic_
        assert fit == close((run["deviance"], run["aic"], run["bic"]), rel=1e-9)


def test_coefficient_table_equals_r(stepwise_case, data):
    for run in stepwise_case["runs"]:
        model = fit_as_r(run, stepwise_case, data)
        want = pd.DataFrame(run["coefficients"]).T
        got = model.summary_
        assert list(got.index) == list(want.index)
        np.testing.assert_allclose(got.to_numpy(), want.to_numpy(), rtol=1e-7)


def test_p_values_of_all_candidates_equal_r(stepwise_case, data):
    for run in stepwise_case["runs"]:
        if run["criterion"] in ("AIC", "BIC"):
            continue
        tried = fit_as_r(run, stepwise_case, data).considered_
        n_found = 0
        for step in run["path"]:
            want = pd.Series(step["all"])
            here = tried[tried["action"] == step["op"]].groupby("step")
            sets = [g.set_index("term")["pvalue"] for _, g in here]
            match = [s for s in sets if set(s.index) == set(want.index)]
            n_found += any(np.allclose(s[want.index], want, rtol=1e-7) for s in match)
        assert n_found == len(run["path"])


@pytest.mark.parametrize("test", ["lr", "score", "wald"])
def test_tests_of_one_term_equal_statsmodels(test, data):
    import statsmodels.api as sm

    table = data("pub_bcstep")
    model = StepwiseLogisticRegression(test=test, direction="forward", entry=0.999)
    model.set_params(removal=0.9995).fit(table[["mean_texture"]], table["y"])
    small = sm.GLM(table["y"], np.ones(len(table)), family=sm.families.Binomial())
    large = sm.GLM(
        table["y"],
        sm.add_constant(table[["mean_texture"]]),
        family=sm.families.Binomial(),
    ).fit(tol=1e-12)
    want = {
        "lr": small.fit().deviance - large.deviance,
        "wald": large.tvalues.iloc[1] ** 2,
        "score": small.fit().score_test(exog_extra=table[["mean_texture"]].to_numpy())[
            0
        ],
    }[test]
    assert model.path_["statistic"].iloc[1] == close(np.ravel(want)[0], rel=1e-7)
    assert model.path_["test"].iloc[1] == test


@pytest.mark.parametrize("test", ["lr", "score", "wald"])
def test_factors_enter_whole_with_their_degrees_of_freedom(test, cohort, rng):
    X, _ = cohort
    high = X["grade"].map({"G1": 0.1, "G2": 0.5, "G3": 0.9})
    y = np.where(rng.random(len(X)) < high, "response", "non-response")
    model = StepwiseLogisticRegression(test=test, direction="forward").fit(X, y)
    assert model.selected_[0] == "grade"
    assert model.path_["df"].iloc[1] == 2
    names = ["(Intercept)", "grade[G2]", "grade[G3]"]
    assert model.summary_.index[:3].tolist() == names
    # With a factor alone the odds ratio is that of the table.
    alone = StepwiseLogisticRegression(test=test).fit(X[["grade"]], y)
    odds = pd.Series(y == "response").groupby(X["grade"].to_numpy()).mean()
    odds = odds / (1 - odds)
    got = alone.summary_.loc["grade[G3]", "odds_ratio"]
    assert got == close(odds["G3"] / odds["G1"], rel=1e-8)


def test_categories_keep_their_order_and_unknown_ones_are_named(cohort):
    X, y = cohort
    order = pd.CategoricalDtype(["G3", "G2", "G1"])
    X = X.assign(grade=X["grade"].astype(order))[["grade"]]
    model = StepwiseLogisticRegression(direction="backward", removal=0.9999).fit(X, y)
    assert model.summary_.index[1:].tolist() == ["grade[G2]", "grade[G1]"]
    with pytest.raises(ValueError, match=r"'G4'.*none of the levels"):
        model.predict(pd.DataFrame({"grade": ["G1", "G4"]}))


def test_numbers_can_be_factors(cohort):
    X, y = cohort
    coded = X["grade"].str[1].astype(int).to_numpy()[:, None]
    names = StepwiseLogisticRegression(direction="backward", removal=0.9999)
    model = clone(names).set_params(factors=[0]).fit(coded, y)
    text = names.fit(X[["grade"]], y)
    assert model.summary_.index.tolist()[1:] == ["x0[2]", "x0[3]"]
    assert model.deviance_ == close(text.deviance_)


def test_positive_class_turns_the_odds(cohort):
    X, y = cohort
    one = StepwiseLogisticRegression().fit(X, y)
    other = StepwiseLogisticRegression(pos_label="non-response").fit(X, y)
    assert one.pos_label_ == "response"
    assert (one.summary_["coef"] + other.summary_["coef"]).abs().max() < 1e-9
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-9)
    assert (one.predict(X) == other.predict(X)).all()


def test_probabilities_equal_an_unpenalised_fit(data):
    table = data("pub_spector")
    X, y = table[["GPA", "TUCE", "PSI"]], table["y"]
    model = StepwiseLogisticRegression(direction="backward", removal=0.9999).fit(X, y)
    other = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X), other.predict_proba(X), atol=1e-8
    )


def test_perfect_separation_is_said(cohort):
    X, y = cohort
    X = X.assign(marker=np.where(y == "response", 1.0, 0.0) + X["age"] / 1000)
    with pytest.warns(ConvergenceWarning, match="separate the classes"):
        model = StepwiseLogisticRegression().fit(X, y)
    assert model.separated_
    assert model.summary_["se"].isna().all()
    assert np.isfinite(model.predict_proba(X)).all()
    assert (model.predict(X) == y).all()
    with pytest.raises(ValueError, match="separate the classes"):
        StepwiseLogisticRegression(on_degenerate="raise").fit(X, y)


def test_quasi_separation_is_found_and_a_strong_effect_is_not():
    # One cell of the table is empty: the odds ratio is infinite.
    x = np.repeat([0.0, 0.0, 1.0], [12, 9, 21])
    y = np.repeat([0, 1, 1], [12, 9, 21])
    with pytest.warns(ConvergenceWarning, match="separate"):
        model = StepwiseLogisticRegression(test="wald").fit(x[:, None], y)
    assert model.path_["test"].iloc[1] == "lr"
    strong = np.linspace(-40, 40, 80)
    mixed = (strong + np.tile([3, -3], 40) > 0).astype(int)
    fit = StepwiseLogisticRegression().fit(strong[:, None], mixed)
    assert not fit.separated_


def test_constant_and_collinear_predictors_are_left_out_and_named(cohort):
    X, y = cohort
    X = X.assign(one=1.0, months=12 * X["age"], twice=X["er"] + X["her2"])
    with pytest.warns(ConvergenceWarning, match=r"one \(constant\), months"):
        model = StepwiseLogisticRegression(direction="backward").fit(X, y)
    assert model.excluded_ == {
        "one": "constant",
        "months": "collinear",
        "twice": "collinear",
    }
    with pytest.raises(ValueError, match="Constant or collinear"):
        StepwiseLogisticRegression(on_degenerate="raise").fit(X, y)


def test_nothing_selected_is_the_share_of_the_class(rng):
    X, y = rng.normal(size=(60, 3)), np.tile([0, 0, 1], 20)
    model = StepwiseLogisticRegression(entry=1e-6).fit(X, y)
    assert model.selected_ == []
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / 3)


def test_units_do_not_matter(cohort):
    X, y = cohort
    model = StepwiseLogisticRegression().fit(X, y)
    other = StepwiseLogisticRegression().fit(X.assign(age=1e7 * X["age"] - 3e8), y)
    assert other.selected_ == model.selected_
    np.testing.assert_allclose(
        other.predict_proba(X.assign(age=1e7 * X["age"] - 3e8)),
        model.predict_proba(X),
        atol=1e-8,
    )


def test_search_that_returns_to_a_model_stops(cohort, monkeypatch):
    from sknac.clinical import _search

    X, y = cohort
    answers = {"add": 0.01, "drop": 0.5}

    def always_move(self, action, name, smaller, larger):
        return {"statistic": 1.0, "df": 1, "pvalue": answers[action], "test": "lr"}

    monkeypatch.setattr(_search.StepwiseSearch, "tested", always_move)
    with pytest.warns(ConvergenceWarning, match="came back"):
        StepwiseLogisticRegression().fit(X[["age", "er"]], y)


def test_selection_is_repeated_in_every_fold(cohort):
    X, y = cohort
    noise = np.random.default_rng(0).normal(size=(len(X), 30))
    label = np.random.default_rng(1).permutation(y)
    model = StepwiseLogisticRegression(criterion="aic", direction="forward")
    honest = cross_val_score(model, noise, label, cv=5, scoring="roc_auc").mean()
    model.fit(noise, label)
    assert model.score(noise, label) > 0.6
    assert abs(honest - 0.5) < 0.15


@pytest.mark.filterwarnings("ignore:The threshold for weight:UserWarning")
def test_search_and_threshold_take_it(cohort):
    X, y = cohort
    cut = WeightedYoudenThreshold(
        StepwiseLogisticRegression(), weight=0.5, pos_label="response", cv=3
    )
    search = GridSearchCV(cut, {"estimator__criterion": ["aic", "bic"]}, cv=3)
    assert search.fit(X, y).best_estimator_.threshold_ > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"removal": 0.01}, "removal=0.01 must not be below entry=0.05"),
        ({"entry": 0.0}, "entry"),
        ({"pos_label": "cured"}, "pos_label must be a label of y .* got 'cured'"),
        ({"factors": ["stage"]}, r"factors names \['stage'\]"),
    ],
)
def test_bad_settings_are_named(cohort, change, message):
    with pytest.raises(ValueError, match=message):
        StepwiseLogisticRegression(**change).fit(*cohort)


@pytest.mark.parametrize("column", ["age", "grade"])
def test_missing_values_are_named(cohort, column):
    X, y = cohort
    X = X.astype({column: object if column == "grade" else float})
    X.iloc[3, X.columns.get_loc(column)] = None if column == "grade" else np.nan
    with pytest.raises(ValueError, match=f"(?s)NaN.*{column}.*; impute, or leave tho"):
        StepwiseLogisticRegression().fit(X, y)


def test_one_class_is_refused(cohort):
    X, _ = cohort
    with pytest.raises(ValueError, match="one class"):
        StepwiseLogisticRegression().fit(X, np.zeros(len(X)))


def test_firth_takes_the_place_of_an_infinite_maximum():
    X = pd.DataFrame({"b": np.repeat([0.0, 1.0], [12, 8])})
    y = np.concatenate([np.repeat([1, 0], [3, 9]), np.ones(8, dtype=int)])
    with pytest.warns(ConvergenceWarning, match="Firth's penalised likelihood; say so"):
        model = StepwiseLogisticRegression(on_degenerate="firth").fit(X, y)
    assert model.separated_
    row = model.summary_.loc["b"]
    # One binary predictor: 1/2 is added to each cell of the table.
    assert row["odds_ratio"] == pytest.approx((8.5 / 0.5) / (3.5 / 9.5))
    assert 1 < row["low"] < row["odds_ratio"] < row["high"] < np.inf
    assert model.predict_proba(X)[-1, 1] == pytest.approx(8.5 / 9)
    assert model.aic_ == pytest.approx(model.deviance_ + 4)


def test_firth_changes_nothing_where_there_is_a_maximum(rng):
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    plain = StepwiseLogisticRegression().fit(X, y)
    firth = StepwiseLogisticRegression(on_degenerate="firth").fit(X, y)
    pd.testing.assert_frame_equal(plain.summary_, firth.summary_)
