"""The bytes of one array in a MATLAB file, as they are or deflated."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import zlib

import numpy as np
import pytest
from scipy.io import savemat

from sknac.io import _mat5, _mat5_bytes
from sknac.io._mat5_bytes import Inflated, Plain

DATA = np.random.default_rng(0).integers(0, 9, 300_000).astype("u1").tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_bytes_are_taken_and_stepped_over(packed):
    stored = zlib.compress(DATA) if packed else DATA
    source = (Inflated if packed else Plain)(io.BytesIO(stored), len(stored))
    assert source.take(10) == DATA[:10]
    source.skip(200_000)
    assert source.take(99) == DATA[200_010:200_109]
    assert source.at == 200_109
    source.finish()


def test_no_more_is_taken_than_there_is():
    with pytest.raises(ValueError, match="longer than the array around it"):
        Plain(io.BytesIO(DATA), 10).skip(11)
    with pytest.raises(ValueError, match="cut off"):
        Plain(io.BytesIO(DATA[:5]), 10).take(10)
    packed = zlib.compress(DATA)
    with pytest.raises(ValueError, match="ends early"):
        Inflated(io.BytesIO(packed), len(packed)).skip(len(DATA) + 1)
    with pytest.raises(ValueError, match="is cut off"):
        Inflated(io.BytesIO(packed), len(packed) - 9).finish()
    with pytest.raises(ValueError, match="grows to more than"):
        Inflated(io.BytesIO(packed), len(packed)).take(1 << 40)


def test_the_end_may_not_grow_either(monkeypatch):
    monkeypatch.setattr(_mat5_bytes, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(_mat5_bytes, "MOST_GROWTH", 2)
    packed = zlib.compress(bytes(9 << 20), 1)
    with pytest.raises(ValueError, match="grows to more than"):
        Inflated(io.BytesIO(packed), len(packed)).finish()


def test_inflating_goes_on_from_the_last_mark(tmp_path, monkeypatch):
    monkeypatch.setattr(_mat5_bytes, "_STEP", 5000)
    monkeypatch.setattr(_mat5_bytes, "_MOST_MARKS", 4)
    values = np.random.default_rng(0).integers(-99, 99, (40, 50, 60)).astype("f8")
    path = tmp_path / "a.mat"
    savemat(path, {"s": {"a": values, "b": values + 1}}, do_compression=True)
    found = _mat5.contents(path)
    marks = found["s.b"].place[-1]
    assert 1 < len(marks) <= 5
    steps = np.diff([0, *(mark[0] for mark in marks)])
    assert steps.min() > 2 * 5000
    for name, frame in (("s.a", 3), ("s.b", 58), ("s.b", 0), ("s.a", 59)):
        truth = values[..., frame] + (name == "s.b")
        assert _mat5.read(path, found[name], frame).tolist() == truth.tolist()
