"""Sums of points are the model's predictions; what is no sum is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sknac.clinical import StepwiseLogisticRegression
from sknac.clinical._nomogram import nomogram_of
from sknac.decision import WeightedYoudenThreshold


@pytest.fixture
def study(rng):
    """Predictors of 80 patients, and a response that depends on most of them."""
    n = 80
    X = pd.DataFrame(
        {
            "age": rng.normal(50, 10, n).round(1),
            "er": rng.integers(0, 2, n),
            "grade": rng.choice(["I", "II", "III"], n),
            "size": rng.gamma(3, 10, n),
            "noise": rng.normal(size=n),
        },
        index=[f"P{i:03d}" for i in range(n)],
    )
    odds = (50 - X["age"]) / 10 - 1.5 * X["er"] + 1.2 * (X["grade"] == "III")
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "response", "non-response")
    return X, y


def pipeline():
    """Return what a clinical pipeline is: scaled, imputed, encoded."""
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(
        make_column_transformer(
            (scaled, ["age", "size"]),
            ("passthrough", ["er"]),
            (OneHotEncoder(), ["grade"]),
        ),
        LogisticRegression(),
    )


MODELS = {
    "stepwise": StepwiseLogisticRegression(pos_label="response"),
    "stepwise, other class": StepwiseLogisticRegression(pos_label="non-response"),
    "pipeline": pipeline(),
    "threshold": WeightedYoudenThreshold(
        StepwiseLogisticRegression(pos_label="response"), pos_label="response"
    ),
}


@pytest.mark.parametrize("label", ["response", "non-response"])
@pytest.mark.parametrize("name", MODELS)
def test_a_sum_of_points_is_the_prediction(name, label, study):
    X, y = study
    model = MODELS[name].fit(X, y)
    found = nomogram_of(model, X, label, None)
    points = found.points(X)
    at = model.classes_.tolist().index(label)
    said = found.probability(points.sum(axis=1))
    np.testing.assert_allclose(said, model.predict_proba(X)[:, at], atol=1e-12)
    assert points.min().min() >= -1e-9
    assert points.max().max() == pytest.approx(100)
    np.testing.assert_allclose(found.points_at(said), points.sum(axis=1), rtol=1e-9)


def test_points_are_coefficients_times_spans(study):
    # By hand: contribution coef * x, from its least value, over the longest span / 100.
    X, y = study
    X = X[["age", "size", "er"]]
    model = LogisticRegression(max_iter=1000).fit(X, y)
    found = nomogram_of(model, X, "response", None)
    parts = X * model.coef_[0]
    parts -= parts.min()
    longest = parts.max().max()
    assert found.log_odds_per_point == pytest.approx(longest / 100)
    np.testing.assert_allclose(found.points(X), parts / longest * 100, atol=1e-9)
    assert found.most_points == pytest.approx(parts.max().sum() / longest * 100)


def test_beyond_the_ends_the_line_goes_on(study):
    X, y = study
    model = StepwiseLogisticRegression(pos_label="response").fit(X, y)
    found = nomogram_of(model, X, "response", None)
    other = X[:1].assign(age=120.0)
    said = found.probability(found.points(other).sum(axis=1))
    np.testing.assert_allclose(said, model.predict_proba(other)[:, 1], atol=1e-12)


def test_columns_that_change_nothing_have_no_axis(study):
    X, y = study
    found = nomogram_of(pipeline().fit(X, y), X, "response", None)
    assert found.unused == ["noise"]
    assert found.terms == ["age", "er", "grade", "size"]
    kinds = found.scales.groupby("term", sort=False)["kind"].first().tolist()
    assert kinds == ["number", "class", "class", "number"]


def test_numbers_that_are_classes_are_named(study):
    X, y = study
    X = X.assign(grade=X["grade"].map({"I": 1, "II": 2, "III": 3}))
    model = StepwiseLogisticRegression(factors=["grade"], entry=0.9, removal=0.95)
    model = model.set_params(pos_label="response").fit(X, y)
    with pytest.raises(ValueError, match=r"no straight line of 'grade'; .* categories"):
        nomogram_of(model, X, "response", None)
    found = nomogram_of(model, X, "response", ["grade"])
    assert found.scales.query("term == 'grade'")["value"].tolist() == [1, 2, 3]


def test_missing_values_are_imputed_by_the_model_but_have_no_points(study):
    X, y = study
    X.iloc[3, 0] = np.nan
    found = nomogram_of(pipeline().fit(X, y), X, "response", None)
    with pytest.raises(ValueError, match="row P003: column 'age' is missing; impute"):
        found.points(X)


def test_a_class_that_nobody_had_is_refused(study):
    X, y = study
    found = nomogram_of(pipeline().fit(X, y), X, "response", None)
    with pytest.raises(ValueError, match="row P000: column 'grade' must be one of"):
        found.points(X[:1].assign(grade="IV"))
    with pytest.raises(ValueError, match=r"X lacks the columns \['er'\]; give"):
        found.points(X.drop(columns="er"))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [PolynomialFeatures(2, interaction_only=True)],
            "'age' and 'size' act together",
        ),
        ([PolynomialFeatures(2)], "no straight line of 'age'; make classes of it"),
        ([SplineTransformer()], "no straight line of 'age'"),
    ],
)
def test_interactions_and_curves_are_refused(steps, message, study):
    X, y = study
    model = make_pipeline(StandardScaler(), *steps, LogisticRegression())
    model.fit(X[["age", "size"]], y)
    with pytest.raises(ValueError, match=message):
        nomogram_of(model, X[["age", "size"]], "response", None)


class Threefold(LogisticRegression):
    """A model with a product of three columns, which no pair of them shows."""

    def decision_function(self, X):
        return np.asarray(X).sum(axis=1) + np.prod(X, axis=1)

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.column_stack([1 - p, p])


def test_an_interaction_of_three_is_found_in_the_patients():
    X = pd.DataFrame(np.arange(24).reshape(8, 3) % 5, columns=list("abc")) / 1.0
    model = Threefold().fit(X, np.arange(8) % 2)
    with pytest.raises(ValueError, match="no sum over the columns of X; a nomogram"):
        nomogram_of(model, X, None, None)


def test_models_of_other_kinds_are_judged_by_what_they_say(study):
    X, y = study
    X = X[["age", "size"]]
    found = nomogram_of(LinearDiscriminantAnalysis().fit(X, y), X, "response", None)
    assert found.terms == ["age", "size"]
    with pytest.raises(ValueError, match="no straight line"):
        nomogram_of(GaussianNB().fit(X, y), X, "response", None)
    with pytest.raises(ValueError, match="log-odds are infinite"):
        nomogram_of(DecisionTreeClassifier().fit(X, y), X, "response", None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X.to_numpy(), "X must be a DataFrame, whose columns name the axes"),
        (lambda X: X[:0], "X is empty"),
        (lambda X: X.assign(age=[object()] * 80), "'age' must hold numbers or classes"),
        (lambda X: X.assign(age=np.nan), "X column 'age' has no value"),
    ],
)
def test_bad_tables_are_named(change, message, study):
    X, y = study
    model = pipeline().fit(X, y)
    with pytest.raises(ValueError, match=message):
        nomogram_of(model, change(X), "response", None)


@pytest.mark.parametrize(
    ("model", "label", "message"),
    [
        (LinearSVC(), "response", "two classes with predict_proba, got LinearSVC"),
        (LogisticRegression(C=1e-30), "response", "the model uses none of the columns"),
        (LogisticRegression(), None, "pos_label"),
        (LogisticRegression(), "responder", "pos_label must be one of"),
    ],
)
def test_bad_models_are_named(model, label, message, study):
    X, y = study
    X = X[["age", "size"]]
    with pytest.raises(ValueError, match=message):
        nomogram_of(model.fit(X, y), X, label, None)
    with pytest.raises(ValueError, match="categories names"):
        nomogram_of(LogisticRegression().fit(X, y), X, "response", ["grade"])


def test_one_value_of_a_column_is_the_only_one(study):
    X, y = study
    model = pipeline().fit(X, y)
    found = nomogram_of(model, X[X["er"] == 1], "response", None)
    assert found.scales.query("term == 'er'")["value"].tolist() == [1]
    with pytest.raises(ValueError, match=r"column 'er' must be one of \[1\]"):
        found.points(X[X["er"] == 0])
