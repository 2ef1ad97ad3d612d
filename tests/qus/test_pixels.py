"""Square pixels reproduce what is linear, and leave invalid windows out."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._pixels import square_pixels

DEPTH, LATERAL = np.array([1.0, 1.3, 1.6, 1.9]), np.array([0.5, 1.0, 1.5])


def test_a_plane_in_both_directions_is_reproduced():
    maps = (2 * DEPTH[:, None] - 3 * LATERAL)[None]
    found, rows, columns = square_pixels(maps, DEPTH, LATERAL, 0.1)
    assert rows[[0, -1]] == pytest.approx([1.0, 1.9])
    assert columns[[0, -1]] == pytest.approx([0.5, 1.5])
    expected = 2 * rows[:, None] - 3 * columns
    np.testing.assert_allclose(found[0], expected, atol=1e-12)


def test_a_single_row_stays_one():
    found, rows, _ = square_pixels(np.ones((1, 1, 3)), DEPTH[:1], LATERAL, 0.25)
    assert rows.tolist() == [1.0]
    np.testing.assert_array_equal(found, np.ones((1, 1, 5)))


def test_invalid_windows_weigh_nothing_and_half_is_needed():
    maps = np.ones((1, 4, 3), dtype=np.float32)
    maps[0, 1, 1] = np.nan
    found, rows, columns = square_pixels(maps, DEPTH, LATERAL, 0.05)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[np.isfinite(found)], 1.0)
    # Along the row of the hole, half the way to the next window is the border.
    hole = np.isnan(found[0, np.argmin(np.abs(rows - 1.3))])
    np.testing.assert_array_equal(hole, np.abs(columns - 1.0) < 0.25 - 1e-9)
