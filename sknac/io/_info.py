"""`ArrayInfo`: what a file holds."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.utils._room import check_room


@dataclass(frozen=True)
class ArrayInfo:
    """What a file holds, known without reading its samples.

    Parameters
    ----------
    path : str
        The file.
    format : str
        Kind of file: ``"ultrasonix"``, ``"image"``, ``"npy"`` and so on.
    shape : tuple of int
        Shape of one frame; of the whole array where `is_stack`.
    dtype : numpy.dtype
        Type of the samples as `read_array` returns them.
    n_frames : int, default=1
        Number of frames; of a stack the length of its first axis.
    fs_mhz : float or None, default=None
        Sampling frequency where the header states one.
    header : dict
        What else the header of an Ultrasonix file says: ``type_code`` (16 for RF, 4
        for a B-mode image, 2 for the pre-scan envelope), ``sample_bits``,
        ``corners_px`` of the scanned region (upper left, upper right, lower right,
        lower left, each (column, row); zeros in RF files), ``frame_tag_bytes`` that
        stand before each frame, and ``transmit_mhz`` as the file states it. That
        can be wrong (a real file says 10 MHz where its spectrum peaks at 5.3 MHz):
        never take the analysis band from it. Of DICOM: ``regions`` of the screen,
        ``spacing_source``, ``colour`` and others. ``doubts`` of any format are texts
        that put its spacing in doubt; `cohort_from_table` warns of them.
    is_stack : bool, default=False
        Whether `shape` is that of a whole array whose first axis counts the frames
        (``.npy`` and the like), so that it can be read whole too.
    signal : {"rf", "iq", "envelope", "bmode"} or None, default=None
        What the samples are, where the file says so.
    spacing_mm : tuple of (float, float) or None, default=None
        (axial, lateral) distance of neighbouring samples in mm, where the file
        states it.
    start_depth_mm : float or None, default=None
        Depth of the first row in mm, where the file states it.
    focus_mm : float or None, default=None
        Depth of the transmit focus in mm, where the file states it.
    probe : str or None, default=None
        Name of the probe, where the file states it.
    transmit_mhz : float or None, default=None
        Transmit frequency in MHz, where the file can be trusted with it.
    gain_db : float or None, default=None
        Overall receive gain in dB, where the file states it.
    tgc : tuple of (float, float), default=()
        Time-gain compensation as (depth in mm, gain in dB), where the file states it.
    variable : str or None, default=None
        Which array of the file this is, where it holds several.
    reader : str or None, default=None
        Import path of the module or object that reads the file, where it is not one
        of sknac's own (`register_reader`), so that workers find it too.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.io import ArrayInfo
    >>> info = ArrayInfo(
    ...     "maps.npy", "npy", (4, 8, 6), np.dtype("float32"), n_frames=4, is_stack=True
    ... )
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
    is_stack: bool = False
    signal: str | None = None
    spacing_mm: tuple[float, float] | None = None
    start_depth_mm: float | None = None
    focus_mm: float | None = None
    probe: str | None = None
    transmit_mhz: float | None = None
    gain_db: float | None = None
    tgc: tuple[tuple[float, float], ...] = ()
    variable: str | None = None
    reader: str | None = None

    def frame_shape(self, frame: int | None = None) -> tuple[int, ...]:
        """Tell the shape of what `read_array` gives.

        Parameters
        ----------
        frame : int or None, default=None
            Frame number from 0; None for the only frame, or a whole stack.

        Returns
        -------
        tuple of int
            Its shape.

        Raises
        ------
        ValueError
            If there is no such frame, or several and none is named.
        TypeError
            If the frame is not a whole number.
        SknacFormatError
            If it would not fit into memory.
        """
        shape = self._frame_shape(frame)
        try:
            check_room(
                f"an array of shape {shape}",
                math.prod(shape) * self.dtype.itemsize,
                "read it frame by frame with frame=, or check its header",
            )
        except ValueError as error:
            raise SknacFormatError(self.path, str(error)) from error
        return shape

    def coloured_share(self, frame: int | None = None) -> float:
        """Tell how much of a frame is coloured: Doppler, calipers, a logo.

        The frame is read for it; `read_array` gives its ITU-R 601 luma.

        Parameters
        ----------
        frame : int or None, default=None
            Frame number from 0; None for the only frame.

        Returns
        -------
        float
            Share in [0, 1] of pixels whose channels differ by more than 16 of 255;
            0 for formats that hold no colour.
        """
        coloured = self._coloured(frame, 0.0)
        return 0.0 if coloured is None else float(np.mean(coloured))

    def coloured_pixels(
        self, frame: int | None = None, *, saturation: float = 0.4
    ) -> np.ndarray:
        """Tell which pixels of a frame are coloured: calipers, marks, Doppler.

        The frame is read for it.

        Parameters
        ----------
        frame : int or None, default=None
            Frame number from 0; None for the only frame.
        saturation : float, default=0.4
            Least (max - min) / max of a pixel's channels; screens that are tinted as a
            whole have up to 0.25, and drawn colours 0.5 and more.

        Returns
        -------
        ndarray of bool of the frame's shape
            As `read_array` gives the frame; False for formats that hold no colour.
        """
        coloured = self._coloured(frame, saturation)
        shape = self.frame_shape(frame)
        return np.zeros(shape, dtype=bool) if coloured is None else coloured

    def _coloured(self, frame, saturation):
        """Ask the reader for the coloured pixels; None where there is no colour."""
        from sknac.io._readers import find_reader  # which knows this class

        self.frame_shape(frame)
        reader = find_reader(self.path, self.reader)
        tell = getattr(reader, "coloured_pixels", None)
        return None if tell is None else tell(self, frame, saturation)

    def _frame_shape(self, frame):
        """Tell the shape, whatever its size."""
        n_frames = self.n_frames
        if frame is None and n_frames > 1 and not self.is_stack:
            raise ValueError(
                f"{self.path}: holds {n_frames} frames; say which one with frame=0 to "
                f"frame={n_frames - 1}"
            )
        if frame is None:
            return self.shape
        if not _is_whole(frame):
            raise TypeError(f"frame must be a whole number from 0, got {frame!r}")
        if not 0 <= frame < n_frames:
            raise ValueError(
                f"{self.path}: frame={frame} does not exist, it has {n_frames}; count "
                "frames from 0"
            )
        return self.shape[1:] if self.is_stack else self.shape


