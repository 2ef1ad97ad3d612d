"""Digests tell parts apart, and handles are what their digest says."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import hashlib

import numpy as np
import pytest

from sknac.utils._handle import (
    Handle,
    content_digest_of,
    digest_of,
    pixel_digest_of,
)
from sknac.utils._store import ArrayStore


def test_digest_knows_where_a_part_ends():
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("ab") != digest_of("a", "b")


def test_digest_is_sha256_of_lengths_and_parts():
    expected = hashlib.sha256(b"\x02" + bytes(7) + b"ab" + b"\x01" + bytes(7) + b"7")
    assert digest_of("ab", 7) == expected.hexdigest()[:32]
    assert digest_of(b"ab", "7") == digest_of("ab", 7)


class Named(Handle):
    """A handle of a name alone."""

    __slots__ = ()

    def __init__(self, name):
        self._set(digest=digest_of(name), shape=(2, 3))


def test_handles_go_by_their_digest():
    one, same, other = Named("a"), Named("a"), Named("b")
    assert one == same != other
    assert len({one, same, other}) == 2
    assert copy.deepcopy(one) is one
    assert one.ndim == 2


def test_handles_are_immutable():
    handle = Named("a")
    with pytest.raises(AttributeError, match="Named is immutable"):
        handle.shape = (1,)
    with pytest.raises(AttributeError, match="Named is immutable"):
        del handle.digest


ARRAYS = [
    np.arange(12.0).reshape(3, 4),
    np.arange(12, dtype=">i2").reshape(3, 4),
    np.eye(3, dtype=bool),
    np.asfortranarray(np.arange(12, dtype="u1").reshape(3, 4)),
    np.arange(24, dtype="f2").reshape(2, 3, 4)[:, ::2],
    np.ones((1, 1), "f4"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: array.dtype.str)
def test_content_is_that_of_a_file_and_of_an_entry_of_a_store(array, tmp_path):
    np.save(tmp_path / "a.npy", np.ascontiguousarray(array))
    expected = hashlib.sha256((tmp_path / "a.npy").read_bytes()).hexdigest()[:32]
    assert content_digest_of(array) == expected
    store = ArrayStore(tmp_path / "store")
    store.prepare()
    kept = store.put("0" * 32, array)
    assert kept.content_digest == expected
    assert kept.pixel_digest == pixel_digest_of(array)


def test_content_tells_type_shape_and_values():
    found = {content_digest_of(array) for array in ARRAYS}
    found |= {content_digest_of(ARRAYS[0].T), content_digest_of(ARRAYS[0] + 1)}
    assert len(found) == len(ARRAYS) + 2


def test_pixels_are_read_once_for_their_digest():
    class Counted(Named):
        __slots__ = ("n",)

        def load(self):
            self._set(n=getattr(self, "n", 0) + 1)
            return np.ones((2, 3))

    handle = Counted("counted")
    assert (
        handle.pixel_digest == handle.pixel_digest == pixel_digest_of(np.ones((2, 3)))
    )
    assert handle.n == 1
