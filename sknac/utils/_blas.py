"""Hold BLAS to one thread while our own threads work."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from threadpoolctl import ThreadpoolController

_lock = Lock()
_state = {"users": 0, "limiter": None}


@lru_cache(maxsize=1)
def _controller():
    """Find the loaded BLAS libraries once; looking again costs milliseconds."""
    return ThreadpoolController()


@contextmanager
def single_blas_thread():
    """Limit BLAS to one thread; nested and concurrent users share one limit."""
    # The limit is global to the process: without counting, the first of two
    # concurrent users to leave would restore it under the other.
    with _lock:
        if _state["users"] == 0:
            _state["limiter"] = _controller().limit(limits=1, user_api="blas")
        _state["users"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["users"] -= 1
            if _state["users"] == 0:
                _state["limiter"].restore_original_limits()
                _state["limiter"] = None
