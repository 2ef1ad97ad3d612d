"""Local attenuation: truth on simulated layers, with an honest standard error."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import (
    GaussianScatterers,
    ReferencePhantom,
    SpectralOptions,
    estimate_attenuation,
    qus_maps,
)
from sknac.qus._local_attenuation import AttenuationMap

SYSTEM = RFSystem(focus_mm=20.0)
SHAPE = (1600, 100)
BSC = GaussianScatterers(30.0, 52.0, speed_of_sound=1488.0)
MEDIA = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1488.0}
LAYER_MM = 15.0


def scan(seed, attenuation, esd_um=110.0, eac_db=22.0, **settings):
    rng = np.random.default_rng(seed)
    tissue = {"esd_um": esd_um, "eac_db": eac_db, **settings}
    rf = simulate_rf(SYSTEM, SHAPE, rng, attenuation_db_cm_mhz=attenuation, **tissue)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.234)


@pytest.fixture(scope="module")
def phantom():
    settings = {"esd_um": 30.0, "eac_db": 52.0, "speed_of_sound": 1488.0}
    frames = [scan(s, 0.576, **settings) for s in range(900, 904)]
    return ReferencePhantom(frames, bsc=BSC, **MEDIA)


@pytest.fixture(scope="module")
def two_layers():
    depth = np.arange(SHAPE[0]) * 1540 / 80e3
    local = np.where(depth < LAYER_MM, 0.4, 0.9)
    return [scan(s, np.repeat(local[:, None], SHAPE[1], 1)) for s in range(6)]


def test_two_layers_are_told_apart_with_an_honest_error(phantom, two_layers):
    errors, stated = [], []
    for plane in two_layers:
        found = estimate_attenuation(plane, phantom, block_mm=8.0)
        half = found.block_mm[0] / 2 + 1.0
        for truth, inside in (
            (0.4, found.depth_mm + half < LAYER_MM),
            (0.9, found.depth_mm - half > LAYER_MM),
        ):
            errors.append(found.db_cm_mhz[inside] - truth)
            stated.append(found.standard_error[inside])
    errors, stated = np.concatenate(errors), np.concatenate(stated)
    assert abs(errors.mean()) < 0.02
    ratio = np.sqrt(np.mean(errors**2) / np.mean(stated**2))
    assert 0.8 < ratio < 1.25
    assert 0.03 < np.median(stated) < 0.12


def test_midband_fit_behind_two_layers_is_flat_within_three_tenths(phantom, two_layers):
    rows = []
    for plane in two_layers:
        maps = qus_maps(
            plane,
            phantom,
            attenuation_db_cm_mhz=0.9,
            attenuation_layers=[(LAYER_MM, 0.4)],
            window_mm=(2.0, 20.0),
            channels="mbf",
        )
        rows.append(maps.mbf.mean(axis=1))
    level = np.mean(rows, axis=0)
    above, below = (
        level[side].mean() for side in (maps.depth_mm < 14, maps.depth_mm > 16)
    )
    assert abs(above - below) < 0.3
    slope = np.polyfit(maps.depth_mm / 10, level, 1)[0]
    assert abs(slope) < 0.1  # dB/cm


def test_power_of_frequency_is_followed(rng, simulate_rf):
    settings = {"n_samples": 1200, "n_lines": 60}
    law = GaussianScatterers(60.0, 30.0)
    tissue, reference = (
        Plane.from_rf(
            simulate_rf(rng, bsc=law, attenuation=a, power=n, **settings),
            fs_mhz=40.0,
            line_pitch_mm=0.25,
        )
        for a, n in ((0.5, 1.3), (0.5, 1.0))
    )
    phantom = ReferencePhantom(
        reference, attenuation_db_cm_mhz=0.5, speed_of_sound=1540.0
    )
    options = SpectralOptions(attenuation_power=1.3, guards=False)
    found = estimate_attenuation(
        tissue, phantom, block_mm=(10.0, 12.0), options=options
    )
    assert found.db_cm_mhz.mean() == pytest.approx(0.5, abs=0.04)


def test_a_block_is_the_estimate_of_its_region(phantom, two_layers):
    plane = two_layers[0]
    found = estimate_attenuation(plane, phantom, block_mm=(10.0, 10.0))
    row, column = 7, 2
    height, width = found.block_mm
    middle, at = found.depth_mm[row], found.lateral_mm[column]
    inside = middle - (height - 2) / 2 - 0.1, middle + (height - 2) / 2 + 0.1
    across = at - width / 2 + 0.01, at + width / 2 - 0.01
    alone = estimate_attenuation(
        plane, phantom, depth_range_mm=inside, lateral_range_mm=across
    )
    assert found.db_cm_mhz[row, column] == pytest.approx(alone.db_cm_mhz, abs=1e-4)
    error = found.standard_error[row, column]
    assert error == pytest.approx(alone.standard_error, rel=0.02)
    assert "blocks of 10.0 x" in repr(found)
    assert found.grid.shape == found.db_cm_mhz.shape


def test_frames_of_one_place_are_averaged(phantom):
    planes = [scan(s, 0.6) for s in range(20, 24)]
    one, four, same = (
        estimate_attenuation(given, phantom)
        for given in (planes[0], planes, [planes[0]] * 3)
    )
    assert four.db_cm_mhz == pytest.approx(0.6, abs=0.02)
    assert four.standard_error < 0.75 * one.standard_error
    # The same frame thrice is no more than once.
    assert same.db_cm_mhz == pytest.approx(one.db_cm_mhz, abs=1e-6)
    assert same.standard_error == pytest.approx(one.standard_error, rel=1e-4)
    maps = [estimate_attenuation(x, phantom, block_mm=10) for x in (planes[0], planes)]
    assert maps[1].standard_error.mean() < 0.75 * maps[0].standard_error.mean()


def test_depths_of_noise_are_left_out(phantom, two_layers):
    rf = two_layers[0].load().copy()
    rng = np.random.default_rng(0)
    rf[1200:] = np.rint(3 * rng.normal(size=(400, SHAPE[1])))
    plane = Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.234)
    found = estimate_attenuation(plane, phantom, block_mm=8.0)
    lost = found.depth_mm + found.block_mm[0] / 2 > 1200 * 1540 / 80e3 + 1.5
    assert lost.any()
    assert np.isnan(found.db_cm_mhz[lost]).all()
    assert np.isfinite(found.db_cm_mhz[~lost][:-2]).all()


def test_map_goes_to_the_samples_of_a_plane(two_layers):
    depth, lateral = np.array([5.0, 15.0, 25.0]), np.array([5.0, 15.0])
    values = np.array([[0.2, 0.4], [0.6, 0.8], [np.nan, -0.5]])
    found = AttenuationMap(values, values * 0, depth, lateral, (8.0, 8.0))
    plane = two_layers[0]
    local = found.to_samples(plane)
    assert local.shape == plane.image.shape
    rows = [int(np.abs(plane.grid.axial - z).argmin()) for z in (1, 5, 10, 15, 25, 30)]
    left, middle = (int(np.abs(plane.grid.lateral - x).argmin()) for x in (3, 10))
    expected = [0.2, 0.2, 0.4, 0.6, 0.6, 0.6]
    np.testing.assert_allclose(local[rows, left], expected, atol=2e-3)
    assert local[rows[1], middle] == pytest.approx(0.3, abs=2e-3)
    assert local.min() == 0.0
    nothing = AttenuationMap(values * np.nan, values, depth, lateral, (8.0, 8.0))
    with pytest.raises(ValueError, match="no block of the map has a value"):
        nothing.to_samples(plane)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block_mm": 3.0}, r"block_mm must be at least \(6.0, 8.4\) mm, for windows"),
        ({"block_mm": (10.0, 1.0)}, "block_mm must be at least"),
        ({"block_mm": (10.0, 90.0)}, "larger than the region"),
        ({"block_mm": (60.0, 10.0)}, "larger than the region"),
        ({"block_mm": -1.0}, "block_mm=.* must be finite and above 0"),
        ({"plane": []}, "at least one in a sequence"),
        ({"plane": [1, 2]}, "must be an RF plane"),
    ],
)
def test_block_or_plane_that_cannot_be_is_refused(phantom, two_layers, change, message):
    with pytest.raises(ValueError, match=message):
        estimate_attenuation(**{"plane": two_layers[0], "reference": phantom} | change)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rf": slice(0, 1500)}, "shape"),
        ({"fs_mhz": 41.0}, "fs_mhz"),
        ({"line_pitch_mm": 0.3}, "spacing_mm"),
        ({"focus_mm": 9.0}, "focus_mm"),
        ({"start_depth_mm": 1.0}, "the first depth"),
        ({"gain_db": 3.0}, "gain_db"),
    ],
)
def test_frames_of_other_settings_are_refused(phantom, two_layers, change, name):
    rf = two_layers[0].load()[change.pop("rf", slice(None))]
    settings = {"fs_mhz": 40.0, "line_pitch_mm": 0.234, **change}
    if name in ("fs_mhz", "line_pitch_mm"):
        settings["speed_of_sound"] = 1540.0
    other = Plane.from_rf(rf, **settings)
    with pytest.raises(ValueError, match=f"must agree in {name}, got"):
        estimate_attenuation([two_layers[0], other], phantom)
