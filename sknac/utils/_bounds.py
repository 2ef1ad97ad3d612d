"""Bounds of physical quantities, and the unit that a value beyond them is likely in."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple


class _Quantity(NamedTuple):
    """What a quantity can be in medical ultrasound, and units given by mistake."""

    unit: str
    low: float
    high: float
    mistaken: dict  # unit: how many of the right one it is


QUANTITIES = {
    "fs_mhz": _Quantity("MHz", 0.5, 200.0, {"Hz": 1e-6, "kHz": 1e-3, "GHz": 1e3}),
    "transmit_mhz": _Quantity("MHz", 0.2, 100.0, {"Hz": 1e-6, "kHz": 1e-3}),
    "speed_of_sound": _Quantity(
        "m/s", 1000.0, 2500.0, {"km/s": 1e3, "cm/s": 1e-2, "mm/s": 1e-3}
    ),
    "line_pitch_mm": _Quantity("mm", 0.005, 5.0, {"m": 1e3, "um": 1e-3}),
    "focus_mm": _Quantity("mm", 0.5, 300.0, {"m": 1e3, "um": 1e-3}),
    "start_depth_mm": _Quantity("mm", 0.0, 300.0, {"um": 1e-3}),
    "layer_mm": _Quantity("mm", 0.2, 300.0, {"m": 1e3, "um": 1e-3}),
    "attenuation_db_cm_mhz": _Quantity(
        "dB/(cm MHz^n)", 0.0, 3.0, {"dB/(m MHz^n)": 1e-2}
    ),
    "attenuation_power": _Quantity("", 0.0, 3.0, {}),
}


def check_bounds(name: str, value: float, quantity: str | None = None) -> None:
    """Refuse a value that the quantity cannot have; say the likely unit."""
    known = QUANTITIES[quantity or name]
    if known.low <= value <= known.high:
        return
    legal = f"{known.low:g} to {known.high:g} {known.unit}".strip()
    hint = _likely(name, known, value)
    raise ValueError(f"{name} must be {legal}, got {value:g}{hint}")


def _likely(name, known, value):
    """Name the first unit in which the value would be possible."""
    for unit, factor in known.mistaken.items():
        if known.low < value * factor <= known.high:
            right = f"{name}={value * factor:g}"
            return f" ({value:g} looks like {unit}: in {known.unit} it is {right})"
    return ""
