"""Maps return to the places in the planes of X that the network saw."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.pipeline import make_pipeline
from torch import nn

from sknac.cohort import (
    Grid,
    MaskOutline,
    Plane,
    PlaneTransformer,
    PolygonOutline,
    Study,
)
from sknac.inspection import grad_cam, prediction_difference
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper, ROIMasker

LABELS = ["response", "non-response"] * 4
SHAPE = (60, 80)
SPACINGS = {"mm": (0.25, 0.4), "px": None}


class Echo(nn.Module):
    """A network whose Grad-CAM is the image; of a pair 2 and 3 times the images."""

    def __init__(self):
        super().__init__()
        self.last_layer = nn.Conv2d(1, 1, 1, bias=False)
        self.classify = nn.Linear(1, 2, bias=False)
        with torch.no_grad():
            self.last_layer.weight.fill_(1.0)
            self.classify.weight.copy_(torch.tensor([[-1.0], [1.0]]))

    def features(self, x):
        sums = self.last_layer(x.flatten(0, -4)).sum((2, 3))
        if x.ndim == 4:
            return sums
        pre, post = sums.unflatten(0, (-1, 2)).unbind(1)
        return 2 * pre + 3 * post

    def forward(self, x):
        return self.classify(self.features(x))


def echo(kind, columns=None):
    """An estimator that Grad-CAM reads the image out of."""
    return kind(
        module=Echo, columns=columns, lr=1e-12, max_epochs=1, validation_fraction=None
    )


def ramp(grid, slope):
    """An image that rises linearly with depth and sideways."""
    return slope * (grid.axial[:, None] + 0.5 * grid.lateral).astype("float32")


def rise(plane):
    """How much a ramp rises from a pixel to the next: the unit of displacement."""
    return min(np.diff(plane.load(), axis=axis).min() for axis in (0, 1))


def make_plane(spacing, slope, at, masked=False):
    """A ramp with a core of 16 x 24 pixels at a pixel."""
    grid = Grid(SHAPE, spacing or (1, 1), (3.0, -8.0), "mm" if spacing else "px")
    corners = np.add([(0, 0), (0, 24), (16, 24), (16, 0)], at) - 0.5
    core = PolygonOutline(grid.to_points(corners))
    if masked:
        core = MaskOutline(core.to_mask(grid), grid)
    return Plane(ramp(grid, slope), "bmode", spacing, grid.origin, core=core)


def make_cohort(spacing, masked=False):
    """Eight patients with a plane before and two after, cores at known pixels."""
    cells = {"us_pre": [], "us_post2": []}
    for i in range(8):
        planes = [
            make_plane(spacing, s, (20 + i, 30 + k), masked)
            for k, s in enumerate((1.0, 0.2, 0.4))
        ]
        cells["us_pre"].append(Study(planes[:1]))
        cells["us_post2"].append(Study(planes[1:]))
    return pd.DataFrame(cells, index=[f"P{i}" for i in range(8)])


@pytest.mark.parametrize("shape", [(7, 5), (1, 3), (40, 64)])
def test_on_its_own_area_resampling_is_torchs_interpolation(shape):
    values = np.random.default_rng(0).normal(size=shape)
    area = Grid((28, 30), (0.1, 0.2), (3.0, 4.0))
    wanted = nn.functional.interpolate(
        torch.from_numpy(values)[None, None], area.shape, mode="bilinear"
    )
    np.testing.assert_allclose(
        area.resized(shape).sample(values, area), wanted[0, 0], atol=1e-6
    )


def test_outside_the_area_nothing_is_made_up():
    area = Grid((4, 4), (1.0, 1.0), (2.0, 3.0))  # edges at 1.5 and 5.5, 2.5 and 6.5
    found = area.resized((2, 2)).sample(np.ones((2, 2)), Grid((10, 10), (1.0, 1.0)))
    inside = np.zeros((10, 10), bool)
    inside[2:6, 3:7] = True
    np.testing.assert_array_equal(np.isfinite(found), inside)


@pytest.mark.parametrize("keep_aspect", [True, False])
@pytest.mark.parametrize("unit", ["mm", "px"])
@pytest.mark.parametrize("masked", [True, False])
def test_pixels_return_to_their_place_after_crop_and_resize(unit, keep_aspect, masked):
    X = make_cohort(SPACINGS[unit], masked)
    model = make_pipeline(
        ROICropper(border_share=0.25, square=False),
        PlaneResizer(image_size=48, keep_aspect=keep_aspect),
        echo(DLRClassifier, ["us_pre", "us_post2"]),
    ).fit(X, LABELS)
    found = grad_cam(model, X, target="response", relu=False)
    for i, patient in enumerate(X.index):
        seen = np.zeros(SHAPE, bool)
        for column, factor, shift in (("us_pre", 2, 0), ("us_post2", 3, 1)):
            for k, plane in enumerate(X.at[patient, column].planes):
                heat = found.at[patient, column].planes[k].load()[0]
                # The core with a quarter of its sides around, cropped.
                seen[:] = False
                seen[16 + i : 40 + i, 24 + k + shift : 60 + k + shift] = True
                np.testing.assert_array_equal(np.isfinite(heat), seen)
                inner = np.s_[18 + i : 38 + i, 26 + k + shift : 58 + k + shift]
                wanted = factor * plane.load()[inner]
                tenth = 0.1 * factor * rise(plane)
                np.testing.assert_allclose(heat[inner], wanted, atol=tenth)


def test_planes_keep_grid_core_and_order():
    X = make_cohort(SPACINGS["mm"])
    model = make_pipeline(
        PlaneResizer(image_size=32), echo(PlaneFeatureNet, "us_post2")
    )
    found = grad_cam(model.fit(X, LABELS), X, target="response")
    assert found.columns.tolist() == ["us_post2"]
    assert found.index.equals(X.index)
    for cell, study in zip(found["us_post2"], X["us_post2"], strict=True):
        for heat, plane in zip(cell.planes, study.planes, strict=True):
            assert heat.grid == plane.grid
            assert heat.core == plane.core
            assert (heat.kind, heat.channels) == ("maps", ("grad_cam",))
            assert heat.image.dtype == np.float32
            # The first plane rises half as steeply as the second.
            wanted = plane.load()[3:-3, 3:-3]
            np.testing.assert_allclose(
                heat.load()[0, 3:-3, 3:-3], wanted, atol=0.1 * rise(plane)
            )


def test_frames_and_arrays_get_the_same_maps(cohort, labels):
    net = PlaneFeatureNet(
        module="ran_tiny", columns="us_pre", max_epochs=1, random_state=0
    )
    bags = [
        np.stack([plane.load() for plane in study.planes])[:, None].astype("float32")
        for study in cohort["us_pre"]
    ]
    net.fit(cohort, labels)
    frame = grad_cam(net, cohort, target="response")
    arrays = grad_cam(net, bags, target="response")
    for study, array in zip(frame["us_pre"], arrays, strict=True):
        planes = np.stack([plane.load()[0] for plane in study.planes])
        np.testing.assert_allclose(planes, array, atol=1e-6)


class Product(Echo):
    """Heat of a visit is its image, times the mean of the other visit's."""

    def features(self, x):
        maps = self.last_layer(x.flatten(0, -4))
        pre, post = maps.unflatten(0, (-1, 2)).unbind(1)
        return pre.sum((2, 3)) * post.mean((2, 3))


