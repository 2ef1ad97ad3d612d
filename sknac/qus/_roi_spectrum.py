"""`roi_spectrum`: the normalised spectrum of one region, and what it says."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sknac.cohort import Plane, PolygonOutline
from sknac.qus._checks import usable_rf
from sknac.qus._condition import condition
from sknac.qus._engine import ln_bsc_of, tissue_loss
from sknac.qus._estimates import DB, line_functionals
from sknac.qus._guards import (
    check_rf,
    gain_doubts,
    level_doubts,
    region_doubts,
    sampling_doubts,
    warn_all,
)
from sknac.qus._job import called, make_job, make_recipe
from sknac.qus._line_sums import reference_influence, sum_lines, variance
from sknac.qus._log_difference import resolve_attenuation
from sknac.qus._options import SpectralOptions
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_memory import remembered_spectrum
from sknac.qus._reference_spectrum import frames_for
from sknac.qus._roi_gates import RegionGates, gates_of
from sknac.qus._roi_result import UNITS, ROISpectrum
from sknac.qus._size import fit_size
from sknac.qus._smoothing import RegionSmoothing, bins_of

_FIRST_BIN = 2  # the bins below hold what the taper leaves of the offset
_DTYPE = np.dtype(np.float64)


def roi_spectrum(
    plane: Plane,
    reference: ReferencePhantom,
    *,
    region: str | np.ndarray | PolygonOutline = "core",
    attenuation_db_cm_mhz: float | str | np.ndarray | Callable | None,
    attenuation_layers: Sequence[tuple[float, float]] | None = None,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float = 2.0,
    overlap: float = 0.75,
    options: SpectralOptions | None = None,
    standard_errors: bool = True,
) -> ROISpectrum:
    """Estimate the normalised spectrum of a region and fit its line and size.

    Power is averaged over all gates and lines of the region before anything is
    fitted, so that no gate is lost whose own spectrum happens to fit nothing: the
    median of window-wise ESD is biased by such losses, this one is not.

    Parameters
    ----------
    plane : Plane
        An RF plane.
    reference : ReferencePhantom
        The phantom, scanned with the plane's settings.
    region : str, outline or array-like of bool of shape (n_samples, n_lines)
        ``"core"``, the plane's outline (the default); ``"all"``, the whole frame; an
        outline in mm; or a mask of the samples.
    attenuation_db_cm_mhz : float, array-like of shape (n_samples, n_lines), \
