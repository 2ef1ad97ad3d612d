"""`qus_maps`: calibrated parametric maps of one RF frame."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from sknac.qus._checks import not_negative, positive, rf_frame, rf_frames
from sknac.qus._engine import NEEDS_BSC, QUSMaps, maps_from_reference
from sknac.qus._estimates import PARAMETERS, Media
from sknac.qus._plan import make_plan
from sknac.qus._spectrum import reference_log_spectrum

ATTENUATION_MEND = (
    "give the tissue's attenuation in dB/(cm MHz^n); it is the largest source of "
    "error, so there is no default"
)


def qus_maps(
    rf: ArrayLike,
    reference_rf: ArrayLike,
    *,
    fs_mhz: float,
    line_pitch_mm: float,
    speed_of_sound: float = 1540.0,
    reference_speed_of_sound: float | None = None,
    start_depth_mm: float = 0.0,
    attenuation_db_cm_mhz: float | ArrayLike,
    attenuation_power: float = 1.0,
    reference_attenuation_db_cm_mhz: float = 0.576,
    reference_attenuation_power: float = 1.0,
    reference_bsc: Callable | None = None,
    band_mhz: tuple[float, float] = (3.0, 8.0),
    window_mm: float | tuple[float, float] = 2.0,
    overlap: float | tuple[float, float] = 0.95,
    n_fft: int | None = None,
    taper: str | tuple = "hann",
    parameters: tuple[str, ...] = PARAMETERS,
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
    attenuation_db_cm_mhz : float or array-like of shape (n_samples, n_lines)
        One-way attenuation of the tissue in dB/(cm MHz^n): one number, or its
        local value at each sample, which is integrated down each line.
    attenuation_power : float, default=1.0
        The tissue's exponent n.
    reference_attenuation_db_cm_mhz : float, default=0.576
        One-way attenuation of the reference in dB/(cm MHz^n).
    reference_attenuation_power : float, default=1.0
        The reference's exponent n.
    reference_bsc : callable or None, default=None
        Backscatter coefficient of the reference: frequencies in MHz to 1/(cm sr).
        Needed for ESD and EAC only.
    band_mhz : tuple of float, default=(3.0, 8.0)
        Analysis band, both ends included.
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
    parameters : tuple of str, default=("mbf", "ss", "si", "esd", "eac")
        Maps to compute.
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
        reference is too shallow, or ESD or EAC is asked for without
        `reference_bsc`.

    Warns
    -----
    UserWarning
        If the band holds fewer than 8 bins.

    See Also
    --------
    QUSMapper : The same for every plane of a cohort.

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
    parameters = check_parameters(parameters, reference_bsc)
    rf, frames = rf_frame(rf), rf_frames(reference_rf)
    dtype = check_dtype(dtype)
    check_fit(rf, plan)
    if frames.shape[1] < rf.shape[0]:
        raise ValueError(
            f"reference_rf has {frames.shape[1]} samples down a line, rf has "
            f"{rf.shape[0]}: the reference must reach at least as deep; crop rf or "
            "scan the phantom deeper"
        )
    ln_reference = reference_log_spectrum(frames, plan, rf.shape[0], dtype, n_jobs)
    return maps_from_reference(
        rf,
        ln_reference,
        plan=plan,
        media=media,
        band_mhz=band_mhz,
        start_depth_mm=start_depth_mm,
        reference_bsc=reference_bsc,
        parameters=parameters,
        dtype=dtype,
        n_jobs=n_jobs,
    )


def make_media(*, attenuation, **numbers):
    """Check the numbers that describe tissue and reference."""
    if attenuation is not None and np.ndim(attenuation) == 2:
        attenuation = np.asarray(attenuation, dtype=np.float64)
        if not (np.isfinite(attenuation).all() and (attenuation >= 0).all()):
            raise ValueError(
                "attenuation_db_cm_mhz holds negative, NaN or infinite values"
            )
    else:
        attenuation = not_negative(
            "attenuation_db_cm_mhz", attenuation, ATTENUATION_MEND
        )
    if numbers["reference_speed_of_sound"] is None:
        numbers["reference_speed_of_sound"] = numbers["speed_of_sound"]
    for name in numbers:
        check = not_negative if name.endswith("attenuation") else positive
        numbers[name] = check(name, numbers[name], "see its unit in the docstring")
    return Media(attenuation=attenuation, **numbers)


def check_parameters(parameters, reference_bsc):
    """Check the names of the maps, and that those asked for can be had."""
    parameters = (parameters,) if isinstance(parameters, str) else tuple(parameters)
    unknown = [name for name in parameters if name not in PARAMETERS]
    if unknown or not parameters or len(set(parameters)) < len(parameters):
        raise ValueError(
            f"parameters={parameters!r} must be different names out of {PARAMETERS}"
        )
    need = [name for name in parameters if name in NEEDS_BSC]
    if need and reference_bsc is None:
        raise ValueError(
            f"parameters {need} need reference_bsc, the phantom's backscatter "
            "coefficient: give a model of sknac.qus, or leave them out"
        )
    return parameters


def check_dtype(dtype):
    """Return float32 or float64."""
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype={dtype} must be float32 or float64")
    return dtype


def check_fit(rf, plan):
    """Raise when no window fits into the frame, or no sample can be used."""
    sides = (plan.n_samples, plan.n_lines)
    if sides[0] > rf.shape[0] or sides[1] > rf.shape[1]:
        raise ValueError(
            f"the window of {sides[0]} samples x {sides[1]} lines is larger than the "
            f"frame of {rf.shape[0]} x {rf.shape[1]}: reduce window_mm or check "
            "line_pitch_mm and fs_mhz"
        )
    if rf.dtype.kind == "f" and not np.isfinite(rf).any():
        raise ValueError("rf holds NaN or infinite samples only")