def test_plane_in_several_pairs_gets_the_mean_of_its_maps():
    def study(*values):
        return Study([Plane(np.full((8, 8), v), "bmode") for v in values])

    cells = {"us_pre": [study(1.0, 2.0, 6.0)] * 8, "us_post2": [study(0.5, 0.1)] * 8}
    X = pd.DataFrame(cells, index=[f"P{i}" for i in range(8)])
    net = echo(DLRClassifier, list(cells)).set_params(module=Product)
    found = grad_cam(net.fit(X, LABELS), X, target="response")
    # Pairs are (1, 0.5), (2, 0.1) and (6, 0.5); the sum of a map has 64 pixels.
    wanted = {"us_pre": [0.5, 0.2, 3.0], "us_post2": [0.5 * (1 + 6) / 2, 0.2]}
    for column, values in wanted.items():
        planes = found.at["P3", column].planes
        heat = [float(plane.load().mean()) for plane in planes]
        np.testing.assert_allclose(heat, values, rtol=1e-5)


def test_no_heat_is_shown_outside_the_region():
    rng = np.random.default_rng(0)
    core = PolygonOutline([(3.9, 3.9), (3.9, 12.1), (9.1, 12.1), (9.1, 3.9)])
    studies = [
        Study(
            [Plane(image, "maps", (0.5, 0.5), core=core, channels=("mbf",))],
        )
        for image in rng.random((8, 1, 32, 40))
    ]
    X = pd.DataFrame({"us_pre": studies}, index=[f"P{i}" for i in range(8)])
    margin = ROIMasker(region="core+margin", margin_mm=2.0)
    model = make_pipeline(
        margin, PlaneResizer(image_size=24), MapScaler(), echo(PlaneFeatureNet)
    ).fit(X, LABELS)
    heat = grad_cam(model, X).iloc[0, 0].planes[0]
    shown = np.isfinite(heat.load()[0])
    depth, lateral = heat.grid.axial[:, None], heat.grid.lateral
    gap = np.hypot(
        np.maximum(np.maximum(3.9 - depth, depth - 9.1), 0),
        np.maximum(np.maximum(3.9 - lateral, lateral - 12.1), 0),
    )
    # The region's corners are round; a resized pixel may belong to it in part.
    assert shown[gap < 1.5].all()
    assert not shown[gap > 2.5].any()


