"""Tumour outlines."""

# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pytest

from sknac.cohort import Grid, PolygonOutline
from sknac.datasets._shapes import draw_lobes, fit_inside


def outline(seed, centre=(15.0, 12.0), radius=5.0):
    return draw_lobes(np.random.default_rng(seed)).outline(centre, radius)


@pytest.mark.parametrize("seed", range(5))
def test_outline_encloses_the_area_of_its_radius(seed):
    grid = Grid((600, 600), (0.05, 0.05))
    area = PolygonOutline(outline(seed)).to_mask(grid).sum() * 0.05**2
    assert area == pytest.approx(np.pi * 25, rel=0.01)


def test_outlines_are_irregular_and_differ():
    radii = [np.hypot(*(outline(seed) - (15, 12)).T) for seed in range(20)]
    assert np.mean([r.std() / r.mean() for r in radii]) > 0.1
    assert len({r.round(6).tobytes() for r in radii}) == 20


def test_jitter_keeps_the_tumour_recognisable():
    rng = np.random.default_rng(0)
    grid = Grid((300, 300), (0.1, 0.1))

    def overlap(a, b):
        a, b = (PolygonOutline(x.outline((15, 15), 6)).to_mask(grid) for x in (a, b))
        return (a & b).sum() / (a | b).sum()

    lobes = [draw_lobes(rng) for _ in range(8)]
    same = [overlap(one, one.jitter(rng)) for one in lobes]
    other = [overlap(a, b) for a, b in itertools.pairwise(lobes)]
    assert np.mean(same) > np.mean(other)


def test_an_outline_with_room_is_left_alone():
    vertices = outline(1)
    np.testing.assert_allclose(fit_inside(vertices, (40, 40), 1.0), vertices)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (20.0, 16.0), (10.0, -30.0)])
def test_an_outline_beyond_the_edge_is_moved_inside(centre):
    inside = fit_inside(outline(2, centre, 4.0), (20, 16), 1.0)
    assert (inside > 1 - 1e-9).all()
    assert (inside < np.array([19, 15]) + 1e-9).all()
    np.testing.assert_allclose(
        np.ptp(inside, axis=0), np.ptp(outline(2, centre, 4.0), axis=0)
    )


def test_an_outline_too_large_is_shrunk_in_shape():
    large = outline(3, radius=30.0)
    inside = fit_inside(large, (20, 16), 1.0)
    ratio = np.ptp(inside, axis=0) / np.ptp(large, axis=0)
    assert ratio[0] == pytest.approx(ratio[1])
    assert (np.ptp(inside, axis=0) <= np.array([18, 14]) + 1e-9).all()
