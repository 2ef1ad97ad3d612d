"""Where work on planes may run: in place, on this machine, or far away.

A task that waits for other tasks holds its worker's memory meanwhile, and where these
cannot start for want of memory, both wait for ever. So what runs inside a task runs in
place, and pixels are not sent to other machines.
"""

# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import sys
from contextlib import contextmanager, suppress

from joblib import Parallel
from joblib.parallel import get_active_backend

_OWN_BACKENDS = "joblib._parallel_backends"  # those of one machine
_DIED = {"TerminatedWorkerError", "KilledWorker", "BrokenProcessPool"}
_NOTE = (
    "A worker died at its work: it ran out of memory, or a library crashed. What is in "
    "a store is kept, and the next run goes on from there. Give workers more memory or "
    "start fewer of them; n_jobs=1 shows which plane it is."
)


def in_task() -> bool:
    """Tell whether somebody waits for this, as a task of joblib or dask."""
    if get_active_backend()[0].nesting_level:
        return True
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        with suppress(ValueError):  # no worker
            return distributed.get_worker() is not None
    return False


def is_far() -> bool:
    """Tell whether joblib would send work to other machines, as those of dask."""
    return type(get_active_backend()[0]).__module__ != _OWN_BACKENDS


def near(n_jobs=None, **settings) -> Parallel:
    """Return a `Parallel` of this machine; inside a task, one that works in place."""
    if n_jobs == 1 or in_task() or is_far():
        return Parallel(n_jobs=1, backend="sequential")
    return Parallel(n_jobs=n_jobs, **settings)


@contextmanager
def telling(timeout):
    """Say what to do when a task takes too long, or kills its worker."""
    try:
        yield
    except (TimeoutError, multiprocessing.TimeoutError) as error:
        if timeout is None:
            raise
        raise TimeoutError(
            f"a task took longer than timeout={timeout:g} s; raise it, or look whether "
            "workers hang: what is in a store is kept, and the next run goes on there"
        ) from error
    except Exception as error:
        if type(error).__name__ in _DIED:
            error.add_note(_NOTE)
        raise
