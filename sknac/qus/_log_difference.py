"""The spectral log difference of scan and reference: a slope over depth."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sknac.qus._condition import bad_lines, condition
from sknac.qus._estimates import DB
from sknac.qus._noise import noise_floor, snr_db
from sknac.qus._plan import WindowPlan
from sknac.qus._spectrum import Scratch, line_spectra
from sknac.utils._blas import single_blas_thread
from sknac.utils._result import Result
from sknac.utils._room import check_room

_MIN_DEPTH_MM = 10.0
_MIN_BLOCKS = 4  # neighbouring groups of lines, for the standard error


@dataclass(frozen=True, repr=False)
class AttenuationEstimate(Result):
    """Attenuation of tissue, as estimated from its RF.

    Parameters
    ----------
    db_cm_mhz : float
        One-way attenuation in dB/(cm MHz^n).
    standard_error : float
        Its standard error from speckle, by jackknife over neighbouring groups of
        lines of scan and (where its RF was at hand) reference; NaN where the
        reference is narrower than two groups.
    depth_range_mm : tuple of float
        First and last window centre used.
    n_depths : int
        Half-overlapping windows used.
    """

    db_cm_mhz: float
    standard_error: float
    depth_range_mm: tuple
    n_depths: int

    def __repr__(self):
        low, high = self.depth_range_mm
        return (
            f"AttenuationEstimate({self.db_cm_mhz:.3f} +- {self.standard_error:.3f} "
            f"dB/cm/MHz, {low:.1f} to {high:.1f} mm)"
        )


@dataclass(frozen=True)
class GroupSpectra:
    """Power of groups of lines at half-overlapping depths, and the reference's."""

    plan: WindowPlan
    depth_mm: np.ndarray  # (n_rows,)
    groups: tuple  # power (n_rows, n_groups, n_freqs) and lines (n_rows, n_groups)
    ln_reference: np.ndarray  # (n_rows, n_freqs)
    used: np.ndarray  # (n_rows,): inside the region and above the noise
    theirs: tuple | None  # the reference's groups, where its RF is at hand


