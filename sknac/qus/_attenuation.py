"""`estimate_attenuation`: the tissue's attenuation from its RF."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.cohort import Plane
from sknac.qus._checks import ESTIMATE, usable_rf
from sknac.qus._job import make_job, make_recipe
from sknac.qus._log_difference import AttenuationEstimate, attenuation_of
from sknac.qus._options import SpectralOptions
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_spectrum import frames_for


def estimate_attenuation(
    plane: Plane,
    reference: ReferencePhantom,
    *,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float | tuple[float, float] = 2.0,
    depth_range_mm: tuple[float, float] | None = None,
    lateral_range_mm: tuple[float, float] | None = None,
    options: SpectralOptions | None = None,
) -> AttenuationEstimate:
    """Estimate tissue attenuation by the reference phantom's log difference.

    The region must be uniform in depth: a change of its backscatter is taken for
    attenuation. Choose one with `depth_range_mm` and `lateral_range_mm`.

    Parameters
    ----------
    plane : Plane
        An RF plane.
    reference : ReferencePhantom
        The phantom, scanned with the plane's settings; its backscatter is not used.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band, as in `qus_maps`.
    window_mm : float or tuple of float, default=2.0
        Window length, and width of the groups of lines that the standard error
        takes for independent: several beam widths.
    depth_range_mm : tuple of float or None, default=None
        Use the windows whose centres lie between these depths; None takes all.
    lateral_range_mm : tuple of float or None, default=None
        Use the lines between these positions, from the first line; None takes all.
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper and least signal to noise:
        depths nearer to the noise are left out.

    Returns
    -------
    AttenuationEstimate
        ``db_cm_mhz``, the estimate (a negative value is returned as it is), its
        ``standard_error`` from speckle (NaN where the reference is narrower than two
        groups), the ``depth_range_mm`` of the window centres used and ``n_depths``,
        their number.

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
    The phantom against itself: the tissue attenuates as the reference does.

    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import ReferencePhantom, estimate_attenuation
    >>> made = make_rf_cohort(n_patients=2, depth_mm=30, width_mm=16).reference
    >>> plane = made.acquisitions[0]
    >>> phantom = ReferencePhantom(
    ...     plane, attenuation_db_cm_mhz=0.5, speed_of_sound=plane.speed_of_sound)
    >>> round(estimate_attenuation(plane, phantom).db_cm_mhz, 6)
    0.5
    """
    recipe = make_recipe(
        reference,
        band_mhz=band_mhz,
        window_mm=window_mm,
        overlap=0.5,
        channels="mbf",
        options=options,
    )
    job = make_job(plane, ESTIMATE, recipe, reference, spectra={})
    frames = frames_for(plane, reference.match(plane))
    return attenuation_of(
        usable_rf(plane), job, frames, (depth_range_mm, lateral_range_mm)
    )
