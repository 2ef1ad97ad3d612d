"""Images that a training reads again and again: in memory, or in one scratch file."""

# SPDX-License-Identifier: BSD-3-Clause

import tempfile

import numpy as np

from sknac.utils._warnings import warn_user


class Scratch:
    """Images of one shape, written once in their order and read in any.

    Up to a bound they are kept in memory. Beyond it they are written into a temporary
    file that has no name on systems that allow it (POSIX): it is gone with its process,
    however that ends. Only pages that are being read are mapped.

    Parameters
    ----------
    n_images : int
        Number of images.
    shape : tuple of int
        Shape of each; they are float32.
    most_bytes : float
        What may be kept in memory.
    """

    def __init__(self, n_images: int, shape: tuple[int, ...], most_bytes: float):
        self._images = self._file = None
        self.shape = shape
        self._size = 4 * int(np.prod(shape))
        self._n_written = 0
        if n_images * self._size <= most_bytes:
            self._images = np.empty((n_images, *shape), np.float32)

    @property
    def in_file(self) -> bool:
        """Whether the images are in a file."""
        return self._file is not None

    def write(self, image: np.ndarray) -> bool:
        """Take the next image; False, with a warning, where there is no room."""
        if self._images is not None:
            self._images[self._n_written] = image
        else:
            try:
                self._append(np.ascontiguousarray(image, np.float32))
            except OSError as error:
                self.close()
                warn_user(
                    "the scratch file in the temporary folder cannot be written "
                    f"({error.strerror or error}): every epoch reads and computes each "
                    "image anew; free some room, or name another folder by TMPDIR"
                )
                return False
        self._n_written += 1
        return True

    def _append(self, image):
        """Write an image at the end of the file, which is made for the first."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115
                prefix="sknac-scratch-",
                buffering=0,  # or a full disk would be met again on closing
            )
        data = memoryview(image).cast("B")
        while data:
            data = data[self._file.write(data) :]

    def read(self, i: int) -> np.ndarray:
        """Return an image; it must not be written to."""
        if self._images is not None:
            return self._images[i]
        # A map of its own, which is gone with the image: pages of the whole file
        # would count as this process's memory.
        return np.memmap(
            self._file, np.float32, "r", offset=i * self._size, shape=self.shape
        )

    def close(self) -> None:
        """Drop the images, and the file with them."""
        if self._file is not None:
            self._file.close()
        self._images = self._file = None

    def __del__(self):
        self.close()
