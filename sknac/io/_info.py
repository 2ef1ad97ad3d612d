"""`ArrayInfo`: what a file holds."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from dataclasses import dataclass, field

import numpy as np

from sknac.utils._room import check_room


@dataclass(frozen=True)
class ArrayInfo:
    """What a file holds, known without reading its samples.

    Parameters
    ----------
    path : str
        The file.
    format : {"ultrasonix", "image", "npy"}
        Kind of file.
    shape : tuple of int
        Shape of one frame; of the whole array for ``.npy``.
    dtype : numpy.dtype
        Type of the samples as `read_array` returns them.
    n_frames : int, default=1
        Number of frames; for ``.npy`` the length of the first axis of an array
        of three or more dimensions, else 1.
    fs_mhz : float or None, default=None
        Sampling frequency where the header states one.
    header : dict
        What else the header of an Ultrasonix file says: ``type_code`` (16 for RF, 4
        for a B-mode image, 2 for the pre-scan envelope), ``sample_bits``,
        ``corners_px`` of the scanned region (upper left, upper right, lower right,
        lower left, each (column, row); zeros in RF files), ``frame_tag_bytes`` that
        stand before each frame, and ``transmit_mhz`` as the file states it. That
        can be wrong (a real file says 10 MHz where its spectrum peaks at 5.3 MHz):
        never take the analysis band from it.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.io import ArrayInfo
    >>> info = ArrayInfo("maps.npy", "npy", (4, 8, 6), np.dtype("float32"), n_frames=4)
    >>> info.frame_shape(), info.frame_shape(0)
    ((4, 8, 6), (8, 6))
    """

    path: str
    format: str
    shape: tuple[int, ...]
    dtype: np.dtype
    n_frames: int = 1
    fs_mhz: float | None = None
    header: dict = field(default_factory=dict)

    def frame_shape(self, frame: int | None = None) -> tuple[int, ...]:
        """Tell the shape of what `read_array` gives.

        Parameters
        ----------
        frame : int or None, default=None
            Frame number from 0; None for the only frame, or a whole ``.npy`` array.

        Returns
        -------
        tuple of int
            Its shape.

        Raises
        ------
        ValueError
            If there is no such frame, or several and none is named, or it would not
            fit into memory.
        """
        shape = self._frame_shape(frame)
        check_room(
            f"{self.path}: an array of shape {shape}",
            math.prod(shape) * self.dtype.itemsize,
            "read it frame by frame with frame=, or check its header",
        )
        return shape

    def _frame_shape(self, frame):
        """Tell the shape, whatever its size."""
        n_frames = self.n_frames
        if frame is None and n_frames > 1 and self.format == "ultrasonix":
            raise ValueError(
                f"{self.path}: holds {n_frames} frames; say which one with frame=0 to "
                f"frame={n_frames - 1}"
            )
        if frame is None:
            return self.shape
        if not 0 <= frame < n_frames:
            raise ValueError(
                f"{self.path}: frame={frame} does not exist, it has {n_frames}; count "
                "frames from 0"
            )
        is_stack = self.format == "npy" and len(self.shape) >= 3
        return self.shape[1:] if is_stack else self.shape
