"""Estimate the tissue's attenuation from RF by the spectral log difference."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sknac.qus._checks import (
    check_fit,
    check_reaches,
    check_snr,
    not_negative,
    rf_frame,
    rf_frames,
)
from sknac.qus._condition import bad_lines, condition
from sknac.qus._estimates import DB
from sknac.qus._media import ESTIMATE, make_media
from sknac.qus._noise import noise_floor, snr_db
from sknac.qus._plan import make_plan
from sknac.qus._reference_spectrum import reference_spectrum
from sknac.qus._spectrum import Scratch, line_spectra
from sknac.utils._blas import single_blas_thread

_MIN_DEPTH_MM = 10.0
_MIN_BLOCKS = 4  # neighbouring groups of lines, for the standard error


@dataclass(frozen=True)
class AttenuationEstimate:
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

    Examples
    --------
    >>> from sknac.qus import AttenuationEstimate
    >>> AttenuationEstimate(0.62, 0.05, (3.0, 27.0), 24)
    AttenuationEstimate(0.620 +- 0.050 dB/cm/MHz, 3.0 to 27.0 mm)
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


def estimate_attenuation(
    rf: ArrayLike,
    reference_rf: ArrayLike,
    *,
    fs_mhz: float,
    line_pitch_mm: float,
    speed_of_sound: float = 1540.0,
    reference_speed_of_sound: float | None = None,
    start_depth_mm: float = 0.0,
    attenuation_power: float = 1.0,
    reference_attenuation_db_cm_mhz: float = 0.576,
    reference_attenuation_power: float = 1.0,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float | tuple[float, float] = 2.0,
    depth_range_mm: tuple[float, float] | None = None,
    lateral_range_mm: tuple[float, float] | None = None,
    focus_mm: float | None = None,
    min_snr_db: float | None = 6.0,
) -> AttenuationEstimate:
    """Estimate tissue attenuation by the reference phantom's log difference.

    The region must be uniform in depth: a change of its backscatter is taken for
    attenuation. Choose one with `depth_range_mm` and `lateral_range_mm`.

    Parameters
    ----------
    rf : array-like of shape (n_samples, n_lines)
        RF frame, depth first.
    reference_rf : array-like of shape (n_samples, n_lines) or (n_frames, \
n_samples, n_lines)
        Reference phantom scanned with the same settings.
    fs_mhz : float
        Sampling frequency of both, in MHz.
    line_pitch_mm : float
        Distance between scan lines, in mm.
    speed_of_sound : float, default=1540.0
        In the tissue, m/s.
    reference_speed_of_sound : float or None, default=None
        In the reference, m/s; None means the tissue's.
    start_depth_mm : float, default=0.0
        Depth of the first sample, in mm.
    attenuation_power : float, default=1.0
        The tissue's exponent n.
    reference_attenuation_db_cm_mhz : float, default=0.576
        One-way attenuation of the reference in dB/(cm MHz^n).
    reference_attenuation_power : float, default=1.0
        The reference's exponent n.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band, as in `qus_maps`.
    window_mm : float or tuple of float, default=2.0
        Window length, and width of the groups of lines that the standard error
        takes for independent: several beam widths.
    depth_range_mm : tuple of float or None, default=None
        Use the windows whose centres lie between these depths; None takes all.
    lateral_range_mm : tuple of float or None, default=None
        Use the lines between these positions, from the first line; None takes all.
    focus_mm : float or None, default=None
        Focal depth for ``band_mhz="auto"``, as in `qus_maps`.
    min_snr_db : float or None, default=6.0
        Depths nearer to the noise floor are left out, as in `qus_maps`.

    Returns
    -------
    AttenuationEstimate
        The estimate, its standard error and the depths used. A negative value is
        returned as it is.

    Raises
    ------
    ValueError
        If a setting is out of range, less than 10 mm of depth or fewer than 4 groups
        of lines are left.

    See Also
    --------
    qus_maps : Takes the estimate with ``attenuation_db_cm_mhz="estimate"``.

    Notes
    -----
    With S averaged over the region's lines, the corrected difference

    .. math:: 10 \\log_{10}(S_s / S_r) - 2 z_r \\alpha_r f^{n_r}
              = c(f) - 2 z_s \\alpha_s f^{n_s}

    is fitted by least squares over depth and frequency at once, with a free
    constant c per frequency. The standard error holds speckle, not the bias of a
    region that is not uniform.

    References
    ----------
    L. X. Yao, J. A. Zagzebski, E. L. Madsen, "Backscatter coefficient
    measurements using a reference phantom to extract depth-dependent
    instrumentation factors", Ultrasonic Imaging 12:58-70, 1990.

    Examples
    --------
    The same RF twice: the tissue attenuates as the reference does.

    >>> import numpy as np
    >>> from sknac.qus import estimate_attenuation
    >>> rf = np.random.default_rng(0).normal(size=(1200, 60))
    >>> found = estimate_attenuation(rf, rf, fs_mhz=40, line_pitch_mm=0.2,
    ...                              reference_attenuation_db_cm_mhz=0.5)
    >>> round(found.db_cm_mhz, 6)
    0.5
    """
    rf, frames = rf_frame(rf), rf_frames(reference_rf)
    plan = make_plan(
        fs_mhz=fs_mhz,
        line_pitch_mm=line_pitch_mm,
        speed_of_sound=speed_of_sound,
        band_mhz=band_mhz,
        window_mm=window_mm,
        overlap=0.5,
    )
    media = make_media(
        speed_of_sound=speed_of_sound,
        attenuation=ESTIMATE,
        attenuation_power=attenuation_power,
        reference_speed_of_sound=reference_speed_of_sound,
        reference_attenuation=reference_attenuation_db_cm_mhz,
        reference_attenuation_power=reference_attenuation_power,
    )
    start = not_negative("start_depth_mm", start_depth_mm, "give the first depth in mm")
    min_snr_db = check_snr(min_snr_db)
    check_fit(rf, plan)
    check_reaches(rf, frames)
    reference = reference_spectrum(
        frames,
        plan,
        rf.shape[0],
        np.dtype(np.float32),
        start_depth_mm=start,
        focus_mm=focus_mm,
    )
    return attenuation_of_frame(
        rf,
        reference,
        plan=plan,
        media=media,
        start_depth_mm=start,
        min_snr_db=min_snr_db,
        frames=frames,
        region_mm=(depth_range_mm, lateral_range_mm),
    )


def attenuation_of_frame(
    rf,
    reference,
    *,
    plan,
    media,
    start_depth_mm,
    min_snr_db,
    frames=None,
    region_mm=(None, None),
):
    """Estimate against a reference spectrum that is already there.

    Without the reference's `frames` the standard error leaves its speckle out.
    """
    plan = plan.on_band(reference.band_mhz) if plan.bins is None else plan
    step = max(1, round(plan.n_samples / 2 / plan.hop_samples))
    plan = replace(plan, hop_samples=step * plan.hop_samples)
    data = condition(rf, plan.n_samples, np.dtype(np.float32))
    n_rows = plan.n_rows(rf.shape[0])
    depth_mm = plan.depth_mm(n_rows, start_depth_mm)
    lines = _inside(np.arange(rf.shape[1]) * plan.line_pitch_mm, region_mm[1])
    _check_width(lines.sum() // plan.n_lines, plan)
    groups = _group_power(data, plan, lines)
    ln_scan = np.log(_mean_power(*groups))
    ln_reference = reference.ln_power[::step][:n_rows]
    used = _inside(depth_mm, region_mm[0]) & np.isfinite(ln_scan).all(axis=1)
    used &= np.isfinite(ln_reference).all(axis=1)
    if min_snr_db is not None and reference.ln_floor is not None:
        floor = reference.ln_floor[::step][:n_rows]
        used &= ~(snr_db(ln_reference, floor) < min_snr_db)
        used &= ~(snr_db(ln_scan, noise_floor(data, plan)) < min_snr_db)
    _check_depth(depth_mm[used], plan)
    fit = _Slope(depth_mm, used, plan.freqs_mhz, media)
    variance = _jackknife(groups, lambda ln: fit(ln, ln_reference))
    if frames is not None:
        theirs = _reference_groups(frames, plan, rf.shape[0])
        variance += _jackknife(theirs, lambda ln: fit(ln_scan, ln))
    return AttenuationEstimate(
        db_cm_mhz=fit(ln_scan, ln_reference),
        standard_error=float(np.sqrt(variance)),
        depth_range_mm=(float(depth_mm[used][0]), float(depth_mm[used][-1])),
        n_depths=int(used.sum()),
    )


def resolve_attenuation(media, rf, reference, **settings):
    """Put the estimate in the place of "estimate"; return it too, else None."""
    if not isinstance(media.attenuation, str):
        return media, None
    found = attenuation_of_frame(rf, reference, media=media, **settings)
    if not found.db_cm_mhz >= 0:
        raise ValueError(
            f"the estimated attenuation is {found.db_cm_mhz:.2f} +- "
            f"{found.standard_error:.2f} dB/(cm MHz^n), below 0: the frame is not "
            "uniform or too small; give attenuation_db_cm_mhz as a number"
        )
    return replace(media, attenuation=found.db_cm_mhz), found


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
        raise ValueError(f"region {limits_mm!r} must be (low, high) in mm, low < high")
    return (places_mm >= low) & (places_mm <= high)


def _check_depth(depth_mm, plan):
    """Raise when the region is too short to tell a slope from speckle."""
    window_mm = plan.n_samples * plan.sample_mm
    extent = depth_mm[-1] - depth_mm[0] + window_mm if depth_mm.size else 0.0
    if extent < _MIN_DEPTH_MM:
        raise ValueError(
            f"only {extent:.1f} mm of depth can be used; attenuation needs at least "
            f"{_MIN_DEPTH_MM:g} mm of uniform tissue above the noise: widen "
            "depth_range_mm, "
            "or give the attenuation as a number"
        )


def _check_width(n_groups, plan):
    """Raise when too few groups of lines are left for a standard error."""
    if n_groups < _MIN_BLOCKS:
        raise ValueError(
            f"only {n_groups} groups of {plan.n_lines} lines fit; the standard error "
            f"needs {_MIN_BLOCKS}: widen lateral_range_mm or narrow window_mm laterally"
        )


def _group_power(data, plan, lines):
    """Power summed over groups of lines, and how many: (n_rows, n_groups, n_freqs)."""
    n_rows = plan.n_rows(data.samples.shape[0])
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


def _reference_groups(frames, plan, n_samples):
    """Groups of lines of the reference, over all frames: these may be alike."""
    total, count = 0.0, 0.0
    for frame in frames:
        data = condition(frame[:n_samples], plan.n_samples, np.dtype(np.float32))
        power, n = _group_power(data, plan, np.ones(frame.shape[1], dtype=bool))
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
