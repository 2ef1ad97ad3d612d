"""`SpectrumDisplay`: the normalised spectrum of a region, as QUS papers show it."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sknac.cohort import Plane
from sknac.qus._reference import ReferencePhantom
from sknac.qus._roi_result import ROISpectrum
from sknac.qus._roi_spectrum import roi_spectrum
from sknac.utils._style import COLOURS, DARK, SMALL_LEGEND, open_axes

_PARTS = ("power", "normalised", "bsc")


class SpectrumDisplay:
    """The spectrum of a region with its fitted line, band and backscatter model.

    Make it with `from_plane` or `from_spectrum`.

    Parameters
    ----------
    spectrum : ROISpectrum
        Result of `roi_spectrum`.
    title : str or None, default=None
        Title of the picture.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    spectrum_line_ : Line2D
        The spectrum.
    error_ : PolyCollection or None
        Its band of one standard error.
    fit_line_ : Line2D or None
        The fitted line, or the backscatter of the fitted form factor.
    reference_line_ : Line2D or None
        The reference's power spectrum.
    band_ : matplotlib artist
        The band of the fits.

    See Also
    --------
    roi_spectrum : The numbers.
    QUSMapDisplay : Maps of windows.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import SpectrumDisplay
    >>> cohort = make_rf_cohort(
    ...     n_patients=1, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> plane = cohort.X["us_pre"].iloc[0].planes[0]
    >>> display = SpectrumDisplay.from_plane(
    ...     plane, cohort.reference, attenuation_db_cm_mhz=0.6)
    >>> display.ax_.get_ylabel()
    'normalised power (dB)'
    """

    def __init__(self, *, spectrum: ROISpectrum, title: str | None = None) -> None:
        self.spectrum = spectrum
        self.title = title

    @classmethod
    def from_plane(
        cls,
        plane: Plane,
        reference: ReferencePhantom,
        *,
        part: str = "normalised",
        ax: Any = None,
        title: str | None = None,
        **settings: Any,
    ) -> "SpectrumDisplay":
        """Compute and draw the spectrum of a plane's region.

        Parameters
        ----------
        plane : Plane
            An RF plane.
        reference : ReferencePhantom
            The phantom.
        part : {"normalised", "power", "bsc"}, default="normalised"
            What to draw, as in `plot`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        title : str or None, default=None
            Title of the picture.
        **settings
            Other parameters of `roi_spectrum`, such as ``region`` and
            ``attenuation_db_cm_mhz``.

        Returns
        -------
        SpectrumDisplay
            The drawn display.
        """
        spectrum = roi_spectrum(plane, reference, **settings)
        return cls.from_spectrum(spectrum, part=part, ax=ax, title=title)

    @classmethod
    def from_spectrum(
        cls,
        spectrum: ROISpectrum,
        *,
        part: str = "normalised",
        ax: Any = None,
        title: str | None = None,
        **kwargs: Any,
    ) -> "SpectrumDisplay":
        """Draw a spectrum that `roi_spectrum` has computed.

        Parameters
        ----------
        spectrum : ROISpectrum
            The result.
        part : {"normalised", "power", "bsc"}, default="normalised"
            What to draw, as in `plot`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        title : str or None, default=None
            Title of the picture.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        SpectrumDisplay
            The drawn display.
        """
        return cls(spectrum=spectrum, title=title).plot(ax, part=part, **kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        part: str = "normalised",
        line_kwargs: dict | None = None,
        fit_kwargs: dict | None = None,
        band_kwargs: dict | None = None,
    ) -> "SpectrumDisplay":
        """Draw one part of the spectrum.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        part : {"normalised", "power", "bsc"}, default="normalised"
            The normalised spectrum with its line; the power spectra of region and
            reference as recorded; or the backscatter coefficient with the fitted
            form factor.
        line_kwargs, fit_kwargs : dict or None, default=None
            Passed to ``plot`` for the spectrum, and for the fit or the reference.
        band_kwargs : dict or None, default=None
            Passed to ``axvspan`` for the band.

        Returns
        -------
        SpectrumDisplay
            Itself, with the artists.

        Raises
        ------
        ValueError
            If there is no such part, or no backscatter is known.
        """
        if part not in _PARTS:
            raise ValueError(f"part must be one of {_PARTS}, got {part!r}")
        if part == "bsc" and self.spectrum.bsc is None:
            raise ValueError(
                "the reference's backscatter is unknown; give the ReferencePhantom its "
                "bsc"
            )
        ax = open_axes(self, ax)
        self.error_ = self.fit_line_ = self.reference_line_ = None
        look = {"color": COLOURS[0]} | (line_kwargs or {})
        fit_look = {"color": COLOURS[1], "linestyle": "--"} | (fit_kwargs or {})
        draw = {
            "normalised": self._normalised,
            "power": self._power,
            "bsc": self._backscatter,
        }
        draw[part](ax, look, fit_look)
        shade = {"color": DARK, "alpha": 0.1, "linewidth": 0} | (band_kwargs or {})
        self.band_ = ax.axvspan(*self.spectrum.band_mhz, **shade)
        ax.set_xlabel("frequency (MHz)")
        ax.legend(**SMALL_LEGEND)
        if self.title is not None:
            ax.set_title(self.title)
        return self

    def _normalised(self, ax, look, fit_look):
        """Draw the normalised spectrum, its standard error and its line."""
        found = self.spectrum
        f, y, error = found.freqs_mhz, found.normalised_db, found.standard_error_db
        (self.spectrum_line_,) = ax.plot(f, y, label=_sample(found), **look)
        self.error_ = ax.fill_between(
            f, y - error, y + error, alpha=0.25, color=look["color"], linewidth=0
        )
        inside = found.in_band
        label = (
            f"MBF {_with_error(found, 'mbf', 1)} dB\n"
            f"SS {_with_error(found, 'ss', 2)} dB/MHz\n"
            f"SI {_with_error(found, 'si', 1)} dB"
        )
        (self.fit_line_,) = ax.plot(
            f[inside], found.line_db[inside], label=label, **fit_look
        )
        ax.set_ylabel("normalised power (dB)")
        self._frame(ax, np.concatenate([(y - error)[inside], (y + error)[inside]]))

    def _power(self, ax, look, fit_look):
        """Draw the power spectra as recorded."""
        found = self.spectrum
        top = max(found.power_db.max(), found.reference_db.max())
        f = found.freqs_mhz
        (self.spectrum_line_,) = ax.plot(
            f, found.power_db - top, label=_sample(found), **look
        )
        (self.reference_line_,) = ax.plot(
            f, found.reference_db - top, label="reference", **fit_look
        )
        ax.set_ylabel("power re highest (dB)")

    def _backscatter(self, ax, look, fit_look):
        """Draw the backscatter coefficient and that of the fitted form factor."""
        found, inside = self.spectrum, self.spectrum.in_band
        f = found.freqs_mhz[inside]
        (self.spectrum_line_,) = ax.plot(
            f, found.bsc[inside], label=_sample(found), **look
        )
        label = (
            f"ESD {_with_error(found, 'esd', 0)} um\n"
            f"EAC {_with_error(found, 'eac', 1)} dB re 1 cm$^{{-3}}$"
        )
        (self.fit_line_,) = ax.plot(f, found.bsc_fit[inside], label=label, **fit_look)
        ax.set(ylabel="backscatter coefficient (1/(cm sr))", yscale="log")

    def _frame(self, ax, heights):
        """Show the band and as much again beside it, at heights that tell it apart."""
        low, high = self.spectrum.band_mhz
        beside = (high - low) / 2
        last = self.spectrum.freqs_mhz[-1]
        ax.set_xlim(max(0.0, low - beside), min(last, high + beside))
        room = max(6.0, np.ptp(heights)) / 2
        ax.set_ylim(heights.min() - room, heights.max() + room)


def _sample(found):
    """Name the region by what was averaged."""
    return f"region ({found.n_lines} lines, {found.n_gates} gates)"


def _with_error(found, name, digits):
    """Write an estimate with its standard error."""
    value, error = getattr(found, name), found.standard_errors[name]
    return f"{value:.{digits}f} ± {error:.{digits}f}"
