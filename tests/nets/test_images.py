"""What the estimators on images share: how frames are read, in fit and later."""

import numpy as np
import pytest
import torch

from sknac.exceptions import CohortError
from sknac.nets import DLRClassifier, PlaneFeatureNet

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
    assert pair._module_facts((2, 3, 20, 30)) == net._module_facts((3, 20, 30))


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
