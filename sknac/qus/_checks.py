"""Checks of numbers and arrays, each with an error that names value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np

SAME = 1e-3  # relative difference at which two settings count as equal


def positive(name, value, mend):
    """Return `value` as a float, or raise when it is no finite positive number."""
    if isinstance(value, bool) or not isinstance(value, Real | np.number):
        raise ValueError(f"{name}={value!r} is not a number: {mend}")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}={value!r} must be finite and above 0: {mend}")
    return float(value)


def not_negative(name, value, mend):
    """Return `value` as a float, or raise when it is negative or not finite."""
    if value == 0 and not isinstance(value, bool):
        return 0.0
    if value is None:
        raise ValueError(f"{name} is missing: {mend}")
    if isinstance(value, Real | np.number) and value < 0:
        raise ValueError(f"{name}={value!r} is negative: {mend}")
    return positive(name, value, mend)


def pair(name, value):
    """Spread a scalar over (axial, lateral), or return the given pair."""
    values = np.atleast_1d(value)
    if values.shape not in {(1,), (2,)}:
        raise ValueError(
            f"{name}={value!r} must be one number or a pair (axial, lateral)"
        )
    return values[0], values[-1]


def rf_frame(rf):
    """Return one RF frame as an array of shape (n_samples, n_lines)."""
    rf = _real_array("rf", rf)
    if rf.ndim != 2:
        raise ValueError(
            f"rf has shape {rf.shape}; give one frame (n_samples, n_lines), depth first"
        )
    return rf


def rf_frames(reference_rf):
    """Return reference RF as an array of shape (n_frames, n_samples, n_lines)."""
    frames = _real_array("reference_rf", reference_rf)
    if frames.ndim not in {2, 3}:
        raise ValueError(
            f"reference_rf has shape {frames.shape}; give (n_samples, n_lines) or "
            "(n_frames, n_samples, n_lines)"
        )
    return frames if frames.ndim == 3 else frames[None]


def check_fit(rf, plan):
    """Raise when no window fits into the frame, or no sample can be used."""
    sides = (plan.n_samples, plan.n_lines)
    if sides[0] > rf.shape[0] or sides[1] > rf.shape[1]:
        raise ValueError(
            f"the window of {sides[0]} samples x {sides[1]} lines is larger than the "
            f"frame of {rf.shape[0]} x {rf.shape[1]}: reduce window_mm or check "
            "line_pitch_mm and fs_mhz"
        )
    if rf.dtype.kind == "f" and not np.isfinite(rf).any():
        raise ValueError("rf holds NaN or infinite samples only: give another frame")


def check_reaches(rf, frames):
    """Raise when the reference ends above the scan's last sample."""
    if frames.shape[1] < rf.shape[0]:
        raise ValueError(
            f"reference_rf has {frames.shape[1]} samples down a line, rf has "
            f"{rf.shape[0]}: the reference must reach at least as deep; crop rf or "
            "scan the phantom deeper"
        )


def same_setting(name, scan, reference):
    """Raise when the reference was acquired with another setting, where known."""
    if reference is None:
        return
    reference = positive(f"reference_{name}", reference, "give it, or None if unknown")
    if not np.isclose(scan, reference, rtol=SAME, atol=0):
        raise ValueError(
            f"{name} is {scan:g} for rf and {reference:g} for the reference: scan the "
            "phantom with the patient's settings"
        )


def check_snr(min_snr_db):
    """Return the limit as a float, or None."""
    if min_snr_db is None:
        return None
    if isinstance(min_snr_db, Real) and np.isfinite(min_snr_db):
        return float(min_snr_db)
    raise ValueError(
        f"min_snr_db={min_snr_db!r} must be a number in dB, or None to keep all windows"
    )


def _real_array(name, array):
    """Return a non-empty array of real numbers."""
    array = np.asarray(array)
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} has dtype {array.dtype}; give real RF samples as integers or "
            "floats (of IQ data the carrier must be restored first)"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape})")
    return array
