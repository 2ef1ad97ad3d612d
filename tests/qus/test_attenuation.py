"""A known attenuation is recovered, with an honest standard error."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import (
    GaussianScatterers,
    QUSMapper,
    ReferencePhantom,
)

SYSTEM = RFSystem(focus_mm=20.0)
SHAPE = (2000, 128)
PHANTOM = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1488.0}
BSC = GaussianScatterers(30.0, 52.0, speed_of_sound=1488.0)
SETTINGS = {"fs_mhz": 40.0, "line_pitch_mm": 0.234, "reference_speed_of_sound": 1488.0}


def scan(seed, attenuation, esd_um=110.0, eac_db=22.0):
    return simulate_rf(
        SYSTEM,
        SHAPE,
        np.random.default_rng(seed),
        esd_um=esd_um,
        eac_db=eac_db,
        attenuation_db_cm_mhz=attenuation,
    )


@pytest.fixture(scope="module")
def phantom():
    frames = [
        simulate_rf(
            SYSTEM, SHAPE, np.random.default_rng(s), esd_um=30.0, eac_db=52.0, **PHANTOM
        )
        for s in range(900, 904)
    ]
    frames = np.stack(frames)
    frames.setflags(write=False)  # one phantom of it serves all tests
    return frames


@pytest.mark.parametrize("truth", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("esd_um", [60.0, 120.0])
def test_known_attenuation_is_recovered(array_attenuation, phantom, truth, esd_um):
    eac_db = 40.0 if esd_um == 60.0 else 22.0
    values = [
        array_attenuation(scan(seed, truth, esd_um, eac_db), phantom, **SETTINGS)
        for seed in range(2)
    ]
    for found in values:
        # 2 % or 4 standard errors: windows of 2 mm are not points.
        tolerance = 0.02 * truth + 4 * found.standard_error
        assert found.db_cm_mhz == pytest.approx(truth, abs=tolerance)
        assert 0 < found.standard_error < 0.01


def test_standard_error_is_the_scatter_over_repeated_scans(array_attenuation, phantom):
    region = {"depth_range_mm": (12, 26), "lateral_range_mm": (4, 26)}
    found = [
        array_attenuation(scan(seed, 0.6), phantom, **SETTINGS, **region)
        for seed in range(30)
    ]
    values = np.array([estimate.db_cm_mhz for estimate in found])
    errors = np.array([estimate.standard_error for estimate in found])
    # 30 draws know their SD to 13 %; the phantom's own share is in the errors.
    assert 0.75 < errors.mean() / values.std(ddof=1) < 1.45
    assert (np.abs(values - 0.6) < 2.5 * errors).mean() > 0.85


def test_slope_against_a_plain_fit(array_attenuation, phantom):
    # The same windows, numpy.fft, and one straight line per frequency.
    rf = scan(0, 0.7)
    found = array_attenuation(rf, phantom, **SETTINGS, min_snr_db=None)
    n, hop, sample_cm = 104, 52, 1540 / 80e4
    tops = np.arange(0, len(rf) - n + 1, hop)
    f = np.fft.rfftfreq(128, 1 / 40)[10:26]

    def log_power(frames):
        frames = frames - frames.mean(axis=-2, keepdims=True)
        taper = np.hanning(n)[:, None]
        cut = [np.fft.rfft(frames[..., t : t + n, :] * taper, 128, -2) for t in tops]
        power = np.stack([np.abs(c[..., 10:26, :]) ** 2 for c in cut], axis=-3)
        mean = power.mean(axis=-1)
        return 10 * np.log10(mean if mean.ndim == 2 else mean.mean(axis=0))

    z = (tops + (n - 1) / 2) * sample_cm
    difference = log_power(rf.astype(float)) - log_power(phantom.astype(float))
    difference -= 2 * 0.576 * np.outer(z * 1488 / 1540, f)
    slopes = np.polyfit(z, difference, 1)[0]
    expected = -(slopes @ f) / (2 * f @ f)
    assert found.db_cm_mhz == pytest.approx(expected, abs=5e-3)
    assert found.n_depths == tops.size


def test_power_of_frequency_is_followed(array_attenuation, rng):
    # RF against itself: the tissue's loss is the reference's, written with n.
    rf = rng.normal(size=(1500, 60))
    same = {"fs_mhz": 40.0, "line_pitch_mm": 0.2, "attenuation_power": 1.3}
    same |= {"reference_attenuation_power": 1.3}
    found = array_attenuation(
        rf,
        rf,
        reference_attenuation_db_cm_mhz=0.4,
        reference_speed_of_sound=1155,
        **same,
    )
    assert found.db_cm_mhz == pytest.approx(0.4 * 1155 / 1540)


def test_depths_below_the_noise_are_left_out(array_attenuation, phantom, rng):
    rf = scan(1, 0.6)
    rf[1300:] = np.rint(30 * rng.normal(size=rf[1300:].shape))
    found = array_attenuation(rf, phantom, **SETTINGS)
    assert found.depth_range_mm[1] < 1300 * 1.54 / 80
    assert found.db_cm_mhz == pytest.approx(0.6, abs=0.02)


def test_dead_and_saturated_lines_are_left_out(array_attenuation, phantom):
    clean = scan(2, 0.6)
    spoiled = clean.copy()
    spoiled[:, 10:14] = 0
    # Clipped oscillation at 5 MHz: square, and full in the band.
    spoiled[1500:1700, 40] = np.where(np.arange(200) % 8 < 4, 32767, -32768)
    expected = array_attenuation(clean, phantom, **SETTINGS)
    found = array_attenuation(spoiled, phantom, **SETTINGS)
    error = expected.standard_error
    assert found.db_cm_mhz == pytest.approx(expected.db_cm_mhz, abs=error)


def test_region_keeps_a_change_of_backscatter_out(array_attenuation, phantom):
    depth = np.arange(SHAPE[0])[:, None] * np.ones(SHAPE)
    eac_db = np.where(depth < 900, 22.0, 28.0)
    rf = scan(3, 0.6, eac_db=eac_db)
    whole = array_attenuation(rf, phantom, **SETTINGS)
    below = array_attenuation(rf, phantom, depth_range_mm=(19, 38), **SETTINGS)
    assert abs(whole.db_cm_mhz - 0.6) > 0.05
    assert below.db_cm_mhz == pytest.approx(0.6, abs=0.03)


def test_maps_take_the_estimate(array_maps, phantom):
    rf = scan(4, 0.6)
    settings = SETTINGS | {"reference_bsc": BSC, "overlap": 0.5}
    maps = array_maps(rf, phantom, attenuation_db_cm_mhz="estimate", **settings)
    found = maps.attenuation
    assert found.db_cm_mhz == pytest.approx(0.6, abs=0.02)
    given = array_maps(rf, phantom, attenuation_db_cm_mhz=found.db_cm_mhz, **settings)
    np.testing.assert_array_equal(maps.mbf, given.mbf)
    np.testing.assert_array_equal(maps.esd, given.esd)
    assert given.attenuation is None


def test_mapper_estimates_each_plane(array_maps, phantom):
    geometry = {"fs_mhz": 40.0, "line_pitch_mm": 0.234}
    rf = [scan(5, 0.4), scan(6, 0.8)]
    study = Study([Plane.from_rf(frame, **geometry) for frame in rf])
    X = pd.DataFrame({"us_pre": pd.Series([study], dtype=object)})
    acquisitions = [
        Plane.from_rf(frame, speed_of_sound=1488.0, **geometry) for frame in phantom
    ]
    reference = ReferencePhantom(acquisitions, bsc=BSC, **PHANTOM)
    mapper = QUSMapper(reference, attenuation_db_cm_mhz="estimate", overlap=0.5)
    mapped = mapper.fit_transform(X).iloc[0, 0].planes
    settings = SETTINGS | {"reference_bsc": BSC, "overlap": 0.5}
    for frame, maps in zip(rf, mapped, strict=True):
        expected = array_maps(
            frame, phantom, attenuation_db_cm_mhz="estimate", **settings
        )
        np.testing.assert_allclose(maps.load()[0], expected.mbf, atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth_range_mm": (10, 15)}, "mm of depth can be used.*widen depth_range_mm"),
        ({"depth_range_mm": (60, 70)}, "only 0.0 mm of depth"),
        ({"depth_range_mm": (20, 10)}, r"\(low, high\) in mm"),
        ({"lateral_range_mm": (10, 14)}, "groups of 9 lines.*widen lateral_range_mm"),
        ({"lateral_range_mm": (100, 140)}, "only 0 groups of 9 lines"),
        ({"line_pitch_mm": None}, "line_pitch_mm is missing"),
        ({"window_mm": 50}, "larger than the frame"),
        ({"reference_attenuation_db_cm_mhz": -1}, "negative"),
        ({"start_depth_mm": -1}, "start_depth_mm"),
        ({"min_snr_db": "high"}, "'min_snr_db'.*must be a float.*Got 'high'"),
    ],
)
def test_bad_setting_is_refused(array_attenuation, phantom, settings, message):
    with pytest.raises(ValueError, match=message):
        array_attenuation(scan(0, 0.6), phantom, **SETTINGS | settings)


def test_negative_estimate_is_no_attenuation(array_maps, array_attenuation, phantom):
    # Backscatter that rises with depth looks like gain.
    eac_db = np.linspace(0, 60, SHAPE[0])[:, None] * np.ones(SHAPE)
    rf = scan(7, 0.1, eac_db=eac_db)
    assert array_attenuation(rf, phantom, **SETTINGS).db_cm_mhz < 0
    with pytest.raises(ValueError, match="below 0: the frame is not uniform"):
        array_maps(
            rf, phantom, attenuation_db_cm_mhz="estimate", reference_bsc=BSC, **SETTINGS
        )


def test_narrow_reference_leaves_the_error_unknown(array_attenuation, phantom):
    found = array_attenuation(scan(0, 0.6), phantom[:, :, :12], **SETTINGS)
    assert np.isfinite(found.db_cm_mhz)
    assert np.isnan(found.standard_error)


def test_standard_error_holds_the_phantoms_speckle(array_attenuation):
    rf, found = scan(8, 0.6), []
    for seed in range(24):
        rng = np.random.default_rng(500 + seed)
        narrow = simulate_rf(
            SYSTEM, (SHAPE[0], 40), rng, esd_um=30.0, eac_db=52.0, **PHANTOM
        )
        found.append(array_attenuation(rf, narrow, **SETTINGS))
    scatter = np.std([estimate.db_cm_mhz for estimate in found], ddof=1)
    errors = np.array([estimate.standard_error for estimate in found])
    assert 0.7 < errors.mean() / scatter < 1.6


def test_result_is_a_table_of_numbers(phantom, array_attenuation):
    found = array_attenuation(scan(0, 0.6), phantom, **SETTINGS)
    table = found.to_frame()
    assert table.loc[0, "db_cm_mhz"] == found.db_cm_mhz
    assert found.to_dict()["depth_range_mm"] == list(found.depth_range_mm)
    assert f"{found.db_cm_mhz:.3f} +- " in found._repr_html_()
