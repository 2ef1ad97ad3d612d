"""Digests tell parts apart, and handles are what their digest says."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import hashlib

import pytest

from sknac.utils._handle import Handle, digest_of


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
