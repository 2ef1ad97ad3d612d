"""From RF and the reference's log spectrum to maps: what runs on every frame."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.qus._checks import usable_rf
from sknac.qus._condition import bad_lines, condition, first_causes
from sknac.qus._estimates import (
    DB,
    gaussian_esd_eac,
    log_linear,
    path_loss_cm,
)
from sknac.qus._form_factor import GridFit
from sknac.qus._guards import check_rf, gain_doubts, level_doubts, sampling_doubts
from sknac.qus._layers import Layers
from sknac.qus._log_difference import resolve_attenuation
from sknac.qus._maps_result import QUSMaps
from sknac.qus._noise import band_parts, noise_floor, snr_db
from sknac.qus._smoothing import TaperSmoothing
from sknac.qus._spectrum import (
    block_rows,
    box_sum,
    for_blocks,
    pairs_of,
    window_power,
    windows_of,
)
from sknac.utils._room import check_room

NEEDS_BSC = ("esd", "eac", "bsc")
_SIZES = ("esd", "eac")


def maps_of(job, *, dtype, n_jobs=None, frames=None) -> QUSMaps:
    """Compute the maps of a `PlaneJob`.

    The reference's `frames` are for the standard error of an estimated attenuation.
    """
    recipe, plan, reference = job.recipe, job.plan, job.reference
    channels, min_snr_db = recipe.channels, recipe.min_snr_db
    rf, start = usable_rf(job.plane), job.plane.origin_mm[0]
    doubts = sampling_doubts(check_rf(rf, plan.fs_mhz)) if recipe.guards else []
    media, estimate = resolve_attenuation(rf, job, frames)
    n_rows, n_columns = plan.n_rows(rf.shape[0]), plan.n_columns(rf.shape[1])
    depth_mm = plan.depth_mm(n_rows, start)
    wants_bsc = any(name in NEEDS_BSC for name in channels)
    linear = log_linear(
        plan.freqs_mhz,
        plan.band_mhz,
        reference.ln_power[:n_rows],
        depth_mm,
        media,
        ln_bsc_of(recipe.bsc, plan.freqs_mhz) if wants_bsc else None,
    )
    data = condition(rf, plan.n_samples, dtype)
    out = _empty_maps(channels, (n_rows, n_columns), plan.freqs_mhz.size, dtype)
    floor = None
    if min_snr_db is not None and reference.ln_floor is not None:
        floor = noise_floor(data, plan)
        out["snr_db"] = np.empty((n_rows, n_columns), dtype)
    loss = tissue_loss(media.attenuation, plan, depth_mm, start)
    grid = None
    if recipe.fit.method == "masd" and any(name in _SIZES for name in channels):
        grid = GridFit(recipe.fit, plan.freqs_mhz, media.speed_of_sound, dtype)
    work = _Frame(data, plan, linear, loss, media.speed_of_sound, out, floor, grid)
    if recipe.correct_taper:
        work.smoothing = TaperSmoothing(plan, reference.ln_power[:n_rows], dtype)
    for_blocks(n_rows, block_rows(plan, rf.shape[1], dtype), work, n_jobs)
    marks = bad_lines(data, plan)
    causes = _causes(work.silent, marks, reference, plan, out, min_snr_db)
    valid, counts = _invalidate(out, causes)
    if recipe.guards and valid.any():
        doubts += gain_doubts(floor, reference, depth_mm)
        doubts += level_doubts(work.level[valid[:, n_columns // 2]])
    return QUSMaps(
        valid=valid,
        depth_mm=depth_mm,
        lateral_mm=plan.lateral_mm(n_columns),
        freqs_mhz=plan.freqs_mhz.copy(),
        invalid_counts=counts,
        band_mhz=plan.band_mhz,
        attenuation=estimate,
        doubts=tuple(doubts),
        **out,
    )


def _empty_maps(channels, shape, n_freqs, dtype):
    """Make room for the maps."""
    if "bsc" in channels:
        check_room(
            f'channels="bsc" at {shape[0]} x {shape[1]} windows and {n_freqs} bins',
            2 * dtype.itemsize * np.prod(shape, dtype=float) * n_freqs,
            "take a smaller overlap or n_fft",
        )
    return {
        name: np.empty((*shape, n_freqs) if name == "bsc" else shape, dtype)
        for name in channels
    }


def ln_bsc_of(reference_bsc, freqs_mhz):
    """Evaluate the reference's backscatter coefficient."""
    bsc = np.asarray(reference_bsc(freqs_mhz), dtype=np.float64)
    if bsc.shape != freqs_mhz.shape or not (np.isfinite(bsc) & (bsc > 0)).all():
        raise ValueError(
            f"bsc must give one finite value above 0 per frequency between "
            f"{freqs_mhz[0]:g} and {freqs_mhz[-1]:g} MHz"
        )
    return np.log(bsc)


def tissue_loss(attenuation, plan, depth_mm, start_depth_mm):
    """One-way path loss at the window centres in dB/MHz^n: a column, or a map."""
    if isinstance(attenuation, Layers):
        return attenuation.loss(depth_mm)[:, None]
    if np.ndim(attenuation) == 0:
        return (attenuation * depth_mm / 10)[:, None]
    loss = path_loss_cm(attenuation, plan.sample_mm, start_depth_mm)
    centre = np.arange(depth_mm.size) * plan.hop_samples + (plan.n_samples - 1) // 2
    # An even window's centre lies between two samples.
    at_centre = (loss[centre] + loss[centre + (plan.n_samples + 1) % 2]) / 2
    return box_sum(at_centre, plan.n_lines, plan.hop_lines) / plan.n_lines


