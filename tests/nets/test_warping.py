import copy
import math
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform

from sknac.nets._warping import (
    affine_displacement,
    elastic_displacement,
    warp,
    warper,
)


def turned(x, degrees, zoom, mode="bilinear"):
    """Turn and enlarge a batch."""
    angle = torch.tensor([math.radians(d) for d in degrees])
    size = tuple(x.shape[-2:])
    return warp(x, affine_displacement(angle, torch.tensor(zoom), size), mode)


@pytest.fixture
def images():
    return torch.rand(3, 2, 12, 9, generator=torch.Generator().manual_seed(0))


def test_quarter_turns_move_pixels_as_they_are():
    x = torch.rand(2, 1, 8, 8)
    found = turned(x, [90.0, 180.0], [1.0, 1.0])
    torch.testing.assert_close(found[0], x[0].rot90(1, (-2, -1)), atol=1e-5, rtol=0)
    torch.testing.assert_close(found[1], x[1].flip(-1, -2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.3])
@pytest.mark.parametrize("degrees", [-35.0, 0.0, 12.0])
def test_rotation_and_zoom_are_those_of_scipy(images, degrees, zoom):
    angle, centre = math.radians(degrees), np.array([5.5, 4.0])
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    matrix = np.array([[cos, sin], [-sin, cos]])
    offset = centre - matrix @ centre
    found = turned(images, [degrees] * 3, [zoom] * 3)
    for one, image in zip(found.flatten(0, 1), images.flatten(0, 1), strict=True):
        # Beyond the outermost pixels both fade to 0; scipy cuts off at their centres.
        expected = affine_transform(
            image.double().numpy(), matrix, offset, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(one.numpy(), expected, atol=2e-5)


def test_rotation_and_zoom_are_those_of_monais_own_transform(images):
    from monai.transforms import Affine

    transform = Affine(
        rotate_params=0.3,
        scale_params=(1 / 1.2, 1 / 1.2),
        padding_mode="zeros",
        image_only=True,
    )
    found = turned(images[:1], [math.degrees(-0.3)], [1.2])[0]
    expected = transform(images[0]).as_tensor()
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


def test_an_elastic_displacement_passes_through_its_points():
    points = torch.rand(2, 2, 5, 5) - 0.5
    found = elastic_displacement(points, (17, 33))
    assert found.shape == (2, 2, 17, 33)
    torch.testing.assert_close(found[:, 0, ::4, ::8], 17 * points[:, 0])
    torch.testing.assert_close(found[:, 1, ::4, ::8], 33 * points[:, 1])


def test_what_comes_from_outside_is_zero_and_regions_keep_their_values():
    x = torch.full((1, 2, 16, 16), 3.0)
    found = turned(x, [45.0], [1.0], "nearest")
    assert set(found.unique().tolist()) == {0.0, 3.0}
    assert found[0, 0, 0, 0] == 0
    assert found[0, 1, 8, 8] == 3


def test_a_warp_keeps_no_grid_for_the_next(images):
    turned(images, [10.0] * 3, [1.0] * 3)
    assert warper("bilinear").ref_grid is None
    assert copy.copy(warper("nearest")) is not warper("nearest")


def test_without_monai_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "monai.networks.blocks", None)
    with pytest.raises(ImportError, match=r"pip install 'sknac\[images\]'"):
        warper.__wrapped__("bilinear")
