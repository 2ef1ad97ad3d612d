"""Identity by content: digests, and handles that go by them."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib


def digest_of(*parts) -> str:
    """Hash texts and bytes in order into 32 hexadecimal digits."""
    sha = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        sha.update(len(data).to_bytes(8, "little"))
        sha.update(data)
    return sha.hexdigest()[:32]


class Handle:
    """What every kind of handle shares: identity by content.

    There is deliberately no ``__array__``: NumPy would read every file of a
    cohort when scikit-learn looks at a frame.
    """

    __slots__ = ("digest", "dtype", "shape")

    def _set(self, **values):
        """Set attributes of an immutable object once."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(f"{type(self).__name__} is immutable; make a new one")

    def __delattr__(self, name):
        raise AttributeError(f"{type(self).__name__} is immutable; make a new one")

    def __eq__(self, other):
        return isinstance(other, Handle) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def check_unchanged(self) -> None:
        """Raise if what is behind the handle is no longer what its digest says.

        What is held in memory cannot change.
        """

    def check_content(self) -> None:
        """Raise if what is behind the handle has rotted, whatever its stamps say.

        Call it where something is stored under the digest, and outlives the rot.
        """

    @property
    def location(self) -> tuple:
        """Where it lies, and since when; nothing of what is held in memory.

        The content is the same elsewhere, but a result that was kept for this handle
        opens this file.
        """
        own = [getattr(self, name, None) for name in ("path", "mtime_ns")]
        above = [parent.location for parent in getattr(self, "parents", ())]
        return tuple(part for part in (*own, *above) if part not in (None, ()))

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)
