"""Backscatter coefficients: callables from MHz to 1/(cm sr)."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sknac.qus._estimates import FORM_FACTOR
from sknac.qus._faran import backscatter_length
from sknac.utils._numbers import finite, positive


@dataclass(frozen=True)
class GaussianScatterers:
    """Backscatter of soft, randomly placed scatterers: Gaussian form factor.

    Parameters
    ----------
    esd_um : float
        Effective scatterer diameter in um.
    eac_db : float
        Effective acoustic concentration in dB re 1 cm^-3.
    speed_of_sound : float, default=1540.0
        In m/s.

    Raises
    ------
    ValueError
        If diameter or speed are not above 0, or `eac_db` is no finite number.

    Notes
    -----
    BSC = (4/9) k^4 a^6 (n z^2) exp(-0.827 k^2 a^2), effective radius
    a = ESD / 2, EAC = 10 log10(n z^2) with n in cm^-3.

    References
    ----------
    M. F. Insana, R. F. Wagner, D. G. Brown, T. J. Hall, "Describing small-scale
    structure in random media using pulse-echo ultrasound", J. Acoust. Soc. Am.
    87:179-192, 1990.

    Examples
    --------
    >>> from sknac.qus import GaussianScatterers
    >>> float(GaussianScatterers(esd_um=100, eac_db=30)([5.0])[0].round(5))
    0.00509
    """

    esd_um: float
    eac_db: float
    speed_of_sound: float = 1540.0

    def __post_init__(self):
        positive("esd_um", self.esd_um, "give the diameter in um")
        finite("eac_db", self.eac_db, "give it in dB re 1 cm^-3")
        positive("speed_of_sound", self.speed_of_sound, "give it in m/s")

    def __call__(self, f_mhz: float | Sequence[float]) -> np.ndarray:
        """Return the backscatter coefficient in 1/(cm sr) at `f_mhz`."""
        k = _wavenumber_cm(f_mhz, self.speed_of_sound)
        radius = self.esd_um / 2 * 1e-4
        nz2 = 10 ** (self.eac_db / 10)
        ka2 = (k * radius) ** 2
        return 4 / 9 * k**4 * radius**6 * nz2 * np.exp(-FORM_FACTOR * ka2)


@dataclass(frozen=True)
class PowerLaw:
    """Backscatter that grows as a power of frequency.

    Parameters
    ----------
    bsc_1mhz : float
        Backscatter coefficient at 1 MHz, 1/(cm sr).
    exponent : float
        Power of the frequency; 4 for scatterers far below a wavelength.

    Raises
    ------
    ValueError
        If `bsc_1mhz` is not above 0, or `exponent` no finite number.

    Examples
    --------
    >>> from sknac.qus import PowerLaw
    >>> PowerLaw(bsc_1mhz=1e-6, exponent=2)([1, 2]).tolist()
    [1e-06, 4e-06]
    """

    bsc_1mhz: float
    exponent: float

    def __post_init__(self):
        positive("bsc_1mhz", self.bsc_1mhz, "give it in 1/(cm sr)")
        finite("exponent", self.exponent, "0 is the same at all frequencies")

    def __call__(self, f_mhz: float | Sequence[float]) -> np.ndarray:
        """Return the backscatter coefficient in 1/(cm sr) at `f_mhz`."""
        return self.bsc_1mhz * np.asarray(f_mhz, dtype=float) ** self.exponent


@dataclass(frozen=True)
class TabulatedBSC:
    """Measured backscatter, interpolated straight in log-log coordinates.

    Parameters
    ----------
    f_mhz : tuple of float
        Frequencies in MHz, rising.
    bsc : tuple of float
        Backscatter coefficients at these, 1/(cm sr).

    Raises
    ------
    ValueError
        If the table has fewer than two rows, does not rise, holds values at or
        below 0, or is asked for a frequency outside its range.

    Examples
    --------
    >>> from sknac.qus import TabulatedBSC
    >>> TabulatedBSC(f_mhz=(2, 8), bsc=(1e-4, 1.6e-3))([4]).round(6).tolist()
    [0.0004]
    """

    f_mhz: tuple
    bsc: tuple

    def __post_init__(self):
        f, bsc = (np.asarray(v, dtype=float) for v in (self.f_mhz, self.bsc))
        if f.ndim != 1 or f.shape != bsc.shape or f.size < 2:
            raise ValueError("f_mhz and bsc must be two equally long rows, 2 or more")
        legal = f[0] > 0 and (np.diff(f) > 0).all() and (bsc > 0).all()
        if not (legal and np.isfinite(f[-1]) and np.isfinite(bsc).all()):
            raise ValueError(
                "f_mhz must rise from above 0 and bsc be above 0, all of them finite"
            )
        object.__setattr__(self, "f_mhz", tuple(f.tolist()))
        object.__setattr__(self, "bsc", tuple(bsc.tolist()))

    def __call__(self, f_mhz: float | Sequence[float]) -> np.ndarray:
        """Return the backscatter coefficient in 1/(cm sr) at `f_mhz`."""
        f = np.asarray(f_mhz, dtype=float)
        if f.min() < self.f_mhz[0] or f.max() > self.f_mhz[-1]:
            raise ValueError(
                f"the table reaches from {self.f_mhz[0]:g} to {self.f_mhz[-1]:g} MHz, "
                f"asked for {f.min():g} to {f.max():g} MHz; narrow band_mhz"
            )
        return np.exp(np.interp(np.log(f), np.log(self.f_mhz), np.log(self.bsc)))


@dataclass(frozen=True)
class FaranSpheres:
    """Elastic spheres (glass beads) in a fluid, over a histogram of diameters.

    Parameters
    ----------
    diameters_um : tuple of float
        Bead diameters in um.
    weights : tuple of float or None, default=None
        Share of the beads (by number) at each diameter; None means equal shares.
    concentration_per_cm3 : float, default=1e6
        Beads per cm^3. It scales the whole curve.
    sphere : tuple of float, default=(5570.0, 3374.7, 2540.0)
        The beads' longitudinal and shear speed (m/s) and density (kg/m^3).
    medium : tuple of float, default=(1540.0, 1020.0)
        The fluid's speed (m/s) and density (kg/m^3).

    Raises
    ------
    ValueError
        If a number is not above 0, or the weights do not fit the diameters.

    References
    ----------
    J. J. Faran, "Sound scattering by solid cylinders and spheres", J. Acoust.
    Soc. Am. 23:405-418, 1951.

    Examples
    --------
    Small beads scatter as the fourth power of frequency, almost:

    >>> import numpy as np
    >>> from sknac.qus import FaranSpheres
    >>> low, high = FaranSpheres(diameters_um=(10,))([3, 8])
    >>> float(np.log(high / low) / np.log(8 / 3)).__round__(2)
    3.97
    """

    diameters_um: tuple
    weights: tuple | None = None
    concentration_per_cm3: float = 1e6
    sphere: tuple = (5570.0, 3374.7, 2540.0)
    medium: tuple = (1540.0, 1020.0)

    def __post_init__(self):
        for name in ("diameters_um", "sphere", "medium"):
            values = tuple(float(v) for v in np.atleast_1d(getattr(self, name)))
            for value in values:
                positive(name, value, "every value must be")
            object.__setattr__(self, name, values)
        if len(self.sphere) != 3 or len(self.medium) != 2 or not self.diameters_um:
            raise ValueError(
                "sphere must be (longitudinal speed, shear speed, density), medium "
                "(speed, density) and diameters_um one or more, got "
                f"{self.sphere}, {self.medium} and {self.diameters_um}"
            )
        positive("concentration_per_cm3", self.concentration_per_cm3, "beads per cm^3")
        if self.weights is not None:
            weights = np.asarray(self.weights, dtype=float)
            fits = weights.shape == (len(self.diameters_um),)
            if not (fits and (weights >= 0).all() and 0 < weights.sum() < np.inf):
                raise ValueError("weights must be one share of 0 or more per diameter")
            object.__setattr__(self, "weights", tuple(weights.tolist()))

    def __call__(self, f_mhz: float | Sequence[float]) -> np.ndarray:
        """Return the backscatter coefficient in 1/(cm sr) at `f_mhz`."""
        f = np.asarray(f_mhz, dtype=float)
        return self.concentration_per_cm3 * _per_bead(self, tuple(f.flat)).reshape(
            f.shape
        )


@lru_cache(maxsize=64)
def _per_bead(model, freqs_mhz):
    """Mean cross-section of a model's beads, cm^2/sr; the series are slow to sum."""
    weights = np.ones(len(model.diameters_um))
    if model.weights is not None:
        weights = np.array(model.weights)
    radii = np.array(model.diameters_um) / 2
    lengths = backscatter_length(
        np.array(freqs_mhz), radii, sphere=model.sphere, medium=model.medium
    )
    return weights / weights.sum() @ np.square(lengths)


def _wavenumber_cm(f_mhz, speed_of_sound):
    """Wavenumber in rad/cm."""
    return 2 * np.pi * np.asarray(f_mhz, dtype=float) * 1e6 / (100 * speed_of_sound)
