"""Both systems inside scikit-learn's ensembles, which train on 0 and 1 for labels."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.model_selection import ShuffleSplit

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.systems import DLRPClassifier, make_qus_response_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:The threshold for weight")


def _dlrp(**settings):
    """The cascade after one epoch, its thresholds from one split."""
    model = DLRPClassifier(preset="tiny", random_state=0, **settings)
    for stage in ("dlr2", "dlr4"):
        model.set_params(
            **{
                f"{stage}__cv": ShuffleSplit(1, test_size=0.5, random_state=0),
                f"{stage}__estimator__dlr__max_epochs": 1,
            }
        )
    return model


@pytest.fixture(scope="module")
def rf():
    """Simulated patients before treatment."""
    return make_rf_cohort(
        n_patients=16, n_planes=1, depth_mm=18.0, width_mm=15.0, random_state=0
    )


@pytest.fixture(scope="module")
def bmode():
    """Simulated patients at three visits."""
    return make_bmode_cohort(n_patients=20, random_state=0)


def _qus(rf, **settings):
    """The QUS system after one epoch."""
    model = make_qus_response_pipeline(
        rf.reference,
        attenuation_db_cm_mhz=0.6,
        preset="tiny",
        random_state=0,
        **settings,
    )
    quick = {"features__max_epochs": 1, "predict__max_epochs": 1}
    return model.set_params(maps__overlap=0.5, **quick)


def _in_ensemble(kind, model):
    """A system alone in an ensemble."""
    if kind is StackingClassifier:
        return kind([("system", model)], cv=2)
    return kind([("system", model)])


@pytest.mark.parametrize("kind", [StackingClassifier, VotingClassifier])
def test_the_cascade_stops_the_same_patients_as_alone(bmode, kind):
    alone = _dlrp().fit(bmode.X, bmode.y)
    model = _in_ensemble(kind, _dlrp(stop_label=0)).fit(bmode.X, bmode.y)
    inner = model.estimators_[0]
    found = model.classes_[inner.predict(bmode.X)]
    assert found.tolist() == alone.predict(bmode.X).tolist()
    assert inner.trace(bmode.X)["action"].equals(alone.trace(bmode.X)["action"])
    assert inner.named_stages_["dlr2"].pos_label_ == 1  # response


@pytest.mark.parametrize("kind", [StackingClassifier, VotingClassifier])
def test_the_costs_of_the_qus_system_are_those_it_has_alone(rf, kind):
    alone = _qus(rf).fit(rf.X, rf.y)
    model = _in_ensemble(kind, _qus(rf, non_response=0)).fit(rf.X, rf.y)
    found = model.estimators_[0].predict_proba(rf.X)
    assert found == pytest.approx(alone.predict_proba(rf.X))


@pytest.mark.parametrize("kind", [StackingClassifier, VotingClassifier])
def test_a_word_that_meets_codes_is_told_what_to_write(bmode, rf, kind):
    with pytest.raises(ValueError, match=r"there, write stop_label=0$"):
        _in_ensemble(kind, _dlrp()).fit(bmode.X, bmode.y)
    with pytest.raises(
        ValueError, match=r"class_weight=\{0: \.\.\.\} \(non_response=0 "
    ):
        _in_ensemble(kind, _qus(rf)).fit(rf.X, rf.y)


def test_going_on_is_positive_however_the_labels_sort(bmode):
    words = {"response": "Responder", "non-response": "non-responder"}
    model = _dlrp(stop_label="non-responder")
    model = clone(model).fit(bmode.X, bmode.y.map(words))
    assert {stage.pos_label_ for stage in model.named_stages_.values()} == {"Responder"}
    usual = _dlrp().fit(bmode.X, bmode.y)
    found = model.named_stages_["dlr2"].curve_.sensitivity
    assert len(found) == len(usual.named_stages_["dlr2"].curve_.sensitivity)
