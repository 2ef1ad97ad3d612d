"""What parts patients into groups, and what does not: measurements, dates, names."""

# SPDX-License-Identifier: BSD-3-Clause

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._labels import warn_of_alike

# More whole numbers than these are rather measured than names of groups.
MOST_NUMBERS = 20
# So many names may be given to a patient each before they look like the patients' own.
FEW = 6


def check_groups_of(values: Any, name: str) -> None:
    """Raise where values part nobody; warn of two groups that may be one."""
    warn_of_alike(pd.Series(np.asarray(values), dtype=object).dropna().unique(), name)
    if why := why_no_groups(values):
        raise ValueError(f"{name} must name groups, {why}")


def why_no_groups(values: Any) -> str:
    """Say what values are that are no groups of patients, and the mend; "" if they are.

    Missing values are left out. Dates, measurements and names for more than half
    of the patients part them into single ones.
    """
    values = pd.Series(np.asarray(values), dtype=object).dropna()
    found = values.unique().tolist()
    if found and all(isinstance(x, date | timedelta) for x in found):
        return "got dates; cut them into periods"
    many = len(found) > len(values) / 2
    numbers = _numbers(found)
    text = all(isinstance(x, str) for x in found)
    whole = numbers is None or all(x.is_integer() for x in numbers)
    if numbers is None or (whole and text):
        if not many or len(found) <= FEW:
            return ""
        return (
            f"got {len(found)} names for {len(values)} patients, such as {found[0]!r}; "
            "give groups of several patients"
        )
    many |= len(found) > MOST_NUMBERS
    if len(found) < 3 or not (many or not (whole or text)):
        return ""
    return (
        f"got {len(found)} distinct numbers from {min(numbers):g} to "
        f"{max(numbers):g}; cut a score first (score >= threshold) or write numbered "
        "groups as text"
    )


def _numbers(values: list[Any]) -> list[float] | None:
    """Return values as floats; None unless all are numbers or all read as such."""
    if any(isinstance(x, bool | np.bool) for x in values):
        return None
    try:
        return [float(x) for x in values]
    except (TypeError, ValueError):
        return None
