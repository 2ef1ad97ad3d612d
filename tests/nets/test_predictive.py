import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    parametrize_with_checks,
)

from sknac.nets import PredictiveNet

QUICK = {"max_epochs": 40, "lr": 0.01, "batch_size": 32, "torch_threads": 1}
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a repeated patient falls into other batches and another validation split "
        "than a patient of weight two; without both it holds (see below)"
    ),
}


@parametrize_with_checks(
    [PredictiveNet(random_state=0, **QUICK)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_sample_weights_equal_repetition_without_batches_and_split():
    net = PredictiveNet(
        batch_size=-1,
        validation_fraction=None,
        module__dropout=0.0,
        max_epochs=20,
        # Plain gradient descent: Adam amplifies rounding in tiny gradients.
        optimizer="sgd",
        random_state=0,
        torch_threads=1,
    )
    check_sample_weight_equivalence_on_dense_data("PredictiveNet", net)


@pytest.mark.parametrize(
    "labels",
    [["non-response", "response"], [0, 1], [False, True], [-3, 7], ["b", "a"]],
)
def test_labels_of_any_type_come_back_as_they_were_given(table, labels):
    X, y = table
    given = np.where(y == "response", labels[1], labels[0])
    net = PredictiveNet(random_state=0, **QUICK).fit(X, given)
    np.testing.assert_array_equal(net.classes_, sorted(labels))
    assert net.predict(X).dtype == given.dtype
    assert net.score(X, given) > 0.8


def test_informative_features_beat_shuffled_labels(table):
    X, y = table
    rng = np.random.default_rng(0)
    aucs = []
    for labels in (y, rng.permutation(y)):
        net = PredictiveNet(random_state=0, **QUICK).fit(X[:50], labels[:50])
        aucs.append(roc_auc_score(labels[50:], net.predict_proba(X[50:])[:, 1]))
    assert aucs[0] - aucs[1] > 0.25


def test_three_classes_have_three_columns():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    net = PredictiveNet(random_state=0, **QUICK).fit(rng.random((60, 4)), y)
    proba = net.predict_proba(rng.random((5, 4)))
    assert proba.shape == (5, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_grid_search_reaches_module_optimizer_and_training_settings(table):
    grid = {
        "module__dropout": [0.3, 0.7],
        "module__hidden": [20],
        "lr": [0.01],
        "batch_size": [16],
        "class_weight": [{"non-response": 5}],
        "optimizer__weight_decay": [0.01],
        "callbacks__early_stopping__patience": [3],
    }
    search = GridSearchCV(PredictiveNet(max_epochs=5, random_state=0), grid, cv=2).fit(
        *table
    )
    best = search.best_estimator_
    assert best.module_.layers[1].out_features == 20
    assert best.optimizer_.param_groups[0]["weight_decay"] == 0.01
    assert dict(best.callbacks_)["early_stopping"].patience == 3
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    "backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"]
)
def test_backends_give_the_same_probabilities(table, backend):
    X, y = table

    def proba(seed):
        settings = {**QUICK, "max_epochs": 3, "random_state": seed}
        return PredictiveNet(**settings).fit(X, y).predict_proba(X)

    serial = [proba(seed) for seed in range(4)]
    with joblib.parallel_config(backend, n_jobs=2):
        parallel = joblib.Parallel()(joblib.delayed(proba)(seed) for seed in range(4))
    np.testing.assert_array_equal(serial, parallel)


def test_clone_keeps_settings_that_are_not_in_the_signature():
    net = PredictiveNet(optimizer__weight_decay=0.1, verbose=1, module__hidden=3)
    assert clone(net).get_params() == net.get_params()
    assert net.get_params()["optimizer__weight_decay"] == 0.1


def test_repr_names_what_was_changed():
    assert repr(PredictiveNet(lr=0.1)) == "PredictiveNet(lr=0.1)"
