"""Hold BLAS to one thread while our own threads work."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

import threadpoolctl
from threadpoolctl import ThreadpoolController

_lock = Lock()
_state = {"users": 0, "limiter": None}


@lru_cache(maxsize=1)
def _controller():
    """Find the loaded BLAS libraries once; looking again costs milliseconds."""
    return ThreadpoolController()


def _let_this_thread_set_limits():
    """Let go of the thread that set limits before; threadpoolctl 3.8 heeds no other.

    That holds where all threads share OpenBLAS's pool, as in NumPy's wheels. The last
    of several users to leave may well be another thread than the first to come, and
    what it restored would be ignored for good.
    """
    openblas = getattr(threadpoolctl, "OpenBLASController", None)
    if hasattr(openblas, "clear_controlling_thread"):
        openblas.clear_controlling_thread(force=True)


@contextmanager
def single_blas_thread():
    """Limit BLAS to one thread; nested and concurrent users share one limit."""
    # The first user to come sets the limit and the last to leave lifts it: of a pool
    # that all threads share, the first to leave would lift it under the others. (Where
    # each thread has a pool, an OpenBLAS of OpenMP, it holds in the first user's only,
    # and the others are slower.)
    with _lock:
        if _state["users"] == 0:
            _let_this_thread_set_limits()
            _state["limiter"] = _controller().limit(limits=1, user_api="blas")
        _state["users"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["users"] -= 1
            if _state["users"] == 0:
                _let_this_thread_set_limits()
                _state["limiter"].restore_original_limits()
                _state["limiter"] = None
                _let_this_thread_set_limits()  # and any other from now on
