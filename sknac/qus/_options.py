"""`SpectralOptions`: settings of the spectra that are rarely changed."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

from sklearn.base import BaseEstimator

from sknac.qus._form_factor import FORM_FACTORS, SizeFit
from sknac.utils._sklearn import Integral, Interval, Real, StrOptions
from sknac.utils._state import SavedState


class SpectralOptions(SavedState, BaseEstimator):
    """Rarely changed settings of the spectra and of the scatterers' size.

    It has scikit-learn's ``get_params`` and ``set_params``, so that a search
    reaches each setting, e.g. ``options__min_snr_db`` of `QUSMapper`.

    Parameters
    ----------
    attenuation_power : float, default=1.0
        Exponent n of the tissue's attenuation in dB/(cm MHz^n).
    n_fft : int or None, default=None
        DFT length; None means the next power of two of the window's samples.
    taper : str or tuple, default="hann"
        Taper as `scipy.signal.get_window` names it; made symmetric and scaled to
        unit mean square.
    size_fit : {"least_squares", "masd"}, default="least_squares"
        How ESD and EAC are fitted to the backscatter coefficient: a straight line
        through ln(BSC / f^4) over f^2, for the Gaussian form factor only; or the
        diameter on a grid at which the decibels between measured and modelled BSC
        vary least over the band (minimum average squared deviation).
    form_factor : {"gaussian", "fluid_sphere"} or callable, default="gaussian"
        Form factor F; a callable takes an array of k a (wavenumber times radius)
        and returns F > 0 of the same shape, 1 at 0.
    esd_grid_um : tuple of (float, float, float), default=(10.0, 300.0, 1.0)
        Smallest and largest diameter of the grid of "masd" and its step, in um. A
        best diameter at either end is no estimate: the window is invalid.
    min_snr_db : float or None, default=6.0
        Windows whose mean log power in the poorest quarter of the band is less than
        this above the noise floor are invalid, and so are depths at which the
        reference's is. None keeps all.
    noise_band_mhz : tuple of float or None, default=None
        Frequencies (low, high) at which the noise floor is read; None takes the upper
        half of what lies between band and Nyquist. Give them where the noise above
        the band is not that within it.
    correct_taper : bool, default=False
        Whether maps and regions' spectra are freed, to second order, of what the
        taper's smoothing of steep spectra does to them (deep in attenuating tissue SS
        is too high and ESD too low; figures, and why it is off: :ref:`qus-floors`).
        `estimate_attenuation` does not use it.
    guards : bool, default=True
        Whether the samples are tested: that they are RF, that the band holds echoes,
        that the noise floor is known, and that scan and phantom were recorded with
        one gain. False is for simulated RF without a carrier or noise.

    Notes
    -----
    Both fits are of BSC = (4/9) k^4 a^6 (n z^2) F(k a), ESD = 2a,
    EAC = 10 log10(n z^2) in dB re 1 cm^-3. For the Gaussian both minimise the same
    sum of squares: they differ by the step of the grid, and outside it, alone.

    References
    ----------
    M. F. Insana, R. F. Wagner, D. G. Brown, T. J. Hall, "Describing small-scale
    structure in random media using pulse-echo ultrasound", J. Acoust. Soc. Am.
    87:179-192, 1990.

    Examples
    --------
    >>> from sknac.qus import SpectralOptions
    >>> SpectralOptions(size_fit="masd", form_factor="fluid_sphere")
    SpectralOptions(form_factor='fluid_sphere', size_fit='masd')
    """

    _parameter_constraints: dict = {
        "attenuation_power": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 1, None, closed="left"), None],
        "taper": [str, tuple],
        "size_fit": [StrOptions({"least_squares", "masd"})],
        "form_factor": [StrOptions(set(FORM_FACTORS)), callable],
        "esd_grid_um": ["array-like"],
        "min_snr_db": [Interval(Real, None, None, closed="neither"), None],
        "noise_band_mhz": ["array-like", None],
        "correct_taper": ["boolean"],
        "guards": ["boolean"],
    }

    def __init__(
        self,
        *,
        attenuation_power: float = 1.0,
        n_fft: int | None = None,
        taper: str | tuple = "hann",
        size_fit: str = "least_squares",
        form_factor: str | Callable = "gaussian",
        esd_grid_um: tuple[float, float, float] = (10.0, 300.0, 1.0),
        min_snr_db: float | None = 6.0,
        noise_band_mhz: tuple[float, float] | None = None,
        correct_taper: bool = False,
        guards: bool = True,
    ) -> None:
        self.attenuation_power = attenuation_power
        self.n_fft = n_fft
        self.taper = taper
        self.size_fit = size_fit
        self.form_factor = form_factor
        self.esd_grid_um = esd_grid_um
        self.min_snr_db = min_snr_db
        self.noise_band_mhz = noise_band_mhz
        self.correct_taper = correct_taper
        self.guards = guards


def checked_fit(options):
    """Check every setting; return how sizes are fitted."""
    options._validate_params()
    return SizeFit(options.size_fit, options.form_factor, options.esd_grid_um)
