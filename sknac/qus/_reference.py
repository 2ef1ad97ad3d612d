"""The reference phantom: a small handle to its acquisitions and what is known of it."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sknac.cohort import Plane
from sknac.qus._bsc import FaranSpheres
from sknac.utils._bounds import check_bounds
from sknac.utils._numbers import not_negative, positive

_SAME = 1e-3  # relative difference at which two settings count as equal
_SAME_FOCUS_MM = 0.5
_SAME_GAIN_DB = 0.5


@dataclass(frozen=True, repr=False)
class ReferencePhantom:
    """A reference phantom: its acquisitions, attenuation, speed and backscatter.

    Each plane of a cohort is compared with those acquisitions that were made
    with its settings. All acquisitions that fit are averaged.

    Parameters
    ----------
    acquisitions : Plane or sequence of Plane
        RF planes of the phantom, one per frame: several frames of one place,
        other places, other foci or depths.
    attenuation_db_cm_mhz : float
        One-way attenuation in dB/(cm MHz^n).
    speed_of_sound : float
        In m/s.
    attenuation_power : float, default=1.0
        The exponent n.
    bsc : callable or None, default=None
        Backscatter coefficient, MHz to 1/(cm sr): a model of `sknac.qus`. Needed
        for ESD and EAC only.

    Raises
    ------
    ValueError
        If an acquisition is no RF plane, or a number is missing or out of range.

    See Also
    --------
    QUSMapper : Maps of a whole cohort.

    Notes
    -----
    It is immutable, and `copy.deepcopy` (hence `sklearn.base.clone`) hands out
    the object itself. When it is used first it is checked by `check_reference`, which
    warns of what speaks against it. Its spectra are computed once for each setting of
    planes and windows: the object keeps the last 8 MB of them, which no pickle holds.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Plane
    >>> from sknac.qus import ReferencePhantom
    >>> scan = Plane.from_rf(np.ones((500, 64)), fs_mhz=40, line_pitch_mm=0.2)
    >>> ReferencePhantom(scan, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)
    ReferencePhantom(1 acquisition, 0.5 dB/cm/MHz, 1540 m/s, no bsc)
    """

    acquisitions: tuple[Plane, ...]
    attenuation_db_cm_mhz: float
    speed_of_sound: float
    attenuation_power: float = 1.0
    bsc: Callable | None = None

    def __post_init__(self):
        planes = self.acquisitions
        planes = (planes,) if isinstance(planes, Plane) else tuple(planes)
        if not planes:
            raise ValueError("a reference phantom must have at least one RF plane")
        for number, plane in enumerate(planes):
            kind = plane.kind if isinstance(plane, Plane) else type(plane).__name__
            if kind != "rf":
                raise ValueError(
                    f"acquisition {number} of the reference is {kind}, not an RF "
                    "plane; build it with Plane.from_rf"
                )
        object.__setattr__(self, "acquisitions", planes)
        unit = "see its unit in the docstring"
        not_negative("attenuation_db_cm_mhz", self.attenuation_db_cm_mhz, unit)
        positive("speed_of_sound", self.speed_of_sound, unit)
        positive("attenuation_power", self.attenuation_power, unit)
        for name in ("attenuation_db_cm_mhz", "speed_of_sound", "attenuation_power"):
            check_bounds(name, getattr(self, name))
        if self.bsc is not None and not callable(self.bsc):
            raise ValueError(
                "bsc must be callable with frequencies in MHz, such as a model of "
                "sknac.qus (a measured one is a TabulatedBSC), or None, got "
                f"{self.bsc!r}"
            )

    @classmethod
    def glass_beads(
        cls,
        acquisitions: Plane | Sequence[Plane],
        *,
        concentration_per_cm3: float = 1e6,
    ) -> "ReferencePhantom":
        """Describe the published QUS phantom: 0.576 dB/cm/MHz, 1488 m/s.

        Glass beads of 5 to 30 um in gelatin, here spread evenly by number. Neither
        their concentration nor the shape of their histogram is published, so the
        *shape* of the backscatter over frequency is usable, while its level is not:
        EAC and SI shift with 10 log10 of `concentration_per_cm3`, ESD does not.

        Parameters
        ----------
        acquisitions : Plane or sequence of Plane
            RF planes of the phantom.
        concentration_per_cm3 : float, default=1e6
            Beads per cm^3, an assumption.

        Returns
        -------
        ReferencePhantom
            The phantom.

        References
        ----------
        H. Taleghamar et al., "Deep learning of quantitative ultrasound
        multi-parametric images at pre-treatment to predict breast cancer response to
        chemotherapy", Scientific Reports 12:2244, 2022.
        """
        return cls(
            acquisitions,
            attenuation_db_cm_mhz=0.576,
            speed_of_sound=1488.0,
            bsc=FaranSpheres(
                diameters_um=tuple(np.arange(5.5, 30.0)),
                concentration_per_cm3=concentration_per_cm3,
                medium=(1488.0, 1020.0),
            ),
        )

    def match(self, plane: Plane) -> tuple[Plane, ...]:
        """Return the acquisitions made with a plane's settings, as deep as it.

        Parameters
        ----------
        plane : Plane
            An RF plane of the cohort.

        Returns
        -------
        tuple of Plane
            At least one. Sampling frequency and line pitch agree to 0.1 %. Where
            both planes know them, so do the reference's name, the probe, the focus
            to 0.5 mm, the transmit frequency to 0.1 %, and gain and TGC to 0.5 dB.

        Raises
        ------
        ValueError
            If none fits; it says which setting differs.
        """
        left = self.acquisitions
        for name, agrees, read in _SETTINGS:
            kept = tuple(p for p in left if agrees(read(plane), read(p)))
            if not kept:
                have = sorted({str(read(p)) for p in left})
                raise ValueError(
                    f"no acquisition of the reference phantom fits: {name} is "
                    f"{read(plane)} here and {', '.join(have)} there; scan the "
                    "phantom with the patient's settings"
                )
            left = kept
        deep = tuple(p for p in left if _reaches(plane, p))
        if not deep and all(first_sample(plane, p) < 0 for p in left):
            start = min(p.origin_mm[0] for p in left)
            raise ValueError(
                "no acquisition of the reference phantom begins as near the probe: the "
                f"plane begins at {plane.origin_mm[0]:.3g} mm, the reference at "
                f"{start:.3g} mm; correct start_depth_mm, or crop the plane"
            )
        if not deep:
            have = max(p.image.shape[0] - first_sample(plane, p) for p in left)
            raise ValueError(
                f"no acquisition of the reference phantom reaches as deep: the plane "
                f"has {plane.image.shape[0]} samples, the reference {have} from the "
                "same depth on; crop the plane or scan the phantom deeper"
            )
        return deep

    def __getstate__(self):
        # What its use found (its check, its spectra) is found again elsewhere.
        return {name: value for name, value in vars(self).items() if name[0] != "_"}

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        n = len(self.acquisitions)
        return (
            f"ReferencePhantom({n} acquisition{'s' if n > 1 else ''}, "
            f"{self.attenuation_db_cm_mhz:g} dB/cm/MHz, {self.speed_of_sound:g} m/s, "
            f"{'no bsc' if self.bsc is None else type(self.bsc).__name__})"
        )


def first_sample(plane: Plane, acquisition: Plane) -> int:
    """Sample of the acquisition with the echo time of the plane's first sample."""
    times = [p.origin_mm[0] / p.speed_of_sound for p in (plane, acquisition)]
    return round((times[0] - times[1]) * 2e3 * plane.fs_mhz)


