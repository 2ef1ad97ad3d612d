import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from sknac.nets import DLRClassifier

TINY = {"batch_size": 16, "lr": 3e-3, "torch_threads": 1, "random_state": 0}


def test_change_between_visits_is_learned_and_shuffled_labels_are_not(pairs):
    X, y = pairs
    aucs = []
    for labels in (y, np.random.default_rng(1).permutation(y)):
        net = DLRClassifier(module="resnet_tiny", max_epochs=20, **TINY)
        net.fit(X[:90], labels[:90])
        aucs.append(roc_auc_score(labels[90:], net.predict_proba(X[90:])[:, 1]))
    assert aucs[0] - aucs[1] > 0.25


def test_patient_score_is_the_mean_over_pairs(pairs):
    X, y = pairs
    net = DLRClassifier(module="resnet_tiny", max_epochs=1, **TINY).fit(X[:20], y[:20])
    bags = [X[:3], X[3:4], X[4:9]]
    alone = [net.predict_proba(bag).mean(axis=0) for bag in bags]
    np.testing.assert_allclose(net.predict_proba(bags), alone, rtol=1e-5)


def test_visits_are_taken_in_the_order_of_columns(cohort):
    X, y = cohort
    net = DLRClassifier(module="ran_tiny", max_epochs=1, **TINY).fit(X, y)
    named = DLRClassifier(
        module="ran_tiny", max_epochs=1, columns=["us_pre", "us_post2"], **TINY
    ).fit(X, y)
    swapped = named.predict_proba(X.assign(us_pre=X["us_post2"], us_post2=X["us_pre"]))
    np.testing.assert_array_equal(net.predict_proba(X), named.predict_proba(X))
    assert not np.allclose(swapped, named.predict_proba(X))


def test_cohort_frames_cross_validate_by_patient(cohort):
    X, y = cohort
    net = DLRClassifier(
        module="ran_tiny", max_epochs=1, validation_fraction=None, **TINY
    )
    net.set_params(module__encoder_settings={"last_units": 2})
    found = cross_val_predict(net, X, y, cv=2)
    assert set(found) <= {"response", "non-response"}


def test_module_settings_reach_the_fusion(pairs):
    X, y = pairs
    net = DLRClassifier(
        module="resnet_tiny",
        module__fusion="diff",
        module__shared=False,
        module__dropout=0.0,
        max_epochs=1,
        **TINY,
    ).fit(X[:20], y[:20])
    assert net.module_.fusion == "diff"
    assert len(net.module_.encoders) == 2
