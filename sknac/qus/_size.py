"""Size and concentration of scatterers from one spectrum, and their derivatives."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sknac.qus._estimates import (
    DB,
    form_factor_functionals,
    gaussian_esd_eac,
)
from sknac.qus._form_factor import GridFit


@dataclass(frozen=True)
class FittedSize:
    """A scatterer, its backscatter, and how both estimates move with ln BSC."""

    esd_um: float
    eac_db: float
    ln_bsc: np.ndarray  # (n_freqs,): of the fit; NaN where no size fits
    d_esd: np.ndarray  # (n_freqs,): um per unit of ln BSC
    d_eac: np.ndarray  # (n_freqs,): dB per unit of ln BSC


def fit_size(ln_bsc, freqs_mhz, speed_of_sound, fit) -> FittedSize:
    """Fit a form factor to ln BSC (n_freqs,) in the way that a `SizeFit` says."""
    if fit.method == "least_squares":
        return _least_squares(ln_bsc, freqs_mhz, speed_of_sound)
    return _on_grid(ln_bsc, GridFit(fit, freqs_mhz, speed_of_sound, np.float64))


def _least_squares(ln_bsc, freqs_mhz, speed_of_sound):
    """Straight line through ln(BSC / f^4) over f^2: the Gaussian."""
    form = form_factor_functionals(freqs_mhz)
    level, slope = form @ (ln_bsc - 4 * np.log(freqs_mhz))
    esd, eac = gaussian_esd_eac(np.float64(level), np.float64(slope), speed_of_sound)
    if not np.isfinite(esd):
        return _nothing(ln_bsc)
    fitted = level + slope * freqs_mhz**2 + 4 * np.log(freqs_mhz)
    d_esd = esd / (2 * slope) * form[1]  # ESD goes with the root of the slope
    d_eac = DB * (form[0] - 3 / slope * form[1])
    return FittedSize(float(esd), float(eac), fitted, d_esd, d_eac)


def _on_grid(ln_bsc, grid):
    """The diameter of a grid with the least mean square, and its slopes there."""
    esd, eac = (float(v[0]) for v in grid(ln_bsc[:, None]))
    if not np.isfinite(esd):
        return _nothing(ln_bsc)
    best = int(np.flatnonzero(grid.esd_um == esd)[0])
    model, level = grid.shapes, grid.levels
    # Where the derivative of the mean square is zero, it stays zero as ln BSC moves.
    first = np.gradient(model, grid.esd_um, axis=0)
    second = np.gradient(first, grid.esd_um, axis=0)[best]
    first = first[best]
    rest = ln_bsc - ln_bsc.mean() - model[best]
    d_esd = first / (first @ first - rest @ second)
    along = np.gradient(level, grid.esd_um)[best]
    d_eac = DB * (1 / ln_bsc.size - along * d_esd)
    fitted = ln_bsc.mean() + model[best]
    return FittedSize(esd, eac, fitted, d_esd, d_eac)


def _nothing(ln_bsc):
    """No size fits: everything is NaN."""
    nan = np.full(ln_bsc.size, np.nan)
    return FittedSize(np.nan, np.nan, nan, nan, nan)