def settings_of(plane: Plane) -> tuple:
    """Return the settings by which `ReferencePhantom.match` picks acquisitions."""
    return tuple(read(plane) for _, _, read in _SETTINGS)


def _reaches(plane, acquisition):
    """Tell whether an acquisition covers a plane's depths."""
    first = first_sample(plane, acquisition)
    return first >= 0 and first + plane.image.shape[0] <= acquisition.image.shape[0]


def _equal(a, b):
    """Compare two settings."""
    return bool(np.isclose(a, b, rtol=_SAME, atol=0))


def _equal_focus(a, b):
    """Compare two foci where both are known."""
    return a is None or b is None or abs(a - b) <= _SAME_FOCUS_MM


def _equal_where_known(a, b):
    """Compare two settings where both are known."""
    return a is None or b is None or _equal(a, b)


def _equal_gain(a, b):
    """Compare two gains where both are known."""
    return a is None or b is None or abs(a - b) <= _SAME_GAIN_DB


def _equal_tgc(a, b):
    """Compare two gains over depth, where both are known, at the depths of both."""
    if not a or not b:
        return True
    depths = sorted({depth for depth, _ in (*a, *b)})
    one, other = (np.interp(depths, *np.transpose(curve)) for curve in (a, b))
    return bool(np.abs(one - other).max() <= _SAME_GAIN_DB)


def _equal_name(a, b):
    """Compare two names where both are given."""
    return a is None or b is None or a == b


_SETTINGS = (
    ("the reference's name", _equal_name, lambda plane: plane.reference),
    ("fs_mhz", _equal, lambda plane: plane.fs_mhz),
    ("line pitch (mm)", _equal, lambda plane: plane.spacing_mm[1]),
    ("focus_mm", _equal_focus, lambda plane: plane.focus_mm),
    ("the probe", _equal_name, lambda plane: plane.probe),
    ("transmit_mhz", _equal_where_known, lambda plane: plane.transmit_mhz),
    ("gain_db", _equal_gain, lambda plane: plane.gain_db),
    ("tgc", _equal_tgc, lambda plane: plane.tgc),
)
