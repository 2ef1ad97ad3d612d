"""Checks of numbers and arrays, each with an error that names value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.qus._guards import attenuation_doubt, warn_all
from sknac.utils._bounds import check_bounds
from sknac.utils._numbers import ATTENUATION_MEND, not_negative
from sknac.utils._row_attenuation import ESTIMATE


def different_names(name, value, known):
    """Return one name or several, all different and known, as a tuple."""
    names = (value,) if isinstance(value, str) else tuple(value)
    unknown = [one for one in names if one not in known]
    if unknown or not names or len(set(names)) < len(names):
        raise ValueError(f"{name} must be different names out of {known}, got {names}")
    return names


def pair(name, value):
    """Spread a scalar over (axial, lateral), or return the given pair."""
    values = np.atleast_1d(value)
    if values.shape not in {(1,), (2,)}:
        raise ValueError(
            f"{name} must be one number or a pair (axial, lateral), got {value!r}"
        )
    return values[0], values[-1]


def real_rf(rf):
    """Return one RF frame as an array of real numbers (n_samples, n_lines)."""
    rf = np.asarray(rf)
    if rf.dtype.kind not in "iuf":
        raise ValueError(
            f"rf has dtype {rf.dtype}; give real samples as integers or floats (of IQ "
            "data the carrier must be restored first)"
        )
    if rf.ndim != 2 or rf.size == 0:
        raise ValueError(
            f"rf has shape {rf.shape}; give one frame (n_samples, n_lines), depth first"
        )
    return rf


def usable_rf(plane):
    """Load a plane's RF; raise when no sample can be used."""
    rf = real_rf(plane.load())
    if rf.dtype.kind == "f" and not np.isfinite(rf).any():
        raise ValueError("rf holds NaN or infinite samples only; give another frame")
    return rf


def check_attenuation(value, shape):
    """Return a number, a map of one value per sample, "estimate", or a function."""
    if callable(value):  # of the plane; what it returns is checked when it is called
        return value
    if isinstance(value, str):
        if value != ESTIMATE:
            raise ValueError(
                f'attenuation_db_cm_mhz must be a number, a map or "{ESTIMATE}", got '
                f"{value!r}"
            )
        return value
    if value is None or np.ndim(value) != 2:
        value = not_negative("attenuation_db_cm_mhz", value, ATTENUATION_MEND)
        check_bounds("attenuation_db_cm_mhz", value)
        warn_all(attenuation_doubt(value), "the tissue")
        return value
    value = np.asarray(value, dtype=np.float64)
    if value.shape != shape:
        raise ValueError(
            f"attenuation_db_cm_mhz has shape {value.shape}, the plane {shape}; give "
            "one number or one value per sample"
        )
    n_bad = np.count_nonzero(~(np.isfinite(value) & (value >= 0)))
    if n_bad:
        raise ValueError(
            f"attenuation_db_cm_mhz holds {n_bad} negative, NaN or infinite values; "
            "give dB/(cm MHz^n) for every sample"
        )
    check_bounds("attenuation_db_cm_mhz", float(value.max()))
    return value
