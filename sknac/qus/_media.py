"""Tissue and reference phantom as the user describes them, checked."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.qus._checks import not_negative, positive
from sknac.qus._estimates import Media

ESTIMATE = "estimate"
ATTENUATION_MEND = (
    "give the tissue's attenuation in dB/(cm MHz^n); it is the largest source of "
    "error, so there is no default"
)


def make_media(*, attenuation, **numbers):
    """Check the numbers that describe tissue and reference."""
    if isinstance(attenuation, str):
        if attenuation != ESTIMATE:
            raise ValueError(
                f"attenuation_db_cm_mhz={attenuation!r} must be a number, a map or "
                f'"{ESTIMATE}"'
            )
    elif attenuation is not None and np.ndim(attenuation) == 2:
        attenuation = np.asarray(attenuation, dtype=np.float64)
        n_bad = np.count_nonzero(~(np.isfinite(attenuation) & (attenuation >= 0)))
        if n_bad:
            raise ValueError(
                f"attenuation_db_cm_mhz holds {n_bad} negative, NaN or infinite "
                "values: give dB/(cm MHz^n) for every sample"
            )
    else:
        attenuation = not_negative(
            "attenuation_db_cm_mhz", attenuation, ATTENUATION_MEND
        )
    if numbers["reference_speed_of_sound"] is None:
        numbers["reference_speed_of_sound"] = numbers["speed_of_sound"]
    for name in numbers:
        is_loss = name == "reference_attenuation"
        check = not_negative if is_loss else positive
        public = f"{name}_db_cm_mhz" if is_loss else name
        numbers[name] = check(public, numbers[name], "see its unit in the docstring")
    return Media(attenuation=attenuation, **numbers)
