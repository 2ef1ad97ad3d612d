"""Each stage trains on its own patients; all cuts may be chosen together."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression

from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold

from .test_staged import cascade, visit_cascade, visits

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

EVERY = slice(None)


def test_patients_without_a_visit_are_left_out_of_its_training():
    X, y = visits()
    X.loc["P4", "us_pre"] = None
    model = visit_cascade().fit(X, y)
    assert model.n_fit_ == {"dlr2": 3, "dlr4": 3}
    each = model.predict_each(X)
    assert each.index.tolist() == X.index.tolist()
    assert each["dlr2"].tolist() == ["non-response", "response", "response", None]
    assert each["dlr4"].tolist() == [None, "non-response", "response", "non-response"]


def test_stages_may_train_on_those_who_passed(fig4_alone):
    X, y = fig4_alone
    everyone = cascade().fit(X, y)
    passed = cascade(fit_on="passed").fit(X, y)
    assert everyone.n_fit_ == {"dlr2": 42, "dlr4": 42}
    assert passed.n_fit_ == {"dlr2": 42, "dlr4": 30}


def test_training_on_passed_needs_both_classes():
    X = pd.DataFrame({"dlr2": [0.1, 0.9], "dlr4": [0.1, 0.9]})
    with pytest.raises(ValueError, match=r"stage 'dlr4' .* use fit_on='all'"):
        cascade(fit_on="passed").fit(X, ["a", "b"])


def test_weights_follow_the_rows_of_a_stage(fig4):
    class Weighty(ClassifierMixin, BaseEstimator):
        def fit(self, X, y, sample_weight=None):
            self.classes_, self.weights_ = np.unique(y), sample_weight
            return self

        def predict(self, X):
            return self.classes_[(np.asarray(X)[:, 0] > 0.5).astype(int)]

    X, y = fig4
    weights = np.arange(42.0)
    with config_context(enable_metadata_routing=True):
        stage = Weighty().set_fit_request(sample_weight=True)
        model = StagedClassifier([("late", stage, ["dlr4"])])
        model.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(model.named_stages_["late"].weights_, weights[12:])
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "decision_function")


def joint(orientation="response", **settings):
    """Return a cascade of two score columns whose cuts are chosen together."""
    stages = []
    for name in ("early", "late"):
        column = ScoreColumn(name, pos_label="response", kind="score")
        cut = WeightedYoudenThreshold(column, pos_label=orientation, cv=3)
        stages.append((name, cut, [name]))
    settings = {"stop_label": "non-response", "stop_at_most": 0.1} | settings
    return StagedClassifier(stages, **settings)


def scored(n=160, seed=0):
    """Return two scores, correlated within both classes."""
    rng = np.random.default_rng(seed)
    responds = np.arange(n) % 2
    common = rng.normal(size=n) + 1.2 * responds
    late = common + 0.7 * rng.normal(size=n) + responds
    X = pd.DataFrame({"early": common + 0.7 * rng.normal(size=n), "late": late})
    return X, np.where(responds, "response", "non-response")


@pytest.mark.parametrize("guarantee", [None, 0.9])
@pytest.mark.parametrize("orientation", ["response", "non-response"])
def test_all_stages_together_stop_few_wrongly(guarantee, orientation):
    X, y = scored()
    model = joint(orientation, guarantee=guarantee).fit(X, y)
    wrong = (model.predict(X) == "non-response")[y == "response"]
    bound = model.stop_bound_
    assert wrong.sum() == sum(bound.wrongly_stopped.values())
    assert wrong.mean() == bound.share <= 0.1
    assert bound.n == 80
    assert guarantee is None or bound.share < bound.high <= 0.1
    ways = model.trace(X)
    stops = ways["stage"][(ways["action"] == "stop") & (y == "response")]
    for name, count in bound.wrongly_stopped.items():
        assert (stops == name).sum() == count
    free = joint(orientation, stop_at_most=None).fit(X, y)
    assert free.stop_bound_ is None
    # The same decisions whichever class the stages call positive.
    other = joint("response", guarantee=guarantee).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), other.predict(X))


def test_stages_tell_the_rates_of_the_moved_cut():
    X, y = scored()
    stage = joint().fit(X, y).named_stages_["early"]
    called = X["early"] >= stage.threshold_
    assert stage.fit_sensitivity_ == called[y == "response"].mean()
    assert stage.curve_.threshold == stage.threshold_
    assert np.isnan(stage.nested_sensitivity_)


def test_patients_who_never_came_back_are_not_stopped_there():
    X, y = scored()
    X.loc[::5, "late"] = np.nan
    model = joint(on_missing="defer").fit(X, y)
    wrong = (model.predict(X) == "non-response")[y == "response"]
    assert model.stop_bound_.share == wrong.mean() <= 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"guarantee": 0.9, "stop_at_most": 0.02}, "take at least 194, fewer stages"),
        ({"stop_at_most": 5}, "stop_at_most must lie between 0 and 1, got 5; for 5 %"),
        ({"stop_at_most": 0}, "stop_at_most must lie between 0 and 1, got 0"),
        (
            {"stop_at_most": None, "guarantee": 0.9},
            "has no bound to hold for; set stop",
        ),
        ({"guarantee": 1.0}, "guarantee must lie between 0 and 1"),
        ({"fit_on": "passed"}, "moves the cuts after all stages are fitted; set"),
        ({"late": ScoreColumn("late")}, "stage 'late' is a ScoreColumn; wrap it"),
        ({"late__at_least": {"npv": 0.5}}, "leave one of them out"),
        (
            {"late__cv": "resubstitution", "guarantee": 0.9},
            "whom stage 'late' has not seen; set its cv to folds",
        ),
        ({"late__cv": 0.5}, "cv of stage 'late' scores some more often or not at all"),
    ],
)
def test_what_cannot_be_bounded_together_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        joint().set_params(**change).fit(*scored())


def test_a_guarantee_warns_of_a_stage_that_has_memorised_its_patients():
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], 30)
    wide = rng.normal(size=(60, 40)) + 0.2 * y[:, None]
    early = WeightedYoudenThreshold(LogisticRegression(C=1e4), pos_label=1)
    cascade = StagedClassifier(
        [("early", early, EVERY), ("late", clone(early), EVERY)], stop_label=0
    )
    ask = {"defer": {"early": {"sensitivity": 0.85}}, "guarantee": 0.9}
    with pytest.warns(UserWarning, match="stage 'early' fitted again on all") as told:
        clone(cascade).set_params(**ask).fit(wide, y)
    assert len(told) == 1  # nothing is promised of the last stage
    with pytest.warns(UserWarning, match="fitted again on all") as told:
        clone(cascade).set_params(stop_at_most=0.2, guarantee=0.9).fit(wide, y)
    assert len(told) == 2
    clone(cascade).set_params(stop_at_most=0.2).fit(wide, y)  # nothing promised
