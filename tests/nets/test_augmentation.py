import pickle
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sknac.nets import (
    Augmentation,
    DLRClassifier,
    PlaneFeatureNet,
    PredictiveNet,
    _warping,
)

QUICK = {"module": "resnet_tiny", "max_epochs": 1, "random_state": 0}
SOME = {"rotate_deg": 10.0, "gain": 0.2, "speckle": 0.1}


def probabilities(X, y, make=PlaneFeatureNet, **settings):
    net = make(**{**QUICK, "torch_threads": 1, **settings})
    return net.fit(X[:16], y[:16]).predict_proba(X[16:24])


def test_a_search_reaches_its_settings_by_name(bags):
    X, y = bags
    net = PlaneFeatureNet(**QUICK, augmentation=Augmentation(gain=0.2))
    grid = {"net__augmentation__rotate_deg": [0.0, 15.0]}
    search = GridSearchCV(Pipeline([("net", net)]), grid, cv=2, error_score="raise")
    best = search.fit(X[:12], y[:12]).best_estimator_["net"]
    expected = search.best_params_["net__augmentation__rotate_deg"]
    assert best.augmentation.rotate_deg == expected
    assert best.augmentation.gain == 0.2
    assert net.augmentation.rotate_deg == 0.0  # the search worked on clones


def test_settings_are_listed_set_and_cloned():
    net = DLRClassifier(augmentation=Augmentation(zoom=0.1))
    assert net.get_params()["augmentation__zoom"] == 0.1
    assert "augmentation__zoom" not in net.get_params(deep=False)
    twin = clone(net).set_params(augmentation__zoom=0.3)
    assert (net.augmentation.zoom, twin.augmentation.zoom) == (0.1, 0.3)
    twin.set_params(augmentation__zoom=0.5, augmentation=Augmentation(gain=0.1))
    assert (twin.augmentation.zoom, twin.augmentation.gain) == (0.5, 0.1)
    assert twin.set_params(augmentation=None).augmentation is None


def test_settings_that_there_are_not_are_refused(bags):
    net = PlaneFeatureNet(augmentation=Augmentation())
    with pytest.raises(ValueError, match="Invalid parameter 'rotate'"):
        net.set_params(augmentation__rotate=3)
    with pytest.raises(ValueError, match=r"has no setting 'augmentation__zoom'; set"):
        PlaneFeatureNet().set_params(augmentation__zoom=0.1)
    with pytest.raises(ValueError, match="no setting 'augmentation__zoom'"):
        PredictiveNet().set_params(augmentation__zoom=0.1)
    with pytest.raises(ValueError, match="no setting 'augmentation__zoom'"):
        PlaneFeatureNet(augmentation__zoom=0.1).fit(*bags)


@pytest.mark.parametrize(
    "setting",
    [
        {"rotate_deg": -1.0},
        {"zoom": "a little"},
        {"elastic": 0.3},
        {"cutout": 1.0},
        {"probability": 2.0},
    ],
)
def test_settings_out_of_range_are_refused_before_anything_is_read(setting):
    name = next(iter(setting))
    with pytest.raises(ValueError, match=f"'{name}' parameter of Augmentation must"):
        PlaneFeatureNet(augmentation=Augmentation(**setting)).fit(None, None)


@pytest.mark.parametrize("wrong", ["rotate", {"rotate_deg": 10.0}, Augmentation])
def test_what_is_no_augmentation_is_refused(wrong):
    with pytest.raises(ValueError, match="'augmentation' parameter of PlaneFeature"):
        PlaneFeatureNet(augmentation=wrong).fit(None, None)


def test_it_changes_training_and_nothing_changes_without(bags):
    X, y = bags
    plain = probabilities(X, y)
    np.testing.assert_array_equal(
        probabilities(X, y, augmentation=Augmentation()), plain
    )
    changed = probabilities(X, y, augmentation=Augmentation(**SOME))
    assert np.abs(changed - plain).max() > 1e-4


def test_the_same_seed_gives_the_same_network_on_any_number_of_threads(pairs):
    X, y = pairs
    settings = {
        "make": DLRClassifier,
        "augmentation": Augmentation(**SOME, elastic=0.05),
        "validation_fraction": None,
    }
    first = probabilities(X, y, **settings)
    np.testing.assert_array_equal(probabilities(X, y, **settings), first)
    other = probabilities(X, y, **settings, torch_threads=2)
    np.testing.assert_allclose(other, first, atol=1e-5)


