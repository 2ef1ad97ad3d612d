"""Physical quantities: what they can be, and the unit of what they cannot."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.utils._bounds import QUANTITIES, check_bounds, likely_unit


@pytest.mark.parametrize("name", QUANTITIES)
def test_both_ends_are_legal(name):
    check_bounds(name, QUANTITIES[name].low)
    check_bounds(name, QUANTITIES[name].high)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "fs_mhz",
            40e6,
            r"200 MHz, got 4e\+07 \(4e\+07 looks like Hz: in MHz it is fs_mhz=40\)",
        ),
        ("fs_mhz", 40e3, r"looks like kHz: in MHz it is fs_mhz=40"),
        ("fs_mhz", 0.04, r"looks like GHz: in MHz it is fs_mhz=40"),
        ("speed_of_sound", 1.54, r"looks like km/s: in m/s it is speed_of_sound=1540"),
        ("line_pitch_mm", 2e-4, r"looks like m: in mm it is line_pitch_mm=0.2"),
        ("line_pitch_mm", 200, r"looks like um: in mm it is line_pitch_mm=0.2"),
        ("focus_mm", 0.02, r"looks like m: in mm it is focus_mm=20"),
        (
            "attenuation_db_cm_mhz",
            50,
            r"looks like dB/\(m MHz\^n\): in dB/\(cm MHz\^n\) it is",
        ),
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


@pytest.mark.parametrize(
    ("value", "unit", "usual", "said"),
    [
        (40e6, "MHz", (5, 500), "4e+07 looks like Hz: in MHz it is x=40"),
        (0.005, "mm", (1, 20), "0.005 looks like m: in mm it is x=5"),
        (0.1, "um", (50, 200), "0.1 looks like mm: in um it is x=100"),
        (1e30, "mm", (1, 20), "give x in mm, usually 1 to 20"),
    ],
)
def test_a_likely_unit_is_named(value, unit, usual, said):
    assert likely_unit("x", value, unit, usual) == said
