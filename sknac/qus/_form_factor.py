"""Scatterer size by minimum average squared deviation over a grid of radii."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import spherical_jn

from sknac.qus._estimates import DB, FORM_FACTOR

METHODS = ("least_squares", "masd")


def _gaussian(ka):
    """Soft scatterer whose impedance falls off as a Gaussian."""
    return np.exp(-FORM_FACTOR * ka**2)


def _fluid_sphere(ka):
    """Homogeneous fluid sphere of weak contrast."""
    return np.square(3 * spherical_jn(1, 2 * ka) / (2 * ka))


FORM_FACTORS = {"gaussian": _gaussian, "fluid_sphere": _fluid_sphere}


@dataclass(frozen=True)
class ScattererFit:
    """How diameter and concentration are fitted to the backscatter coefficient.

    Parameters
    ----------
    method : {"least_squares", "masd"}, default="least_squares"
        A straight line through ln(BSC / f^4) over f^2, for the Gaussian form factor
        only; or the diameter on a grid at which the decibels between measured and
        modelled BSC vary least over the band (minimum average squared deviation).
    form_factor : {"gaussian", "fluid_sphere"} or callable, default="gaussian"
        Form factor F; a callable takes an array of k a (wavenumber times radius)
        and returns F > 0 of the same shape, 1 at 0.
    esd_um : tuple of (float, float, float), default=(10.0, 300.0, 1.0)
        Smallest and largest diameter of the grid and its step, in um. A best
        diameter at either end is no estimate: the window is invalid.

    Raises
    ------
    ValueError
        If a setting is unknown, the grid has fewer than 3 diameters, or the
        method cannot fit the form factor.

    Notes
    -----
    Both fit BSC = (4/9) k^4 a^6 (n z^2) F(k a), ESD = 2a, EAC = 10 log10(n z^2) in
    dB re 1 cm^-3. For the Gaussian both methods minimise the same sum of squares:
    they differ by the step of the grid, and outside it, alone.

    References
    ----------
    M. F. Insana, R. F. Wagner, D. G. Brown, T. J. Hall, "Describing small-scale
    structure in random media using pulse-echo ultrasound", J. Acoust. Soc. Am.
    87:179-192, 1990.

    Examples
    --------
    >>> from sknac.qus import ScattererFit
    >>> ScattererFit("masd", form_factor="fluid_sphere").esd_um
    (10.0, 300.0, 1.0)
    """

    method: str = "least_squares"
    form_factor: str | Callable = "gaussian"
    esd_um: tuple = (10.0, 300.0, 1.0)

    def __post_init__(self):
        if self.method not in METHODS:
            raise ValueError(f"method={self.method!r} must be one of {METHODS}")
        if self.form_factor not in tuple(FORM_FACTORS) and not callable(
            self.form_factor
        ):
            raise ValueError(
                f"form_factor={self.form_factor!r} must be one of "
                f"{tuple(FORM_FACTORS)} or a callable of k a"
            )
        if self.method == "least_squares" and self.form_factor != "gaussian":
            raise ValueError(
                'method="least_squares" fits the Gaussian form factor only: use '
                'method="masd"'
            )
        low, high, step = (float(v) for v in self.esd_um)
        if not (0 < low < high and step > 0 and high - low >= 2 * step):
            raise ValueError(
                f"esd_um={self.esd_um!r} must be (low, high, step) in um with "
                "0 < low and 3 diameters or more"
            )
        object.__setattr__(self, "esd_um", (low, high, step))

    @property
    def grid_um(self) -> np.ndarray:
        """Diameters of the grid, in um."""
        low, high, step = self.esd_um
        return np.arange(low, high + step / 2, step)


def scatterer_fit(fit):
    """Take a fit, or the name of a method."""
    return fit if isinstance(fit, ScattererFit) else ScattererFit(fit)


class GridFit:
    """The best diameter on a grid, for many spectra at a time."""

    def __init__(self, fit, freqs_mhz, speed_of_sound, dtype):
        self.esd_um = fit.grid_um.astype(dtype)
        k = 2 * np.pi * freqs_mhz * 1e6 / (100 * speed_of_sound)
        ka = np.outer(fit.grid_um / 2e4, k)
        shape = FORM_FACTORS.get(fit.form_factor, fit.form_factor)
        with np.errstate(divide="ignore"):
            # A zero of the form factor excludes its diameter, and is not log 0.
            form = np.maximum(np.log(np.asarray(shape(ka), dtype=float)), -1e3)
        radius = fit.grid_um[:, None] / 2e4
        model = np.log(4 / 9) + 4 * np.log(k) + 6 * np.log(radius) + form
        if model.shape != ka.shape or not np.isfinite(model).all():
            raise ValueError(
                "form_factor must give one finite value above 0 for every k a"
            )
        centred = model - model.mean(axis=1, keepdims=True)
        # Mean square of (y - model) about its mean, less the square of y itself.
        self._cross = (-2 * centred).astype(dtype)
        self._own = np.square(centred).sum(axis=1).astype(dtype)[:, None]
        self._level = model.mean(axis=1).astype(dtype)

    def __call__(self, ln_bsc):
        """Return ESD (um) and EAC (dB) of spectra (n_freqs, n_columns)."""
        mean = ln_bsc.mean(axis=0)
        score = np.matmul(self._cross, ln_bsc - mean)
        score += self._own
        best = score.argmin(axis=0)
        inside = (best > 0) & (best < self.esd_um.size - 1) & np.isfinite(mean)
        esd = np.where(inside, self.esd_um[best], np.nan)
        eac = np.where(inside, (mean - self._level[best]) * mean.dtype.type(DB), np.nan)
        return esd.astype(mean.dtype), eac.astype(mean.dtype)
