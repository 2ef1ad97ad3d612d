"""The result of `qus_maps`: its table, its grid, and what counts as invalid."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import PowerLaw
from sknac.qus._engine import _invalidate

SETTINGS = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.25,
    "attenuation_db_cm_mhz": 0.6,
    "reference_bsc": PowerLaw(1e-6, 3),
    "overlap": (0.5, 0.7),
}


@pytest.fixture
def maps(rng, array_maps):
    rf, phantom = rng.normal(size=(2, 400, 20))
    return array_maps(rf, phantom, **SETTINGS, channels=("ss", "esd", "bsc"))


def test_table_has_a_row_for_each_window(maps):
    table = maps.to_frame()
    assert list(table) == ["depth_mm", "lateral_mm", "ss", "esd", "valid"]
    assert len(table) == maps.valid.size
    row = table.iloc[2 * maps.lateral_mm.size + 1]
    assert row["depth_mm"] == maps.depth_mm[2]
    assert row["lateral_mm"] == maps.lateral_mm[1]
    assert row["ss"] == maps.ss[2, 1]
    assert "windows" in maps._repr_html_()


STEEP = SETTINGS | {"reference_bsc": PowerLaw(1e-6, 3.9)}


def test_one_map_is_valid_where_it_is_finite(rng, array_maps):
    rf, phantom = rng.normal(size=(2, 400, 20))
    maps = array_maps(rf, phantom, **STEEP, channels=("ss", "esd", "bsc"))
    assert maps.valid_of("ss").all()
    assert not maps.valid_of("esd").all()
    np.testing.assert_array_equal(maps.valid_of("bsc"), maps.valid_of("ss"))
    np.testing.assert_array_equal(
        maps.valid, maps.valid_of("ss") & maps.valid_of("esd")
    )
    for name in ("mbf", "valid", "depth_mm", "SS"):
        with pytest.raises(ValueError, match=r"one of the maps \['ss', 'esd', 'bsc'\]"):
            maps.valid_of(name)


def test_mean_of_a_slope_is_right_over_its_own_windows_alone(rng, array_maps):
    # A phantom against itself: no slope. ESD lacks the windows that rise.
    rf = rng.normal(size=(2000, 60))
    both = array_maps(rf, rf, **STEEP | {"attenuation_db_cm_mhz": 0.576})
    own, shared = (both.ss[w].mean() for w in (both.valid_of("ss"), both.valid))
    assert abs(own) < 0.1
    assert shared < own - 0.1


def test_dictionary_holds_plain_values(maps):
    found = maps.to_dict()
    assert found["ss"] == maps.ss.tolist()
    assert found["mbf"] is None
    assert sum(found["invalid_counts"].values()) == (~maps.valid).sum()


def test_grid_has_the_centres_of_the_windows(maps):
    np.testing.assert_allclose(maps.grid.axial, maps.depth_mm)
    np.testing.assert_allclose(maps.grid.lateral, maps.lateral_mm)


def test_a_window_counts_by_its_gravest_cause():
    out = {"mbf": np.ones((1, 4)), "esd": np.array([[1.0, 1.0, 1.0, np.nan]])}
    causes = {
        "nonfinite": np.array([[True, False, False, False]]),
        "low_snr": np.array([[True, True, False, False]]),
    }
    valid, counts = _invalidate(out, causes)
    assert counts == {"nonfinite": 1, "low_snr": 1, "form_factor": 1}
    assert valid.tolist() == [[False, False, True, False]]
    np.testing.assert_array_equal(np.isnan(out["mbf"]), [[True, True, False, False]])
