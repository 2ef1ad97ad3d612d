"""`estimate_attenuation`: the tissue's attenuation from its RF."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

from sknac.cohort import Plane
from sknac.qus._checks import usable_rf
from sknac.qus._job import make_job, make_recipe
from sknac.qus._local_attenuation import AttenuationMap, local_attenuation
from sknac.qus._log_difference import AttenuationEstimate, attenuation_of
from sknac.qus._options import SpectralOptions
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_spectrum import frames_for
from sknac.utils._row_attenuation import ESTIMATE

_SETTINGS = {
    "shape": lambda plane: plane.image.shape,
    "fs_mhz": lambda plane: plane.fs_mhz,
    "spacing_mm": lambda plane: plane.spacing_mm,
    "the first depth": lambda plane: plane.origin_mm[0],
    "speed_of_sound": lambda plane: plane.speed_of_sound,
    "focus_mm": lambda plane: plane.focus_mm,
    "gain_db": lambda plane: plane.gain_db,
}


def estimate_attenuation(
    plane: Plane | Sequence[Plane],
    reference: ReferencePhantom,
    *,
    band_mhz: tuple[float, float] | str = (3.0, 8.0),
    window_mm: float | tuple[float, float] = 2.0,
    depth_range_mm: tuple[float, float] | None = None,
    lateral_range_mm: tuple[float, float] | None = None,
    block_mm: float | tuple[float, float] | None = None,
    options: SpectralOptions | None = None,
) -> AttenuationEstimate | AttenuationMap:
    """Estimate tissue attenuation by the reference phantom's log difference.

    The region must be uniform in depth: a change of its backscatter is taken for
    attenuation. Choose one with `depth_range_mm` and `lateral_range_mm`.

    Parameters
    ----------
    plane : Plane or sequence of Plane
        An RF plane, or several frames of one place, whose power is averaged.
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
    block_mm : float, tuple of float or None, default=None
        Side of blocks, or (axial, lateral), in mm, for a map of local estimates, each
        from its block alone; at least 3 windows deep and 4 wide. None gives one
        estimate of the region. The error grows fast with small blocks: about 0.05
        dB/cm/MHz for 10 mm x 10 mm, 0.15 for 6 mm x 10 mm.
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper and least signal to noise:
        depths nearer to the noise are left out.

    Returns
    -------
    AttenuationEstimate or AttenuationMap
        ``db_cm_mhz``, the estimate (a negative value is returned as it is), its
        ``standard_error`` from speckle (NaN where the reference is narrower than two
        groups), the ``depth_range_mm`` of the window centres used and ``n_depths``,
        their number. With `block_mm` the first two are maps, with ``depth_mm``,
        ``lateral_mm`` and ``grid`` of the blocks' centres, NaN where a block holds
        depths too close to the noise; ``to_samples(plane)`` makes of it what `qus_maps`
        takes.

    Raises
    ------
    ValueError
        If a setting is out of range, less than 10 mm of depth or fewer than 4 groups
        of lines are left, blocks are too small, or frames differ in their settings.

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
    region that is not uniform. Blocks are fitted alike, each by itself (the spectral
    log difference over its depths); neighbouring ones overlap and share data, one
    half-overlapping window and one group of lines apart.

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
    >>> made = make_rf_cohort(
    ...     n_patients=2, depth_mm=30, width_mm=16, random_state=0
    ... ).reference
    >>> plane = made.acquisitions[0]
    >>> phantom = ReferencePhantom(
    ...     plane, attenuation_db_cm_mhz=0.5, speed_of_sound=plane.speed_of_sound)
    >>> round(estimate_attenuation(plane, phantom).db_cm_mhz, 6)
    0.5
    >>> estimate_attenuation(plane, phantom, block_mm=10)
    AttenuationMap(21 x 3 blocks of 10.0 x 10.5 mm, median ... dB/cm/MHz)
    """
    recipe = make_recipe(
        reference,
        band_mhz=band_mhz,
        window_mm=window_mm,
        overlap=0.5,
        channels="mbf",
        options=options,
    )
    planes = _of_one_place(plane)
    job = make_job(planes[0], ESTIMATE, recipe, reference, spectra={})
    frames = frames_for(planes[0], reference.match(planes[0]))
    scans = [usable_rf(one) for one in planes]
    region_mm = depth_range_mm, lateral_range_mm
    if block_mm is not None:
        return local_attenuation(scans, job, frames, region_mm, block_mm)
    return attenuation_of(scans, job, frames, region_mm)


def _of_one_place(planes):
    """Return frames of one place as a list; their settings and shapes agree."""
    planes = [planes] if isinstance(planes, Plane) else list(planes)
    if not planes or not all(isinstance(one, Plane) for one in planes):
        raise ValueError(
            "plane must be an RF plane, or at least one in a sequence of them, got "
            f"{planes!r}"
        )
    for name, read in _SETTINGS.items():
        values = [read(one) for one in planes]
        if any(value != values[0] for value in values):
            other = next(value for value in values if value != values[0])
            raise ValueError(
                f"frames of one place must agree in {name}, got {values[0]} and {other}"
            )
    return planes