"estimate" or callable
        One-way attenuation of the tissue in dB/(cm MHz^n), as in `qus_maps`; or a
        function of the plane that returns it, as in `QUSMapper`.
    attenuation_layers : sequence of (float, float) or None, default=None
        Layers above that tissue, as in `qus_maps`.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Band of the fits, as in `qus_maps`.
    window_mm : float, default=2.0
        Length of a gate in mm; a gate counts where it lies in the region wholly.
    overlap : float, default=0.75
        Overlap of gates that follow each other in [0, 1).
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper, how scatterers are sized and
        least signal to noise: depths at which the mean power of the region's gates, or
        the reference's, is nearer to the noise are left out.
    standard_errors : bool, default=True
        Whether to compute them; without, they are NaN and it takes a third less time.

    Returns
    -------
    ROISpectrum
        ``freqs_mhz``, ``normalised_db`` with ``standard_error_db``, ``power_db`` and
        ``reference_db``, ``bsc`` and ``bsc_fit``, the estimates ``mbf``, ``ss``,
        ``si``, ``esd``, ``eac`` with their ``standard_errors``, ``band_mhz``,
        ``n_lines``, ``n_gates``, ``n_independent_lines``, ``valid_share``,
        ``invalid_counts``, ``snr_db`` and ``doubts``. A table of the estimates is
        `parameters()`, of the spectrum `to_frame()`.

    Raises
    ------
    ValueError
        If a setting is missing or out of range, the region holds no whole gate or none
        that can be used, or no acquisition of the reference fits the plane.

    Warns
    -----
    UserWarning
        Of what `qus_maps` warns of; and if less than half of the region's gates can be
        used, or more than a tenth of them are clipped.

    See Also
    --------
    SpectrumDisplay : Draw it.
    sknac.features.RegionSpectrum : The same as features of a cohort.
    qus_maps : Maps of windows instead of one region.

    Notes
    -----
    With S_s(r, l, f) the power of line l in the gate at depth z_r and S_r(r, f) the
    reference's mean at that depth,

    .. math:: R(f) = \\frac{1}{N} \\sum_{r, l} \\frac{S_s(r, l, f)}{S_r(r, f)}
              10^{0.2 (z_r \\alpha_s f^{n_s} - z'_r \\alpha_r f^{n_r})}

    over the N gates of the region; MBF, SS and SI are of the least-squares line
    through 10 log10 R, ESD and EAC of the form factor fitted to R times the
    reference's backscatter coefficient, as `qus_maps` defines them.

    Standard errors are those of the mean over lines carried through the fit
    (infinitesimal jackknife). The lines of a scan overlap: their variance is widened
    by the sum of their squared coherences. The reference's own speckle is included;
    errors of the attenuation and of the reference's backscatter are not.

    ``SpectralOptions(correct_taper=True)`` corrects the power of each depth by its mean
    over the region's lines; outside the band it goes on as at the band's nearer end.

    References
    ----------
    L. X. Yao, J. A. Zagzebski, E. L. Madsen, "Backscatter coefficient
    measurements using a reference phantom to extract depth-dependent
    instrumentation factors", Ultrasonic Imaging 12:58-70, 1990.

    F. L. Lizzi, M. Ostromogilsky, E. J. Feleppa, M. C. Rorke, M. M. Yaremko,
    "Relationship of ultrasonic spectral parameters to features of tissue
    microstructure", IEEE Trans. UFFC 34:319-329, 1987.

    Examples
    --------
    The phantom against itself: a flat spectrum at 0 dB.

    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import roi_spectrum
    >>> phantom = make_rf_cohort(
    ...     n_patients=2, depth_mm=20, width_mm=16, random_state=0
    ... ).reference
    >>> spectrum = roi_spectrum(
    ...     phantom.acquisitions[0], phantom, region="all",
    ...     attenuation_db_cm_mhz=phantom.attenuation_db_cm_mhz)
    >>> print(f"{abs(spectrum.mbf):.0f} dB")
    0 dB
    """
    job = _job_of(
        plane,
        reference,
        attenuation_db_cm_mhz,
        band_mhz=band_mhz,
        window_mm=(window_mm, _pitch_of(plane)),
        overlap=(overlap, 0.0),
        options=options,
        layers=attenuation_layers,
    )
    rf, guards = usable_rf(plane), job.recipe.guards
    doubts = sampling_doubts(check_rf(rf, plane.fs_mhz)) if guards else []
    frames = None  # the phantom remembers its spectra: its RF is for errors alone
    if standard_errors or isinstance(job.media.attenuation, str):
        frames = frames_for(plane, reference.match(plane))
    media, estimate = resolve_attenuation(rf, job, frames)
    plan = job.plan.on_bins(_FIRST_BIN, (job.plan.n_fft - 1) // 2)
    ln_reference = remembered_spectrum(plane, plan, reference, _DTYPE).ln_power
    data = condition(rf, plan.n_samples, _DTYPE)
    inside = gates_of(region, plane, plan)
    gates = RegionGates(inside, data, job, ln_reference)
    depth_mm = plan.depth_mm(len(inside), plane.origin_mm[0])
    gain = _gain(media, plan, depth_mm, plane.origin_mm[0], ln_reference)
    sums = _sums(data, plan, job, gates, gain, ln_reference)
    n_gates, invalid = int(sums.count.sum()), gates.counts()
    if guards:
        doubts += gain_doubts(gates.floor, job.reference, depth_mm)
    if n_gates == 0:
        warn_all(doubts, "the plane")
        raise _nothing_used(invalid)
    doubts += region_doubts(n_gates, invalid)
    rows = np.flatnonzero(sums.by_row.any(axis=1))
    theirs = None
    if standard_errors:
        theirs = reference_influence(frames, plan, sums.shares, ln_reference)
    found = _estimates(sums, theirs, plan, job, media)
    if guards:
        doubts += level_doubts(found["mbf"])
    warn_all(doubts, "the plane")
    return ROISpectrum(
        **found,
        freqs_mhz=plan.freqs_mhz.copy(),
        power_db=10 * np.log10(sums.power),
        reference_db=DB * np.log(np.exp(ln_reference[rows]).mean(axis=0)),
        band_mhz=job.plan.band_mhz,
        **_counts(sums),
        valid_share=n_gates / int(inside.sum()),
        depth_range_mm=(float(depth_mm[rows[0]]), float(depth_mm[rows[-1]])),
        attenuation=estimate,
        invalid_counts=invalid,
        snr_db=gates.median_snr_db(),
        doubts=tuple(doubts),
    )


def _job_of(plane, reference, attenuation, **settings):
    """Settle what the plane needs, with what a function says of its attenuation."""
    recipe = make_recipe(reference, channels=("mbf",), **settings)
    job = make_job(plane, attenuation, recipe, reference, spectra={}, dtype=_DTYPE)
    return replace(job, media=called(job.media, plane))


def _counts(sums):
    """Count the gates and lines that were used."""
    n_lines = np.count_nonzero(sums.count)
    return {
        "n_lines": int(n_lines),
        "n_gates": int(sums.count.sum()),
        "n_independent_lines": float(n_lines / sums.lines_alike),
    }


def _sums(data, plan, job, gates, gain, ln_reference):
    """Sum the region's gates that are heard, line by line."""
    smoothed = None
    if job.recipe.correct_taper:
        smoothed = RegionSmoothing(plan, job.plan, ln_reference)
    band = bins_of(plan, job.plan)

    def heard(power, row):
        return gates.hears(power[band], row)

    return sum_lines(data, plan, gates.usable, gain, smoothed, heard)


def _nothing_used(invalid):
    """Say that nothing of a region is left, and why."""
    causes = ", ".join(f"{n} {cause}" for cause, n in invalid.items())
    return ValueError(
        f"no gate of the region's {sum(invalid.values())} can be used ({causes}); "
        "choose another region, or mend the cause"
    )


def _pitch_of(plane):
    """Line pitch; a plane that is no RF is refused where windows are laid."""
    spacing = getattr(plane, "spacing_mm", None)
    return 1.0 if spacing is None else spacing[1]


def _gain(media, plan, depth_mm, start_mm, ln_reference):
    """What turns the power of a gate into the compensated ratio, per row."""
    freqs = plan.freqs_mhz
    loss = tissue_loss(media.attenuation, plan, depth_mm, start_mm)
    tissue = media.tissue_db_per_unit(freqs)[:, None] * loss[:, None, :]
    reference = media.reference_db(depth_mm, freqs)[:, :, None]
    return np.exp((tissue - reference) / DB - ln_reference[:, :, None])


def _estimates(sums, theirs, plan, job, media):
    """Fit line and size to the mean spectrum; carry its error through the fits."""
    freqs, ln_mean = plan.freqs_mhz, np.log(sums.mean)
    band = bins_of(plan, job.plan)

    def error(weights):
        if theirs is None:
            return np.full(weights.shape[1], np.nan)
        change, lines_alike = theirs
        own = variance(sums.influence, sums.lines_alike, weights)
        return np.sqrt(own + variance(change, lines_alike, weights))

    line = DB * line_functionals(freqs[band], job.plan.band_mhz)
    values = dict(
        zip(("mbf", "ss", "si"), (line @ ln_mean[band]).tolist(), strict=True)
    )
    weights = {"mbf": line[0], "ss": line[1], "si": line[2]}
    bsc = bsc_fit = None
    values |= {"esd": np.nan, "eac": np.nan}
    recipe = job.recipe
    if recipe.bsc is not None:
        bsc, bsc_fit = np.full((2, freqs.size), np.nan)
        ln_bsc = ln_mean[band] + ln_bsc_of(recipe.bsc, freqs[band])
        size = fit_size(ln_bsc, freqs[band], media.speed_of_sound, recipe.fit)
        bsc[band], bsc_fit[band] = np.exp(ln_bsc), np.exp(size.ln_bsc)
        values |= {"esd": size.esd_um, "eac": size.eac_db}
        weights |= {"esd": size.d_esd, "eac": size.d_eac}
    errors = dict.fromkeys(UNITS, float("nan"))
    for name, inner in weights.items():
        outer = np.zeros((freqs.size, 1))
        outer[band, 0] = inner
        errors[name] = float(error(outer)[0])
    return values | {
        "normalised_db": DB * ln_mean,
        "standard_error_db": error(DB * np.eye(freqs.size)),
        "standard_errors": errors,
        "bsc": bsc,
        "bsc_fit": bsc_fit,
    }
