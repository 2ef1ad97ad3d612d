"""Bad input raises before work starts and names value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import PowerLaw, qus_maps

GOOD = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.25,
    "attenuation_db_cm_mhz": 0.6,
    "reference_bsc": PowerLaw(bsc_1mhz=1e-6, exponent=3),
}
RF = np.random.default_rng(0).normal(size=(300, 12))

# Each message names the value and what mends it.
SETTINGS = {
    "beyond_nyquist": (
        {"band_mhz": (3, 21)},
        r"\(3, 21\).*Nyquist frequency 20 MHz.*lower the band or check fs_mhz",
    ),
    "few_bins": (
        {"band_mhz": (5, 5.5)},
        r"\(5, 5.5\) holds 2 frequency bins.*widen band_mhz",
    ),
    "no_bins": ({"band_mhz": (5.05, 5.2)}, "holds 0 frequency bins.*raise n_fft"),
    "other_fs": (
        {"reference_fs_mhz": 25.0},
        "fs_mhz is 40 for rf and 25 for the reference: scan the phantom with",
    ),
    "other_pitch": (
        {"reference_line_pitch_mm": 0.3},
        "line_pitch_mm is 0.25 for rf and 0.3 for the reference: scan the phantom",
    ),
    "reference_fs_zero": ({"reference_fs_mhz": 0}, "reference_fs_mhz=0.*None if"),
    "infinite_attenuation": ({"attenuation_db_cm_mhz": np.inf}, "inf must be finite"),
    "guessed_attenuation": (
        {"attenuation_db_cm_mhz": "guess"},
        "'guess'.*\"estimate\"",
    ),
    "attenuation_map_nan": (
        {"attenuation_db_cm_mhz": np.full((300, 12), np.nan)},
        "3600 negative, NaN or infinite values.*give",
    ),
    "estimate_of_too_little": (
        {"attenuation_db_cm_mhz": "estimate"},
        "groups of 8 lines fit.*narrow window_mm",
    ),
    "snr": ({"min_snr_db": np.nan}, "min_snr_db=nan.*None to keep"),
    "fit": ({"size_fit": "cubic"}, "method='cubic' must be one of"),
    "bsc_without_reference": (
        {"channels": "bsc", "reference_bsc": None},
        r"\['bsc'\] need reference_bsc.*give a model",
    ),
    "band_upside_down": ({"band_mhz": (8, 3)}, "low < high"),
    "band_of_one": ({"band_mhz": 5}, "pair"),
    "window_too_tall": (
        {"window_mm": (9, 2)},
        "468 samples x 8 lines is larger than the frame of 300 x 12: reduce window_mm",
    ),
    "window_too_wide": ({"window_mm": (2, 9)}, "larger than the frame"),
    "window_too_short": ({"window_mm": 0.1}, "enlarge window_mm"),
    "window_of_three": ({"window_mm": (2, 2, 2)}, "pair"),
    "negative_attenuation": (
        {"attenuation_db_cm_mhz": -0.1},
        "-0.1 is negative: give the tissue's attenuation",
    ),
    "no_attenuation": (
        {"attenuation_db_cm_mhz": None},
        "is missing: give the tissue's attenuation.*largest source of error",
    ),
    "nan_attenuation": ({"attenuation_db_cm_mhz": np.nan}, "finite"),
    "attenuation_map_size": (
        {"attenuation_db_cm_mhz": np.ones((5, 5))},
        "one value per sample",
    ),
    "attenuation_map_negative": (
        {"attenuation_db_cm_mhz": np.full((300, 12), -1)},
        "negative",
    ),
    "overlap_one": ({"overlap": 1.0}, "overlap=1.0 must lie in"),
    "overlap_percent": ({"overlap": 95}, "0.95 moves"),
    "no_pitch": ({"line_pitch_mm": None}, "distance between scan lines"),
    "no_fs": ({"fs_mhz": None}, "sampling frequency"),
    "fs_zero": ({"fs_mhz": 0}, "above 0"),
    "speed": ({"speed_of_sound": -1}, "speed_of_sound=-1"),
    "reference_speed": ({"reference_speed_of_sound": 0}, "reference_speed_of_sound"),
    "reference_loss": (
        {"reference_attenuation_db_cm_mhz": -1},
        "reference_attenuation_db_cm_mhz",
    ),
    "start": ({"start_depth_mm": -1}, "start_depth_mm=-1"),
    "short_fft": ({"n_fft": 64}, "at least the window's 104 samples"),
    "unknown_map": ({"channels": ("mbf", "hue")}, "different names out of"),
    "no_map": ({"channels": ()}, "different names out of"),
    "no_bsc": ({"reference_bsc": None}, r"\['esd', 'eac'\] need reference_bsc"),
    "zero_bsc": ({"reference_bsc": lambda f: 0 * f}, "above 0"),
    "dtype": ({"dtype": np.int16}, "float32 or float64"),
}
ARRAYS = {
    "shallow_reference": (
        RF,
        RF[:200],
        "200 samples down a line, rf has 300: .* crop rf or scan the phantom deeper",
    ),
    "one_line": (RF[:, 0], RF, "n_samples, n_lines"),
    "stack": (RF[None], RF, "n_samples, n_lines"),
    "four_d_reference": (RF, RF[None, None], "n_frames, n_samples, n_lines"),
    "complex": (RF * 1j, RF, "IQ data"),
    "text": (np.full((300, 12), "x"), RF, "dtype"),
    "empty": (RF[:0], RF, "empty"),
    "nan_only": (RF * np.nan, RF, "NaN or infinite samples only: give"),
    "nan_reference": (
        RF,
        np.where(np.arange(300)[:, None] == 7, np.inf, RF),
        "12 NaN or infinite samples; give another acquisition",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_bad_setting_is_refused(name):
    change, message = SETTINGS[name]
    with pytest.raises(ValueError, match=message):
        qus_maps(RF, RF, **GOOD | change)


@pytest.mark.parametrize("name", ARRAYS)
def test_bad_array_is_refused(name):
    rf, reference, message = ARRAYS[name]
    with pytest.raises(ValueError, match=message):
        qus_maps(rf, reference, **GOOD)


def test_attenuation_has_no_default():
    settings = {k: v for k, v in GOOD.items() if k != "attenuation_db_cm_mhz"}
    with pytest.raises(TypeError, match="attenuation_db_cm_mhz"):
        qus_maps(RF, RF, **settings)


def test_few_bins_warn():
    with pytest.warns(UserWarning, match="only 7 frequency bins"):
        qus_maps(RF, RF, **GOOD | {"band_mhz": (3, 5.2)})


def test_same_settings_of_the_reference_are_accepted():
    same = {"reference_fs_mhz": 40.0, "reference_line_pitch_mm": 0.25004}
    maps = qus_maps(RF, RF, **GOOD | same)
    np.testing.assert_array_equal(maps.mbf, qus_maps(RF, RF, **GOOD).mbf)
