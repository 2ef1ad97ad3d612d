"""Marks drawn with Pillow on simulated speckle, in which an echo is no mark."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sknac.datasets import make_bmode_cohort
from sknac.utils._burned_in import find_annotations, mark_boxes, shares_near


@pytest.fixture(scope="module")
def images():
    """Six images without marks, of 144 x 176 pixels."""
    X = make_bmode_cohort(6, random_state=5).X
    return [cell.planes[0].load() for cell in X["us_pre"]]


def cross(draw, x, y, value):
    draw.line((x - 5, y, x + 5, y), fill=value)
    draw.line((x, y - 5, x, y + 5), fill=value)


def slanted(draw, x, y, value):
    draw.line((x - 5, y - 5, x + 5, y + 5), fill=value)
    draw.line((x - 5, y + 5, x + 5, y - 5), fill=value)


def text(draw, x, y, value):
    draw.text((x - 24, y - 5), "L 12.4mm", fill=value)


def dotted(draw, x, y, value):
    for k in range(-4, 5):
        draw.point((x + 6 * k, y + 4 * k), fill=value)


def ruler(draw, x, y, value):
    draw.line((x, 0, x, 2 * y), fill=value)


def marked(image, kind, value=255, at=(90, 120)):
    """Draw a mark; return the image, and where it differs."""
    picture = Image.fromarray(image)
    kind(ImageDraw.Draw(picture), *at, value)
    drawn = np.asarray(picture)
    return drawn, drawn != image


def found_share(images, kind, **settings):
    """Share of the images of whose mark most is found."""
    shares = []
    for image in images:
        drawn, truth = marked(image, kind, **settings)
        shares.append(find_annotations(drawn)[truth].mean() > 0.5)
    return np.mean(shares)


def test_speckle_without_marks_has_none(images):
    assert not any(find_annotations(image).any() for image in images)


def test_bright_interfaces_are_no_marks(images):
    rows, columns = np.indices(images[0].shape)
    sheet = np.exp(-(((rows - 60 - 0.15 * columns) / 1.2) ** 2))  # thin along the beam
    spot = np.exp(-(((rows - 110) / 1.5) ** 2) - ((columns - 60) / 3.0) ** 2)
    for image in images:
        bright = np.maximum(image, 255 * np.maximum(sheet, spot)).astype("uint8")
        assert not find_annotations(bright).any()


def test_saturated_speckle_is_rarely_a_mark(images):
    saturated = [np.clip(1.6 * image, 0, 255) for image in images]
    assert np.mean([np.mean(image == 255) for image in saturated]) > 0.1
    assert np.mean([find_annotations(image).any() for image in saturated]) <= 1 / 6


@pytest.mark.parametrize("kind", [cross, slanted, text, dotted, ruler])
def test_marks_on_dark_tissue_are_found(images, kind):
    dim = [(0.6 * image).astype("uint8") for image in images]
    assert found_share(dim, kind) == 1.0
    assert found_share(dim, kind, value=230) >= 0.75


def test_units_and_gaps_change_nothing(images):
    image, _ = marked(images[0], cross)
    expected = find_annotations(image)
    assert expected.any()
    wide = 100 * image.astype("uint16")
    np.testing.assert_array_equal(find_annotations(wide), expected)
    gaps = np.pad(image / 255, 20, constant_values=np.nan)
    found = find_annotations(gaps)[20:-20, 20:-20]
    np.testing.assert_array_equal(found[10:-10, 10:-10], expected[10:-10, 10:-10])


def test_a_higher_contrast_finds_less(images):
    image, truth = marked(images[0] // 2, cross, value=140)
    assert find_annotations(image)[truth].mean() > 0.9
    assert not find_annotations(image, contrast=0.9)[truth].any()


def test_empty_images_have_no_marks():
    for image in (np.zeros((8, 8)), np.full((8, 8), np.nan), np.ones((1, 3))):
        assert not find_annotations(image).any()


def test_white_noise_is_no_text():
    rng = np.random.default_rng(0)
    for noise in (rng.random((80, 100)), rng.normal(size=(80, 100))):
        assert not find_annotations(noise).any()


@pytest.mark.parametrize("shape", [(1, 1), (5, 30), (30, 5), (12, 12)])
def test_images_smaller_than_a_letter_are_taken(shape):
    noise = np.random.default_rng(0).random(shape)
    assert find_annotations(noise).shape == shape


def test_what_is_wide_is_no_upright_stroke():
    for width, expected in ((1, True), (4, True), (6, False)):
        image = np.full((60, 60), 50.0)
        image[10:50, 30 : 30 + width] = 255
        assert find_annotations(image).any() == expected


def test_coloured_pixels_are_marks():
    coloured = np.zeros((20, 30), bool)
    coloured[4, 5] = True
    np.testing.assert_array_equal(
        find_annotations(np.zeros((20, 30)), coloured), coloured
    )


def test_letters_of_a_line_are_one_mark():
    blank = np.full((100, 200), 60, "uint8")
    image, _ = marked(blank, text, at=(60, 40))
    image, _ = marked(image, cross, at=(150, 70))
    boxes = mark_boxes(find_annotations(image))
    assert len(boxes) == 2
    assert boxes[1] == (63, 78, 143, 158)  # arms of five pixels and two around


def test_shares_of_core_and_crop_by_hand():
    found, core = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    core[10:20, 10:30] = True
    found[19:21, 10:30] = True  # one row of the core, one row below
    assert shares_near(found, core) == (20 / 200, 40 / (14 * 30))
    assert np.isnan(shares_near(found, None)).all()
