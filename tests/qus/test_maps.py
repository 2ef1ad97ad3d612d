"""`qus_maps` agrees with plain loops, closed forms and simulated truth."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from sknac.qus import GaussianScatterers, PowerLaw

TOLERANCE = {"mbf": 1e-3, "ss": 1e-3, "si": 1e-2, "esd": 0.05, "eac": 0.02}
PHANTOM = PowerLaw(bsc_1mhz=1e-6, exponent=3.6)
COMMON = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.234,
    "attenuation_db_cm_mhz": 0.7,
    "reference_bsc": PHANTOM,
}
VARIANTS = {
    "default": {"overlap": 0.8},
    "odd": {
        "fs_mhz": 37.3,
        "line_pitch_mm": 0.17,
        "overlap": (0.7, 0.3),
        "window_mm": (1.7, 2.3),
        "band_mhz": (2.2, 9.1),
        "attenuation_power": 1.3,
        "reference_attenuation_power": 1.1,
        "speed_of_sound": 1575.0,
        "reference_speed_of_sound": 1488.0,
        "start_depth_mm": 3.3,
        "n_fft": 200,
    },
    "low_band": {"band_mhz": (1.5, 6.0), "window_mm": 3.0, "overlap": 0.5},
    "one_line": {"window_mm": (2.5, 0.234), "overlap": (0.6, 0.0)},
    "whole_width": {"window_mm": (2.0, 31 * 0.234), "overlap": 0.9},
    "slow_phantom": {"reference_speed_of_sound": 1488.0, "overlap": 0.75},
    "lossless": {"attenuation_db_cm_mhz": 0.0, "overlap": 0.75},
}


@pytest.fixture
def scans(rng, simulate_rf):
    def simulate(fs_mhz):
        tissue = GaussianScatterers(esd_um=110, eac_db=20)
        size = {"n_lines": 31, "fs_mhz": fs_mhz}
        rf = simulate_rf(rng, bsc=tissue, n_samples=777, attenuation=0.7, **size)
        phantom = [
            simulate_rf(rng, bsc=PHANTOM, n_samples=801, attenuation=0.576, **size)
            for _ in range(2)
        ]
        return rf, np.stack(phantom)

    return simulate


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_maps_agree_with_plain_window_loop(
    array_maps, variant, n_jobs, scans, loop_maps
):
    settings = COMMON | VARIANTS[variant]
    rf, phantom = scans(settings["fs_mhz"])
    maps = array_maps(rf, phantom, n_jobs=n_jobs, **settings)
    expected = loop_maps(rf, phantom[:, : len(rf)], **settings)
    for name, tolerance in TOLERANCE.items():
        np.testing.assert_allclose(
            getattr(maps, name), expected[name], atol=tolerance, rtol=0, err_msg=name
        )
    np.testing.assert_array_equal(maps.valid, np.isfinite(expected["esd"]))


def test_bsc_of_every_window_agrees_with_loop(array_maps, scans, loop_maps):
    settings = COMMON | VARIANTS["odd"]
    rf, phantom = scans(settings["fs_mhz"])
    maps = array_maps(rf, phantom, channels=("bsc", "esd"), **settings)
    expected = loop_maps(rf, phantom[:, : len(rf)], **settings)
    assert maps.bsc.shape == (*maps.esd.shape, maps.freqs_mhz.size)
    ratio_db = 10 * np.log10(maps.bsc / expected["bsc"])
    np.testing.assert_allclose(ratio_db, 0, atol=1e-3)
    np.testing.assert_allclose(maps.esd, expected["esd"], atol=0.05)


def test_float64_agrees_with_loop_to_rounding(array_maps, scans, loop_maps):
    rf, phantom = scans(40.0)
    maps = array_maps(rf, phantom, dtype=float, overlap=0.5, **COMMON)
    expected = loop_maps(rf, phantom[:, : len(rf)], overlap=0.5, **COMMON)
    assert maps.mbf.dtype == np.float64
    np.testing.assert_allclose(maps.mbf, expected["mbf"], atol=1e-4)
    np.testing.assert_allclose(maps.esd, expected["esd"], atol=5e-3)


def test_windows_lie_where_the_definition_puts_them(array_maps, rng):
    rf = rng.normal(size=(2600, 256))
    maps = array_maps(rf, rf, channels=("mbf",), start_depth_mm=1.0, **COMMON)
    sample_mm = 1540 / 80e3
    assert maps.mbf.shape == (500, 248)  # 104 samples by 9 lines; hops 5 and 1
    assert maps.depth_mm[0] == pytest.approx(1.0 + 51.5 * sample_mm)
    assert np.diff(maps.depth_mm) == pytest.approx(5 * sample_mm)
    assert maps.lateral_mm[[0, -1]] == pytest.approx([4 * 0.234, 251 * 0.234])
    assert maps.freqs_mhz[[0, -1]] == pytest.approx([3.125, 7.8125])


# Closed forms: the same RF on both sides leaves only the attenuation terms.


@pytest.fixture
def identical(array_maps, rng):
    def compute(**settings):
        rf = rng.normal(size=(1500, 12))
        settings = COMMON | {"overlap": 0.5, "dtype": float} | settings
        rf_window = {"window_mm": (2.0, 12 * 0.234)}
        return array_maps(rf, rf, **(settings | rf_window))

    return compute


def test_two_way_attenuation_to_the_window_centre(identical):
    maps = identical(attenuation_db_cm_mhz=0.9, reference_attenuation_db_cm_mhz=0.0)
    sample_mm = 1540 / 80e3
    n, hop = 104, 52
    centre_cm = (np.arange(len(maps.mbf)) * hop + (n - 1) / 2) * sample_mm / 10
    np.testing.assert_allclose(maps.ss[:, 0], 2 * 0.9 * centre_cm, atol=1e-9)
    np.testing.assert_allclose(maps.mbf[:, 0], 2 * 0.9 * centre_cm * 5.5, atol=1e-8)
    np.testing.assert_allclose(maps.si, 0, atol=1e-8)


def test_reference_lies_at_its_own_depth(identical):
    # One depth for both media costs 0.86 dB at 4 cm and 5.5 MHz.
    maps = identical(
        attenuation_db_cm_mhz=0.576,
        reference_attenuation_db_cm_mhz=0.576,
        reference_speed_of_sound=1488.0,
    )
    expected = 2 * 0.576 * 5.5 * maps.depth_mm / 10 * (1 - 1488 / 1540)
    np.testing.assert_allclose(maps.mbf[:, 0], expected, atol=1e-8)
    per_mm = maps.mbf[-1, 0] / maps.depth_mm[-1]
    assert 40 * per_mm == pytest.approx(0.86, abs=0.005)


def test_each_medium_has_its_own_attenuation_power(identical):
    maps = identical(
        attenuation_db_cm_mhz=0.5,
        attenuation_power=1.3,
        reference_attenuation_db_cm_mhz=0.5,
        reference_attenuation_power=1.0,
        channels=("mbf",),
    )
    f = maps.freqs_mhz
    y = 2 * maps.depth_mm[:, None] / 10 * 0.5 * (f**1.3 - f)
    slope, intercept = np.polyfit(f, y.T, 1)
    np.testing.assert_allclose(maps.mbf[:, 0], intercept + 5.5 * slope, atol=1e-8)


def test_doubled_amplitude_is_six_decibels_of_power(array_maps, rng):
    rf = rng.normal(size=(400, 20))
    settings = COMMON | {"attenuation_db_cm_mhz": 0.0}
    settings |= {"reference_attenuation_db_cm_mhz": 0.0, "window_mm": (2.0, 4.68)}
    maps = array_maps(2 * rf, rf, **settings)
    np.testing.assert_allclose(maps.mbf, 20 * np.log10(2), atol=1e-4)
    np.testing.assert_allclose(maps.ss, 0, atol=1e-4)


@pytest.mark.parametrize(("esd", "eac", "speed"), [(60, 30, 1540), (150, 5, 1580)])
def test_gaussian_scatterers_give_back_diameter_and_concentration(
    array_maps, rng, esd, eac, speed
):
    rf = rng.normal(size=(300, 9))
    own = GaussianScatterers(esd_um=esd, eac_db=eac, speed_of_sound=speed)
    settings = COMMON | {"reference_bsc": own, "speed_of_sound": speed}
    settings |= {"attenuation_db_cm_mhz": 0.576, "reference_speed_of_sound": speed}
    maps = array_maps(rf, rf, window_mm=(2.0, 9 * 0.234), **COMMON | settings)
    np.testing.assert_allclose(maps.esd, esd, atol=0.05)
    np.testing.assert_allclose(maps.eac, eac, atol=0.02)
    assert maps.valid.all()


def test_spectrum_too_steep_for_a_gaussian_is_nan_and_counted(array_maps, rng):
    rf = rng.normal(size=(300, 9))
    steep = PowerLaw(bsc_1mhz=1e-6, exponent=5)
    settings = COMMON | {"reference_bsc": steep, "attenuation_db_cm_mhz": 0.576}
    maps = array_maps(rf, rf, window_mm=(2.0, 9 * 0.234), **settings)
    assert np.isnan(maps.esd).all()
    assert np.isnan(maps.eac).all()
    assert np.isfinite(maps.mbf).all()
    assert not maps.valid.any()
    assert maps.invalid_counts == {"form_factor": maps.valid.size}


def test_attenuation_map_equals_the_number_it_repeats(array_maps, rng):
    rf, phantom = rng.normal(size=(2, 500, 20))
    settings = COMMON | {"dtype": float, "start_depth_mm": 4.0, "overlap": 0.6}
    number = array_maps(rf, phantom, **settings)
    constant = np.full(rf.shape, 0.7)
    as_map = array_maps(rf, phantom, **settings | {"attenuation_db_cm_mhz": constant})
    np.testing.assert_allclose(as_map.mbf, number.mbf, atol=1e-9)
    np.testing.assert_allclose(as_map.esd, number.esd, atol=1e-6)


def test_attenuation_map_is_integrated_down_each_line(array_maps, rng):
    rf = rng.normal(size=(900, 20))
    local = np.where(np.arange(900)[:, None] < 450, 0.4, 1.0) * np.ones((1, 20))
    settings = COMMON | {"dtype": float, "window_mm": (2.0, 20 * 0.234)}
    settings |= {"reference_attenuation_db_cm_mhz": 0.0}
    maps = array_maps(rf, rf, **settings | {"attenuation_db_cm_mhz": local})
    z, step = maps.depth_mm / 10, 449.5 * 1540 / 80e4
    path = 0.4 * np.minimum(z, step) + 1.0 * np.maximum(z - step, 0)
    np.testing.assert_allclose(maps.ss[:, 0], 2 * path, atol=2e-3)


@pytest.mark.parametrize("esd", [90, 120, 150])
def test_simulated_truth_is_recovered_over_whole_width_windows(
    array_maps, esd, rng, simulate_rf
):
    # The accuracy floor of whole-width windows: MBF 0.25 dB, SS 0.25 dB/MHz,
    # ESD 6 um, EAC 2.5 dB; MBF flat in depth to 0.2 dB/cm.
    tissue = GaussianScatterers(esd_um=esd, eac_db=20)
    size = {"n_samples": 2000, "n_lines": 200}
    rf = simulate_rf(rng, bsc=tissue, attenuation=0.6, **size)
    phantom = [simulate_rf(rng, bsc=PHANTOM, attenuation=0.5, **size) for _ in range(2)]
    settings = COMMON | {"attenuation_db_cm_mhz": 0.6, "overlap": 0.75}
    settings |= {"reference_attenuation_db_cm_mhz": 0.5}
    maps = array_maps(rf, phantom, window_mm=(2.0, 200 * 0.234), **settings)
    f = np.linspace(3, 8, 200)
    y = 10 * np.log10(tissue(f) / PHANTOM(f))
    slope, intercept = np.polyfit(f, y, 1)
    assert np.median(maps.mbf) == pytest.approx(intercept + 5.5 * slope, abs=0.25)
    assert np.median(maps.ss) == pytest.approx(slope, abs=0.25)
    assert np.median(maps.esd) == pytest.approx(esd, abs=6)
    assert np.median(maps.eac) == pytest.approx(20, abs=2.5)
    drift_db_cm = np.polyfit(maps.depth_mm / 10, maps.mbf[:, 0], 1)[0]
    assert abs(drift_db_cm) < 0.2


def test_only_the_parameters_asked_for_are_computed(array_maps, rng):
    rf = rng.normal(size=(300, 12))
    settings = {k: v for k, v in COMMON.items() if k != "reference_bsc"}
    maps = array_maps(rf, rf, channels=("ss",), **settings)
    assert maps.mbf is None
    assert maps.esd is None
    assert maps.ss is not None
    assert maps.valid.all()


def test_integers_are_accepted_and_inputs_left_alone(array_maps, rng):
    rf = (1000 * rng.normal(size=(300, 12))).astype(np.int16)
    before = rf.copy()
    as_float = array_maps(rf.astype(float), rf, **COMMON)
    np.testing.assert_array_equal(array_maps(rf, rf, **COMMON).mbf, as_float.mbf)
    np.testing.assert_array_equal(rf, before)


@pytest.mark.parametrize("scale", [1e-15, 1e12])
def test_units_of_the_rf_do_not_matter(array_maps, rng, scale):
    rf, phantom = rng.normal(size=(2, 300, 12))
    expected = array_maps(rf, phantom, **COMMON)
    got = array_maps(scale * rf, scale * phantom, **COMMON)
    np.testing.assert_allclose(got.mbf, expected.mbf, atol=1e-4)


def test_threads_of_blas_are_restored(array_maps, rng):
    before = [(p["filepath"], p["num_threads"]) for p in threadpool_info()]
    rf = rng.normal(size=(300, 12))
    array_maps(rf, rf, n_jobs=2, **COMMON)
    assert [(p["filepath"], p["num_threads"]) for p in threadpool_info()] == before
