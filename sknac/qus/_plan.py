"""Where the windows lie, which frequency bins they use, and their DFT matrix."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.signal import get_window

from sknac.qus._checks import pair
from sknac.utils._bounds import likely_unit
from sknac.utils._doubts import say
from sknac.utils._numbers import not_negative, positive
from sknac.utils._room import check_room

_MIN_BINS, _FEW_BINS = 3, 8
_USUAL_MHZ, _USUAL_WINDOW_MM = (5, 500), (0.2, 20)
_SHORTER = "take a shorter n_fft, or None for the window's next power of two"


@dataclass(frozen=True)
class WindowPlan:
    """Window lengths and hops in samples and lines, and the bins of the band."""

    fs_mhz: float
    line_pitch_mm: float
    sample_mm: float
    n_samples: int
    n_lines: int
    hop_samples: int
    hop_lines: int
    n_fft: int
    band_mhz: tuple | None  # None until the reference has chosen it
    bins: tuple | None
    taper: str | tuple
    noise_mhz: tuple | None = None  # where noise is read; None: above the band

    @cached_property
    def freqs_mhz(self):
        """Bin frequencies inside the band, in MHz."""
        return np.arange(self.bins[0], self.bins[1] + 1) * self.fs_mhz / self.n_fft

    def on_band(self, band_mhz):
        """Return the same windows on another band."""
        band_mhz, bins = _band(band_mhz, self.fs_mhz, self.n_fft)
        return replace(self, band_mhz=band_mhz, bins=bins)

    def on_bins(self, first, last):
        """Return the same windows on bins of one's choice, band or not."""
        step = self.fs_mhz / self.n_fft
        return replace(self, band_mhz=(first * step, last * step), bins=(first, last))

    @property
    def spacing_mm(self):
        """Distances of neighbouring window centres: (axial, lateral)."""
        axial = self.hop_samples * self.sample_mm
        return axial, self.hop_lines * self.line_pitch_mm

    @property
    def spectral_key(self):
        """What a reference spectrum depends on, lateral geometry apart."""
        return (
            self.fs_mhz,
            self.n_samples,
            self.hop_samples,
            self.n_fft,
            self.bins,
            self.taper,
            self.noise_mhz,
        )

    def n_rows(self, n_samples):
        """Count the whole windows that fit into `n_samples`."""
        return max(0, (n_samples - self.n_samples) // self.hop_samples + 1)

    def n_columns(self, n_lines):
        """Count the whole windows that fit into `n_lines`."""
        return max(0, (n_lines - self.n_lines) // self.hop_lines + 1)

    def depth_mm(self, n_rows, start_depth_mm=0.0):
        """Depths of the window centres."""
        centre = np.arange(n_rows) * self.hop_samples + (self.n_samples - 1) / 2
        return start_depth_mm + centre * self.sample_mm

    def lateral_mm(self, n_columns):
        """Lateral positions of the window centres, from the first line."""
        centre = np.arange(n_columns) * self.hop_lines + (self.n_lines - 1) / 2
        return centre * self.line_pitch_mm

    def dft_matrix(self, dtype, freqs_mhz=None):
        """Cosine over sine rows, tapered, so that the squares sum to |X|^2 / n."""
        n = self.n_samples
        freqs_mhz = self.freqs_mhz if freqs_mhz is None else freqs_mhz
        taper = get_window(self.taper, n, fftbins=False)
        taper = taper / np.sqrt(np.mean(taper**2) * n)
        phase = np.outer(freqs_mhz / self.fs_mhz, np.arange(n)) * (2 * np.pi)
        rows = np.concatenate([np.cos(phase), np.sin(phase)])
        return (rows * taper).astype(dtype)


def check_rf(plane) -> None:
    """Refuse what is no plane of RF, arrays too."""
    kind = getattr(plane, "kind", type(plane).__name__)
    if kind != "rf":
        raise ValueError(
            f"the plane must be RF, got {kind}; Plane.from_rf makes one of an array"
        )


def make_plan(
    plane,
    *,
    band_mhz,
    window_mm,
    overlap,
    n_fft=None,
    taper="hann",
    noise_band_mhz=None,
):
    """Lay windows on an RF plane, or say which setting cannot be met."""
    check_rf(plane)
    not_negative("start_depth_mm", plane.origin_mm[0], "give the first depth in mm")
    sample_mm = plane.speed_of_sound / (2e3 * plane.fs_mhz)
    spacing_mm = (sample_mm, plane.spacing_mm[1])
    lengths = window_lengths(window_mm, spacing_mm, plane)
    hops = window_hops(overlap, lengths)
    n_fft = _n_fft(n_fft, lengths[0])
    band_mhz, bins = _band(band_mhz, plane.fs_mhz, n_fft)
    plan = WindowPlan(
        fs_mhz=plane.fs_mhz,
        line_pitch_mm=spacing_mm[1],
        sample_mm=sample_mm,
        n_samples=lengths[0],
        n_lines=lengths[1],
        hop_samples=hops[0],
        hop_lines=hops[1],
        n_fft=n_fft,
        band_mhz=band_mhz,
        bins=bins,
        taper=taper,
        noise_mhz=_noise_band(noise_band_mhz, plane.fs_mhz),
    )
    _check_spectra(plan, plane.image.shape)
    return plan


def _check_spectra(plan, shape):
    """Refuse spectra of a frame that would not fit into memory."""
    first, last = plan.bins or (2, plan.n_fft // 2)
    # Rows of the DFT while they are made, the reference's spectra, a row of windows.
    numbers = 6 * plan.n_samples + 4 * plan.n_rows(shape[0]) + 8 * shape[1]
    check_room(
        f"n_fft={plan.n_fft} of windows of {plan.n_samples} samples",
        8 * (last - first + 1) * numbers,
        _SHORTER,
    )


def window_lengths(window_mm, spacing_mm, plane):
    """Window lengths in samples and lines; they fit into the frame."""
    shape = plane.image.shape
    sides = [
        positive("window_mm", side, "give the window's side or (axial, lateral) in mm")
        for side in pair("window_mm", window_mm)
    ]
    lengths = [max(1, round(a / b)) for a, b in zip(sides, spacing_mm, strict=True)]
    if lengths[0] < 8:
        raise ValueError(
            f"window_mm={sides[0]:g} is only {lengths[0]} samples long axially, and "
            "at least 8 are needed; enlarge window_mm"
            + _unit_of(
                window_mm=(sides[0], "mm", _USUAL_WINDOW_MM),
                fs_mhz=(plane.fs_mhz, "MHz", _USUAL_MHZ),
            )
        )
    if lengths[0] > shape[0] or lengths[1] > shape[1]:
        raise ValueError(
            f"the window of {lengths[0]} samples x {lengths[1]} lines is larger than "
            f"the frame of {shape[0]} x {shape[1]}; reduce window_mm or check "
            "line_pitch_mm and fs_mhz"
            + _unit_of(
                fs_mhz=(plane.fs_mhz, "MHz", _USUAL_MHZ),
                window_mm=(max(sides), "mm", _USUAL_WINDOW_MM),
            )
        )
    return lengths


def _unit_of(**settings):
    """Name the likely unit of the first value that is far from what is usual."""
    for name, (value, unit, usual) in settings.items():
        if value is not None and not usual[0] <= value <= usual[1]:
            return f" ({likely_unit(name, value, unit, usual)})"
    return ""


def window_hops(overlap, lengths):
    """Window hops in samples and lines."""
    hops = []
    for share, length in zip(pair("overlap", overlap), lengths, strict=True):
        if not 0 <= share < 1:
            raise ValueError(
                f"overlap={overlap!r} must lie in [0, 1); 0.95 moves a window by "
                "5 % of its length"
            )
        hops.append(max(1, round((1 - share) * length)))
    return hops


def _n_fft(n_fft, n_samples):
    """FFT length: the next power of two unless given."""
    if n_fft is None:
        return 1 << (n_samples - 1).bit_length()
    if n_fft < n_samples:
        raise ValueError(
            f"n_fft must be at least the window's {n_samples} samples, got {n_fft}"
        )
    check_room(f"n_fft={n_fft}", 8 * n_fft, _SHORTER)
    return int(n_fft)


def _noise_band(noise_band_mhz, fs_mhz):
    """Check the frequencies at which noise is read."""
    if noise_band_mhz is None:
        return None
    low, high = pair("noise_band_mhz", noise_band_mhz)
    if not 0 < low < high <= fs_mhz / 2:
        raise ValueError(
            "noise_band_mhz must satisfy 0 < low < high <= the Nyquist frequency "
            f"{fs_mhz / 2:g} MHz, got {noise_band_mhz!r}"
        )
    return float(low), float(high)


def _band(band_mhz, fs_mhz, n_fft):
    """Band and its first and last DFT bin, both included; None twice for "auto"."""
    if isinstance(band_mhz, str) and band_mhz == "auto":
        return None, None
    try:
        low, high = (float(edge) for edge in band_mhz)
    except (TypeError, ValueError):
        raise ValueError(
            f'band_mhz must be a pair (low, high) in MHz or "auto", got {band_mhz!r}'
        ) from None
    if not 0 < low < high:
        raise ValueError(f"band_mhz must satisfy 0 < low < high, got {band_mhz!r}")
    if high > fs_mhz / 2:
        raise ValueError(
            f"band_mhz={band_mhz!r} reaches beyond the Nyquist frequency "
            f"{fs_mhz / 2:g} MHz of fs_mhz={fs_mhz:g}; lower the band or check fs_mhz"
        )
    step = fs_mhz / n_fft
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    n_bins = last - first + 1
    if n_bins < _MIN_BINS:
        raise ValueError(
            f"band_mhz={band_mhz!r} holds {max(n_bins, 0)} frequency bins of "
            f"{step:g} MHz, and at least {_MIN_BINS} are needed; widen band_mhz, "
            "lengthen window_mm or raise n_fft"
        )
    if n_bins < _FEW_BINS:
        say(
            f"band_mhz={band_mhz!r} holds only {n_bins} frequency bins of {step:g} "
            "MHz, so slopes and diameters are very uncertain; widen band_mhz"
        )
    return (low, high), (first, last)