def test_validation_patients_are_never_changed(bags):
    """With a learning rate of 0 the loss of validation is the same in every epoch."""
    X, y = bags
    net = PlaneFeatureNet(
        **{**QUICK, "max_epochs": 3, "lr": 1e-30, "patience": None},
        module__dropout=0.0,
        augmentation=Augmentation(**SOME, cutout=0.5),
    )

    class Still(torch.nn.Module):
        def __init__(self, in_channels):
            super().__init__()
            self.layer = torch.nn.Linear(in_channels, 2)

        def features(self, x):
            return x.mean(dim=(2, 3))

        def forward(self, x):
            return self.layer(self.features(x))

    net.set_params(module=Still, module__dropout=None)
    curve = net.fit(X[:16], y[:16]).training_curve_
    assert curve["valid_loss"].nunique() == 1
    assert curve["train_loss"].nunique() == 3


def test_channels_named_as_regions_are_masks_and_others_if_asked_for(cohort):
    X, y = cohort
    channels = ("mbf", "core")
    cells = [
        type(study)([plane.replace(channels=channels) for plane in study.planes])
        for study in X["us_pre"]
    ]
    X = X[["age"]].assign(us_pre=cells)
    settings = {**QUICK, "module": "ran_tiny"}
    net = PlaneFeatureNet(**settings, augmentation=Augmentation(gain=0.1)).fit(X, y)
    assert net.changes_.masks == (1,)
    net.set_params(augmentation__masks=["mbf"]).fit(X, y)
    assert net.changes_.masks == (0,)
    with pytest.raises(ValueError, match=r"channels \['mbf', 'core'\] or positions"):
        net.set_params(augmentation__masks=["Core"]).fit(X, y)


def test_channels_of_plain_arrays_are_named_by_position(bags):
    X, y = bags
    two = [np.concatenate([bag, bag > 0], axis=1) for bag in X[:12]]
    net = PlaneFeatureNet(**QUICK, augmentation=Augmentation(gain=0.1, masks=[1]))
    assert net.fit(two, y[:12]).changes_.masks == (1,)
    with pytest.raises(ValueError, match=r"positions below 2, got 2"):
        net.set_params(augmentation__masks=[2]).fit(two, y[:12])


def test_a_fitted_network_keeps_what_it_was_trained_with(bags):
    X, y = bags
    net = PlaneFeatureNet(**QUICK, augmentation=Augmentation(gain=0.1))
    net.fit(X[:12], y[:12]).set_params(augmentation__gain=0.3)
    again = pickle.loads(pickle.dumps(net))
    assert again.changes_.augmentation.gain == 0.1
    assert again.augmentation.gain == 0.3
    assert "_generator" not in vars(net)


def test_the_extra_is_named_before_training_and_only_where_it_is_needed(
    monkeypatch, bags
):
    monkeypatch.setitem(sys.modules, "monai.networks.blocks", None)
    _warping.warper.cache_clear()
    X, y = bags
    probabilities(X, y, augmentation=Augmentation(gain=0.2, cutout=0.2))
    net = PlaneFeatureNet(augmentation=Augmentation(zoom=0.2))
    with pytest.raises(ImportError, match=r"MONAI is not installed.*sknac\[images\]"):
        net.fit(None, None)


def test_a_missing_visit_stays_missing_and_the_others_are_changed(pairs):
    X, y = pairs
    X = np.concatenate([X, X[:, :1]], axis=1)[:24]
    X[::3, 1] = np.nan
    every = Augmentation(**SOME, zoom=0.2, elastic=0.05, gamma=0.2, cutout=0.3)
    net = DLRClassifier(
        **QUICK,
        columns=["us_pre", "us_post2", "us_post4"],
        missing_visits="mask",
        module__fusion="mean",
        augmentation=every,
        n_test_views=2,
        balanced_batches=True,
    )
    found = net.fit(X, y[:24]).predict_proba(X)
    assert np.isfinite(found).all()
    view = net._views()[0](torch.from_numpy(X))
    assert torch.equal(view.isnan(), torch.from_numpy(np.isnan(X)))
