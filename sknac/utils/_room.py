"""Nothing large is allocated by a number before it is known to fit.

One slip of a unit (Hz for MHz, m for mm) asks for a million times what was meant.
Wherever a number given by a user or a file decides the size of arrays, `check_room`
stands before they are made.
"""

# SPDX-License-Identifier: BSD-3-Clause

import os

#: Bytes of the arrays that one plane, or one call, may take: a frame of any scanner
#: takes less than a hundredth.
MOST_BYTES = 1 << 30


def check_room(what: str, n_bytes: float, mend: str) -> None:
    """Refuse one plane's, or one call's, arrays that no sensible setting asks for.

    `what` names the setting and its value, `mend` says what to do.
    """
    if not n_bytes <= MOST_BYTES:
        raise ValueError(
            f"{what} would take {_written(n_bytes)} at a time, and {MOST_BYTES >> 30} "
            f"GiB is the most; {mend}"
        )


def check_room_of_all(what: str, n_bytes: float, mend: str) -> None:
    """Refuse arrays of a whole cohort that this machine's memory cannot hold."""
    if not n_bytes <= _machine_bytes():
        raise ValueError(
            f"{what} would take {_written(n_bytes)} in all, and this machine has "
            f"{_written(_machine_bytes())}; {mend}"
        )


def _machine_bytes():
    """Memory of this machine, or 64 GiB where it cannot be told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 64 << 30


def _written(n_bytes):
    """Write a number of bytes in the largest unit that it fills."""
    n_bytes = float(min(n_bytes, 1e30))
    units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while n_bytes >= 1024 and len(units) > 1:
        n_bytes /= 1024
        del units[0]
    return f"{n_bytes:.3g} {units[0]}"
