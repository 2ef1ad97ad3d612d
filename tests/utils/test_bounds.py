"""Physical quantities: what they can be, and the unit of what they cannot."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.utils._bounds import QUANTITIES, check_bounds


@pytest.mark.parametrize("name", QUANTITIES)
def test_both_ends_are_legal(name):
    check_bounds(name, QUANTITIES[name].low)
    check_bounds(name, QUANTITIES[name].high)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("fs_mhz", 40e6, r"0.5 to 200 MHz, got 4e\+07 \(in Hz\? that is 40 MHz\)"),
        ("fs_mhz", 40e3, r"\(in kHz\? that is 40 MHz\)"),
        ("fs_mhz", 0.04, r"\(in GHz\? that is 40 MHz\)"),
        ("speed_of_sound", 1.54, r"\(in km/s\? that is 1540 m/s\)"),
        ("line_pitch_mm", 2e-4, r"\(in m\? that is 0.2 mm\)"),
        ("line_pitch_mm", 200, r"\(in um\? that is 0.2 mm\)"),
        ("focus_mm", 0.02, r"\(in m\? that is 20 mm\)"),
        ("attenuation_db_cm_mhz", 50, r"\(in dB/\(m MHz\^n\)\? that is 0.5 dB"),
        ("attenuation_db_cm_mhz", -0.5, "must be 0 to 3 .*, got -0.5$"),
        ("attenuation_power", float("nan"), "must be 0 to 3, got nan"),
    ],
)
def test_value_beyond_is_refused_with_its_likely_unit(name, value, message):
    with pytest.raises(ValueError, match=message):
        check_bounds(name, value)


def test_error_names_what_the_caller_calls_it():
    with pytest.raises(ValueError, match=r"^alpha must be 0 to 3"):
        check_bounds("alpha", 7.0, "attenuation_db_cm_mhz")