_SIGNALS = ("rf", "iq", "envelope", "bmode", None)
_POSITIVE = ("fs_mhz", "transmit_mhz")
_FINITE = ("start_depth_mm", "focus_mm", "gain_db")


def check_info(info: ArrayInfo) -> ArrayInfo:
    """Refuse what no file can hold, whichever reader said it."""
    wrong = [
        (name, "a finite number" + " > 0" * (name in _POSITIVE))
        for name in _POSITIVE + _FINITE
        if getattr(info, name) is not None
        and not _is_number(getattr(info, name), name in _POSITIVE)
    ]
    pair = info.spacing_mm
    if pair is not None and not (
        len(pair) == 2 and all(_is_number(side, True) for side in pair)
    ):
        wrong.append(("spacing_mm", "two finite numbers > 0"))
    if info.dtype.kind not in "biufc":
        wrong.append(("dtype", "a type of numbers"))
    if any(side < 0 for side in info.shape):
        wrong.append(("shape", "sides that are not negative"))
    if info.is_stack and info.shape[:1] != (info.n_frames,):
        wrong.append(("n_frames", f"the first side of a stack of shape {info.shape}"))
    if not info.is_stack and not (_is_whole(info.n_frames) and info.n_frames > 0):
        wrong.append(("n_frames", "a whole number > 0"))
    if info.signal not in _SIGNALS:
        wrong.append(("signal", f"one of {_SIGNALS}"))
    if not isinstance(info.probe, str | None):
        wrong.append(("probe", "a text"))
    if not all(len(pair) == 2 and all(map(_is_number, pair)) for pair in info.tgc):
        wrong.append(("tgc", "pairs of (depth in mm, gain in dB)"))
    for name, legal in wrong[:1]:
        raise SknacFormatError(
            info.path, f"{name} must be {legal}, got {getattr(info, name)!r}"
        )
    return info


def _is_number(value, positive=False):
    """Tell whether a value is a number."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and (value > 0 or not positive)


def _is_whole(value):
    """Tell whether a value counts something."""
    return isinstance(value, Integral) and not isinstance(value, bool)
