"""The rule for masks, on what people save: JPEG, soft edges, labels, inverted."""

# SPDX-License-Identifier: BSD-3-Clause

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from sknac.cohort._mask_rule import draw_inside, find_rule

ROWS, COLUMNS = np.mgrid[:120, :160]
ELLIPSE = ((ROWS - 55) / 30) ** 2 + ((COLUMNS - 80) / 50) ** 2 < 1


def drawn(values, labels=()):
    """The mask that the rule makes, and what it says."""
    above, remarks = find_rule(values, labels)
    return draw_inside(values, labels, above), remarks


def grey(mask):
    """A mask in black and white."""
    return np.where(mask, 255, 0).astype("uint8")


def jpeg(values, quality):
    """Values after a JPEG."""
    file = io.BytesIO()
    Image.fromarray(values).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("L"))


def soft(values, radius):
    """Values with a soft edge."""
    blur = ImageFilter.GaussianBlur(radius)
    return np.asarray(Image.fromarray(values).filter(blur))


def square(shape=(40, 60)):
    """A square of 10 x 10 pixels."""
    mask = np.zeros(shape, bool)
    mask[13:23, 17:27] = True
    return mask


@pytest.mark.parametrize("quality", [30, 50, 75, 90, 95, 98, 100])
@pytest.mark.parametrize("mask", [square(), ELLIPSE], ids=["square", "ellipse"])
def test_a_jpeg_of_any_quality_gives_the_mask_that_was_saved(mask, quality):
    values = jpeg(grey(mask), quality)
    inside, (remark,) = drawn(values)
    np.testing.assert_array_equal(inside, mask)
    assert f"the {mask.sum()} pixels above half" in remark
    assert f"of {np.count_nonzero(values)} above 0" in remark


@pytest.mark.parametrize("scale", [1, 1 / 255, 257.0], ids=["8 bit", "float", "16 bit"])
def test_a_soft_edge_is_cut_where_it_was(scale):
    inside, remarks = drawn(soft(grey(ELLIPSE), 1.5) * scale)
    assert abs(inside.sum() / ELLIPSE.sum() - 1) < 0.01
    assert len(remarks) == 1


def test_overshoot_of_a_resampled_float_mask_is_outside():
    values = Image.fromarray(ELLIPSE.astype("float32"))
    values = np.asarray(values.resize((320, 240), Image.Resampling.BICUBIC))
    assert values.min() < -0.01
    inside, _ = drawn(values)
    assert abs(inside.sum() / (4 * ELLIPSE.sum()) - 1) < 0.01


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "bool"),
        (38, "uint8"),
        (255, "uint8"),
        (255, "int16"),
        (65535, "uint16"),
        (0.25, "float32"),
        (1, "float64"),
    ],
)
def test_two_values_of_which_one_is_0_are_taken_as_they_are(value, dtype):
    inside, remarks = drawn((ELLIPSE * value).astype(dtype))
    np.testing.assert_array_equal(inside, ELLIPSE)
    assert remarks == []


LABELS = np.zeros((60, 80), "uint8")
LABELS[10:30, 10:30], LABELS[35:50, 40:70], LABELS[5:7, 60:62] = 1, 2, 5


@pytest.mark.parametrize(
    "values",
    [
        LABELS,
        LABELS.astype(float),
        LABELS * 50,  # 0, 50, 100, 250
        np.where(LABELS == 2, 255, np.where(LABELS == 1, 1, 0)),  # 255 for ignored
        ELLIPSE * (1 + (abs(ROWS - 55) < 9)),  # 1 round 2
        np.where(LABELS > 0, LABELS + 1, 1),  # background 1
    ],
)
def test_labels_are_not_chosen_from_in_silence(values):
    with pytest.raises(ValueError, match=r"look like labels; say with outline_label"):
        drawn(values)


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
@pytest.mark.parametrize("scale", [50, 60, 100])
def test_labels_after_a_jpeg_are_refused(quality, scale):
    values = jpeg(LABELS % 5 * np.uint8(scale), quality)
    with pytest.raises(ValueError, match=r"areas of grey|look like labels"):
        drawn(values)


@pytest.mark.parametrize("radius", [1, 3, 8, 12])
def test_a_blurred_mask_has_no_areas_of_grey(radius):
    values = np.pad(grey(ELLIPSE), 40)
    assert len(drawn(soft(values, radius))[1]) == 1


@pytest.mark.parametrize(
    ("labels", "expected"), [((1,), 400), ((2,), 450), ((1, 5), 404), ((1, 9), 400)]
)
def test_named_labels_are_inside(labels, expected):
    inside, remarks = drawn(LABELS, labels)
    assert inside.sum() == expected
    np.testing.assert_array_equal(inside, np.isin(LABELS, labels))
    assert remarks == []


def test_the_background_can_be_named_where_a_mask_is_inverted():
    inside, _ = drawn(grey(~ELLIPSE), (0,))
    np.testing.assert_array_equal(inside, ELLIPSE)


@pytest.mark.parametrize(
    ("values", "labels", "message"),
    [
        (np.zeros((9, 9), "uint8"), (), "the mask is empty; draw it anew"),
        (np.zeros((9, 9), bool), (), "the mask is empty"),
        (ELLIPSE + 1, (), "its two values are 1 and 2, and neither is 0; name"),
        (ELLIPSE * 55 + 200, (), "its two values are 200 and 255, and neither is 0"),
        (ELLIPSE * 2 - 1, (), "its values reach from -1 to 1, and a mask's must be 0"),
        (grey(ELLIPSE).view("int8"), (), "its values reach from -1 to 0, and"),
        (ELLIPSE * 1000 - 1024.0, (), "its values reach from -1024 to -24, and"),
        (np.where(ELLIPSE, 1, np.nan), (), r"14511 pixels of the mask are NaN or inf"),
        (np.where(ELLIPSE, np.inf, 0), (), "4689 pixels of the mask are NaN or inf"),
        (LABELS, (3,), "outline_label 3 is not among its values 0, 1, 2, 5; correct"),
        (soft(grey(ELLIPSE), 2), (255,), "values are those of a soft edge; leave out"),
        (
            np.random.default_rng(0).rayleigh(60, (80, 90)).clip(0, 255).round(),
            (),
            "of its pixels are neither dark nor bright: it is an image, not a mask",
        ),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(values, labels, message):
    with pytest.raises(ValueError, match=message):
        drawn(values, labels)


@pytest.mark.parametrize(
    ("values", "n_remarks", "said"),
    [
        (grey(~square()), 1, "the mask covers 96% of the image and may be inverted"),
        (jpeg(grey(~square()), 75), 2, "the mask covers 96% of the image and may be"),
        (np.ones((9, 9)), 1, "the mask covers 100% of the image and may be inverted"),
        (~ELLIPSE[20:90, 25:135], 1, "the mask touches all four borders of the image"),
    ],
)
def test_masks_that_look_inverted_are_said(values, n_remarks, said):
    _, remarks = drawn(values)
    assert len(remarks) == n_remarks
    assert said in remarks[-1]


def test_a_mask_at_three_borders_is_ordinary():
    mask = np.zeros((40, 40), bool)
    mask[:20] = True
    assert drawn(mask)[1] == []
