"""Identity by content: digests, and handles that go by them."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import io

import numpy as np

# Digests of pixels that had to be read for them, by the digests of their handles.
_PIXELS: dict[str, str] = {}
_MOST_PIXELS = 1 << 16


def digest_of(*parts) -> str:
    """Hash texts and bytes in order into 32 hexadecimal digits."""
    sha = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        sha.update(len(data).to_bytes(8, "little"))
        sha.update(data)
    return sha.hexdigest()[:32]


def pixel_digest_of(array: np.ndarray) -> str:
    """Hash type, shape and samples of an array."""
    return digest_of(array.dtype.str, array.shape, array.tobytes())


def content_digest_of(array: np.ndarray) -> str:
    """Hash an array as the ``.npy`` file that holds it: the checksum of a store."""
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, np.lib.format.header_data_from_array_1_0(array)
    )
    sha = hashlib.sha256(header.getvalue())
    sha.update(array.reshape(-1).view(np.uint8))
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

    @property
    def content_digest(self) -> str:
        """What results are known by that are computed from this array.

        Equal for equal samples, in whatever file or memory they lie.
        """
        return self.digest

    @property
    def pixel_digest(self) -> str:
        """Hash of type, shape and samples; they are read, once a process."""
        if self.digest not in _PIXELS:
            if len(_PIXELS) >= _MOST_PIXELS:
                _PIXELS.clear()
            _PIXELS[self.digest] = pixel_digest_of(self.load())
        return _PIXELS[self.digest]

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
