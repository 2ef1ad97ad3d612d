"""Spectrum of the reference per depth, its noise floor, and the band it offers."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sknac.qus._checks import real_rf
from sknac.qus._condition import bad_lines, condition
from sknac.qus._guards import check_rf, signal_doubts
from sknac.qus._noise import floor_is_known, noise_floor
from sknac.qus._reference import first_sample, settings_of
from sknac.qus._spectrum import block_rows, for_blocks, line_spectra

_DROP_DB = 6.0


@dataclass(frozen=True)
class ReferenceSpectrum:
    """What is kept of a reference: natural logs of power, per window row."""

    band_mhz: tuple
    ln_power: np.ndarray  # (n_rows, n_freqs); NaN where no line can be used
    ln_floor: np.ndarray | None  # (n_rows,); None where it cannot be known
    sources: tuple = ()  # digest and first sample of each acquisition
    doubts: tuple = ()  # what its samples say against it

    def __post_init__(self):
        # Many planes, and threads, share one.
        for values in (self.ln_power, self.ln_floor):
            if values is not None:
                values.setflags(write=False)

    @property
    def n_bytes(self) -> int:
        """Bytes of its arrays."""
        return self.ln_power.nbytes + (
            0 if self.ln_floor is None else self.ln_floor.nbytes
        )


def setting_of(plane, plan) -> tuple:
    """What the reference's spectrum for a plane depends on."""
    return (
        *settings_of(plane),
        plane.origin_mm[0],
        plane.speed_of_sound,
        plane.image.shape[0],
        plan.spectral_key,
    )


def frames_for(plane, acquisitions):
    """RF of acquisitions at the depths of a plane."""
    frames = []
    for scan in acquisitions:
        first = first_sample(plane, scan)
        frames.append(real_rf(scan.load())[first : first + plane.image.shape[0]])
    return frames


def spectrum_for(plane, plan, phantom, dtype, n_jobs=None, guards=False):
    """Spectrum of the acquisitions that fit a plane; guards look at their samples."""
    acquisitions = phantom.match(plane)
    for scan in acquisitions:
        scan.image.check_content()  # its digest stands in the keys of stored maps
    frames = frames_for(plane, acquisitions)
    seen = []
    for number, frame in enumerate(frames if guards else ()):
        try:
            seen.append(check_rf(frame, plan.fs_mhz))
        except ValueError as error:
            place = f"acquisition {number} of the reference"
            raise ValueError(f"{place}: {error}") from error
    found = reference_spectrum(
        frames,
        plan,
        plane.image.shape[0],
        dtype,
        start_depth_mm=plane.origin_mm[0],
        focus_mm=plane.focus_mm,
        n_jobs=n_jobs,
    )
    sources = ((p.image.digest, first_sample(plane, p)) for p in acquisitions)
    band = None if plan.bins is None else found.band_mhz  # its own needs no doubt
    doubts = {doubt for one in seen for doubt in signal_doubts(one, band)}
    return replace(found, sources=tuple(sources), doubts=tuple(sorted(doubts)[:1]))


def reference_spectrum(
    frames, plan, n_samples, dtype, *, start_depth_mm=0.0, focus_mm=None, n_jobs=None
):
    """Average the reference over lines and frames; choose the band if that is open."""
    if plan.bins is None:
        band = auto_band(frames, plan, n_samples, start_depth_mm, focus_mm)
        plan = plan.on_band(band)
    ln_power, ln_floor = log_spectrum(frames, plan, n_samples, dtype, n_jobs)
    told = plan.noise_mhz is not None
    if ln_floor is not None and not (told or floor_is_known(ln_power, ln_floor)):
        ln_floor = None
    return ReferenceSpectrum(plan.band_mhz, ln_power, ln_floor)


