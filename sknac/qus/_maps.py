"""`qus_maps`: calibrated parametric maps of one RF frame."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from sknac.qus._attenuation import resolve_attenuation
from sknac.qus._checks import (
    check_fit,
    check_reaches,
    check_snr,
    not_negative,
    rf_frame,
    rf_frames,
    same_setting,
)
from sknac.qus._engine import NEEDS_BSC, QUSMaps, maps_from_reference
from sknac.qus._estimates import CHANNELS
from sknac.qus._form_factor import ScattererFit, scatterer_fit
from sknac.qus._media import make_media
from sknac.qus._plan import make_plan
from sknac.qus._reference_spectrum import reference_spectrum


def qus_maps(
    rf: ArrayLike,
    reference_rf: ArrayLike,
    *,
    fs_mhz: float,
    line_pitch_mm: float,
    speed_of_sound: float = 1540.0,
    reference_speed_of_sound: float | None = None,
    start_depth_mm: float = 0.0,
    attenuation_db_cm_mhz: float | ArrayLike | str,
    attenuation_power: float = 1.0,
    reference_attenuation_db_cm_mhz: float = 0.576,
    reference_attenuation_power: float = 1.0,
    reference_bsc: Callable | None = None,
    reference_fs_mhz: float | None = None,
    reference_line_pitch_mm: float | None = None,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    focus_mm: float | None = None,
    window_mm: float | tuple[float, float] = 2.0,
    overlap: float | tuple[float, float] = 0.95,
    n_fft: int | None = None,
    taper: str | tuple = "hann",
    channels: tuple[str, ...] = CHANNELS,
    size_fit: str | ScattererFit = "least_squares",
    min_snr_db: float | None = 6.0,
    dtype: DTypeLike = np.float32,
    n_jobs: int | None = None,
) -> QUSMaps:
    """Compute quantitative-ultrasound maps of one RF frame.

    Parameters
    ----------
    rf : array-like of shape (n_samples, n_lines)
        RF frame, depth first; integers or floats. Its offset (which may grow
        with depth) is removed.
    reference_rf : array-like of shape (n_samples, n_lines) or (n_frames, \
n_samples, n_lines)
        Reference phantom scanned with the same settings: at least as deep, any
        number of lines. Its first sample has the same echo time as that of `rf`.
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
    attenuation_db_cm_mhz : float, array-like of shape (n_samples, n_lines) or \
