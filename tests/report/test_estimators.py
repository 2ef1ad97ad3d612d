"""What fitted estimators tell: the same as their own predictions."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold
from sknac.qus import EnvelopeMapper
from sknac.report._estimators import judge, settings_of, threshold_source, walk

pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

X = np.random.default_rng(0).normal(size=(60, 2))
Y = np.where(X[:, 0] + np.random.default_rng(1).normal(size=60) > 0, "yes", "no")


@pytest.mark.parametrize("pos_label", ["yes", "no"])
@pytest.mark.parametrize("inner", [LogisticRegression(), LinearSVC()])
@pytest.mark.parametrize("chosen", ["yes", "no"])
def test_threshold_decides_as_it_does_itself(pos_label, inner, chosen):
    model = WeightedYoudenThreshold(
        make_pipeline(StandardScaler(), inner), weight=0.7, pos_label=chosen
    ).fit(X, Y)
    found = judge("m", model, X, pos_label)
    assert found.decisions["m"].tolist() == model.predict(X).tolist()
    margin = model.decision_function(X) * (1 if pos_label == "yes" else -1)
    order = np.corrcoef(found.scores["m"], margin)[0, 1]
    assert order > 0.999
    assert found.probabilities == (["m"] if hasattr(inner, "predict_proba") else [])


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
@pytest.mark.parametrize("chosen", ["yes", "no"])
def test_a_score_at_the_threshold_is_decided_as_it_does_itself(method, chosen):
    kind = "probability" if method == "predict_proba" else "score"
    table = np.array([[0.25], [0.5], [0.75]])
    inner = ScoreColumn(0, pos_label=chosen, kind=kind).fit(table, ["no", "no", "yes"])
    model = WeightedYoudenThreshold(inner, pos_label=chosen, cv="prefit")
    model.fit(table, ["no", "yes", "yes"] if chosen == "yes" else ["yes", "no", "no"])
    model.threshold_ = 0.5
    found = judge("m", model, table, "yes").decisions["m"].tolist()
    assert found == model.predict(table).tolist()
    assert found[1] == chosen


def test_margins_are_kept_when_probabilities_are_not_asked_for():
    model = WeightedYoudenThreshold(
        LogisticRegression(), response_method="decision_function"
    ).fit(X, Y)
    found = judge("m", model, X, "yes")
    inner = model.estimator_.decision_function(X)
    assert found.scores["m"] == pytest.approx(inner)
    assert found.probabilities == []


def test_pipeline_is_asked_as_a_whole():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    found = judge("m", model, X, "no")
    assert found.scores["m"] == pytest.approx(model.predict_proba(X)[:, 0])
    assert found.decisions["m"].tolist() == model.predict(X).tolist()


def test_stages_and_cascade_are_those_of_the_estimator(study, cascade):
    found = judge("DLRP", cascade, study.X, "response")
    assert list(found.scores) == ["DLR-2", "DLR-4", "DLRP"]
    assert found.decisions["DLRP"].tolist() == cascade.predict(study.X).tolist()
    assert found.scores["DLRP"] == pytest.approx(cascade.decision_function(study.X))
    assert found.scores["DLR-2"] == pytest.approx(study.X["dlr2"])


def test_margins_of_a_stage_are_no_probabilities():
    stages = [("svm", LinearSVC(), [0]), ("lr", LogisticRegression(), [1])]
    found = judge("c", StagedClassifier(stages).fit(X, Y), X, "yes")
    assert found.probabilities == ["lr"]


def test_patients_awaiting_data_have_no_decision():
    frame = pd.DataFrame({"a": [0.1, 0.9, 0.8, 0.2], "b": [0.3, np.nan, 0.9, 0.1]})
    y = ["no", "yes", "yes", "no"]
    model = StagedClassifier(
        [("one", ScoreColumn("a"), ["a"]), ("two", ScoreColumn("b"), ["b"])],
        on_missing="defer",
    ).fit(frame, y)
    found = judge("m", model, frame, "yes")
    assert found.decisions["m"].tolist() == ["no", None, "yes", "no"]
    assert np.isnan(found.scores["m"]).tolist() == [False, True, False, False]
    assert found.decisions["two"].tolist() == ["no", None, "yes", "no"]


def test_who_waits_at_a_middle_stage_is_not_decided_by_a_later_one():
    frame = pd.DataFrame(
        {"a": [0.9, 0.1, 0.8], "b": [np.nan, 0.2, 0.9], "c": [0.9, 0.1, 0.7]}
    )
    stages = [(f"stage {name}", ScoreColumn(name), [name]) for name in "abc"]
    model = StagedClassifier(stages, on_missing="defer").fit(frame, ["y", "n", "y"])
    found = judge("m", model, frame, "y")
    assert found.decisions["m"].tolist() == [None, "n", "y"]
    assert model.trace(frame)["action"].tolist() == ["awaiting", "stop", "continue"]


def test_what_is_no_fitted_classifier_is_refused():
    with pytest.raises(NotFittedError):
        judge("m", LogisticRegression(), X, "yes")
    with pytest.raises(TypeError, match="must be a classifier, got StandardScaler"):
        judge("m", StandardScaler().fit(X), X, "yes")
    with pytest.raises(ValueError, match="must be a class of m"):
        judge("m", LogisticRegression().fit(X, Y), X, 1)


def test_stage_of_the_systems_name_is_refused(study, cascade):
    with pytest.raises(ValueError, match="name of a stage too"):
        judge("DLR-2", cascade, study.X, "response")


def test_walk_finds_every_part(cascade):
    kinds = [type(part).__name__ for _, part in walk(cascade)]
    assert kinds.count("WeightedYoudenThreshold") == 2
    assert kinds.count("ScoreColumn") == 2
    assert [path for path, _ in walk(cascade)][1] == "DLR-2"


@pytest.mark.parametrize(
    ("cv", "words"),
    [
        (None, "5-fold cross-validated"),
        (3, "3-fold cross-validated"),
        ("resubstitution", "resubstituted"),
        ("prefit", "other patients"),
    ],
)
def test_source_of_a_threshold_is_named(cv, words):
    model = WeightedYoudenThreshold(LogisticRegression(), cv=cv)
    assert words in threshold_source(model)


def test_walk_keeps_the_pipelines_of_an_ensemble_whole():
    short = make_pipeline(StandardScaler(), LogisticRegression())
    long = make_pipeline(StandardScaler(), StandardScaler(), LogisticRegression())
    model = VotingClassifier([("short", short), ("long", long)]).fit(X, Y)
    found = [(path, type(part).__name__) for path, part in walk(model)]
    assert found[1:4] == [
        ("1", "Pipeline"),
        ("1: standardscaler", "StandardScaler"),
        ("1: logisticregression", "LogisticRegression"),
    ]
    assert len(found) == 8


def test_settings_are_those_of_get_params():
    model = make_pipeline(StandardScaler(), LogisticRegression(C=3.0))
    changed, every = settings_of(model)
    assert "C=3.0" in changed
    assert every["logisticregression__C"] == "3.0"
    params = model.get_params()
    assert set(every) == set(params) - {"steps", *model.named_steps}


def test_settings_hold_no_addresses():
    changed, every = settings_of(LogisticRegression(C=object()))
    assert "0x" not in changed + every["C"]


class Spy(TransformerMixin, BaseEstimator):
    """A costly step that counts its runs, of all its copies together."""

    runs: ClassVar[list] = []

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        self.runs.append(len(X))
        return X


def test_report_asks_each_stage_once_per_cohort(study, new):
    def stage(column):
        inner = make_pipeline(Spy(), ScoreColumn(column))
        return (column, WeightedYoudenThreshold(inner, weight=0.8), [column])

    model = StagedClassifier([stage("dlr2"), stage("dlr4")])
    model.fit(study.X_train, study.y_train)
    Spy.runs.clear()
    new().add_estimator(
        "DLRP",
        model,
        study.X,
        study.y,
        pos_label="response",
        X_train=study.X_train,
        y_train=study.y_train,
    )
    assert Spy.runs == [40, 40, 80, 80]


@pytest.mark.parametrize("wrap", [FrozenEstimator, make_pipeline])
def test_a_cascade_inside_others_is_judged_stage_by_stage(study, cascade, wrap):
    found = judge("DLRP", wrap(cascade), study.X, "response")
    assert list(found.scores) == ["DLR-2", "DLR-4", "DLRP"]
    assert found.decisions["DLRP"].tolist() == cascade.predict(study.X).tolist()


def test_settings_are_written_without_the_folders_of_a_machine(tmp_path):
    folder = tmp_path / "a clinic" / "SENTINEL"
    model = make_pipeline(
        EnvelopeMapper(store=folder / "maps"),
        LogisticRegression(),
        memory=joblib.Memory(folder / "cache"),
    )
    changed, every = settings_of(model)
    assert "SENTINEL" not in changed + str(every)
    assert "a clinic" not in changed + str(every)
    assert "…/maps" in changed
    assert every["envelopemapper__store"] == "PosixPath('…/maps')"
