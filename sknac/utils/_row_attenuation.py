"""The tissue's attenuation of each patient: one for all, or that of a column."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import pandas as pd

from sknac.exceptions import CohortError
from sknac.utils._numbers import ATTENUATION_MEND, not_negative

ESTIMATE = "estimate"


def attenuation_column(attenuation) -> str | None:
    """Return the name of the column that holds the attenuation, or None."""
    named = isinstance(attenuation, str) and attenuation != ESTIMATE
    return attenuation if named else None


def attenuation_of_rows(X: pd.DataFrame, attenuation, needed: Sequence[bool]) -> list:
    """Give each row's attenuation; those of a column are checked where needed."""
    column = attenuation_column(attenuation)
    if column is None:
        return [attenuation] * len(X)
    if column not in X.columns:
        raise CohortError(
            f"column {column} (attenuation_db_cm_mhz) is missing; there are "
            f"{list(X.columns)}"
        )
    values = []
    for (patient, value), needs in zip(X[column].items(), needed, strict=True):
        if needs:
            try:
                value = not_negative(column, value, ATTENUATION_MEND)
            except ValueError as error:
                place = f"row {patient}, column {column}"
                raise CohortError(f"{place}: {error}") from error
        values.append(value)
    return values
