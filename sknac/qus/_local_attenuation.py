"""Attenuation block by block: the spectral log difference within each."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sknac.cohort import Grid, Plane
from sknac.qus._checks import pair
from sknac.qus._estimates import DB
from sknac.qus._log_difference import group_spectra
from sknac.utils._numbers import positive
from sknac.utils._result import Result

_MIN_DEPTHS = 5  # half-overlapping windows, for a slope
_MIN_GROUPS = 4  # of lines, for a standard error
_MOST = 3.0  # dB/(cm MHz^n)


@dataclass(frozen=True, repr=False)
class AttenuationMap(Result):
    """Local attenuation of tissue, in blocks that overlap.

    Parameters
    ----------
    db_cm_mhz : ndarray of shape (n_axial_blocks, n_lateral_blocks)
        One-way attenuation in dB/(cm MHz^n); NaN where a block holds a depth that
        cannot be used. Negative values are left as they are.
    standard_error : ndarray of shape (n_axial_blocks, n_lateral_blocks)
        Its standard error from speckle of scan and reference, by jackknife over
        groups of lines.
    depth_mm : ndarray of shape (n_axial_blocks,)
        Depth of the blocks' centres.
    lateral_mm : ndarray of shape (n_lateral_blocks,)
        Lateral position of the blocks' centres, from the first line.
    block_mm : tuple of float
        Size of a block, (axial, lateral), in whole windows.
    """

    db_cm_mhz: np.ndarray
    standard_error: np.ndarray
    depth_mm: np.ndarray
    lateral_mm: np.ndarray
    block_mm: tuple

    @property
    def grid(self) -> Grid:
        """Where the blocks' centres lie in the scan, in mm."""
        places = self.depth_mm, self.lateral_mm
        steps = [float(p[1] - p[0]) if p.size > 1 else 1.0 for p in places]
        origin = tuple(float(p[0]) for p in places)
        return Grid(self.db_cm_mhz.shape, tuple(steps), origin)

    def to_samples(self, plane: Plane) -> np.ndarray:
        """Interpolate to a plane's samples, for `qus_maps` or `QUSMapper`.

        Parameters
        ----------
        plane : Plane
            The RF plane.

        Returns
        -------
        ndarray of shape (n_samples, n_lines)
            Linear between centres, and that of the nearest block beyond them and
            where a block has none; kept within 0 to 3 dB/(cm MHz^n).

        Raises
        ------
        ValueError
            If no block has a value.
        """
        known = np.isfinite(self.db_cm_mhz)
        if not known.any():
            raise ValueError(
                "no block of the map has a value; take larger blocks or another region"
            )
        depth, lateral = plane.grid.axial, plane.grid.lateral
        columns = np.flatnonzero(known.any(axis=0))
        down = [
            np.interp(depth, self.depth_mm[rows], self.db_cm_mhz[rows, column])
            for column in columns
            for rows in [known[:, column]]
        ]
        at = self.lateral_mm[columns]
        across = [np.interp(lateral, at, values) for values in np.transpose(down)]
        return np.clip(across, 0.0, _MOST)

    def __repr__(self):
        n, m = self.db_cm_mhz.shape
        high, wide = self.block_mm
        return (
            f"AttenuationMap({n} x {m} blocks of {high:.1f} x {wide:.1f} mm, median "
            f"{np.nanmedian(self.db_cm_mhz):.3f} dB/cm/MHz)"
        )


