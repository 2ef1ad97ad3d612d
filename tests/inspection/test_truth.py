"""Where the effect lies is known: Grad-CAM finds it, and random weights do not."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.inspection import grad_cam
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer

SHAPE, SPACING, RADIUS_MM = (72, 96), (0.25, 0.2), 2.4
N_TRAIN, N = 120, 152
SETTINGS = {
    "module": "resnet_tiny",
    "lr": 3e-3,
    "batch_size": 16,
    "max_epochs": 12,
    "validation_fraction": None,
    "torch_threads": 1,
}


def texture(rng, grain):
    """Gaussian texture of unit variance."""
    image = gaussian_filter(rng.standard_normal(SHAPE), grain)
    return image / image.std()


def make_plane(rng, changed):
    """Fine texture with a round core somewhere, coarse inside it where changed."""
    size = np.multiply(SHAPE, SPACING)
    centre = rng.uniform(RADIUS_MM, size - RADIUS_MM)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = centre + RADIUS_MM * np.column_stack([np.sin(angle), np.cos(angle)])
    plane = Plane(
        texture(rng, 1.0), "bmode", SPACING, core=PolygonOutline(np.round(circle, 3))
    )
    if not changed:
        return plane
    image = np.where(plane.core_mask(), 2.0 * texture(rng, 2.0), plane.load())
    return plane.replace(image=image)


def make_cohort(seed):
    """Patients of whom every second responds, which shows after treatment."""
    rng = np.random.default_rng(seed)
    responds = np.arange(N) % 2 == 1
    cells = {
        "us_pre": [Study([make_plane(rng, False)]) for _ in responds],
        "us_post2": [Study([make_plane(rng, flag)]) for flag in responds],
    }
    X = pd.DataFrame(cells, index=[f"P{i:03d}" for i in range(N)])
    return X, np.where(responds, "response", "non-response")


def density(X, maps, column):
    """Mean share of the heat in the core, over the core's share of the image."""
    ratios = []
    for cell, study in zip(maps[column], X[column], strict=True):
        heat, core = cell.planes[0].load()[0], study.planes[0].core_mask()
        ratios.append(heat[core].sum() / max(heat.sum(), 1e-9) / core.mean())
    return np.mean(ratios)


def with_random_weights(model, seed):
    """A copy of a fitted pipeline whose network is drawn anew."""
    model = copy.deepcopy(model)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        for part in model[-1].module_.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
    return model


def run(net, layer, column, seed):
    """Train; heat per area in the cores of new responders, trained and random."""
    X, y = make_cohort(seed)
    model = make_pipeline(PlaneResizer(image_size=64), MapScaler(), net)
    model.fit(X[:N_TRAIN], y[:N_TRAIN])
    new = X[N_TRAIN:][y[N_TRAIN:] == "response"]
    found = grad_cam(model, new, target="response", layer=layer)
    blind = [
        density(
            new,
            grad_cam(
                with_random_weights(model, k), new, target="response", layer=layer
            ),
            column,
        )
        for k in range(3)
    ]
    return new, found, density(new, found, column), np.mean(blind)


@pytest.mark.slow
def test_planes_heat_lies_where_the_effect_is():
    layer = "backbone.layer2"
    results = []
    for seed in range(3):
        net = PlaneFeatureNet(columns="us_post2", random_state=seed, **SETTINGS)
        results.append(run(net, layer, "us_post2", seed)[2:])
    trained, blind = np.mean(results, axis=0)
    assert trained > 1.9  # chance is 1
    assert blind < 1.4
    assert all(one > 1.5 * other for one, other in results)


@pytest.mark.slow
def test_pairs_heat_lies_in_the_visit_and_place_of_the_effect():
    layer, results = "encoders.0.backbone.layer2", []
    for seed in range(3):
        net = DLRClassifier(
            columns=["us_pre", "us_post2"], random_state=seed, **SETTINGS
        )
        new, found, *densities = run(net, layer, "us_post2", seed)
        results.append(densities)
        # Before treatment nothing tells the classes apart.
        assert density(new, found, "us_pre") < 1.3
        heat = [
            sum(cell.planes[0].load().sum() for cell in found[column])
            for column in ("us_pre", "us_post2")
        ]
        assert heat[1] > 2 * heat[0]
    trained, blind = np.mean(results, axis=0)
    assert trained > 1.9  # chance is 1
    assert blind < 1.4
    assert all(one > 1.5 * other for one, other in results)
