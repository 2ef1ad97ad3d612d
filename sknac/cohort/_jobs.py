"""Run one job per plane, by as many workers as joblib has been told."""

# SPDX-License-Identifier: BSD-3-Clause

from joblib import Parallel, delayed


def run_jobs(found, jobs, *, n_jobs=None, on_plane=None) -> list:
    """Run one job per plane and return the results in order.

    A job is a function of the plane, or what is already the result.
    ``on_plane()`` is called as each is there.
    """
    results = list(jobs)
    todo = [i for i, job in enumerate(jobs) if callable(job)]
    for _ in range(len(jobs) - len(todo) if on_plane else 0):
        on_plane()
    tasks = (delayed(_run)(jobs[i], found[i]) for i in todo)
    # Without a listener a list does, which every backend of joblib can return.
    kind = "generator" if on_plane else "list"
    done = Parallel(n_jobs=n_jobs, return_as=kind)(tasks)
    for i, result in zip(todo, done, strict=True):
        results[i] = result
        if on_plane:
            on_plane()
    return results


def _run(job, at):
    """Run one job in a worker."""
    with at.named() as plane:
        return job(plane)