def local_attenuation(scans, job, frames, region_mm, block_mm) -> AttenuationMap:
    """Fit a slope over depth in every block of a frame."""
    seen = group_spectra(scans, job, frames, region_mm)
    plan = seen.plan
    window_mm = plan.n_samples * plan.sample_mm, plan.n_lines * plan.line_pitch_mm
    n_depths, n_groups = _block(block_mm, window_mm, seen)
    fit = _LocalSlopes(seen, job.media, n_depths)
    power, count = (sliding_window_view(each, n_groups, axis=1) for each in seen.groups)
    total, lines = power.sum(axis=-1), count.sum(axis=-1)
    slope = fit.scan(total, lines)
    left = [
        fit.scan(total - power[..., k], lines - count[..., k]) for k in range(n_groups)
    ]
    variance = _spread(np.array(left))
    if seen.theirs is not None:
        total, lines = (each.sum(axis=1) for each in seen.theirs)
        left = [
            fit.reference(total - one, lines - n)
            for one, n in zip(
                np.moveaxis(seen.theirs[0], 1, 0), seen.theirs[1].T, strict=True
            )
        ]
        variance = variance + _spread(np.array(left))[:, None]
    first = float(_first_line(plan, region_mm[1]))
    across = (np.arange(slope.shape[1]) + n_groups / 2) * plan.n_lines - 0.5
    return AttenuationMap(
        db_cm_mhz=slope,
        standard_error=np.sqrt(variance),
        depth_mm=sliding_window_view(seen.depth_mm, n_depths).mean(axis=-1),
        lateral_mm=(first + across) * plan.line_pitch_mm,
        block_mm=((n_depths + 1) / 2 * window_mm[0], n_groups * window_mm[1]),
    )


def _first_line(plan, limits_mm):
    """First line between two limits."""
    if limits_mm is None:
        return 0
    return np.ceil(max(limits_mm[0], 0.0) / plan.line_pitch_mm - 1e-9)


def _block(block_mm, window_mm, seen):
    """Half-overlapping windows and groups of lines in a block; it fits the frame."""
    sides = [
        positive("block_mm", side, "give a block's side or (axial, lateral) in mm")
        for side in pair("block_mm", block_mm)
    ]
    n_depths = round(2 * sides[0] / window_mm[0]) - 1
    n_groups = round(sides[1] / window_mm[1])
    least = (_MIN_DEPTHS + 1) / 2 * window_mm[0], _MIN_GROUPS * window_mm[1]
    if n_depths < _MIN_DEPTHS or n_groups < _MIN_GROUPS:
        raise ValueError(
            f"block_mm must be at least ({least[0]:.1f}, {least[1]:.1f}) mm, for "
            f"windows of {window_mm[0]:.1f} x {window_mm[1]:.1f} mm, got {block_mm!r}"
        )
    there = seen.groups[0].shape
    if n_depths > there[0] or n_groups > there[1]:
        raise ValueError(
            f"the block of {sides[0]:g} x {sides[1]:g} mm is larger than the region; "
            "take smaller blocks, or None for one estimate"
        )
    return n_depths, n_groups


def _spread(left):
    """Jackknife variance of estimates that leave one group out each."""
    n = len(left)
    if n < 2:
        return np.full(left.shape[1:], np.nan)
    return (n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0)


class _LocalSlopes:
    """Least squares over depth and frequency in blocks, one constant per frequency.

    The frequencies are weighed first: what is left is a slope over depth.
    """

    def __init__(self, seen, media, n_depths):
        f = seen.plan.freqs_mhz**media.attenuation_power
        self._weights = f / np.sum(f**2)
        reference_db = media.reference_db(seen.depth_mm, seen.plan.freqs_mhz)
        known = DB * seen.ln_reference + reference_db
        self._known = np.where(seen.used[:, None], known, np.nan) @ self._weights
        along = np.arange(n_depths) - (n_depths - 1) / 2
        step_cm = seen.plan.hop_samples * seen.plan.sample_mm / 10
        self._along = along / (-2 * step_cm * np.sum(along**2))

    def scan(self, total, lines):
        """Slopes of mean powers (n_rows, n_columns, n_freqs) in each block."""
        return self._slopes(self._level(total, lines) - self._known[:, None])

    def reference(self, total, lines):
        """What the reference's mean powers (n_rows, n_freqs) add to each slope."""
        return self._slopes(self._level(total, lines))

    def _level(self, total, lines):
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.log(total / lines[..., None])
        return DB * np.where(np.isfinite(mean), mean, np.nan) @ self._weights

    def _slopes(self, level):
        return sliding_window_view(level, self._along.size, axis=0) @ self._along
