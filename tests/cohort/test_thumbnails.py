"""Thumbnails show planes of every kind, with their outlines where they lie."""

# SPDX-License-Identifier: BSD-3-Clause

import io

import numpy as np
import pytest
from PIL import Image

from sknac.cohort import Plane, PolygonOutline
from sknac.cohort._thumbnails import draw_thumbnail, evenly

ORANGE = (255, 176, 0)
RNG = np.random.default_rng(0)


def drawn(plane):
    """Draw a plane and read the picture as (height, width, 3)."""
    with Image.open(io.BytesIO(draw_thumbnail(plane))) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def test_a_small_image_is_shown_as_it_is_with_its_outline_on_it():
    image = RNG.integers(0, 256, (160, 80), "uint8")
    core = PolygonOutline([(40, 20), (40, 60), (120, 60), (120, 20)])
    picture = drawn(Plane(image, "bmode", core=core))
    is_line = (picture == ORANGE).all(axis=2)
    assert np.argwhere(is_line).min(axis=0).tolist() == [40, 20]
    assert np.argwhere(is_line).max(axis=0).tolist() == [120, 60]
    assert is_line.sum() == 2 * (81 + 41) - 4
    grey = np.minimum(image, 254)
    np.testing.assert_array_equal(picture[~is_line][:, 0], grey[~is_line])


def test_a_millimetre_is_as_long_in_both_directions():
    picture = drawn(
        Plane.from_rf(RNG.normal(size=(1540, 50)), fs_mhz=40, line_pitch_mm=0.2)
    )
    assert picture.shape[:2] == (160, round(160 * 10 / 29.645))


def test_an_envelope_is_compressed_to_60_db():
    image = np.repeat(10.0 ** -(np.arange(160) / 40.0), 80).reshape(160, 80)
    picture = drawn(Plane(image, "envelope", spacing_mm=(0.2, 0.2)))[:, 0, 0]
    assert picture[0] == 254
    assert picture[60] == pytest.approx(255 * 0.5, abs=1)  # 30 dB down
    assert (picture[120:] == 0).all()


def test_rf_shows_its_envelope_whatever_its_offset():
    t = np.arange(400)[:, None] + np.zeros(60)
    rf = 40 + np.sin(2 * np.pi * t / 8) * np.where(t < 200, 1.0, 0.01)
    picture = drawn(Plane.from_rf(rf, fs_mhz=40, line_pitch_mm=0.2))[..., 0]
    height = picture.shape[0]
    assert picture[height // 4].mean() > 245
    assert picture[3 * height // 4].mean() == pytest.approx(80, abs=16)


@pytest.mark.parametrize("fill", [np.nan, 0.0])
def test_maps_without_values_are_black(fill):
    maps = np.full((2, 20, 20), fill)
    assert drawn(Plane(maps, "maps", channels=("a", "b"))).max() == 0


def test_pictures_stay_small():
    image = RNG.integers(0, 256, (3000, 2000), "uint8")
    assert len(draw_thumbnail(Plane(image, "bmode"))) < 30_000
    assert drawn(Plane(np.zeros((5000, 2), "uint8"), "bmode")).shape[:2] == (160, 1)


def test_items_are_chosen_evenly():
    assert evenly(range(10), 4) == [0, 3, 6, 9]
    assert evenly(range(3), 4) == [0, 1, 2]
    assert evenly(range(5), 0) == []
