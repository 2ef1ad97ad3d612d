"""Numbers at the edge of the tumour, against closed forms."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from sknac.features._margin import Margin, contrast, sharpness

STEP = (0.1, 0.25)


def scene(image_of):
    """A core of 10 x 10 mm in 20 x 20 mm, and an image of the depth."""
    axial, lateral = (np.arange(20 / step) * step + step / 2 for step in STEP)
    inside = (np.abs(axial - 10) < 5)[:, None] & (np.abs(lateral - 10) < 5)
    return image_of(axial[:, None] + 0 * lateral, inside), inside


def edge(image, core, thickness):
    """The image at the core's edge, with a margin of a thickness in mm."""
    around = distance_transform_edt(~core, sampling=STEP) <= thickness
    return Margin(image, core, around & ~core, STEP)


def test_two_levels_differ_by_the_contrast_and_have_the_sharpest_edge():
    """Core 100 mm2; margin of 2 mm 80 mm2 beside it and a disc in the corners."""
    image, core = scene(lambda depth, inside: np.where(inside, 30, 75))
    margin = edge(image, core, 2.0)
    around = 80 + 4 * np.pi
    share = 100 / (100 + around)
    assert contrast(margin) == -45
    assert margin.around.size * 0.025 == pytest.approx(around, rel=0.02)
    assert sharpness(margin) == pytest.approx(1 / np.sqrt(share * (1 - share)), 0.01)


def test_soft_edge_is_less_sharp_and_gain_does_not_count():
    rng = np.random.default_rng(0)
    found = []
    for width in (0.5, 2.0, 8.0):
        image, core = scene(
            lambda depth, inside, width=width: np.tanh((np.abs(depth - 10) - 5) / width)
        )
        core = core & (np.abs(np.arange(80) - 39.5) < 30)
        image = image + 0.1 * rng.standard_normal(image.shape)
        margin = edge(image, core, 3.0)
        found.append(sharpness(margin))
        other = edge(7 * image + 20, core, 3.0)
        assert sharpness(other) == pytest.approx(found[-1])
    assert found == sorted(found, reverse=True)


def test_flat_image_has_no_edge_and_the_next_sample_always_counts():
    image, core = scene(lambda depth, inside: np.full(inside.shape, 3))
    assert sharpness(edge(image, core, 0.25)) == 0


def test_invalid_values_do_not_count_and_a_margin_without_any_is_refused():
    image, core = scene(lambda depth, inside: np.where(inside, 30.0, 75.0))
    holed = image.copy()
    holed[::7] = np.nan
    assert contrast(edge(holed, core, 2.0)) == -45
    with pytest.raises(
        ValueError, match=r'no valid value at the edge; .* region="core'
    ):
        edge(np.where(core, image, np.nan), core, 2.0)
