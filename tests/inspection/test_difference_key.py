"""Keys of stored maps: equal for equal content, different for what changes a map."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import InMemoryArray, Plane
from sknac.inspection._difference_key import image_digest, map_key, model_digest
from sknac.nets.split import split_model


@pytest.fixture(scope="module")
def system(plane_net, bags, labels):
    """A network with a table's classifier behind it."""
    features = plane_net.transform(bags)
    after = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
    return make_pipeline(plane_net, *(step for _, step in after.steps))


def digest(system):
    """Digest of a fitted system."""
    return model_digest(split_model(system))


def test_copies_and_pickles_are_the_same_model(system):
    assert digest(copy.deepcopy(system)) == digest(system)
    assert digest(pickle.loads(pickle.dumps(system))) == digest(system)


def change_a_weight(system):
    """Move one weight of the network."""
    with torch.no_grad():
        next(system[0].module_.parameters())[0, 0, 0, 0] += 1e-3


def change_a_coefficient(system):
    """Move one coefficient of the classifier."""
    system[-1].coef_[0, 0] += 1e-9


def change_a_scale(system):
    """Move a scale of the step between."""
    system[1].scale_[0] *= 1.001


def change_the_precision(system):
    """Compute in another precision."""
    system[0].autocast = True


@pytest.mark.parametrize(
    "change",
    [change_a_weight, change_a_coefficient, change_a_scale, change_the_precision],
)
def test_what_changes_the_maps_changes_the_digest(system, change):
    other = copy.deepcopy(system)
    change(other)
    assert digest(other) != digest(system)


def test_an_image_is_its_pixels():
    pixels = np.arange(12.0).reshape(3, 4)
    plane = Plane(pixels, "bmode", (0.1, 0.2))
    assert image_digest(plane) == image_digest(plane.replace(spacing_mm=(1, 1)))
    assert image_digest(plane) == image_digest(pixels) == InMemoryArray(pixels).digest
    assert image_digest(plane) != image_digest(pixels.T)


def test_every_part_of_a_key_counts():
    parts = ("model", {(0, 0): "image"}, 0, 0, (8, 4, (0, 1), None))
    others = ("m", {(0, 0): "other"}, 1, 1, (8, 4, (0, 1), 1))
    keys = {map_key(*parts)}
    for i, other in enumerate(others):
        keys.add(map_key(*parts[:i], other, *parts[i + 1 :]))
    assert len(keys) == 1 + len(parts)
    assert map_key(*copy.deepcopy(parts)) in keys
