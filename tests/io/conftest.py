"""Fixtures of the reader tests."""

# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import tracemalloc
from pathlib import Path

import pytest


@pytest.fixture
def peak_bytes():
    """Tell the most bytes that Python and NumPy held since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.fixture(scope="session")
def seeds():
    """The module ``seeds.py``: a valid file of each format, and bombs."""
    path = Path(__file__).with_name("seeds.py")
    spec = importlib.util.spec_from_file_location("seeds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
