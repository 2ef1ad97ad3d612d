"""The meta-estimator puts any classifier at its honest threshold."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknac.decision import (
    ScoreColumn,
    WeightedYoudenThreshold,
    weighted_youden_curve,
)

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

NOT_AT_HALF = {
    "check_classifiers_train": "predict is not the argmax of predict_proba once the "
    "threshold moves; TunedThresholdClassifierCV fails it too"
}


def failures_of_tuned(estimator):
    """Return the checks that scikit-learn's own threshold tuner fails too."""
    takes_margins = isinstance(estimator.estimator, LinearSVC)
    return {} if takes_margins else NOT_AT_HALF


class CellMean(ClassifierMixin, BaseEstimator):
    """Classifier on lists and on frames whose cells are objects."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.kind_ = type(X)
        return self

    def predict_proba(self, X):
        cells = X["us_pre"] if isinstance(X, pd.DataFrame) else X
        p = np.array([np.mean(cell["pixels"]) for cell in cells])
        return np.column_stack([1 - p, p])


@parametrize_with_checks(
    [
        WeightedYoudenThreshold(LogisticRegression()),
        WeightedYoudenThreshold(LinearSVC()),
    ],
    expected_failed_checks=failures_of_tuned,
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    with warnings.catch_warnings():
        # Some checks fit noise, others ask scikit-learn itself for odd casts.
        warnings.filterwarnings("ignore", message="The threshold for weight")
        warnings.filterwarnings("ignore", message="invalid value encountered in cast")
        check(estimator)


@pytest.mark.parametrize("base", [LogisticRegression(), LinearSVC()])
def test_tuned_threshold_fails_the_same_checks(base):
    from sklearn.utils.estimator_checks import check_classifiers_train

    expected = failures_of_tuned(WeightedYoudenThreshold(base))
    tuned = TunedThresholdClassifierCV(base)
    if not expected:
        check_classifiers_train("Tuned", tuned)
        return
    with pytest.raises(AssertionError):
        check_classifiers_train("Tuned", tuned)


def test_swapping_the_positive_class_mirrors_the_rates(cancer):
    X, y = cancer
    one = WeightedYoudenThreshold(LinearSVC(), weight=0.8, pos_label="malignant")
    other = WeightedYoudenThreshold(LinearSVC(), weight=0.2, pos_label="benign")
    one.fit(X, y)
    other.fit(X, y)
    assert one.curve_.youden.max() == pytest.approx(other.curve_.youden.max())


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("a", "b"), (-1, 1)])
def test_labels_come_back_as_given(cancer, labels):
    X, y = cancer
    given = np.array(labels)[(y == "malignant").astype(int)]
    model = WeightedYoudenThreshold(LogisticRegression()).fit(X, given)
    assert model.predict(X).dtype == given.dtype
    assert model.classes_.tolist() == list(labels)


@pytest.mark.parametrize("as_frame", [True, False])
def test_rows_may_be_anything_that_can_be_indexed(as_frame):
    rng = np.random.default_rng(0)
    y = np.tile(["non-response", "response"], 12)
    cells = [
        {"pixels": rng.uniform(0.2, 0.6, 5) + 0.2 * (label == "response")}
        for label in y
    ]
    X = pd.DataFrame({"us_pre": cells}) if as_frame else cells
    model = WeightedYoudenThreshold(CellMean(), cv=3).fit(X, y)
    assert model.estimator_.kind_ is (pd.DataFrame if as_frame else list)
    assert model.predict(X).shape == (24,)
    assert not hasattr(model, "n_features_in_")


def test_feature_names_come_from_the_inner_estimator(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression()).fit(X, y)
    assert model.feature_names_in_.tolist() == X.columns.tolist()
    assert model.n_features_in_ == 3


def test_constant_scores_warn_and_predict_one_class():
    X, y = np.zeros((20, 1)), np.tile([0, 1], 10)
    with pytest.warns(UserWarning, match="all scores are equal"):
        model = WeightedYoudenThreshold(
            LogisticRegression(), weight=0.8, cv="resubstitution"
        ).fit(X, y)
    assert np.isfinite(model.threshold_)
    assert model.predict(X).tolist() == [1] * 20


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"pos_label": "maybe"}, ValueError, "pos_label must be a label of y"),
        ({"weight": 0.0}, ValueError, "weight"),
        ({"cv": "postfit"}, ValueError, "cv"),
        ({"estimator": StandardScaler()}, ValueError, "estimator"),
        ({"cv": [([0, 1], [2, 3])]}, ValueError, "Fold 0 would train on one class"),
        (
            {"estimator": LinearSVC(), "response_method": "predict_proba"},
            AttributeError,
            "LinearSVC must have predict_proba",
        ),
    ],
)
def test_bad_settings_are_named(cancer, change, error, message):
    model = WeightedYoudenThreshold(LogisticRegression()).set_params(**change)
    X, y = cancer
    y = np.r_[y[y == "benign"][:10], y[y == "malignant"][:10]]
    with pytest.raises(error, match=message):
        model.fit(X[:20], y)


def test_metadata_without_routing_is_refused(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression())
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        model.fit(X, y, sample_weight=np.ones(len(y)))


def test_weights_follow_their_patients_through_shuffled_folds(cancer):
    X, y = cancer
    weights = np.random.default_rng(0).exponential(size=len(y))
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=False)
        model = WeightedYoudenThreshold(inner, weight=0.3, cv=folds)
        model.set_fit_request(sample_weight=True).fit(X, y, sample_weight=weights)
    scores = cross_val_predict(
        LogisticRegression(), X, y, cv=folds, method="predict_proba"
    )[:, 1]
    expected = weighted_youden_curve(
        y, scores, weight=0.3, pos_label=model.pos_label_, sample_weight=weights
    )
    np.testing.assert_allclose(model.curve_.sensitivity, expected.sensitivity)
    np.testing.assert_allclose(model.curve_.specificity, expected.specificity)
    assert model.threshold_ == pytest.approx(expected.threshold)


def test_sample_weight_reaches_the_fit_and_on_request_the_rates(cancer):
    X, y = cancer
    weights = np.where(y == "benign", 1.0, 5.0) * np.linspace(0.5, 1.5, len(y))
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        fit_only = WeightedYoudenThreshold(inner, cv="resubstitution")
        both = clone(fit_only).set_fit_request(sample_weight=True)
        fit_only.fit(X, y, sample_weight=weights)
        both.fit(X, y, sample_weight=weights)
    alone = LogisticRegression().fit(X, y, sample_weight=weights)
    scores = alone.predict_proba(X)[:, 1]
    about = {"weight": 0.5, "pos_label": "malignant"}
    plain = weighted_youden_curve(y, scores, **about)
    heavy = weighted_youden_curve(y, scores, sample_weight=weights, **about)
    assert plain.sensitivity[plain.best] != heavy.sensitivity[heavy.best]
    assert fit_only.fit_sensitivity_ == plain.sensitivity[plain.best]
    assert both.fit_sensitivity_ == heavy.sensitivity[heavy.best]


def test_nested_search_routes_groups_and_weights(cancer):
    X, y = cancer
    groups = np.arange(len(y)) // 4
    with config_context(enable_metadata_routing=True):
        model = WeightedYoudenThreshold(
            LogisticRegression().set_fit_request(sample_weight=True),
            cv=StratifiedGroupKFold(2),
        )
        grid = {"weight": [0.2, 0.8], "estimator__C": [0.1, 10.0]}
        search = GridSearchCV(model, grid, cv=GroupKFold(2))
        found = cross_validate(
            search,
            X,
            y,
            cv=GroupKFold(2),
            params={"groups": groups, "sample_weight": np.ones(len(y))},
        )
    assert (found["test_score"] > 0.8).all()


def test_search_reaches_pipelines_inside(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(make_pipeline(StandardScaler(), LinearSVC()), cv=3)
    grid = {"estimator__linearsvc__C": [0.01, 1.0], "weight": [0.3, 0.7]}
    search = GridSearchCV(model, grid, scoring="roc_auc", cv=StratifiedKFold(2))
    assert search.fit(X, y).best_score_ > 0.9


def test_saved_model_predicts_the_same(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression(), weight=0.8).fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    back = joblib.load(file)
    np.testing.assert_array_equal(back.decision_function(X), model.decision_function(X))


def test_fit_leaves_inputs_and_parameters_alone(cancer):
    X, y = cancer
    before = X.copy(), y.copy()
    inner = LogisticRegression()
    WeightedYoudenThreshold(inner).fit(X, y)
    assert not hasattr(inner, "coef_")
    pd.testing.assert_frame_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_bounds_and_interval_are_those_of_the_curve(cancer):
    X, y = cancer
    ask = {"at_least": {"sensitivity": 0.9}, "guarantee": 0.9, "n_resamples": 20}
    model = WeightedYoudenThreshold(LogisticRegression(), random_state=0, **ask)
    model.fit(X, y)
    scores = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")
    expected = weighted_youden_curve(
        y, scores[:, 1], weight=0.5, pos_label="malignant", random_state=0, **ask
    )
    assert model.threshold_ == expected.threshold
    assert model.curve_.bounds == expected.bounds
    assert model.curve_.interval == expected.interval
    assert expected.interval.low < model.threshold_ < expected.interval.high


@pytest.mark.parametrize("ask", [{}, {"at_least": {"sensitivity": 0.9}}])
def test_nested_rates_are_those_at_the_cut_of_the_other_folds(cancer, ask):
    X, y = cancer
    cv = StratifiedKFold(4)
    model = WeightedYoudenThreshold(LogisticRegression(), cv=cv, **ask).fit(X, y)
    score = cross_val_predict(
        LogisticRegression(), X, y, cv=cv, method="predict_proba"
    )[:, 1]
    called = np.zeros(len(y), bool)
    for rest, here in cv.split(X, y):
        cut = weighted_youden_curve(
            y[rest], score[rest], weight=0.5, pos_label="malignant", **ask
        ).threshold
        called[here] = score[here] >= cut
    assert model.nested_sensitivity_ == called[y == "malignant"].mean()
    assert model.nested_specificity_ == pytest.approx((~called)[y == "benign"].mean())


def test_nested_rates_are_below_those_of_the_fit_on_noise():
    rng = np.random.default_rng(0)
    X, y, gaps = rng.normal(size=(40, 1)), np.arange(40) % 2, []
    for _ in range(10):
        inner = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
        X = rng.normal(size=(40, 1))
        model = WeightedYoudenThreshold(inner, cv="prefit").fit(X, y)
        fit = model.fit_sensitivity_ + model.fit_specificity_
        gaps.append(fit - model.nested_sensitivity_ - model.nested_specificity_)
    assert np.mean(gaps) > 0.1


@pytest.mark.parametrize(
    "inner", [LogisticRegression(), ScoreColumn("s", pos_label=1)], ids=["LR", "column"]
)
def test_what_is_not_fitted_is_told_to_be(inner):
    X, y = pd.DataFrame({"s": [0.1, 0.3, 0.4, 0.9]}), [0, 1, 0, 1]
    with pytest.raises(NotFittedError, match=r"call its fit before, .* leave cv out"):
        WeightedYoudenThreshold(inner, cv="prefit").fit(X, y)


def test_resubstituted_scores_have_no_nested_rates_and_no_guarantee(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution").fit(X, y)
    assert np.isnan([model.nested_sensitivity_, model.nested_specificity_]).all()
    model.set_params(at_least={"sensitivity": 0.9}, guarantee=0.9)
    with pytest.raises(ValueError, match="the model has not seen; set cv to folds"):
        model.fit(X, y)


def test_nested_rates_without_a_cut_are_nan(cancer):
    X, y = cancer
    n = (y == "malignant").sum()  # enough of them, and too few without a fold
    bound = 0.1 ** (1 / (n - 1))
    ask = {"at_least": {"sensitivity": bound}, "guarantee": 0.9}
    model = WeightedYoudenThreshold(LogisticRegression(), **ask).fit(X, y)
    assert model.fit_sensitivity_ == 1
    assert np.isnan(model.nested_sensitivity_)
