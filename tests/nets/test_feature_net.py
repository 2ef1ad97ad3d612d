import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from sknac.cohort import InMemoryArray
from sknac.nets import PlaneFeatureNet, PredictiveNet

TINY = {"batch_size": 16, "lr": 3e-3, "torch_threads": 1, "max_shift": 0.12}


@pytest.fixture(scope="module")
def fitted(bags):
    X, y = bags
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=3, random_state=0, **TINY)
    return net.fit(X[:40], y[:40])


@pytest.mark.parametrize(
    "module", ["resnet_tiny", pytest.param("ran_tiny", marks=pytest.mark.slow)]
)
def test_texture_is_learned_and_shuffled_labels_are_not(bags, module):
    X, y = bags
    aucs = []
    for labels in (y, np.random.default_rng(1).permutation(y)):
        net = PlaneFeatureNet(module=module, max_epochs=15, random_state=0, **TINY)
        net.fit(X[:60], labels[:60])
        aucs.append(roc_auc_score(labels[60:], net.predict_proba(X[60:])[:, 1]))
    assert aucs[0] - aucs[1] > 0.25


def test_patient_score_is_the_mean_over_single_planes(fitted, bags):
    X, _ = bags
    alone = [fitted.predict_proba(bag).mean(axis=0) for bag in X[:9]]
    np.testing.assert_allclose(fitted.predict_proba(X[:9]), alone, rtol=1e-5)


def test_features_are_the_mean_over_single_planes(fitted, bags):
    X, _ = bags
    alone = [fitted.transform(bag).mean(axis=0) for bag in X[:9]]
    np.testing.assert_allclose(fitted.transform(X[:9]), alone, rtol=1e-4, atol=1e-6)
    means = [planes.mean(axis=0) for planes in fitted.plane_features(X[:9])]
    np.testing.assert_allclose(fitted.transform(X[:9]), means, rtol=1e-12)


def test_order_of_patients_does_not_matter(fitted, bags):
    X, _ = bags
    np.testing.assert_allclose(
        fitted.predict_proba(X[::-1]), fitted.predict_proba(X)[::-1], rtol=1e-5
    )


def test_features_have_names_and_follow_set_output(bags):
    X, y = bags
    net = PlaneFeatureNet(
        module="resnet_tiny", max_epochs=1, module__feature_dim=3, random_state=0
    ).set_output(transform="pandas")
    F = net.fit_transform(X[:20], y[:20])
    names = ["planefeaturenet0", "planefeaturenet1", "planefeaturenet2"]
    assert isinstance(F, pd.DataFrame)
    assert list(F.columns) == names == list(net.get_feature_names_out())


def test_cohort_frames_and_their_arrays_give_the_same(cohort):
    X, y = cohort
    net = PlaneFeatureNet(
        module="ran_tiny", max_epochs=2, columns="us_pre", random_state=0
    )
    bags = [np.stack([p.load() for p in cell.planes]) for cell in X["us_pre"]]
    from_frame = net.fit(X, y).transform(X)
    assert net.channels_ == ("mbf", "esd")
    assert list(net.feature_names_in_) == list(X.columns)
    np.testing.assert_array_equal(net.fit(bags, y).transform(bags), from_frame)


def test_planes_are_read_a_batch_at_a_time(cohort, monkeypatch):
    X, y = cohort
    net = PlaneFeatureNet(module="ran_tiny", max_epochs=1, columns="us_pre")
    net.set_params(batch_size=4, random_state=0).fit(X, y)
    log = []
    load, run = InMemoryArray.load, type(net)._run
    monkeypatch.setattr(
        InMemoryArray, "load", lambda self: (log.append("read"), load(self))[1]
    )
    monkeypatch.setattr(
        type(net), "_run", lambda self, f, x: (log.append("run"), run(self, f, x))[1]
    )
    net.predict_proba(X)
    assert "".join(word[1] for word in log) == "eeeeueeeeueeeeueeeu"


def test_pipeline_to_the_predictive_network(bags):
    X, y = bags
    model = make_pipeline(
        PlaneFeatureNet(module="resnet_tiny", max_epochs=10, random_state=0, **TINY),
        PredictiveNet(max_epochs=30, lr=0.01, random_state=0),
    ).fit(X[:60], y[:60])
    assert roc_auc_score(y[60:], model.predict_proba(X[60:])[:, 1]) > 0.8
    model.set_params(planefeaturenet__module__dropout=0.3, predictivenet__lr=0.1)


def test_cross_fitted_features_of_noise_do_not_tell_the_label():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 1, 32, 32)), np.arange(40) % 2
    aucs = {}
    for cross_fit in (None, 4):
        net = PlaneFeatureNet(
            module="resnet_tiny",
            max_epochs=12,
            validation_fraction=None,
            flip=False,
            max_shift=0.0,
            cross_fit=cross_fit,
            random_state=0,
            lr=3e-3,
        )
        F = net.fit_transform(X, y)
        model = LogisticRegression(C=0.01).fit(F, y)
        aucs[cross_fit] = roc_auc_score(y, model.decision_function(F))
    assert aucs[None] > 0.95
    assert aucs[4] < aucs[None] - 0.1


def test_cross_fit_trains_the_same_final_network(bags):
    X, y = bags
    settings = {"module": "resnet_tiny", "max_epochs": 2, "random_state": 0}
    plain = PlaneFeatureNet(**settings).fit(X[:30], y[:30])
    crossed = PlaneFeatureNet(cross_fit=2, **settings)
    F = crossed.fit_transform(X[:30], y[:30])
    np.testing.assert_array_equal(crossed.transform(X), plain.transform(X))
    assert not np.allclose(F, plain.transform(X[:30]))


def test_image_size_must_be_that_of_training(fitted):
    with pytest.raises(ValueError, match="is 40x40 pixels, expected 32x32"):
        fitted.predict(np.zeros((2, 1, 40, 40)))


def test_flatten_head_learns_the_image_size(bags):
    X, y = bags
    net = PlaneFeatureNet(
        module="ran_tiny", module__head="flatten", max_epochs=1, random_state=0
    )
    assert net.fit(X[:20], y[:20]).transform(X).shape == (90, 4)
