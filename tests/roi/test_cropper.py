"""Crops of B-mode images."""

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import MaskOutline, Plane, PolygonOutline, Study
from sknac.exceptions import CohortError
from sknac.roi import ROICropper


def _plane(spacing=(0.1, 0.2), start=(0.0, 0.0)):
    """A 300 x 200 image that shows its own pixel numbers, core 60 x 20 pixels."""
    image = np.arange(300 * 200, dtype=np.int32).reshape(300, 200)
    corners = np.array([(99.5, 89.5), (99.5, 109.5), (159.5, 109.5), (159.5, 89.5)])
    step = spacing or (1.0, 1.0)
    core = PolygonOutline(corners * step + start)
    return Plane(image, "bmode", spacing, origin_mm=start, core=core)


def test_free_crop_is_the_box_of_the_core():
    crop = ROICropper(border_share=0, square=False).transform_plane(_plane())
    assert crop.image.shape == (60, 20)
    assert crop.load()[0, 0] == 100 * 200 + 90


def test_border_is_a_share_of_the_box():
    crop = ROICropper(border_share=0.5, square=False).transform_plane(_plane())
    assert crop.image.shape == (120, 40)


def test_border_in_mm_counts_each_axis():
    cropper = ROICropper(border_mm=2.0, square=False)
    assert cropper.transform_plane(_plane()).image.shape == (60 + 40, 20 + 20)


def test_square_crop_is_square_in_mm():
    crop = ROICropper(border_share=0).transform_plane(_plane())
    assert np.multiply(crop.image.shape, crop.spacing_mm) == pytest.approx([6.0, 6.0])


def test_unknown_spacing_is_square_in_pixels():
    crop = ROICropper(border_share=0).transform_plane(_plane(spacing=None))
    assert crop.image.shape == (60, 60)


@pytest.mark.parametrize("spacing", [(0.1, 0.2), None])
def test_outline_stays_on_the_tumour(spacing):
    plane = _plane(spacing, start=(5.0, 1.0))
    crop = ROICropper().transform_plane(plane)
    assert np.array_equal(
        crop.load()[crop.core_mask()], plane.load()[plane.core_mask()]
    )


def test_border_in_mm_without_spacing_is_refused_with_the_mend():
    with pytest.raises(ValueError, match="give the pixel size, or use border_share"):
        ROICropper(border_mm=5.0).transform_plane(_plane(spacing=None))


def test_maps_are_refused_with_the_mend():
    plane = Plane(np.zeros((1, 4, 4)), "maps", (1, 1), channels=("mbf",))
    with pytest.raises(ValueError, match="use ROIMasker"):
        ROICropper().transform_plane(plane)


def test_rf_is_refused_with_the_mend():
    plane = Plane.from_rf(np.zeros((40, 8)), fs_mhz=40, line_pitch_mm=0.2)
    with pytest.raises(ValueError, match=r"use sknac.qus.bmode_from_rf first"):
        ROICropper().transform_plane(plane)


def test_crop_of_a_tumour_in_the_corner_moves_inwards_and_keeps_its_size():
    corner = PolygonOutline([(-0.05, -0.1), (-0.05, 1.9), (4.95, 1.9), (4.95, -0.1)])
    crop = ROICropper(border_mm=1.0, square=False).transform_plane(
        _plane().replace(core=corner)
    )
    assert crop.image.shape == (50 + 20, 10 + 10)  # as in the middle of the image
    assert crop.origin_mm == (0.0, 0.0)
    assert crop.core_mask().sum() == 50 * 10


def test_crop_larger_than_the_image_is_the_image():
    crop = ROICropper(border_mm=20.0).transform_plane(_plane())
    assert crop.image.shape == (300, 200)


def test_mask_gives_the_crop_of_its_polygon_and_samples_stay_as_they_are():
    plane = _plane(start=(5.0, 1.0))
    mask = MaskOutline(plane.core_mask(), plane.grid)
    cropper = ROICropper(border_share=0.1)
    crops = [cropper.transform_plane(p) for p in (plane, plane.replace(core=mask))]
    assert crops[0].image == crops[1].image
    assert crops[0].image.dtype == np.int32
    assert np.array_equal(*(crop.core_mask() for crop in crops))


def test_missing_core_is_named():
    X = pd.DataFrame({"us_pre": [Study([_plane().replace(core=None)])]}, index=["P17"])
    with pytest.raises(
        CohortError, match=r"row P17, column us_pre, plane 0: .*no core"
    ):
        ROICropper().fit_transform(X)
