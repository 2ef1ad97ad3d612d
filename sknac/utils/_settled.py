"""Whether a file's time can tell that the file has changed since."""

# SPDX-License-Identifier: BSD-3-Clause

import time

# File systems stamp times in ticks of up to 2 s (FAT).
_TICK_NS = 2_000_000_000


def has_settled(changed_ns: int) -> bool:
    """Tell whether what was read of a file may be remembered under its time.

    A file rewritten within a tick keeps its time, so a young one may yet change without
    another; and a time to come, of another machine's clock, is young.

    Parameters
    ----------
    changed_ns : int
        When the file was changed last, in ns.
    """
    return time.time_ns() - changed_ns > _TICK_NS
