import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
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


@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [pytest.param("loky", 2, marks=pytest.mark.slow), ("threading", 4)],
)
def test_backends_give_the_same_probabilities_and_features(bags, backend, n_jobs):
    X, y = bags
    settings = {"module": "resnet_tiny", "max_epochs": 2, **TINY}

    def outputs(seed):
        net = PlaneFeatureNet(random_state=seed, **settings).fit(X[:24], y[:24])
        again = pickle.loads(pickle.dumps(net))
        found = np.hstack([net.predict_proba(X), net.transform(X)])
        restored = np.hstack([again.predict_proba(X), again.transform(X)])
        return found, restored

    serial = [outputs(seed) for seed in range(4)]
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with joblib.parallel_config(backend, n_jobs=n_jobs):
        parallel = joblib.Parallel()(joblib.delayed(outputs)(s) for s in range(4))
    assert torch.equal(torch.get_rng_state(), before)
    for (found, restored), (elsewhere, reloaded) in zip(serial, parallel, strict=True):
        np.testing.assert_array_equal(found, elsewhere)
        np.testing.assert_array_equal(found, restored)
        np.testing.assert_array_equal(found, reloaded)


def test_workers_that_read_planes_change_nothing(cohort):
    X, y = cohort
    settings = {"module": "ran_tiny", "max_epochs": 2, "columns": "us_pre", **TINY}
    alone = PlaneFeatureNet(random_state=0, **settings).fit(X, y)
    helped = PlaneFeatureNet(
        random_state=0, iterator_train__num_workers=1, **settings
    ).fit(X, y)
    np.testing.assert_array_equal(helped.predict_proba(X), alone.predict_proba(X))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["response"] * 8, "one class only"),
        (["response"] * 7 + ["non-response"], "class 'non-response' has 1"),
        (["response", "non-response"] * 3, "inconsistent numbers of samples"),
        (["response"] * 7 + [None], "row 7: .* leave rows without a label out"),
    ],
)
def test_unusable_labels_are_refused_before_training(cohort, y, message):
    net = PlaneFeatureNet(module="ran_tiny", columns="us_pre")
    with pytest.raises(ValueError, match=message):
        net.fit(cohort[0], np.array(y, dtype=object))
    assert not hasattr(net, "module_")


def test_too_few_patients_for_the_split_are_refused_before_training(cohort):
    X, y = cohort
    net = PlaneFeatureNet(module="ran_tiny", columns="us_pre")
    with pytest.raises(ValueError, match="too few patients for validation_fraction"):
        net.fit(X.iloc[:4], y[:4])
    net.set_params(validation_fraction=None, max_epochs=1).fit(X.iloc[:4], y[:4])


def test_channels_must_be_those_of_training(fitted):
    with pytest.raises(ValueError, match=r"row 0, plane 0: .* 2 channel.* expected 1"):
        fitted.predict([np.zeros((1, 2, 32, 32))])


def test_invalid_pixels_are_refused_in_prediction_too(fitted):
    spoilt = np.zeros((3, 1, 32, 32))
    spoilt[2, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"row 2, plane 0: .* NaN or infinite"):
        fitted.predict_proba(spoilt)


@pytest.mark.parametrize(
    ("module", "too_small", "enough"),
    [("ran56", 31, 32), ("ran_tiny", 15, 16), ("resnet_tiny", 31, 32)],
)
def test_images_too_small_for_the_stride_are_refused(module, too_small, enough):
    net = PlaneFeatureNet(
        module=module, module__width=4, max_epochs=1, random_state=0, **TINY
    )
    X = np.random.default_rng(0).random((8, 1, 32, 32))
    message = rf"cannot take items of shape \(1, {too_small}, {too_small}\)"
    with pytest.raises(ValueError, match=message):
        net.fit(X[..., :too_small, :too_small], [0, 1] * 4)
    assert not hasattr(net, "module_")
    net.fit(X[..., :enough, :enough], [0, 1] * 4)


def test_misspelt_settings_are_refused_before_training(cohort):
    net = PlaneFeatureNet(module="ran_tiny", module__drop_out=0.3, columns="us_pre")
    with pytest.raises(ValueError, match="did you mean module__dropout"):
        net.fit(*cohort)
    with pytest.raises(ValueError, match="no setting 'margin_mm'"):
        net.set_params(margin_mm=5)
