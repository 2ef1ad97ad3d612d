"""The stepwise system."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import ShuffleSplit

from sknac.datasets import make_bmode_cohort
from sknac.decision import ScoreColumn, WeightedYoudenThreshold
from sknac.nets import DLRClassifier
from sknac.preprocessing import PlaneResizer
from sknac.systems import DLRPClassifier, make_dlr_pipeline
from sknac.utils._answers import answers_of


@pytest.fixture(scope="module")
def cohort():
    """Simulated patients at three visits."""
    return make_bmode_cohort(n_patients=20, random_state=0)


@pytest.fixture(scope="module")
def fitted(cohort):
    """The tiny system after one epoch, its thresholds from one split."""
    one_split = ShuffleSplit(1, test_size=0.5, random_state=0)
    model = DLRPClassifier(preset="tiny", random_state=0).set_params(
        dlr2__cv=one_split,
        dlr4__cv=one_split,
        dlr2__estimator__dlr__max_epochs=1,
        dlr4__estimator__dlr__max_epochs=1,
    )
    # After one epoch the scores say nothing, and the best cut may be trivial.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The threshold for weight")
        return model.fit(cohort.X, cohort.y)


def test_default_stages_are_the_published_ones():
    (first, dlr2, at2), (second, dlr4, at4) = DLRPClassifier().stages
    assert (first, second) == ("dlr2", "dlr4")
    assert (dlr2.weight, dlr4.weight) == (0.8, 0.2)
    assert at2 == ["us_pre", "us_post2"]
    assert at4 == ["us_pre", "us_post4"]


def test_stage_two_judges_only_those_who_passed_stage_one(cohort, fitted):
    last = fitted.trace(cohort.X)["stage"]
    passed = fitted.stages_[0][1].predict(cohort.X.iloc[:, fitted.stages_[0][2]])
    assert np.array_equal(last == "dlr4", passed != "non-response")


def test_a_stopped_patient_needs_no_later_visit(cohort, fitted):
    stopped = fitted.trace(cohort.X)["stage"] == "dlr2"
    X = cohort.X.copy()
    X["us_post4"] = X["us_post4"].where(~stopped, None)
    assert np.array_equal(fitted.predict(X), fitted.predict(cohort.X))


def test_nested_parameters_reach_default_stages():
    model = DLRPClassifier(preset="tiny").set_params(dlr2__estimator__dlr__lr=0.5)
    copy = clone(model)
    assert copy.get_params()["dlr2__estimator__dlr__lr"] == 0.5
    assert copy.get_params()["dlr4__estimator__dlr__lr"] == 3e-3


def test_setting_one_default_stage_leaves_the_other_default():
    model = DLRPClassifier(preset="tiny").set_params(dlr2__weight=0.6)
    assert model.dlr4 is None
    assert model.dlr2.weight == 0.6


def test_what_default_stages_share_is_set_before_what_is_nested():
    at = "dlr2__estimator__dlr__random_state"
    one_call = DLRPClassifier().set_params(dlr2__weight=0.7, random_state=3)
    assert one_call.get_params()[at] == 3
    too_late = DLRPClassifier().set_params(dlr2__weight=0.7).set_params(random_state=3)
    assert too_late.get_params()[at] is None
    assert too_late.get_params()[at.replace("dlr2", "dlr4")] == 3


def test_columns_may_be_an_array():
    model = DLRPClassifier(columns2=np.array(["us_a", "us_b"]), preset="tiny")
    (_, dlr2, columns), _ = model.stages
    assert columns == ["us_a", "us_b"]
    assert dlr2.get_params()["estimator__dlr__columns"] == ("us_a", "us_b")


def test_columns_that_cannot_be_are_refused_by_name_in_fit(cohort):
    model = DLRPClassifier(preset="tiny").set_params(columns2=3)
    with pytest.raises(ValueError, match="'columns2' parameter of DLRPClassifier must"):
        model.fit(cohort.X, cohort.y)


def test_unknown_nested_parameter_is_refused():
    with pytest.raises(ValueError, match="Invalid parameter 'wieght'"):
        DLRPClassifier(preset="tiny").set_params(dlr2__wieght=0.6)


@pytest.mark.filterwarnings("ignore:The threshold for weight")
def test_every_part_is_replaceable(cohort):
    X = cohort.X.assign(s2=np.linspace(0, 1, 20), s4=np.linspace(1, 0, 20))
    model = DLRPClassifier(
        WeightedYoudenThreshold(
            ScoreColumn("s2", pos_label="response"), weight=0.8, cv="resubstitution"
        ),
        DummyClassifier(),
        columns2=["s2"],
        columns4=["s4"],
    )
    assert set(model.fit(X, cohort.y).predict(X)) <= set(cohort.y)


def test_pipeline_sees_only_its_visits(cohort):
    model = make_dlr_pipeline(columns=("us_pre", "us_post4"), preset="tiny")
    model.set_params(dlr__max_epochs=1)
    X = cohort.X.assign(us_post2=None)
    assert model.fit(X, cohort.y).predict_proba(X).shape == (20, 2)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "trace"])
def test_images_are_taken_through_each_stage_once(cohort, fitted, method, monkeypatch):
    runs = []
    for cls, name in ((PlaneResizer, "transform"), (DLRClassifier, "predict_proba")):
        original = getattr(cls, name)

        def spied(self, X, original=original, name=name):
            runs.append(name)
            return original(self, X)

        monkeypatch.setattr(cls, name, spied)
    getattr(fitted, method)(cohort.X)
    assert runs == 2 * ["transform", "predict_proba"]


def test_label_of_a_bare_network_needs_no_second_forward(cohort, fitted, monkeypatch):
    pipeline = fitted.named_stages_["dlr2"].estimator_
    X = cohort.X[["us_pre", "us_post2"]]
    label, probabilities = pipeline.predict(X), pipeline.predict_proba(X)
    runs = []
    original = DLRClassifier.predict_proba
    monkeypatch.setattr(
        DLRClassifier,
        "predict_proba",
        lambda self, X: runs.append(1) or original(self, X),
    )
    found = answers_of(pipeline, X)
    assert np.array_equal(found.label, label)
    assert np.array_equal(found.probabilities, probabilities)
    assert runs == [1]


def test_a_band_lets_the_first_network_decide_both_ways(cohort, fitted):
    score = fitted.named_stages_["dlr2"].predict_proba(cohort.X[["us_pre", "us_post2"]])
    low, high = np.quantile(score[:, 1], [0.3, 0.7])
    columns = [ScoreColumn(0, pos_label="response")] * 2
    model = DLRPClassifier(
        *columns, columns2=["s2"], columns4=["s4"], defer={"dlr2": (low, high)}
    )
    X = cohort.X.assign(s2=score[:, 1], s4=score[:, 1])
    ways = clone(model).fit(X, cohort.y).trace(X)
    assert set(ways["action"]) >= {"stop", "keep"}
    np.testing.assert_array_equal(
        ways["stage"] == "dlr4", (low <= score[:, 1]) & (score[:, 1] < high)
    )
