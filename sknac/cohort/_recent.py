"""Arrays that were computed last, within a bound of bytes."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np

#: What one process keeps of the images that derived handles have computed.
MOST_BYTES = 128 << 20


class RecentArrays:
    """Arrays by key; the least recently used are dropped first.

    Threads may share it. A process that is forked off starts with an empty one.

    Parameters
    ----------
    most_bytes : int
        Bytes of all arrays together; larger ones than a quarter are not kept.
    """

    def __init__(self, most_bytes: int):
        self.most_bytes = most_bytes
        self.clear()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.clear)

    def clear(self) -> None:
        """Drop every array, and the lock that another thread may hold."""
        self._lock = threading.Lock()
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self.n_bytes = 0

    def get(self, key: Hashable) -> np.ndarray | None:
        """Return an array, or None where it is not there any more."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def put(self, key: Hashable, array: np.ndarray) -> None:
        """Keep an array for a while."""
        if 4 * array.nbytes > self.most_bytes:
            return
        with self._lock:
            old = self._arrays.pop(key, None)
            self._arrays[key] = array
            self.n_bytes += array.nbytes - (0 if old is None else old.nbytes)
            while self.n_bytes > self.most_bytes:
                _, dropped = self._arrays.popitem(last=False)
                self.n_bytes -= dropped.nbytes


recent = RecentArrays(MOST_BYTES)
