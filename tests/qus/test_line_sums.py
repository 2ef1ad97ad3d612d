"""What lines add to a mean, and how alike neighbours are."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._line_sums import Likeness, LineSums, variance


def sums(ratio, count):
    ratio = np.asarray(ratio, float)
    return LineSums(ratio, np.asarray(count), ratio, np.ones(ratio.shape[1]), 1.0)


def test_mean_weighs_each_gate_alike():
    # Two gates of 1 and 3 on one line, one of 8 on another.
    assert sums([[4.0], [8.0]], [2, 1]).mean.item() == 4.0


def test_influence_is_what_leaving_a_line_out_changes(rng):
    count = rng.integers(1, 5, size=200)
    ratio = rng.exponential(size=(200, 3)) * count[:, None]
    whole = sums(ratio, count)
    kept = np.arange(200) != 17
    less = sums(ratio[kept], count[kept]).mean
    change = (whole.mean - less) / whole.mean
    np.testing.assert_allclose(whole.influence[17], change, rtol=0.05)
    np.testing.assert_allclose(whole.influence.sum(axis=0), 0, atol=1e-12)


def test_variance_of_equal_gates_is_that_of_a_mean(rng):
    ratio = rng.exponential(size=(50, 1))
    found = variance(sums(ratio, np.ones(50, int)).influence, 1.0, np.ones((1, 1)))
    mean = ratio.mean()
    assert found.item() == pytest.approx(ratio.var(ddof=1) / 50 / mean**2)


def test_fewer_independent_lines_than_two_tell_no_variance():
    assert np.isnan(variance(np.ones((3, 1)), 3.0, np.ones((1, 1)))).all()


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_lines_alike_is_the_sum_of_squared_coherences(rng, beam):
    # Means over `beam` neighbours share (beam - k) / beam of their parts at lag k.
    expected = 1 + 2 * sum((1 - k / beam) ** 2 for k in range(1, beam))
    lines = rng.normal(size=(4, 40_000)) + 1j * rng.normal(size=(4, 40_000))
    lines = sum(lines[:, i : 40_000 - beam + i] for i in range(beam))
    alike, kept = Likeness(lines.shape[1]), np.ones(lines.shape[1], bool)
    alike.add(lines, kept)
    assert alike.lines(kept) == pytest.approx(expected, rel=0.05)
