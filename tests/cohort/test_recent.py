"""Arrays that were computed last are kept within their bound."""

# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sknac.cohort._recent import RecentArrays


def test_the_least_recently_used_goes_first():
    recent = RecentArrays(40)
    for key in "abcd":
        recent.put(key, np.zeros(10, np.uint8))
    assert recent.get("a") is not None
    recent.put("e", np.zeros(10, np.uint8))
    assert [recent.get(key) is not None for key in "abcde"] == [1, 0, 1, 1, 1]
    assert recent.n_bytes == 40


def test_large_arrays_are_not_kept():
    recent = RecentArrays(40)
    recent.put("a", np.zeros(11, np.uint8))
    assert recent.get("a") is None
    assert recent.n_bytes == 0


def test_an_array_that_is_put_again_counts_once():
    recent = RecentArrays(40)
    for _ in range(3):
        recent.put("a", np.zeros(10, np.uint8))
    assert recent.n_bytes == 10


def test_threads_share_it():
    recent = RecentArrays(4000)

    def work(seed):
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 60, 300).tolist():
            found = recent.get(key)
            assert found is None or (found == key).all()
            recent.put(key, np.full(100, key, np.uint8))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert recent.n_bytes == sum(array.nbytes for array in recent._arrays.values())
    assert recent.n_bytes <= 4000


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_starts_empty_whoever_holds_the_lock():
    recent = RecentArrays(40)
    recent.put("a", np.zeros(10, np.uint8))
    with recent._lock:
        child = multiprocessing.get_context("fork").Process(
            target=recent.put, args=("b", np.zeros(1))
        )
        child.start()
        child.join(10)
    assert child.exitcode == 0