def test_net_of_arrays_refuses_frames():
    X = make_cohort(SPACINGS["mm"])
    images = np.random.default_rng(0).random((8, 1, 8, 8))
    net = echo(PlaneFeatureNet, "us_pre").fit(images, LABELS)
    with pytest.raises(ValueError, match="fitted on arrays, X is a frame"):
        grad_cam(net, X)


class Doubler(PlaneTransformer):
    """A step that makes two planes of one."""

    def __init__(self, *, columns=None, n_jobs=None):
        self.columns = columns
        self.n_jobs = n_jobs

    def transform(self, X):
        double = [Study(study.planes * 2) for study in X["us_pre"]]
        return X.assign(us_pre=pd.Series(double, index=X.index))


class Forgetter(Doubler):
    """A step that drops the spacing."""

    def transform(self, X):
        bare = [Study([Plane(s.planes[0].image, "bmode")]) for s in X["us_pre"]]
        return X.assign(us_pre=pd.Series(bare, index=X.index))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Doubler, "row P0, column us_pre, plane 1: .* adds or drops planes"),
        (Forgetter, "row P0, column us_pre, plane 0: .* drops spacing_mm"),
    ],
)
def test_steps_that_cannot_be_followed_are_refused(step, message):
    X = make_cohort(SPACINGS["mm"])[["us_pre"]]
    model = make_pipeline(step(), echo(PlaneFeatureNet)).fit(X, LABELS)
    with pytest.raises(ValueError, match=message):
        grad_cam(model, X)


@pytest.mark.parametrize("unit", ["mm", "px"])
@pytest.mark.parametrize("explain", [grad_cam, prediction_difference])
def test_every_plane_is_resized_once(unit, explain, monkeypatch):
    X = make_cohort(SPACINGS[unit])[["us_post2"]]
    model = make_pipeline(
        PlaneResizer(image_size=64),
        PlaneFeatureNet(module="resnet_tiny", max_epochs=1, validation_fraction=None),
    ).fit(X, LABELS)
    resized, resize = [], PlaneResizer.transform_plane
    monkeypatch.setattr(
        PlaneResizer,
        "transform_plane",
        lambda self, plane: resized.append(plane) or resize(self, plane),
    )
    explain(model, X.iloc[:3])
    planes = [plane for study in X["us_post2"].iloc[:3] for plane in study.planes]
    assert sorted(p.digest for p in resized) == sorted(p.digest for p in planes)
