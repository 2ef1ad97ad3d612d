"""Scatterer size by minimum average squared deviation over a grid of radii."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import spherical_jn

from sknac.qus._estimates import DB, FORM_FACTOR
from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room


def _gaussian(ka):
    """Soft scatterer whose impedance falls off as a Gaussian."""
    return np.exp(-FORM_FACTOR * ka**2)


def _fluid_sphere(ka):
    """Homogeneous fluid sphere of weak contrast."""
    return np.square(3 * spherical_jn(1, 2 * ka) / (2 * ka))


FORM_FACTORS = {"gaussian": _gaussian, "fluid_sphere": _fluid_sphere}


@dataclass(frozen=True)
class SizeFit:
    """How ESD and EAC are fitted to the backscatter coefficient, checked."""

    method: str
    form_factor: str | Callable
    esd_um: tuple

    def __post_init__(self):
        if self.method == "least_squares" and self.form_factor != "gaussian":
            raise ValueError(
                'size_fit="least_squares" fits the Gaussian form factor only; use '
                'size_fit="masd"'
            )
        low, high, step = (float(v) for v in self.esd_um)
        if not (0 < low < high and step > 0 and high - low >= 2 * step):
            raise ValueError(
                "esd_grid_um must be (low, high, step) in um with 0 < low and 3 "
                f"diameters or more, got {self.esd_um!r}"
            )
        # Diameters times frequencies, or times windows of a row, a few hundred each.
        check_room(
            f"esd_grid_um={self.esd_um!r} ({(high - low) / step:.3g} diameters)",
            8 * 200 * (high - low) / step,
            likely_unit("the step", step, "um", (0.01, 50)),
        )
        object.__setattr__(self, "esd_um", (low, high, step))

    @property
    def grid_um(self) -> np.ndarray:
        """Diameters of the grid, in um."""
        low, high, step = self.esd_um
        return np.arange(low, high + step / 2, step)


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
        centred = self.shapes = model - model.mean(axis=1, keepdims=True)
        # Mean square of (y - model) about its mean, less the square of y itself.
        self._cross = (-2 * centred).astype(dtype)
        self._own = np.square(centred).sum(axis=1).astype(dtype)[:, None]
        self.levels = model.mean(axis=1)
        self._level = self.levels.astype(dtype)

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
