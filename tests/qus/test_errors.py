"""Bad input raises before work starts and names value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import PowerLaw, ReferencePhantom, qus_maps

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
    "infinite_attenuation": ({"attenuation_db_cm_mhz": np.inf}, "inf must be finite"),
    "guessed_attenuation": (
        {"attenuation_db_cm_mhz": "guess"},
        "\"estimate\", got 'guess'",
    ),
    "attenuation_map_nan": (
        {"attenuation_db_cm_mhz": np.full((300, 12), np.nan)},
        "3600 negative, NaN or infinite values.*give",
    ),
    "estimate_of_too_little": (
        {"attenuation_db_cm_mhz": "estimate"},
        "groups of 8 lines fit.*narrow window_mm",
    ),
    "snr": ({"min_snr_db": np.nan}, "'min_snr_db'.*or None. Got nan"),
    "fit": ({"size_fit": "cubic"}, "'size_fit'.*must be a str among.*Got 'cubic'"),
    "bsc_without_reference": (
        {"channels": "bsc", "reference_bsc": None},
        r"\['bsc'\] need the phantom's backscatter coefficient; give",
    ),
    "band_upside_down": ({"band_mhz": (8, 3)}, "low < high"),
    "band_of_one": ({"band_mhz": 5}, "pair"),
    "window_too_tall": (
        {"window_mm": (9, 2)},
        "468 samples x 8 lines is larger than the frame of 300 x 12; reduce window_mm",
    ),
    "window_too_wide": ({"window_mm": (2, 9)}, "larger than the frame"),
    "window_too_short": ({"window_mm": 0.1}, "enlarge window_mm"),
    "window_of_three": ({"window_mm": (2, 2, 2)}, "pair"),
    "negative_attenuation": (
        {"attenuation_db_cm_mhz": -0.1},
        "-0.1 is negative; give the tissue's attenuation",
    ),
    "no_attenuation": (
        {"attenuation_db_cm_mhz": None},
        "is missing; give the tissue's attenuation.*largest source of error",
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
    "no_pitch": ({"line_pitch_mm": None}, "line_pitch_mm is missing.*data sheet"),
    "no_fs": ({"fs_mhz": None}, "fs_mhz is missing"),
    "fs_zero": ({"fs_mhz": 0}, "fs_mhz .* must be > 0"),
    "speed": ({"speed_of_sound": -1}, "speed_of_sound .* must be > 0, got -1"),
    "reference_speed": ({"reference_speed_of_sound": -1}, "speed_of_sound=-1"),
    "reference_loss": (
        {"reference_attenuation_db_cm_mhz": -1},
        "attenuation_db_cm_mhz=-1 is negative",
    ),
    "start": ({"start_depth_mm": -1}, "start_depth_mm=-1"),
    "short_fft": ({"n_fft": 64}, "at least the window's 104 samples"),
    "unknown_map": ({"channels": ("mbf", "hue")}, "different names out of"),
    "no_map": ({"channels": ()}, "different names out of"),
    "no_bsc": (
        {"reference_bsc": None},
        r"\['esd', 'eac'\] need the phantom's backscatter",
    ),
    "zero_bsc": ({"reference_bsc": lambda f: 0 * f}, "above 0"),
    "dtype": ({"dtype": np.int16}, "float32 or float64"),
}
ARRAYS = {
    "shallow_reference": (
        RF,
        RF[:200],
        "plane has 300 samples, the reference 200 .* crop the plane or scan .* deeper",
    ),
    "one_line": (RF[:, 0], RF, "n_samples_axial, n_lines"),
    "stack": (RF[None], RF, "n_samples_axial, n_lines"),
    "stack_in_reference": (RF, RF[None, None], "n_samples_axial, n_lines"),
    "bool": (RF > 0, RF, "dtype bool; give real samples"),
    "empty": (RF[:0], RF, r"got shape \(0, 12\)"),
    "nan_only": (RF * np.nan, RF, "NaN or infinite samples only; give"),
    "nan_reference": (
        RF,
        np.where(np.arange(300)[:, None] == 7, np.inf, RF),
        "12 NaN or infinite samples; give another acquisition",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_bad_setting_is_refused(array_maps, name):
    change, message = SETTINGS[name]
    with pytest.raises(ValueError, match=message):
        array_maps(RF, RF, **GOOD | change)


@pytest.mark.parametrize("name", ARRAYS)
def test_bad_array_is_refused(array_maps, name):
    rf, reference, message = ARRAYS[name]
    with pytest.raises(ValueError, match=message):
        array_maps(rf, reference, **GOOD)


def test_attenuation_has_no_default(array_maps):
    settings = {k: v for k, v in GOOD.items() if k != "attenuation_db_cm_mhz"}
    with pytest.raises(TypeError, match="attenuation_db_cm_mhz"):
        array_maps(RF, RF, **settings)


def test_few_bins_warn(array_maps):
    with pytest.warns(UserWarning, match="only 7 frequency bins"):
        array_maps(RF, RF, **GOOD | {"band_mhz": (3, 5.2)})


def test_arrays_are_told_where_they_go_in():
    plane = Plane.from_rf(RF, fs_mhz=40.0, line_pitch_mm=0.25)
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    phantom = ReferencePhantom(plane, **known)
    with pytest.raises(ValueError, match=r"Plane\.from_rf makes one of an array"):
        qus_maps(RF, phantom, attenuation_db_cm_mhz=0.7, channels="mbf")
    with pytest.raises(ValueError, match="must be a ReferencePhantom, got ndarray"):
        qus_maps(plane, RF, attenuation_db_cm_mhz=0.7)
