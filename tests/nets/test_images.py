"""What the estimators on images share: how frames are read, in fit and later."""

import pickle

import numpy as np
import pytest
import torch

from sknac.exceptions import CohortError
from sknac.nets import Augmentation, DLRClassifier, PlaneFeatureNet

_QUICK = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}


@pytest.fixture(scope="module")
def fitted(cohort):
    """A network on the first of the cohort's two visits."""
    net = PlaneFeatureNet(module="ran_tiny", columns="us_pre", **_QUICK)
    return net.fit(*cohort)


def test_columns_of_training_are_asked_for_later(cohort, fitted):
    X, _ = cohort
    with pytest.raises(ValueError, match="us_pre"):
        fitted.transform(X.drop(columns="us_pre"))
    # Another visit beside it, as in training, changes nothing.
    swapped = X.assign(us_post2=X["us_post2"].iloc[::-1].to_numpy())
    assert np.array_equal(fitted.transform(swapped), fitted.transform(X))


def test_what_fit_saw_is_remembered(fitted):
    assert fitted.item_shape_ == (2, 16, 16)
    assert fitted.channels_ == ("mbf", "esd")
    assert fitted.columns_ == ("us_pre",)


def test_planes_of_another_size_are_refused_by_place(cohort, fitted):
    X, _ = cohort
    study = X["us_pre"].iloc[2]
    plane = study.planes[0].replace(image=study.planes[0].load()[:, :-1])
    cells = X["us_pre"].tolist()
    cells[2] = type(study)([plane])
    with pytest.raises(CohortError, match="P002, column us_pre, plane 0"):
        fitted.transform(X.assign(us_pre=cells))


def test_the_module_is_told_the_size_and_channels_of_images():
    net = PlaneFeatureNet(module="resnet_tiny")
    assert net._module_facts((3, 20, 30)) == {"in_channels": 3, "image_size": (20, 30)}
    pair = DLRClassifier(module="resnet_tiny")
    facts = net._module_facts((3, 20, 30))
    assert pair._module_facts((2, 3, 20, 30)) == facts | {"n_visits": 2}


def test_batches_are_augmented_as_the_settings_say():
    x = torch.arange(32.0).reshape(2, 1, 4, 4)
    still = PlaneFeatureNet(flip=False, max_shift=0.0)
    assert torch.equal(still._augment(x.clone()), x)
    torch.manual_seed(0)
    batch = x[:1].repeat(16, 1, 1, 1)
    flipped = PlaneFeatureNet(flip=True, max_shift=0.0)._augment(batch)
    is_mirrored = [torch.equal(image, x[0].flip(-1)) for image in flipped]
    is_kept = [torch.equal(image, x[0]) for image in flipped]
    assert any(is_mirrored)
    assert any(is_kept)
    assert sum(is_mirrored) + sum(is_kept) == 16


@pytest.mark.parametrize("net", [PlaneFeatureNet(), DLRClassifier()])
def test_scikit_learn_is_told_that_rows_are_no_numbers(net):
    tags = net.__sklearn_tags__().input_tags
    assert not tags.two_d_array
    assert not tags.three_d_array


@pytest.fixture(scope="module")
def mirrored(bags):
    """A network whose only change is the mirror, and other bags."""
    X, y = bags
    net = PlaneFeatureNet(module="resnet_tiny", max_shift=0.0, lr=0.01, **_QUICK)
    return net.fit(X[:16], y[:16]), X[16:22]


def test_test_views_are_averaged_with_the_image_itself(mirrored):
    net, X = mirrored
    other = [bag[..., ::-1].copy() for bag in X]
    expected = [(net.predict_proba(X) + net.predict_proba(other)) / 2]
    expected.append((net.transform(X) + net.transform(other)) / 2)
    net = pickle.loads(pickle.dumps(net)).set_params(n_test_views=1)
    np.testing.assert_allclose(net.predict_proba(X), expected[0], rtol=1e-6)
    np.testing.assert_allclose(net.transform(X), expected[1], rtol=1e-5, atol=1e-6)
    planes = [values.mean(axis=0) for values in net.plane_features(X)]
    np.testing.assert_allclose(planes, expected[1], rtol=1e-5, atol=1e-6)


def test_test_views_depend_on_no_other_patient_and_no_call(bags):
    X, y = bags
    net = PlaneFeatureNet(
        module="resnet_tiny",
        n_test_views=2,
        augmentation=Augmentation(speckle=0.2, rotate_deg=10.0),
        **_QUICK,
    )
    net.fit(X[:16], y[:16])
    whole = net.predict_proba(X[16:28])
    np.testing.assert_array_equal(net.predict_proba(X[16:28]), whole)
    # Sums depend on the batch's size in the last digits.
    np.testing.assert_allclose(net.predict_proba(X[20:22]), whole[4:6], atol=1e-6)
    # What was trained counts, whatever is set since.
    net.set_params(augmentation__rotate_deg=90.0, augmentation__speckle=1.0)
    np.testing.assert_array_equal(net.predict_proba(X[16:28]), whole)
    none = net.set_params(n_test_views=0).predict_proba(X[16:28])
    assert np.abs(none - whole).max() > 1e-5


def test_test_views_leave_training_and_its_curves_as_they_are(bags):
    X, y = bags
    curves = []
    for n_views in (0, 2):
        net = PlaneFeatureNet(module="resnet_tiny", n_test_views=n_views, **_QUICK)
        curves.append(net.fit(X[:16], y[:16]).training_curve_.drop(columns="seconds"))
    assert curves[0].equals(curves[1])


def test_pairs_have_test_views(pairs):
    X, y = pairs
    net = DLRClassifier(module="resnet_tiny", max_shift=0.0, **_QUICK)
    net.fit(X[:16], y[:16])
    expected = (net.predict_proba(X) + net.predict_proba(X[..., ::-1].copy())) / 2
    found = net.set_params(n_test_views=1).predict_proba(X)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_views_that_would_all_be_the_same_are_said(bags):
    X, y = bags
    net = PlaneFeatureNet(module="resnet_tiny", n_test_views=3, **_QUICK)
    net.set_params(flip=False, max_shift=0.0, augmentation=Augmentation())
    with pytest.warns(UserWarning, match="n_test_views=3 would average an image with"):
        net.fit(X[:8], y[:8])
    with pytest.raises(ValueError, match="'n_test_views' parameter"):
        net.set_params(n_test_views=-1).fit(X, y)


def test_a_network_saved_before_there_were_views_predicts_with_them(mirrored):
    net, X = mirrored
    old = pickle.loads(pickle.dumps(net))
    for name in ("changes_", "augmentation", "n_test_views"):
        vars(old).pop(name)
    np.testing.assert_array_equal(old.predict_proba(X), net.predict_proba(X))
    expected = pickle.loads(pickle.dumps(net)).set_params(n_test_views=1)
    found = old.set_params(n_test_views=1).predict_proba(X)
    np.testing.assert_array_equal(found, expected.predict_proba(X))
