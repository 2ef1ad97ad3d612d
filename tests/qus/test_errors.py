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

SETTINGS = {
    "beyond_nyquist": ({"band_mhz": (3, 21)}, "Nyquist frequency 20 MHz"),
    "few_bins": ({"band_mhz": (5, 5.5)}, "2 frequency bins.*widen band_mhz"),
    "band_upside_down": ({"band_mhz": (8, 3)}, "low < high"),
    "band_of_one": ({"band_mhz": 5}, "pair"),
    "window_too_tall": ({"window_mm": (9, 2)}, "larger than the frame"),
    "window_too_wide": ({"window_mm": (2, 9)}, "larger than the frame"),
    "window_too_short": ({"window_mm": 0.1}, "enlarge window_mm"),
    "window_of_three": ({"window_mm": (2, 2, 2)}, "pair"),
    "negative_attenuation": ({"attenuation_db_cm_mhz": -0.1}, "-0.1 is negative"),
    "no_attenuation": ({"attenuation_db_cm_mhz": None}, "largest source of error"),
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
    "start": ({"start_depth_mm": -1}, "start_depth_mm=-1"),
    "short_fft": ({"n_fft": 64}, "at least the window's 104 samples"),
    "unknown_map": ({"parameters": ("mbf", "hue")}, "different names out of"),
    "no_map": ({"parameters": ()}, "different names out of"),
    "no_bsc": ({"reference_bsc": None}, r"\['esd', 'eac'\] need reference_bsc"),
    "zero_bsc": ({"reference_bsc": lambda f: 0 * f}, "above 0"),
    "dtype": ({"dtype": np.int16}, "float32 or float64"),
}
ARRAYS = {
    "shallow_reference": (RF, RF[:200], "at least as deep"),
    "one_line": (RF[:, 0], RF, "n_samples, n_lines"),
    "stack": (RF[None], RF, "n_samples, n_lines"),
    "four_d_reference": (RF, RF[None, None], "n_frames, n_samples, n_lines"),
    "complex": (RF * 1j, RF, "IQ data"),
    "text": (np.full((300, 12), "x"), RF, "dtype"),
    "empty": (RF[:0], RF, "empty"),
    "nan_only": (RF * np.nan, RF, "NaN or infinite samples only"),
    "nan_reference": (RF, np.where(RF > 3, np.nan, RF), "reference_rf holds"),
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
