"""From a window's log spectrum to MBF, SS, SI, ESD and EAC.

Mid-band fit, slope, intercept and the two coefficients of the form-factor fit are
linear in the log spectrum, so all of them are one small matrix.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

CHANNELS = ("mbf", "ss", "si", "esd", "eac")
FORM_FACTOR = 0.827  # exp(-0.827 k^2 a^2): spherical Gaussian form factor
DB = 10 / np.log(10)  # from a natural log of power to decibels


@dataclass(frozen=True)
class Media:
    """What lies between probe and window, in the tissue and in the reference."""

    speed_of_sound: float
    attenuation: float | np.ndarray
    attenuation_power: float
    reference_speed_of_sound: float
    reference_attenuation: float
    reference_attenuation_power: float

    def tissue_db_per_unit(self, freqs_mhz):
        """Two-way tissue attenuation at one dB/MHz^n of one-way path loss."""
        return 2 * freqs_mhz**self.attenuation_power

    def reference_db(self, depth_mm, freqs_mhz):
        """Two-way attenuation of the reference in the same time window."""
        # The same echo time lies at another depth where sound is slower.
        depth_cm = depth_mm / 10 * self.reference_speed_of_sound / self.speed_of_sound
        slope = 2 * self.reference_attenuation * depth_cm
        return np.outer(slope, freqs_mhz**self.reference_attenuation_power)


def line_functionals(freqs_mhz, band_mhz):
    """Rows that turn y(f) in dB into MBF, SS and SI by ordinary least squares."""
    intercept, slope = _least_squares(freqs_mhz)
    middle = (band_mhz[0] + band_mhz[1]) / 2
    return np.stack([intercept + slope * middle, slope, intercept])


def form_factor_functionals(freqs_mhz):
    """Rows that turn ln(BSC / f^4) into B and M of the fit B + M f^2."""
    return np.stack(_least_squares(freqs_mhz**2))


def _least_squares(x):
    """Functionals of intercept and slope of a straight line over `x`."""
    centred = x - x.mean()
    slope = centred / np.sum(centred**2)
    return np.full(x.size, 1 / x.size) - x.mean() * slope, slope


def gaussian_esd_eac(intercept, slope, speed_of_sound):
    """Effective diameter (um) and concentration (dB) of a Gaussian form factor.

    `slope` at or above zero belongs to no Gaussian scatterer and gives NaN.
    """
    k1 = 2 * np.pi * 1e6 / (100 * speed_of_sound)  # wavenumber at 1 MHz, rad/cm
    slope = np.where(slope < 0, slope, np.nan)
    radius2 = slope * slope.dtype.type(-1 / (FORM_FACTOR * k1**2))  # cm^2
    esd_um = np.sqrt(radius2) * radius2.dtype.type(2e4)
    constant = np.log(4 / 9) + 4 * np.log(k1)
    log_nz2 = intercept - radius2.dtype.type(constant) - 3 * np.log(radius2)
    return esd_um, log_nz2 * radius2.dtype.type(DB)


def path_loss_cm(attenuation, sample_mm, start_depth_mm):
    """Integrate a map of attenuation along each line, from the probe (dB/MHz^n)."""
    step = sample_mm / 10
    inner = np.zeros_like(attenuation, dtype=np.float64)
    np.cumsum((attenuation[1:] + attenuation[:-1]) / 2 * step, axis=0, out=inner[1:])
    return inner + attenuation[0] * (start_depth_mm / 10)


@dataclass(frozen=True)
class LogLinear:
    """The small matrix: columns act on ln S, row constants carry everything else."""

    matrix: np.ndarray  # (n_out, n_freqs)
    constants: np.ndarray  # (n_rows, n_out)
    per_loss: np.ndarray  # (n_out,): change per dB/MHz^n of one-way tissue loss
    n_line: int  # the first rows are MBF, SS, SI; the others B, M
    ln_bsc: np.ndarray | None  # (n_rows, n_freqs): from ln S to ln BSC
    ln_loss: np.ndarray  # (n_freqs,): change of ln BSC per dB/MHz^n of tissue loss


def log_linear(freqs_mhz, band_mhz, ln_reference, depth_mm, media, ln_bsc):
    """Build the matrix and its row constants; `ln_bsc` None leaves B and M out."""
    line = line_functionals(freqs_mhz, band_mhz)
    corrected = -media.reference_db(depth_mm, freqs_mhz) - DB * ln_reference
    matrix, constants = [DB * line], [corrected @ line.T]
    loss = media.tissue_db_per_unit(freqs_mhz)
    per_loss = [line @ loss]
    to_bsc = None
    if ln_bsc is not None:
        to_bsc = corrected / DB + ln_bsc
        form = form_factor_functionals(freqs_mhz)
        matrix.append(form)
        constants.append((to_bsc - 4 * np.log(freqs_mhz)) @ form.T)
        per_loss.append(form @ loss / DB)
    return LogLinear(
        matrix=np.concatenate(matrix),
        constants=np.concatenate(constants, axis=1),
        per_loss=np.concatenate(per_loss),
        n_line=len(line),
        ln_bsc=to_bsc,
        ln_loss=loss / DB,
    )
