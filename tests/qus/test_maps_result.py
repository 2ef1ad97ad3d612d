"""The result of `qus_maps` comes back from its file, and tells its grid."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses

import numpy as np
import pytest

from sknac.datasets import make_rf_cohort
from sknac.qus import QUSMaps, qus_maps


@pytest.fixture(scope="module")
def maps():
    """Every map of a small frame, some windows of which are invalid."""
    cohort = make_rf_cohort(
        n_patients=1, n_planes=1, depth_mm=25, width_mm=16, random_state=0
    )
    plane = cohort.X["us_pre"].iloc[0].planes[0]
    rf = plane.load().copy()
    rf[100:400, 4] = 7
    return qus_maps(
        plane.replace(image=rf),
        cohort.reference,
        attenuation_db_cm_mhz="estimate",
        overlap=0.7,
        channels=("mbf", "ss", "si", "esd", "eac", "bsc"),
    )


def assert_same(one, other):
    """Every field is equal, of the same type."""
    for entry in dataclasses.fields(one):
        a, b = getattr(one, entry.name), getattr(other, entry.name)
        assert type(a) is type(b), entry.name
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b, entry.name


def test_every_field_comes_back_from_a_file(maps, tmp_path):
    assert maps.invalid_counts["dead_line"] > 0
    doubted = maps.replace(doubts=("the noise, of Ångström", "another"))
    doubted.save(tmp_path / "maps.npz")
    assert_same(doubted, QUSMaps.load(tmp_path / "maps.npz"))


def test_what_was_not_asked_for_comes_back_as_none(maps, tmp_path):
    few = maps.replace(ss=None, bsc=None, snr_db=None, band_mhz=None, attenuation=None)
    few.save(str(tmp_path / "maps.npz"))
    assert_same(few, QUSMaps.load(str(tmp_path / "maps.npz")))


def test_a_file_is_replaced_as_a_whole(maps, tmp_path):
    maps.save(tmp_path / "maps.npz")
    maps.replace(doubts=("new",)).save(tmp_path / "maps.npz")
    assert QUSMaps.load(tmp_path / "maps.npz").doubts == ("new",)
    assert [path.name for path in tmp_path.iterdir()] == ["maps.npz"]


def test_the_grid_is_that_of_the_window_centres(maps):
    points = maps.grid.to_points([[0, 0], [1, 2]])
    np.testing.assert_allclose(points[0], (maps.depth_mm[0], maps.lateral_mm[0]))
    np.testing.assert_allclose(points[1], (maps.depth_mm[1], maps.lateral_mm[2]))
