"""`qus_maps`: calibrated parametric maps of one plane."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np

from sknac.cohort import Plane
from sknac.qus._engine import maps_of
from sknac.qus._estimates import CHANNELS
from sknac.qus._guards import nothing_valid, warn_all
from sknac.qus._job import make_job, make_recipe
from sknac.qus._maps_result import QUSMaps
from sknac.qus._options import SpectralOptions
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_spectrum import frames_for


def qus_maps(
    plane: Plane,
    reference: ReferencePhantom,
    *,
    attenuation_db_cm_mhz: float | str | np.ndarray | None,
    attenuation_layers: Sequence[tuple[float, float]] | None = None,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float | tuple[float, float] = 2.0,
    overlap: float | tuple[float, float] = 0.95,
    channels: tuple[str, ...] = CHANNELS,
    options: SpectralOptions | None = None,
    dtype: type = np.float32,
    n_jobs: int | None = None,
) -> QUSMaps:
    """Compute quantitative-ultrasound maps of one RF plane.

    Parameters
    ----------
    plane : Plane
        An RF plane; `Plane.from_rf` makes one of an array. The offset of its lines
        (which may grow with depth) is removed.
    reference : ReferencePhantom
        The phantom, scanned with the plane's settings; those of its acquisitions
        that fit the plane are averaged.
    attenuation_db_cm_mhz : float, array-like of shape (n_samples, n_lines) or \
"estimate"
        One-way attenuation of the tissue in dB/(cm MHz^n): one number, or its
        local value at each sample, which is integrated down each line.
        "estimate" takes `estimate_attenuation` of the whole frame, which must then
        be uniform; the result keeps it as ``attenuation``.
    attenuation_layers : sequence of (float, float) or None, default=None
        Layers above that tissue, from the probe downwards: where each ends, in mm of
        depth, and its attenuation in dB/(cm MHz^n), e.g. ``[(2, 0.4), (12, 0.7)]`` for
        skin and fat. `attenuation_db_cm_mhz` is then one number, of the tissue below
        them, or None where the layers reach the end of the frame.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band, both ends included. "auto" takes the bins round the peak of
        the reference's spectrum at the plane's focal depth, down to -6 dB; where
        the plane has no ``focus_mm``, at the depth at which the reference is
        strongest within the middle half of the frame.
    window_mm : float or tuple of float, default=2.0
        Window side, or (axial, lateral), in mm.
    overlap : float or tuple of float, default=0.95
        Overlap of neighbouring windows in [0, 1), or (axial, lateral). The hop is
        at least one sample or line.
    channels : tuple of str, default=("mbf", "ss", "si", "esd", "eac")
        Maps to compute; "bsc" adds the backscatter coefficient per window and
        frequency.
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper, how scatterers are sized and
        least signal to noise.
    dtype : dtype, default=numpy.float32
        Precision of the work and of the maps; float32 or float64.
    n_jobs : int or None, default=None
        Threads, as in joblib.

    Returns
    -------
    QUSMaps
        The maps by name (``mbf``, ``ss``, ``si``, ``esd``, ``eac``, ``bsc``; None
        where not asked for), of shape (n_axial_windows, n_lateral_windows), each
        value at its window's centre; ``depth_mm``, ``lateral_mm`` and ``grid`` say
        where that is, ``freqs_mhz`` and ``band_mhz`` which bins were used.
        ``valid`` is False where any map is NaN, ``valid_of("ss")`` where that one is,
        and ``invalid_counts`` counts invalid windows by their first cause; ``snr_db``
        is their signal to noise, None where the noise is unknown. ``attenuation`` is
        that which was estimated, or None.

    Raises
    ------
    ValueError
        If a setting is missing or out of range, the band lies beyond Nyquist or
        holds fewer than 3 bins, the window exceeds the frame, no acquisition of the
        reference has the plane's settings and depth, ESD or EAC is asked for
        without its ``bsc``, or the attenuation cannot be estimated.

    Warns
    -----
    UserWarning
        If the band holds fewer than 8 bins, or little of the probe's energy, if the
        reference's spectrum is flat as that of noise, the noise floor is unknown, or
        the noise of scan and reference differs as with another gain, or the maps lie
        more than 60 dB from the reference.

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

    How accurate maps can be, and what ``SpectralOptions(correct_taper=True)`` changes
    in deep tissue, is in the user guide's table of floors (:ref:`qus-floors`).

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
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import qus_maps
    >>> cohort = make_rf_cohort(
    ...     n_patients=1, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> plane = cohort.X["us_pre"].iloc[0].planes[0]
    >>> qus_maps(plane, cohort.reference, attenuation_db_cm_mhz=0.6, overlap=0.5)
    QUSMaps(mbf, ss, si, esd, eac; 18 x 15 windows, ... invalid)
    """
    if callable(attenuation_db_cm_mhz):
        raise ValueError(
            'attenuation_db_cm_mhz must be a number, a map or "estimate" for one '
            "plane; call the function"
        )
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype}")
    recipe = make_recipe(
        reference,
        band_mhz=band_mhz,
        window_mm=window_mm,
        overlap=overlap,
        channels=channels,
        options=options,
        layers=attenuation_layers,
        known=(*CHANNELS, "bsc"),
    )
    work = {"dtype": dtype, "n_jobs": n_jobs}
    job = make_job(plane, attenuation_db_cm_mhz, recipe, reference, spectra={}, **work)
    frames = None
    if isinstance(job.media.attenuation, str):
        frames = frames_for(plane, reference.match(plane))
    maps = maps_of(job, frames=frames, **work)
    warn_all([*maps.doubts, *nothing_valid(maps)], "the plane")
    return maps