def auto_band(frames, plan, n_samples, start_depth_mm, focus_mm):
    """Find the bins round the peak, down to -6 dB, at the focal depth."""
    # The first two bins hold what the taper leaves of the offset.
    wide = replace(plan, hop_samples=max(1, plan.n_samples // 2))
    wide = wide.on_bins(2, (plan.n_fft - 1) // 2)
    ln, _ = log_spectrum(frames, wide, n_samples, np.float32, None)
    power = np.exp(ln)
    row = _focal_row(power.sum(axis=1), wide, start_depth_mm, focus_mm)
    near = power[max(0, row - 1) : row + 2]
    near = near[np.isfinite(near).all(axis=1)]
    if not len(near):
        raise ValueError(
            'band_mhz="auto" found no usable reference at the focal depth; give the '
            "band as (low, high), or another focus_mm"
        )
    spectrum = near.mean(axis=0)
    inside = 10 * np.log10(spectrum / spectrum.max()) >= -_DROP_DB
    outside = np.flatnonzero(~inside)
    peak = int(spectrum.argmax())
    first = int(np.max(outside[outside < peak], initial=-1)) + 1
    last = int(np.min(outside[outside > peak], initial=inside.size)) - 1
    return float(wide.freqs_mhz[first]), float(wide.freqs_mhz[last])


def _focal_row(power, plan, start_depth_mm, focus_mm):
    """Row nearest the focus; without one, the strongest in the frame's middle half.

    The probe's ring-down, or a standoff, is often the strongest of all.
    """
    n_rows = power.size
    depth_mm = plan.depth_mm(n_rows, start_depth_mm)
    if focus_mm is None:
        power = np.where(np.isfinite(power), power, 0.0)
        first, last = n_rows // 4, max(n_rows // 4 + 1, n_rows - n_rows // 4)
        return first + int(power[first:last].argmax())
    if not depth_mm[0] <= focus_mm <= depth_mm[-1]:
        raise ValueError(
            f"focus_mm={focus_mm:g} lies outside the windows' depths of "
            f"{depth_mm[0]:.1f} to {depth_mm[-1]:.1f} mm; give the focus in mm from "
            "the probe, or None"
        )
    return int(np.abs(depth_mm - focus_mm).argmin())


def log_spectrum(frames, plan, n_samples, dtype, n_jobs):
    """Mean over all lines and frames, then log: (n_rows, n_freqs), and the floor.

    Lines that are clipped or dead inside a window are left out of its mean; a
    depth with no line left has NaN.
    """
    n_rows = plan.n_rows(n_samples)
    total = np.zeros((n_rows, plan.freqs_mhz.size))
    weight = np.zeros((n_rows, 1))
    dft = plan.dft_matrix(dtype)
    floors = []
    for frame in frames:
        rf = condition(frame[:n_samples], plan.n_samples, dtype)
        if rf.nonfinite is not None:
            raise ValueError(
                f"the reference holds {int(rf.nonfinite.sum())} NaN or infinite "
                "samples; give another acquisition or cut them off"
            )
        bad = np.zeros((n_rows, frame.shape[1]), dtype=bool)
        for marks in bad_lines(rf, plan).values():
            bad |= marks
        task = partial(_add_block, rf, dft, plan, ~bad, total)
        for_blocks(n_rows, block_rows(plan, frame.shape[1], dtype), task, n_jobs)
        weight += (~bad).sum(axis=1, keepdims=True)
        floors.append(noise_floor(rf, plan))
    with np.errstate(divide="ignore", invalid="ignore"):
        ln = np.log(total / weight)
    if not np.isfinite(ln).all(axis=1).any():
        raise ValueError(
            "there is no usable reference: at every depth all its lines are zero, "
            "constant or clipped; give another acquisition"
        )
    floor = None if floors[0] is None else np.mean(floors, axis=0)
    return np.where(np.isfinite(ln), ln, np.nan), floor


def _add_block(rf, dft, plan, good, total, first, last, scratch):
    """Add the power of one frame's good lines to the total of each row."""
    parts = line_spectra(rf.samples, dft, plan, (first, last), scratch)
    if not good[first:last].all():
        parts *= good[first:last, None, :]
    squares = np.vecdot(parts, parts)
    n_freqs = squares.shape[1] // 2
    total[first:last] += (squares[:, :n_freqs] + squares[:, n_freqs:]) * rf.scale**2
