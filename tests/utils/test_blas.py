"""One BLAS thread while our own threads work, and as before afterwards."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sknac.utils import _blas
from sknac.utils._blas import single_blas_thread


def _n_threads():
    """Threads of each BLAS that is loaded."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return [
        pool["num_threads"]
        for pool in _blas._controller().select(user_api="blas").info()
    ]


@pytest.fixture
def two_threads():
    """As on a computer whose BLAS takes two threads."""
    _blas._controller.cache_clear()
    with threadpool_limits(2, user_api="blas"):
        yield _n_threads()
    _blas._controller.cache_clear()


def test_the_limit_holds_inside_only(two_threads):
    with single_blas_thread():
        assert set(_n_threads()) == {1}
    assert _n_threads() == two_threads


def test_the_inner_user_does_not_lift_the_outer_ones_limit(two_threads):
    with single_blas_thread():
        with single_blas_thread():
            pass
        assert set(_n_threads()) == {1}
    assert _n_threads() == two_threads


def test_another_thread_that_leaves_first_lifts_nothing(two_threads):
    def work():
        with single_blas_thread():
            pass

    other = threading.Thread(target=work)
    with single_blas_thread():
        other.start()
        other.join()
        assert set(_n_threads()) == {1}
    assert _n_threads() == two_threads


def test_the_last_to_leave_lifts_it_from_any_thread():
    # As threads of a pool do: the first to come is not the last to leave.
    came, entered, left = (threading.Event() for _ in range(3))

    def work():
        came.wait()
        with single_blas_thread():
            entered.set()
            left.wait()

    _blas._controller.cache_clear()
    with threadpool_limits(2, user_api="blas"):
        before = _n_threads()
    other = threading.Thread(target=work)
    other.start()
    with threadpool_limits(2, user_api="blas"):
        with single_blas_thread():
            came.set()
            entered.wait()
        left.set()
        other.join()
        assert _n_threads() == before
    _blas._controller.cache_clear()


def test_an_error_inside_lifts_the_limit(two_threads):
    with pytest.raises(KeyError), single_blas_thread():
        raise KeyError
    assert _n_threads() == two_threads
