"""Run one job per plane: in place, by workers here, or some at a time far away."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import pickle
from itertools import chain

from joblib import Parallel, delayed, effective_n_jobs

from sknac.utils._workers import in_task, is_far, near, telling

_FEWEST, _MOST = 16, 64  # planes of a task that is sent: they share what is alike
_MOST_BYTES = 20_000  # of a plane that is sent: its handles, not its pixels


def run_jobs(found, jobs, *, n_jobs=None, timeout=None, on_plane=None) -> list:
    """Run one job per plane and return the results in order.

    A job is a function of the plane, or what is already the result.
    ``on_plane()`` is called as each is there.

    Inside a task all is done in place. Where joblib's workers are on other machines,
    too, except for jobs that say ``gives_handles`` of planes that hold handles: these
    are sent, 16 to 64 a task. ``timeout`` are the seconds that a task may take.
    """
    results = list(jobs)
    todo = [i for i, job in enumerate(jobs) if callable(job)]
    for _ in range(len(jobs) - len(todo) if on_plane else 0):
        on_plane()
    pairs = [(jobs[i], found[i]) for i in todo]
    if not pairs:  # all is there: no workers are started
        return results
    with telling(timeout):
        work = _sent if _may_be_sent(pairs, n_jobs) else _kept
        done = work(
            pairs, n_jobs, timeout, return_as="generator" if on_plane else "list"
        )
        for i, result in zip(todo, done, strict=True):
            results[i] = result
            if on_plane:
                on_plane()
    return results


def _kept(pairs, n_jobs, timeout, **settings):
    """Run jobs by this machine's workers."""
    parallel = near(n_jobs, timeout=timeout, **settings)
    return parallel(delayed(_run)(*pair) for pair in pairs)


def _may_be_sent(pairs, n_jobs):
    """Tell whether jobs go to other machines: handles there and back."""
    if n_jobs == 1 or not pairs or in_task() or not is_far():
        return False
    return all(
        getattr(job, "gives_handles", False) and len(pickle.dumps(at)) <= _MOST_BYTES
        for job, at in pairs
    )


def _sent(pairs, n_jobs, timeout, **settings):
    """Send jobs, many a task: what they share is sent once with each."""
    size = math.ceil(len(pairs) / (4 * effective_n_jobs(n_jobs)))
    size = min(max(_FEWEST, size), _MOST)
    parts = [pairs[first : first + size] for first in range(0, len(pairs), size)]
    parallel = Parallel(n_jobs=n_jobs, timeout=timeout, batch_size=1, **settings)
    return chain.from_iterable(parallel(delayed(_run_all)(part) for part in parts))


def _run(job, at):
    """Run one job in a worker."""
    with at.named() as plane:
        return job(plane)


def _run_all(pairs):
    """Run jobs in turn."""
    return [_run(*pair) for pair in pairs]
