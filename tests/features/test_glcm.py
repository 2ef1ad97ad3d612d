"""Matrices of co-occurrence against scikit-image and against a plain loop."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from skimage.feature import graycomatrix, graycoprops

from sknac.features._glcm import (
    ANGLES,
    PROPERTIES,
    count_pairs,
    haralick,
    pair_offsets,
    to_levels,
)

OF_SKIMAGE = {"asm": "ASM"}  # other names there


@pytest.mark.parametrize(
    ("shape", "n_levels"),
    [
        ((1, 9), 2),
        ((9, 1), 7),
        ((17, 23), 7),
        ((40, 12), 64),
        ((25, 31), 255),
        ((31, 25), 256),
    ],
)
def test_rectangles_are_those_of_scikit_image(shape, n_levels):
    rng = np.random.default_rng(n_levels)
    levels = rng.integers(0, n_levels, shape)
    distances = [1, 2, 3, 5, 8, 13, 50] if n_levels < 100 else [3]
    offsets = pair_offsets(distances)
    counts = count_pairs(levels, n_levels, offsets.reshape(-1, 2))
    theirs = graycomatrix(
        levels.astype(np.uint8), distances, np.deg2rad(ANGLES), levels=n_levels
    )
    ours = counts.reshape(len(distances), 4, n_levels, n_levels)
    np.testing.assert_array_equal(ours, theirs.transpose(2, 3, 0, 1))
    both = theirs + theirs.transpose(1, 0, 2, 3)
    seen = theirs.sum(axis=(0, 1)).ravel() > 0
    found = haralick(counts, PROPERTIES)
    assert np.isnan(found[:, ~seen]).all()
    for name, values in zip(PROPERTIES, found, strict=True):
        expected = graycoprops(both, OF_SKIMAGE.get(name, name)).ravel()
        mixed = seen & np.isfinite(values)
        assert name == "correlation" or mixed.sum() == seen.sum()
        np.testing.assert_allclose(values[mixed], expected[mixed], 1e-12, 1e-12)


def loop(levels, n_levels, down, right):
    """Count pairs one by one; a level of n_levels is no pixel."""
    count = np.zeros((n_levels, n_levels), int)
    height, width = levels.shape
    for row in range(height):
        for column in range(width):
            to_row, to_column = row + down, column + right
            if 0 <= to_row < height and 0 <= to_column < width:
                pair = levels[row, column], levels[to_row, to_column]
                if max(pair) < n_levels:
                    count[pair] += 1
    return count


@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 1.0])
def test_pairs_of_a_region_with_holes_are_those_of_a_loop(share):
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 5, (13, 11))
    levels[rng.random(levels.shape) > share] = 5
    offsets = pair_offsets([1, 2, 4, 9, 12]).reshape(-1, 2)
    found = count_pairs(levels, 5, offsets)
    for count, (down, right) in zip(found, offsets, strict=True):
        np.testing.assert_array_equal(count, loop(levels, 5, down, right))


def test_a_published_matrix():
    # Haralick, Shanmugam, Dinstein, IEEE Trans. SMC-3:610-621, 1973, figure 3: the
    # image and its counts of both orders. Its 45 degrees point upwards, ours down.
    image = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, 2], [2, 2, 3, 3]])
    counts = count_pairs(image, 4, pair_offsets([1])[0])
    both = counts + counts.transpose(0, 2, 1)
    of_figure = {
        0: [[4, 2, 1, 0], [2, 4, 0, 0], [1, 0, 6, 1], [0, 0, 1, 2]],
        90: [[6, 0, 2, 0], [0, 4, 2, 0], [2, 2, 2, 2], [0, 0, 2, 0]],
        45: [[2, 1, 3, 0], [1, 2, 1, 0], [3, 1, 0, 2], [0, 0, 2, 0]],
        135: [[4, 1, 0, 0], [1, 2, 2, 0], [0, 2, 4, 1], [0, 0, 1, 0]],
    }
    for angle, expected in of_figure.items():
        assert both[ANGLES.index(angle)].tolist() == expected


N = 7  # no pixel of the phantom's region
PHANTOM = [
    [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [N, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
    [[1, 4, 4, N, N], [1, 1, 1, 1, 1], [1, 1, N, 1, 1], [1, 1, 6, 1, 1]],
    [[1, 4, 4, N, N], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
]


def test_the_digital_phantom_of_the_ibsi():
    # Reference values of "2D, averaged" in the IBSI's manual, arXiv:1612.07003v11.
    published = {
        "contrast": 5.28,
        "dissimilarity": 1.42,
        "homogeneity": 0.619,  # inverse difference moment
        "asm": 0.368,
        "entropy": 2.05 * np.log(2),  # bits
        "correlation": -0.0121,
    }
    offsets = pair_offsets([1])[0]
    found = np.stack(
        [
            haralick(count_pairs(slab, 6, offsets), list(published))
            for slab in np.array(PHANTOM) - 1
        ]
    ).mean(axis=(0, 2))
    for name, value in zip(published, found, strict=True):
        assert value == pytest.approx(published[name], rel=4e-3), name


def test_closed_forms():
    board = np.indices((8, 8)).sum(axis=0) % 2  # neighbours differ, diagonals do not
    counts = count_pairs(board, 2, pair_offsets([1])[0])
    found = dict(zip(PROPERTIES, haralick(counts, PROPERTIES).T[0], strict=True))
    assert found == pytest.approx(
        {
            "contrast": 1.0,
            "dissimilarity": 1.0,
            "homogeneity": 0.5,
            "energy": np.sqrt(0.5),
            "asm": 0.5,
            "entropy": np.log(2),
            "correlation": -1.0,
        },
        abs=1e-15,
    )
    assert haralick(counts, ["correlation"])[0, 1] == pytest.approx(1.0)


def test_one_level_has_no_correlation_and_the_rest_is_defined():
    counts = count_pairs(np.full((5, 5), 2), 4, pair_offsets([1])[0])
    found = haralick(counts, PROPERTIES)
    assert found[:6, 0].tolist() == [0, 0, 1, 1, 1, 0]
    assert np.isnan(found[6]).all()


def test_levels_have_one_width_and_the_ends_take_the_rest():
    image = np.array([[-9.0, 0.0, 0.9, 1.0, 2.999, 3.0, 3.9, 4.0, 99.0, np.nan]])
    levels = to_levels(image, np.isfinite(image), 0.0, 4.0, 4)
    assert levels.tolist() == [[0, 0, 0, 1, 2, 3, 3, 3, 3, 4]]


@pytest.mark.parametrize(("low", "high", "n_levels"), [(0, 255, 51), (3, 213, 70)])
def test_whole_numbers_on_an_edge_belong_to_the_upper_level(low, high, n_levels):
    image = np.arange(low, high + 1, dtype=np.uint8)[None]
    levels = to_levels(image, image < 256, low, high, n_levels)
    width = (high - low) // n_levels
    expected = np.minimum((image.astype(int) - low) // width, n_levels - 1)
    np.testing.assert_array_equal(levels, expected)


def test_distances_in_mm_are_the_nearest_pixels():
    # Half a mm on pixels of 0.05 x 0.25 mm; its diagonal is 0.354 mm down and across.
    assert pair_offsets([0.5], (0.05, 0.25))[0].tolist() == [
        [0, 2],
        [7, 1],
        [10, 0],
        [7, -1],
    ]
