"""From RF and the reference's log spectrum to maps: what runs on every frame."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sknac.cohort import Grid
from sknac.qus._checks import not_negative
from sknac.qus._condition import bad_lines, condition
from sknac.qus._estimates import (
    PARAMETERS,
    Media,
    gaussian_esd_eac,
    log_linear,
    path_loss_cm,
)
from sknac.qus._plan import WindowPlan
from sknac.qus._spectrum import block_rows, box_sum, for_blocks, window_power

NEEDS_BSC = ("esd", "eac")


@dataclass(frozen=True, repr=False)
class QUSMaps:
    """Parametric maps of one frame, their grid and what could not be estimated.

    Maps have shape (n_axial_windows, n_lateral_windows); each value belongs to
    its window's centre. Maps that were not asked for are None.

    Parameters
    ----------
    valid : ndarray of bool
        False where any map that was asked for is NaN.
    depth_mm : ndarray of shape (n_axial_windows,)
        Depth of the window centres.
    lateral_mm : ndarray of shape (n_lateral_windows,)
        Lateral position of the window centres, from the first line.
    freqs_mhz : ndarray of shape (n_freqs,)
        Frequency bins used.
    invalid_counts : dict of str to int
        Invalid windows by their first cause: "nonfinite", "saturated",
        "dead_line", "silent" (no power in the band), "reference" (none at that
        depth) and "form_factor" (the spectrum rises too fast for any Gaussian
        scatterer: ESD and EAC alone are NaN).
    mbf, ss, si : ndarray or None
        Mid-band fit (dB), spectral slope (dB/MHz), intercept at 0 MHz (dB).
    esd, eac : ndarray or None
        Effective scatterer diameter (um) and acoustic concentration
        (dB re 1 cm^-3).

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.qus import qus_maps
    >>> rf = np.random.default_rng(0).normal(size=(400, 30))
    >>> maps = qus_maps(rf, rf, fs_mhz=40, line_pitch_mm=0.2, overlap=0.5,
    ...                 attenuation_db_cm_mhz=0.5, parameters=("mbf",))
    >>> maps.mbf.shape, maps.depth_mm.shape, maps.lateral_mm.shape
    ((6, 5), (6,), (5,))
    """

    valid: np.ndarray
    depth_mm: np.ndarray
    lateral_mm: np.ndarray
    freqs_mhz: np.ndarray
    invalid_counts: dict = field(default_factory=dict)
    mbf: np.ndarray | None = None
    ss: np.ndarray | None = None
    si: np.ndarray | None = None
    esd: np.ndarray | None = None
    eac: np.ndarray | None = None

    @property
    def grid(self) -> Grid:
        """Where the window centres lie in the scan, in mm."""
        steps = [
            float(places[1] - places[0]) if len(places) > 1 else 1.0
            for places in (self.depth_mm, self.lateral_mm)
        ]
        origin = (float(self.depth_mm[0]), float(self.lateral_mm[0]))
        return Grid(self.valid.shape, tuple(steps), origin)

    def __repr__(self):
        names = ", ".join(n for n in PARAMETERS if getattr(self, n) is not None)
        n_invalid = sum(self.invalid_counts.values())
        return (
            f"QUSMaps({names}; {self.valid.shape[0]} x {self.valid.shape[1]} windows, "
            f"{n_invalid} invalid)"
        )


def maps_from_reference(
    rf: np.ndarray,
    ln_reference: np.ndarray,
    *,
    plan: WindowPlan,
    media: Media,
    band_mhz: tuple,
    start_depth_mm: float,
    reference_bsc: Callable | None,
    parameters: tuple,
    dtype: np.dtype,
    n_jobs: int | None,
) -> QUSMaps:
    """Compute maps against a reference log spectrum that is already there."""
    start = not_negative("start_depth_mm", start_depth_mm, "give the first depth in mm")
    n_rows, n_columns = plan.n_rows(rf.shape[0]), plan.n_columns(rf.shape[1])
    depth_mm = plan.depth_mm(n_rows, start)
    wants_bsc = any(name in NEEDS_BSC for name in parameters)
    fit = log_linear(
        plan.freqs_mhz,
        band_mhz,
        ln_reference[:n_rows],
        depth_mm,
        media,
        _ln_bsc(reference_bsc, plan.freqs_mhz) if wants_bsc else None,
    )
    loss = _tissue_loss(media.attenuation, plan, rf.shape, depth_mm, start)
    data = condition(rf, plan.n_samples, dtype)
    out = {name: np.empty((n_rows, n_columns), dtype) for name in parameters}
    work = _Frame(data.samples, data.scale, plan, fit, loss, media.speed_of_sound, out)
    for_blocks(n_rows, block_rows(plan, rf.shape[1], dtype), work, n_jobs)
    valid, counts = _invalidate(out, bad_lines(data, plan), ln_reference[:n_rows], plan)
    return QUSMaps(
        valid=valid,
        depth_mm=depth_mm,
        lateral_mm=plan.lateral_mm(n_columns),
        freqs_mhz=plan.freqs_mhz.copy(),
        invalid_counts=counts,
        **out,
    )


def _ln_bsc(reference_bsc, freqs_mhz):
    """Evaluate the reference's backscatter coefficient."""
    bsc = np.asarray(reference_bsc(freqs_mhz), dtype=np.float64)
    if bsc.shape != freqs_mhz.shape or not (np.isfinite(bsc) & (bsc > 0)).all():
        raise ValueError(
            f"reference_bsc must give one finite value above 0 per frequency between "
            f"{freqs_mhz[0]:g} and {freqs_mhz[-1]:g} MHz"
        )
    return np.log(bsc)