"estimate"
        One-way attenuation of the tissue in dB/(cm MHz^n): one number, or its
        local value at each sample, which is integrated down each line.
        "estimate" takes `estimate_attenuation` of the whole frame, which must then
        be uniform; the result keeps it as ``attenuation``.
    attenuation_power : float, default=1.0
        The tissue's exponent n.
    reference_attenuation_db_cm_mhz : float, default=0.576
        One-way attenuation of the reference in dB/(cm MHz^n).
    reference_attenuation_power : float, default=1.0
        The reference's exponent n.
    reference_bsc : callable or None, default=None
        Backscatter coefficient of the reference: frequencies in MHz to 1/(cm sr).
        Needed for ESD, EAC and BSC only.
    reference_fs_mhz, reference_line_pitch_mm : float or None, default=None
        Settings of the reference's acquisition: where given, they must be those
        of the scan.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band, both ends included. "auto" takes the bins round the peak of
        the reference's spectrum at the focal depth, down to -6 dB.
    focus_mm : float or None, default=None
        Focal depth for the band "auto"; None means the depth at which the
        reference is strongest within the middle half of the frame.
    window_mm : float or tuple of float, default=2.0
        Window side, or (axial, lateral), in mm.
    overlap : float or tuple of float, default=0.95
        Overlap of neighbouring windows in [0, 1), or (axial, lateral). The hop is
        at least one sample or line.
    n_fft : int or None, default=None
        DFT length; None means the next power of two of the window's samples.
    taper : str or tuple, default="hann"
        Taper as `scipy.signal.get_window` names it; made symmetric and scaled to
        unit mean square.
    channels : tuple of str, default=("mbf", "ss", "si", "esd", "eac")
        Maps to compute; "bsc" adds the backscatter coefficient per window and
        frequency.
    size_fit : {"least_squares", "masd"} or ScattererFit, default="least_squares"
        How ESD and EAC are fitted to the backscatter coefficient.
    min_snr_db : float or None, default=6.0
        Windows whose mean log power in the poorest quarter of the band is less than
        this above the noise floor are invalid, and so are depths at which the
        reference's is. None keeps all.
    dtype : dtype, default=numpy.float32
        Precision of the work and of the maps; float32 or float64.
    n_jobs : int or None, default=None
        Threads, as in joblib.

    Returns
    -------
    QUSMaps
        The maps, their grid, `valid` and the counts of invalid windows by cause.

    Raises
    ------
    ValueError
        If a number is missing, negative or out of range, the band lies beyond
        Nyquist or holds fewer than 3 bins, the window exceeds the frame, the
        reference is too shallow or has other settings, ESD or EAC is asked for
        without `reference_bsc`, or the attenuation cannot be estimated.

    Warns
    -----
    UserWarning
        If the band holds fewer than 8 bins.

    See Also
    --------
    QUSMapper : The same for every plane of a cohort.
    estimate_attenuation : The attenuation and its standard error.

    Notes
    -----
    With S the power spectrum averaged over the window's lines (before the log),
    z_s the depth of the window's centre, z_r = z_s c_r / c_s and one-way
    attenuations alpha,

    .. math:: y(f) = 10 \\log_{10}(S_s / S_r)
              + 2 (z_s \\alpha_s f^{n_s} - z_r \\alpha_r f^{n_r}).

    SS and SI are slope and intercept of the least-squares line through y(f);
    MBF = SI + SS (f_low + f_high) / 2. These are decibels of power, 10 log10.

    ESD and EAC fit a spherical Gaussian form factor to the backscatter
    coefficient in the convention
    BSC = (4/9) k^4 a^6 (n z^2) exp(-0.827 k^2 a^2) with the effective radius a:
    ESD = 2a, EAC = 10 log10(n z^2) re 1 cm^-3. Texts with the prefactor 1/9
    give an EAC 6.02 dB higher, texts per mm^3 one 30 dB lower.

    The noise floor is read above the band, in the upper half of what is left up to
    the Nyquist frequency, at every depth, of scan and reference. Where the reference
    at its best depth does not stand 20 dB above it, echoes reach up to there: the
    floor is unknown and no window is marked.

    References
    ----------
    L. X. Yao, J. A. Zagzebski, E. L. Madsen, "Backscatter coefficient
    measurements using a reference phantom to extract depth-dependent
    instrumentation factors", Ultrasonic Imaging 12:58-70, 1990.

    M. F. Insana, R. F. Wagner, D. G. Brown, T. J. Hall, "Describing small-scale
    structure in random media using pulse-echo ultrasound", J. Acoust. Soc. Am.
    87:179-192, 1990.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.qus import GaussianScatterers, qus_maps
    >>> rng = np.random.default_rng(0)
    >>> rf, phantom = rng.normal(size=(2, 600, 40))
    >>> maps = qus_maps(
    ...     rf, phantom, fs_mhz=40, line_pitch_mm=0.2, overlap=0.5,
    ...     attenuation_db_cm_mhz=0.6,
    ...     reference_bsc=GaussianScatterers(esd_um=100, eac_db=30),
    ... )
    >>> maps
    QUSMaps(mbf, ss, si, esd, eac; 10 x 7 windows, ... invalid)
    """
    plan = make_plan(
        fs_mhz=fs_mhz,
        line_pitch_mm=line_pitch_mm,
        speed_of_sound=speed_of_sound,
        band_mhz=band_mhz,
        window_mm=window_mm,
        overlap=overlap,
        n_fft=n_fft,
        taper=taper,
    )
    media = make_media(
        speed_of_sound=speed_of_sound,
        attenuation=attenuation_db_cm_mhz,
        attenuation_power=attenuation_power,
        reference_speed_of_sound=reference_speed_of_sound,
        reference_attenuation=reference_attenuation_db_cm_mhz,
        reference_attenuation_power=reference_attenuation_power,
    )
    channels = check_channels(channels, reference_bsc, (*CHANNELS, "bsc"))
    min_snr_db = check_snr(min_snr_db)
    fit = scatterer_fit(size_fit)
    same_setting("fs_mhz", fs_mhz, reference_fs_mhz)
    same_setting("line_pitch_mm", line_pitch_mm, reference_line_pitch_mm)
    start = not_negative("start_depth_mm", start_depth_mm, "give the first depth in mm")
    rf, frames = rf_frame(rf), rf_frames(reference_rf)
    dtype = check_dtype(dtype)
    check_fit(rf, plan)
    check_reaches(rf, frames)
    reference = reference_spectrum(
        frames,
        plan,
        rf.shape[0],
        dtype,
        start_depth_mm=start,
        focus_mm=focus_mm,
        n_jobs=n_jobs,
    )
    media, estimate = resolve_attenuation(
        media,
        rf,
        reference,
        plan=plan,
        start_depth_mm=start,
        min_snr_db=min_snr_db,
        frames=frames,
    )
    maps = maps_from_reference(
        rf,
        reference,
        plan=plan,
        media=media,
        start_depth_mm=start,
        reference_bsc=reference_bsc,
        channels=channels,
        fit=fit,
        min_snr_db=min_snr_db,
        dtype=dtype,
        n_jobs=n_jobs,
    )
    return replace(maps, attenuation=estimate)


def check_channels(channels, reference_bsc, known=CHANNELS):
    """Check the names of the maps, and that those asked for can be had."""
    channels = (channels,) if isinstance(channels, str) else tuple(channels)
    unknown = [name for name in channels if name not in known]
    if unknown or not channels or len(set(channels)) < len(channels):
        raise ValueError(
            f"channels={channels!r} must be different names out of {known}"
        )
    need = [name for name in channels if name in NEEDS_BSC]
    if need and reference_bsc is None:
        raise ValueError(
            f"channels {need} need reference_bsc, the phantom's backscatter "
            "coefficient: give a model of sknac.qus (to a ReferencePhantom as bsc), "
            "or leave them out"
        )
    return channels


def check_dtype(dtype):
    """Return float32 or float64."""
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype={dtype} must be float32 or float64")
    return dtype
