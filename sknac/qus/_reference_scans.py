"""Scans of a phantom at one setting: all their gates against their mean."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort import Grid
from sknac.qus._condition import condition
from sknac.qus._estimates import DB
from sknac.qus._line_sums import Likeness, rows_of, usable_lines
from sknac.qus._noise import floor_is_known, noise_floor, snr_db
from sknac.utils._room import check_room

_BLOCK_MM = 4.0  # side of the blocks whose levels are compared
_DTYPE = np.dtype(np.float32)


class Scans:
    """Spectra of all gates of acquisitions of one setting, against their mean."""

    def __init__(self, frames, plan):
        self.n_rows = plan.n_rows(frames[0].shape[0])
        n_lines, n_freqs = frames[0].shape[1], plan.freqs_mhz.size
        check_room(
            f"n_fft={plan.n_fft} (all gates' spectra are held to check the reference)",
            16 * len(frames) * self.n_rows * n_freqs * n_lines,
            "take a shorter window_mm, or fewer acquisitions",
        )
        spectra = np.zeros((len(frames), self.n_rows, n_freqs, n_lines), np.complex64)
        good = np.zeros((len(frames), self.n_rows, n_lines), bool)
        self.floor, alike, unit = None, Likeness(n_lines), None
        for i, frame in enumerate(frames):
            data = condition(frame, plan.n_samples, _DTYPE)
            good[i] = usable_lines(data, plan)
            unit = data.scale if unit is None else unit
            for row, lines in rows_of(data, plan, np.ones_like(good[i])):
                spectra[i, row] = lines / unit  # so that float32 holds the squares
                alike.add(lines / unit, good[i, row])
            if i == 0 and (floor := noise_floor(data, plan)) is not None:
                self.floor = floor - 2 * np.log(unit)
        power = np.abs(spectra) ** 2
        kept = good[:, :, None, :]
        count = np.maximum(kept.sum(axis=(0, 3)), 1)
        self.mean = np.where(kept, power, 0.0).sum(axis=(0, 3)) / count
        with np.errstate(divide="ignore", invalid="ignore"):
            ln_mean = np.log(self.mean)
            self.ln_mean = np.where(np.isfinite(ln_mean), ln_mean, np.nan)
            ratio = (power / self.mean[:, :, None]).mean(axis=2)
            ratio = np.where(good, ratio, np.nan)
        self.valid_share = float(good.mean())
        self.lines_alike = alike.lines(np.ones(n_lines))
        self.frames_alike = _frames_alike(spectra)
        self.level = _nanmean(ratio, axis=0)
        of_frames = _nanmean(ratio, axis=2)  # per depth
        of_frames = of_frames[:, np.isfinite(of_frames).all(axis=0)]
        levels = DB * np.log(np.median(of_frames, axis=1)) if of_frames.size else [0.0]
        self.spread_db = float(np.ptp(levels))

    def usable(self, min_snr_db):
        """Mark the depths above the noise; tell whether the noise is known."""
        heard = np.isfinite(self.ln_mean).all(axis=1)
        known = self.floor is not None and floor_is_known(self.ln_mean, self.floor)
        if known:
            with np.errstate(invalid="ignore"):
                enough = heard & (snr_db(self.ln_mean, self.floor) >= min_snr_db)
            heard = enough if enough.any() else heard
        if not heard.any():
            raise ValueError(
                "there is no usable reference: at every depth all its lines are zero, "
                "constant or clipped; give another acquisition"
            )
        return heard, known


def _frames_alike(spectra):
    """Tell how many acquisitions carry the information of one."""
    n, total = len(spectra), 0.0
    if n > 1 and not all(spectrum.any() for spectrum in spectra):
        return 1.0
    for i in range(n):
        for j in range(n):
            cross = np.abs(np.vdot(spectra[i], spectra[j]))
            own = np.linalg.norm(spectra[i]) * np.linalg.norm(spectra[j])
            total += float(cross / own) ** 2 if i != j else 1.0
    return total / n


def _nanmean(values, axis):
    """Mean of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.where(count, total / np.maximum(count, 1), np.nan)


def uniformity(level, usable, depth_mm, pitch_mm):
    """Deviation of blocks from their depth's median, the largest, where it is."""
    step_mm = depth_mm[1] - depth_mm[0] if depth_mm.size > 1 else _BLOCK_MM
    sides = max(1, round(_BLOCK_MM / step_mm)), max(1, round(_BLOCK_MM / pitch_mm))
    rows, columns = (
        _parts(n, side) for n, side in zip(level.shape, sides, strict=True)
    )
    blocks = np.array(
        [[_nanmean(level[r, c], axis=(0, 1)) for c in columns] for r in rows]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # The median: an inclusion does not move what it is held against.
        middle = [np.median(row[np.isfinite(row)]) for row in blocks]
        deviation = DB * np.log(blocks / np.array(middle)[:, None])
    grid = Grid(
        deviation.shape,
        (float(sides[0] * step_mm), float(sides[1] * pitch_mm)),
        (
            float(depth_mm[rows[0]].mean()),
            float((columns[0].stop - 1) / 2 * pitch_mm),
        ),
    )
    seen = np.array([usable[r].all() for r in rows])
    size = np.where(np.isfinite(deviation) & seen[:, None], np.abs(deviation), 0.0)
    at = np.unravel_index(size.argmax(), size.shape)
    worst = (float(grid.axial[at[0]]), float(grid.lateral[at[1]]))
    return deviation, grid, float(size.max()), worst


def _parts(n, side):
    """Cut n places into whole parts of about a side."""
    return [
        slice(int(part[0]), int(part[-1]) + 1)
        for part in np.array_split(np.arange(n), max(1, n // side))
    ]
