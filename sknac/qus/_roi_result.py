"""`ROISpectrum`: the spectrum of a region, what it says, and what is against it."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sknac.qus._log_difference import AttenuationEstimate
from sknac.utils._result import Result

UNITS = {"mbf": "dB", "ss": "dB/MHz", "si": "dB", "esd": "um", "eac": "dB re 1 cm^-3"}


@dataclass(frozen=True, repr=False)
class ROISpectrum(Result):
    """Normalised power spectrum of a region, its line, and its backscatter.

    Parameters
    ----------
    freqs_mhz : ndarray of shape (n_freqs,)
        All bins above the offset and below Nyquist.
    normalised_db : ndarray of shape (n_freqs,)
        10 log10 of the region's mean power over the reference's, compensated for
        attenuation, in dB.
    standard_error_db : ndarray of shape (n_freqs,)
        Its standard error from the speckle of region and reference.
    power_db, reference_db : ndarray of shape (n_freqs,)
        Power spectra as recorded, at the region's depths, in dB re 1 count^2.
    band_mhz : tuple of float
        Band of the fits.
    mbf, ss, si : float
        Mid-band fit (dB), spectral slope (dB/MHz) and intercept (dB).
    esd, eac : float
        Effective scatterer diameter (um) and acoustic concentration
        (dB re 1 cm^-3); NaN where the reference's backscatter is unknown or no size
        fits.
    standard_errors : dict of str to float
        Standard error of each of the five.
    bsc, bsc_fit : ndarray of shape (n_freqs,) or None
        Backscatter coefficient in 1/(cm sr), and that of the fitted form factor; NaN
        outside the band. None where the reference's is unknown.
    n_lines, n_gates : int
        Lines with a gate inside the region; gates in all.
    n_independent_lines : float
        Lines of the region, told by how alike neighbours are.
    valid_share : float
        Share of the region's gates that are used.
    depth_range_mm : tuple of float
        First and last gate centre.
    attenuation : AttenuationEstimate or None
        The tissue's attenuation, where it was estimated.
    invalid_counts : dict of str to int
        Gates that are not used by their first cause, as in `QUSMaps`: they hold
        ``nonfinite``, ``saturated`` or dead samples (``dead_line``), the reference has
        none at their depth (``reference``), or it (``reference_low_snr``) or the
        region (``low_snr``) is too near the noise there.
    snr_db : float or None
        Median signal to noise of the depths used, in dB; None where the noise is
        unknown or `SpectralOptions.min_snr_db` is None.
    doubts : tuple of str
        What speaks against the numbers, as warned of.
    """

    freqs_mhz: np.ndarray
    normalised_db: np.ndarray
    standard_error_db: np.ndarray
    power_db: np.ndarray
    reference_db: np.ndarray
    band_mhz: tuple
    mbf: float
    ss: float
    si: float
    esd: float
    eac: float
    standard_errors: dict
    bsc: np.ndarray | None
    bsc_fit: np.ndarray | None
    n_lines: int
    n_gates: int
    n_independent_lines: float
    valid_share: float
    depth_range_mm: tuple
    attenuation: AttenuationEstimate | None = None
    invalid_counts: dict = field(default_factory=dict)
    snr_db: float | None = None
    doubts: tuple = ()

    @property
    def in_band(self) -> np.ndarray:
        """Which bins the fits use, as bool."""
        low, high = self.band_mhz
        return (self.freqs_mhz >= low - 1e-9) & (self.freqs_mhz <= high + 1e-9)

    @property
    def line_db(self) -> np.ndarray:
        """The fitted line at every bin, in dB."""
        return self.si + self.ss * self.freqs_mhz

    def parameters(self) -> pd.DataFrame:
        """Return the estimates of the region as a table.

        Returns
        -------
        DataFrame of shape (5, 3)
            ``estimate``, ``standard_error`` and ``unit`` of MBF, SS, SI, ESD, EAC.
        """
        rows = {
            name: (getattr(self, name), self.standard_errors[name], unit)
            for name, unit in UNITS.items()
        }
        columns = ["estimate", "standard_error", "unit"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns)

    def to_frame(self) -> pd.DataFrame:
        """Return the spectrum as a table, one row per bin.

        Returns
        -------
        DataFrame of shape (n_freqs, n_columns)
            Frequencies, spectra, standard error, line and whether in the band.
        """
        columns = {
            name: getattr(self, name)
            for name in (
                "freqs_mhz",
                "normalised_db",
                "standard_error_db",
                "line_db",
                "power_db",
                "reference_db",
                "bsc",
                "bsc_fit",
                "in_band",
            )
        }
        return pd.DataFrame({k: v for k, v in columns.items() if v is not None})

    def __repr__(self):
        error, (low, high) = self.standard_errors, self.band_mhz
        return (
            f"ROISpectrum(MBF {self.mbf:.2f} +- {error['mbf']:.2f} dB, "
            f"SS {self.ss:.2f} +- {error['ss']:.2f} dB/MHz, "
            f"ESD {self.esd:.0f} +- {error['esd']:.0f} um; "
            f"{low:g} to {high:g} MHz, {self.n_lines} lines, {self.n_gates} gates)"
        )
