"""Run lengths of masks, against an encoder of their own and pycocotools."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sknac.cohort._rle import cropped, decode_runs, read_counts

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


@settings(max_examples=100)
@given(mask=MASKS, by_column=st.booleans())
def test_runs_come_back_as_the_mask(runs, mask, by_column):
    counts = runs(mask, "F" if by_column else "C")
    decoded = decode_runs(counts, mask.shape, by_column=by_column)
    np.testing.assert_array_equal(decoded, mask)


@settings(max_examples=100)
@given(counts=st.lists(st.integers(0, 2**31 - 1), max_size=30))
def test_compressed_counts_come_back(compressed, counts):
    assert read_counts(compressed(counts)) == counts


def test_counts_are_those_of_pycocotools():
    # pycocotools 2.0.11: mask[13:23, 17:27] = mask[30:35, 1:4] = 1 in 40 x 60.
    mask = np.zeros((40, 60), bool)
    mask[13:23, 17:27] = mask[30:35, 1:4] = True
    counts = read_counts("V25S1000g?5T@00000000000000000kX1")
    np.testing.assert_array_equal(decode_runs(counts, (40, 60), by_column=True), mask)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([5, 2], r"add up to 7 pixels, and 2 x 4 has 8; export it again"),
        ([5, 4], "add up to 9 pixels"),
        ([], "add up to 0 pixels"),
        ([9, -1], "must be whole numbers >= 0, got -1"),
        ([8.0], r"must be whole numbers >= 0, got 8.0"),
        ([True, 7], "must be whole numbers >= 0, got True"),
        ([10**400], "must be whole numbers >= 0, got 1000"),
        (["8"], "must be whole numbers >= 0, got '8'"),
    ],
)
def test_impossible_runs_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        decode_runs(counts, (2, 4), by_column=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("V2 5", "must be COCO's, got ' ' after 1 numbers"),
        ("~", "must be COCO's, got '~' after 0 numbers"),
        ("P" * 9, "must be COCO's, got 'P' after 0 numbers"),
        ("V", "are cut off"),
    ],
)
def test_damaged_compressed_counts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_counts(text)


def test_a_mask_is_cut_to_its_box(square):
    row, column, part = cropped(square, 2, 3)
    assert (row, column, part.shape, part.all()) == (15, 20, (10, 10), True)
    with pytest.raises(ValueError, match="a mask is empty; draw it anew"):
        cropped(square & False)