class _Frame:
    """One frame's work: called with a block of window rows, it fills the maps."""

    smoothing = None

    def __init__(self, data, plan, linear, loss, speed_of_sound, out, floor, grid):
        dtype = data.samples.dtype
        self.plan, n_rows = plan, plan.n_rows(data.samples.shape[0])
        self.windows = windows_of(data.samples, plan, (0, n_rows))
        self.loss, self.speed_of_sound, self.out = loss, speed_of_sound, out
        self.pairs, self.grid = pairs_of(plan.dft_matrix(dtype)), grid
        # The box sum adds lines up and the samples were scaled: both are
        # constants of the log.
        self.gain = np.log(data.scale**2 / plan.n_lines)
        matrix, self.n_fitted = linear.matrix, len(linear.matrix)
        if floor is not None:
            matrix = np.concatenate([matrix, DB * band_parts(plan.freqs_mhz.size)])
            self.floor_db = (DB * (floor - self.gain)).astype(dtype)
        self.matrix = matrix.astype(dtype)
        self.constants = linear.constants + self.gain * linear.matrix.sum(axis=1)
        self.linear = linear
        self.level = np.empty(n_rows, dtype)
        self.silent = np.empty(next(iter(out.values())).shape[:2], dtype=bool)

    def __call__(self, first, last, scratch):
        rows = slice(first, last)
        power = window_power(self.windows[rows], self.pairs, self.plan, scratch)
        if self.smoothing is not None or self.grid is not None:
            power = np.ascontiguousarray(power)  # they go through it bin by bin
        with np.errstate(divide="ignore", invalid="ignore"):
            np.log(power, out=power)
            if self.smoothing is not None:
                self.smoothing.remove(power, rows)
            shape = last - first, len(self.matrix), power.shape[2]
            values = scratch.get("values", shape, power.dtype)
            np.matmul(self.matrix, power, out=values)
            fitted = values[:, : self.n_fitted]
            shift = self.constants[rows, :, None] + (
                self.linear.per_loss[:, None] * self.loss[rows, None, :]
            )
            fitted += shift.astype(power.dtype)
            self._store(fitted, rows)
            if "snr_db" in self.out:
                poorest = values[:, self.n_fitted :].min(axis=1)
                self.out["snr_db"][rows] = poorest - self.floor_db[rows, None]
            if "bsc" in self.out or self.grid is not None:
                self._store_bsc(power, rows)

    def _store(self, fitted, rows):
        """Write a block's estimates into the maps that were asked for."""
        self.silent[rows] = ~np.isfinite(fitted[:, 0])
        self.level[rows] = fitted[:, 0, fitted.shape[2] // 2]
        for i, name in enumerate(("mbf", "ss", "si")):
            if name in self.out:
                self.out[name][rows] = fitted[:, i]
        if self.grid is None and any(name in self.out for name in _SIZES):
            sizes = gaussian_esd_eac(fitted[:, -2], fitted[:, -1], self.speed_of_sound)
            self._store_sizes(sizes, rows)

    def _store_bsc(self, ln_power, rows):
        """Turn a block's log power into BSC, and fit sizes on a grid."""
        linear = self.linear
        shift = (linear.ln_bsc[rows] + self.gain)[:, :, None] + (
            linear.ln_loss[:, None] * self.loss[rows, None, :]
        )
        ln_power += shift.astype(ln_power.dtype)
        if self.grid is not None:
            for row, ln_bsc in zip(range(rows.start, rows.stop), ln_power, strict=True):
                self._store_sizes(self.grid(ln_bsc), row)
        if "bsc" in self.out:
            self.out["bsc"][rows] = np.exp(ln_power).transpose(0, 2, 1)

    def _store_sizes(self, sizes, rows):
        """Write ESD and EAC, where asked for."""
        for name, values in zip(_SIZES, sizes, strict=True):
            if name in self.out:
                self.out[name][rows] = values


def _causes(silent, marks, reference, plan, out, min_snr_db):
    """Mark the windows that cannot be used, by cause, the gravest first."""
    n_rows = silent.shape[0]
    causes = {
        name: box_sum(mark.astype(np.int32), plan.n_lines, plan.hop_lines) > 0
        for name, mark in marks.items()
    }
    ln_power = reference.ln_power[:n_rows]
    causes["reference"] = np.isnan(ln_power).any(axis=1)
    causes["silent"] = silent
    if "snr_db" in out:
        snr = snr_db(ln_power, reference.ln_floor[:n_rows])
        causes["reference_low_snr"] = snr < min_snr_db
        causes["low_snr"] = out["snr_db"] < min_snr_db
    # A cause that holds for whole rows is a column.
    return {
        name: np.broadcast_to(bad if bad.ndim == 2 else bad[:, None], silent.shape)
        for name, bad in causes.items()
        if bad.any()
    }


def _invalidate(out, causes):
    """Set unusable windows to NaN; return `valid` and the counts by first cause."""
    maps = {name: values for name, values in out.items() if name != "snr_db"}
    unusable, counts = first_causes(causes, next(iter(maps.values())).shape[:2])
    if unusable.any():
        for values in maps.values():
            values[unusable] = np.nan
    valid = ~unusable
    if any(name in out for name in _SIZES):
        form = next(out[name] for name in _SIZES if name in out)
        counts["form_factor"] = int(np.count_nonzero(valid & ~np.isfinite(form)))
        valid &= np.isfinite(form)
    return valid, {name: n for name, n in counts.items() if n}
