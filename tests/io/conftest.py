"""Fixtures of the reader tests."""

# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc

import pytest


@pytest.fixture
def peak_bytes():
    """Tell the most bytes that Python and NumPy held since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
