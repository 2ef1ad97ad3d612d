"""Bounds of physical quantities, and the unit that a value beyond them is likely in."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

# Per unit: others that are given by mistake, and how many of the first each is.
_MISTAKEN = {
    "MHz": {"Hz": 1e-6, "kHz": 1e-3, "GHz": 1e3},
    "mm": {"m": 1e3, "um": 1e-3},
    "um": {"m": 1e6, "mm": 1e3, "nm": 1e-3},
    "m/s": {"km/s": 1e3, "cm/s": 1e-2, "mm/s": 1e-3},
    "dB/(cm MHz^n)": {"dB/(m MHz^n)": 1e-2},
    "": {},
}


class _Quantity(NamedTuple):
    """What a quantity can be in medical ultrasound."""

    unit: str
    low: float
    high: float


QUANTITIES = {
    "fs_mhz": _Quantity("MHz", 0.5, 200.0),
    "transmit_mhz": _Quantity("MHz", 0.2, 100.0),
    "speed_of_sound": _Quantity("m/s", 1000.0, 2500.0),
    "line_pitch_mm": _Quantity("mm", 0.005, 5.0),
    "focus_mm": _Quantity("mm", 0.5, 300.0),
    "start_depth_mm": _Quantity("mm", 0.0, 300.0),
    "layer_mm": _Quantity("mm", 0.2, 300.0),
    "attenuation_db_cm_mhz": _Quantity("dB/(cm MHz^n)", 0.0, 3.0),
    "attenuation_power": _Quantity("", 0.0, 3.0),
}


def check_bounds(name: str, value: float, quantity: str | None = None) -> None:
    """Refuse a value that the quantity cannot have; say the likely unit."""
    known = QUANTITIES[quantity or name]
    if known.low <= value <= known.high:
        return
    legal = f"{known.low:g} to {known.high:g} {known.unit}".strip()
    said = _in_another(name, value, known.unit, (known.low, known.high))
    hint = f" ({said})" if said else ""
    raise ValueError(f"{name} must be {legal}, got {value:g}{hint}")


def likely_unit(name: str, value: float, unit: str, usual: tuple[float, float]) -> str:
    """Say in which unit a value was probably given, or which is expected."""
    expected = f"give {name} in {unit}, usually {usual[0]:g} to {usual[1]:g}"
    return _in_another(name, value, unit, usual) or expected


def _in_another(name, value, unit, limits):
    """Name the first unit in which the value would be possible."""
    for other, factor in _MISTAKEN[unit].items():
        if limits[0] <= value * factor <= limits[1] and value:
            right = f"{name}={value * factor:g}"
            return f"{value:g} looks like {other}: in {unit} it is {right}"
    return ""