def group_spectra(scans, job, frames=None, region_mm=(None, None)) -> GroupSpectra:
    """Sum up the power of groups of lines, over all scans of one place."""
    reference, min_snr_db = job.reference, job.recipe.min_snr_db
    step = max(1, round(job.plan.n_samples / 2 / job.plan.hop_samples))
    plan = replace(job.plan, hop_samples=step * job.plan.hop_samples)
    n_samples, n_lines = scans[0].shape
    n_rows = plan.n_rows(n_samples)
    depth_mm = plan.depth_mm(n_rows, job.plane.origin_mm[0])
    lines = _inside(np.arange(n_lines) * plan.line_pitch_mm, region_mm[1])
    _check_width(lines.sum() // plan.n_lines, plan)
    groups, floors = (0.0, 0.0), []
    for rf in scans:
        data = condition(rf, plan.n_samples, np.dtype(np.float32))
        one = _group_power(data, plan, lines)
        groups = tuple(a + b for a, b in zip(groups, one, strict=True))
        if min_snr_db is not None and reference.ln_floor is not None:
            floors.append(noise_floor(data, plan))
    ln_scan = np.log(_mean_power(*groups))
    ln_reference = reference.ln_power[::step][:n_rows]
    used = _inside(depth_mm, region_mm[0]) & np.isfinite(ln_scan).all(axis=1)
    used &= np.isfinite(ln_reference).all(axis=1)
    if floors:
        floor = reference.ln_floor[::step][:n_rows]
        used &= ~(snr_db(ln_reference, floor) < min_snr_db)
        used &= ~(snr_db(ln_scan, np.mean(floors, axis=0)) < min_snr_db)
    theirs = None if frames is None else _reference_groups(frames, plan)
    return GroupSpectra(plan, depth_mm, groups, ln_reference, used, theirs)


def attenuation_of(scans, job, frames=None, region_mm=(None, None)):
    """Estimate the attenuation of a frame, or of several of one place.

    Without the reference's `frames` the standard error leaves its speckle out.
    """
    seen = group_spectra(scans, job, frames, region_mm)
    used, depth_mm = seen.used, seen.depth_mm
    _check_depth(depth_mm[used], seen.plan)
    fit = _Slope(depth_mm, used, seen.plan.freqs_mhz, job.media)
    ln_scan = np.log(_mean_power(*seen.groups))
    variance = _jackknife(seen.groups, lambda ln: fit(ln, seen.ln_reference))
    if frames is not None:
        variance += _jackknife(seen.theirs, lambda ln: fit(ln_scan, ln))
    return AttenuationEstimate(
        db_cm_mhz=fit(ln_scan, seen.ln_reference),
        standard_error=float(np.sqrt(variance)),
        depth_range_mm=(float(depth_mm[used][0]), float(depth_mm[used][-1])),
        n_depths=int(used.sum()),
    )


def resolve_attenuation(rf, job, frames=None):
    """Return the media with the estimate in the place of "estimate", and it or None."""
    if not isinstance(job.media.attenuation, str):
        return job.media, None
    found = attenuation_of([rf], job, frames)
    if not found.db_cm_mhz >= 0:
        raise ValueError(
            f"the estimated attenuation is {found.db_cm_mhz:.2f} +- "
            f"{found.standard_error:.2f} dB/(cm MHz^n), below 0: the frame is not "
            "uniform or too small; give attenuation_db_cm_mhz as a number"
        )
    return replace(job.media, attenuation=found.db_cm_mhz), found


class _Slope:
    """Least squares over depth and frequency, one free constant per frequency."""

    def __init__(self, depth_mm, used, freqs_mhz, media):
        depth_cm = depth_mm[used] / 10
        along = depth_cm - depth_cm.mean()
        f = freqs_mhz**media.attenuation_power
        self._used = used
        self._weights = np.outer(along, f) / (-2 * np.sum(along**2) * np.sum(f**2))
        self._reference_db = media.reference_db(depth_mm, freqs_mhz)[used]

    def __call__(self, ln_scan, ln_reference):
        difference = DB * (ln_scan - ln_reference)[self._used] - self._reference_db
        return float(np.sum(self._weights * difference))


def _inside(places_mm, limits_mm):
    """Mark the places between two limits; None limits nothing."""
    if limits_mm is None:
        return np.ones(places_mm.size, dtype=bool)
    low, high = limits_mm
    if not low < high:
        raise ValueError(
            f"a range must be (low, high) in mm, low < high, got {limits_mm!r}"
        )
    return (places_mm >= low) & (places_mm <= high)


def _check_depth(depth_mm, plan):
    """Raise when the region is too short to tell a slope from speckle."""
    window_mm = plan.n_samples * plan.sample_mm
    extent = depth_mm[-1] - depth_mm[0] + window_mm if depth_mm.size else 0.0
    if extent < _MIN_DEPTH_MM:
        raise ValueError(
            f"only {extent:.1f} mm of depth can be used, and attenuation needs "
            f"{_MIN_DEPTH_MM:g} mm of uniform tissue above the noise; widen "
            "depth_range_mm, or give the attenuation as a number"
        )


def _check_width(n_groups, plan):
    """Raise when too few groups of lines are left for a standard error."""
    if n_groups < _MIN_BLOCKS:
        raise ValueError(
            f"only {n_groups} groups of {plan.n_lines} lines fit, and the standard "
            f"error needs {_MIN_BLOCKS}; widen lateral_range_mm or narrow window_mm "
            "laterally"
        )


def _group_power(data, plan, lines):
    """Power summed over groups of lines, and how many: (n_rows, n_groups, n_freqs)."""
    n_rows = plan.n_rows(data.samples.shape[0])
    check_room(
        f"n_fft={plan.n_fft} (all windows' spectra are held to estimate attenuation)",
        24 * n_rows * plan.freqs_mhz.size * data.samples.shape[1],
        "take a shorter n_fft",
    )
    dft = plan.dft_matrix(data.samples.dtype)
    with single_blas_thread():
        parts = line_spectra(data.samples, dft, plan, (0, n_rows), Scratch())
    n_freqs = plan.freqs_mhz.size
    power = np.square(parts[:, :n_freqs]) + np.square(parts[:, n_freqs:])
    good = np.broadcast_to(lines, (n_rows, lines.size)).copy()
    for marks in bad_lines(data, plan).values():
        good &= ~marks
    power = np.where(good[:, None], power, 0).astype(np.float64) * data.scale**2
    n_groups = max(1, lines.sum() // plan.n_lines)
    starts = np.flatnonzero(lines)[0] + np.arange(n_groups) * plan.n_lines
    # The last group takes the lines that are left over.
    total = np.add.reduceat(power, starts, axis=2).transpose(0, 2, 1)
    return total, np.add.reduceat(good, starts, axis=1, dtype=float)


def _reference_groups(frames, plan):
    """Groups of lines of the reference, over all frames: these may be alike."""
    total, count = 0.0, 0.0
    n_lines = min(frame.shape[1] for frame in frames)
    for frame in frames:
        data = condition(frame[:, :n_lines], plan.n_samples, np.dtype(np.float32))
        power, n = _group_power(data, plan, np.ones(n_lines, dtype=bool))
        total, count = total + power, count + n
    return total, count


def _mean_power(total, count):
    """Mean power per row over all groups; NaN where no line can be used."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total.sum(axis=1) / count.sum(axis=1)[:, None]
    return np.where(mean > 0, mean, np.nan)


def _jackknife(groups, estimate):
    """Variance of an estimate, leaving one group of lines out at a time."""
    total, count = groups
    n = total.shape[1]
    if n < 2:
        return np.nan
    left = []
    for i in range(n):
        kept = np.arange(n) != i
        ln = np.log(_mean_power(total[:, kept], count[:, kept]))
        left.append(estimate(ln))
    left = np.array(left)
    return (n - 1) / n * np.sum((left - left.mean()) ** 2)