def _tissue_loss(attenuation, plan, shape, depth_mm, start_depth_mm):
    """One-way path loss at the window centres in dB/MHz^n: a column, or a map."""
    if np.ndim(attenuation) == 0:
        return (attenuation * depth_mm / 10)[:, None]
    if attenuation.shape != shape:
        raise ValueError(
            f"attenuation_db_cm_mhz has shape {attenuation.shape}, rf has {shape}: "
            "give one number or one value per sample"
        )
    loss = path_loss_cm(attenuation, plan.sample_mm, start_depth_mm)
    centre = np.arange(depth_mm.size) * plan.hop_samples + (plan.n_samples - 1) // 2
    # An even window's centre lies between two samples.
    at_centre = (loss[centre] + loss[centre + (plan.n_samples + 1) % 2]) / 2
    return box_sum(at_centre, plan.n_lines, plan.hop_lines) / plan.n_lines


class _Frame:
    """One frame's work: called with a block of window rows, it fills the maps."""

    def __init__(self, samples, scale, plan, fit, loss, speed_of_sound, out):
        dtype = samples.dtype
        self.samples, self.plan, self.fit = samples, plan, fit
        self.loss, self.speed_of_sound, self.out = loss, speed_of_sound, out
        self.dft = plan.dft_matrix(dtype)
        self.matrix = fit.matrix.astype(dtype)
        # The box sum adds lines up and the samples were scaled: both are
        # constants of the log.
        gain = np.log(scale**2 / plan.n_lines)
        self.constants = fit.constants + gain * fit.matrix.sum(axis=1)

    def __call__(self, first, last, scratch):
        rows = (first, last)
        power = window_power(self.samples, self.dft, self.plan, rows, scratch)
        with np.errstate(divide="ignore", invalid="ignore"):
            np.log(power, out=power)
            fitted = np.matmul(self.matrix, power)
            shift = self.constants[first:last, :, None] + (
                self.fit.per_loss[:, None] * self.loss[first:last, None, :]
            )
            fitted += shift.astype(power.dtype)
            self._store(fitted, slice(first, last))

    def _store(self, fitted, rows):
        """Write a block's estimates into the maps that were asked for."""
        for i, name in enumerate(("mbf", "ss", "si")):
            if name in self.out:
                self.out[name][rows] = fitted[:, i]
        if fitted.shape[1] > self.fit.n_line:
            esd, eac = gaussian_esd_eac(
                fitted[:, -2], fitted[:, -1], self.speed_of_sound
            )
            for name, values in (("esd", esd), ("eac", eac)):
                if name in self.out:
                    self.out[name][rows] = values


def _invalidate(out, marks, ln_reference, plan):
    """Set unusable windows to NaN; return `valid` and the counts by first cause."""
    shape = next(iter(out.values())).shape
    unusable, counts = np.zeros(shape, dtype=bool), {}
    causes = {
        name: box_sum(mark.astype(np.int32), plan.n_lines, plan.hop_lines) > 0
        for name, mark in marks.items()
    }
    silent = np.isnan(ln_reference).any(axis=1)
    if silent.any():
        causes["reference"] = np.broadcast_to(silent[:, None], shape)
    spectral = [out[name] for name in ("mbf", "ss", "si") if name in out]
    if spectral:
        causes["silent"] = ~np.isfinite(spectral[0])
    for name, bad in causes.items():
        counts[name] = int(np.count_nonzero(bad & ~unusable))
        unusable |= bad
    if unusable.any():
        for values in out.values():
            values[unusable] = np.nan
    valid = ~unusable
    if any(name in out for name in NEEDS_BSC):
        form = next(out[name] for name in NEEDS_BSC if name in out)
        counts["form_factor"] = int(np.count_nonzero(valid & ~np.isfinite(form)))
        valid &= np.isfinite(form)
    return valid, {name: n for name, n in counts.items() if n}
