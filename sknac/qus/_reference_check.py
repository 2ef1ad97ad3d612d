"""`check_reference`: what a phantom's own scans say against it."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknac.cohort import Grid
from sknac.qus._guards import check_rf
from sknac.qus._plan import make_plan
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_scans import Scans, uniformity
from sknac.qus._reference_spectrum import auto_band
from sknac.utils._result import Result

_LEAST_LINES = 50  # lines times frames: 20 shifted MBF by 2.7 dB, 5 by 6.1
_NOT_UNIFORM_DB = 3.0  # simulated phantoms stay below 1.5, an inclusion has 7
_SPREAD_DB = 1.0  # acquisitions of one phantom agree within 0.3
_REMEMBERED = "_check"  # of a phantom; `ReferencePhantom` leaves it out of pickles


@dataclass(frozen=True, repr=False)
class SettingCheck(Result):
    """What the acquisitions of one setting say.

    Parameters
    ----------
    setting : str
        Sampling frequency, pitch, focus and depth.
    n_acquisitions, n_lines : int
        Acquisitions, and their lines in all.
    n_independent_lines : float
        Lines told apart by how alike neighbours and acquisitions are.
    valid_share : float
        Share of gates without a clipped or dead sample.
    uniformity_db : float
        Largest deviation of a block of 4 mm from the median of its depth, in dB,
        within the usable depth.
    worst_mm : tuple of float
        (depth, lateral) of that block.
    spread_db : float
        Largest difference of two acquisitions' levels, in dB; 0 for one.
    usable_depth_mm : tuple of float
        First and last depth whose signal to noise suffices; the whole frame where
        the floor is unknown.
    floor_known : bool
        Whether there are frequencies of noise alone.
    usable_band_mhz : tuple of float
        Bins round the spectrum's peak, down to -6 dB.
    warnings : tuple of str
        What is wrong, and the mend.
    deviation_db : ndarray of shape (n_depths, n_columns)
        Deviation of each block from the median of its depth, in dB.
    grid : Grid
        Where the blocks lie.
    """

    setting: str
    n_acquisitions: int
    n_lines: int
    n_independent_lines: float
    valid_share: float
    uniformity_db: float
    worst_mm: tuple
    spread_db: float
    usable_depth_mm: tuple
    floor_known: bool
    usable_band_mhz: tuple
    warnings: tuple
    deviation_db: np.ndarray
    grid: Grid


@dataclass(frozen=True, repr=False)
class ReferenceCheck(Result):
    """What a phantom's scans say against it, one `SettingCheck` per setting."""

    settings: tuple[SettingCheck, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, each with its setting."""
        return tuple(
            f"{one.setting}: {text}" for one in self.settings for text in one.warnings
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per setting, without the blocks.

        Returns
        -------
        DataFrame of shape (n_settings, n_columns)
            The numbers.
        """
        rows = [one.to_dict() for one in self.settings]
        return pd.DataFrame(rows).drop(columns=["deviation_db", "grid"])

    def __repr__(self):
        text = "; ".join(self.warnings) or "nothing against it"
        n = len(self.settings)
        return f"ReferenceCheck({n} setting{'s' if n > 1 else ''}: {text})"


def check_reference(
    phantom: ReferencePhantom,
    *,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float = 2.0,
    min_snr_db: float = 6.0,
) -> ReferenceCheck:
    """Look for what a reference phantom's scans say against it.

    Parameters
    ----------
    phantom : ReferencePhantom
        The phantom.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band, as in `qus_maps`.
    window_mm : float, default=2.0
        Length of a gate in mm.
    min_snr_db : float, default=6.0
        Least signal to noise of a usable depth, in dB.

    Returns
    -------
    ReferenceCheck
        ``settings``, one entry for acquisitions of one setting: ``n_lines``,
        ``n_independent_lines``, ``uniformity_db`` and where, ``spread_db`` between
        acquisitions, ``usable_depth_mm``, ``usable_band_mhz``, ``valid_share`` and
        ``warnings``. ``to_frame()`` makes a table of it.

    Raises
    ------
    ValueError
        If an acquisition is no RF, or the window or band does not fit it.

    See Also
    --------
    ReferenceCheckDisplay : Draw it.
    ReferencePhantom : Is checked so when it is used first.

    Notes
    -----
    It warns where

    - lines times acquisitions are fewer than 50: at 20 lines of a real phantom MBF
      was 2.7 dB off, at 5 lines 6.1 dB;
    - a block of 4 mm deviates by more than 3 dB from the median of its depth: blocks of
      uniform simulated phantoms deviate by up to 1.5 dB, an inclusion by 7;
    - two acquisitions of it differ by more than 1 dB in level.

    `qus_maps` itself warns of a band without the probe's energy and of noise.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import check_reference
    >>> phantom = make_rf_cohort(
    ...     n_patients=2, depth_mm=20, width_mm=16, random_state=0
    ... ).reference
    >>> check_reference(phantom)
    ReferenceCheck(1 setting: nothing against it)
    """
    groups: dict = {}
    for number, plane in enumerate(phantom.acquisitions):
        groups.setdefault(_setting(plane), []).append((number, plane))
    return ReferenceCheck(
        tuple(
            _check(name, found, band_mhz, window_mm, min_snr_db)
            for name, found in groups.items()
        )
    )


def remembered_check(phantom, band_mhz, window_mm) -> tuple[ReferenceCheck, bool]:
    """Check a phantom when it is used first; tell whether that was now."""
    found = vars(phantom).get(_REMEMBERED)
    if found is not None:
        return found, False
    found = check_reference(phantom, band_mhz=band_mhz, window_mm=window_mm)
    object.__setattr__(phantom, _REMEMBERED, found)
    return found, True


def _setting(plane):
    """Name what acquisitions that are averaged have in common."""
    focus = "" if plane.focus_mm is None else f", focus {plane.focus_mm:g} mm"
    name = "" if plane.reference is None else f"{plane.reference}, "
    first, last = plane.grid.axial[[0, -1]]
    return (
        f"{name}{plane.fs_mhz:g} MHz, pitch {plane.spacing_mm[1]:g} mm{focus}, "
        f"{first:.3g} to {last:.3g} mm"
    )


def _check(name, numbered, band_mhz, window_mm, min_snr_db):
    """Check the acquisitions of one setting."""
    plane = numbered[0][1]
    plan = make_plan(
        plane,
        band_mhz=band_mhz,
        window_mm=(window_mm, plane.spacing_mm[1]),
        overlap=(0.5, 0.0),
    )
    frames = []
    for number, one in numbered:
        rf = one.load()
        try:
            check_rf(rf, plan.fs_mhz)
        except ValueError as error:
            raise ValueError(f"acquisition {number}: {error}") from error
        frames.append(rf)
    n_samples, n_lines = (min(rf.shape[i] for rf in frames) for i in (0, 1))
    frames = [rf[:n_samples, :n_lines] for rf in frames]
    usable_band = _usable_band(frames, plan, plane)
    if plan.bins is None:
        plan = plan.on_band(usable_band)
    scans = Scans(frames, plan)
    depth_mm = plan.depth_mm(scans.n_rows, plane.origin_mm[0])
    usable, known = scans.usable(min_snr_db)
    deviation, grid, largest, worst = uniformity(
        scans.level, usable, depth_mm, plan.line_pitch_mm
    )
    n_all = n_lines * len(frames)
    found = {
        "n_acquisitions": len(frames),
        "n_lines": n_all,
        "n_independent_lines": n_all / (scans.lines_alike * scans.frames_alike),
        "valid_share": scans.valid_share,
        "uniformity_db": largest,
        "worst_mm": worst,
        "spread_db": scans.spread_db,
        "usable_depth_mm": (float(depth_mm[usable][0]), float(depth_mm[usable][-1])),
        "floor_known": known,
        "usable_band_mhz": usable_band,
    }
    return SettingCheck(
        setting=name,
        warnings=tuple(_doubts(found)),
        deviation_db=deviation,
        grid=grid,
        **found,
    )


def _usable_band(frames, plan, plane):
    """Bins round the peak, or NaN where the focus lies outside of the frame."""
    try:
        return auto_band(
            frames, plan, frames[0].shape[0], plane.origin_mm[0], plane.focus_mm
        )
    except ValueError:
        if plan.bins is None:
            raise
        return np.nan, np.nan


def _doubts(found):
    """Say what is wrong with the numbers found."""
    doubts = []
    if found["n_lines"] < _LEAST_LINES:
        doubts.append(
            f"{found['n_lines']} lines in all give an uncertain spectrum, and "
            f"{_LEAST_LINES} are needed; add acquisitions of other places"
        )
    if found["uniformity_db"] > _NOT_UNIFORM_DB:
        depth, lateral = found["worst_mm"]
        doubts.append(
            f"the phantom is not uniform: at {depth:.0f} mm depth, {lateral:.0f} mm "
            f"from the first line, it deviates by {found['uniformity_db']:.1f} dB from "
            "the median of that depth; scan it where it has no inclusion, or cut the "
            "lines off"
        )
    if found["spread_db"] > _SPREAD_DB:
        doubts.append(
            f"acquisitions differ by {found['spread_db']:.1f} dB in level; scan all "
            "with one gain and coupling"
        )
    return doubts
