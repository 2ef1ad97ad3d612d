"""Warnings that point at the user's own line, however deep they arise."""

# SPDX-License-Identifier: BSD-3-Clause

import sys
import warnings

from sklearn.exceptions import UndefinedMetricWarning


class HintWarning(UserWarning):
    """A number that is right and looks as if the input were not."""


def warn_user(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line outside this package."""
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_globals.get("__name__", "").startswith("sknac"):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)


def warn_hint(text: str) -> None:
    """Warn that a number suggests that something was given the wrong way round."""
    warn_user(text, HintWarning)


def warn_undefined(text: str) -> None:
    """Warn that a number or its interval is undefined and comes back as NaN."""
    warn_user(text, UndefinedMetricWarning)


def warn_of_turned(what: str, high: float, chance: float, mend: str) -> None:
    """Warn where all of an interval lies below what chance gives."""
    if high < chance:
        warn_hint(
            f"{what} lies below chance ({chance:.3g}) with all of its interval: the "
            f"scores order the patients the other way; {mend}"
        )
