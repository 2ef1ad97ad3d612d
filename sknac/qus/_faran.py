"""Backscatter of one elastic sphere in a fluid (Faran, 1951)."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.special import spherical_jn, spherical_yn

from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room


def backscatter_length(freqs_mhz, radius_um, *, sphere, medium):
    """Magnitude of the backscattered far field times distance, in cm.

    Its square is the differential cross-section per steradian at 180 degrees.

    Parameters
    ----------
    freqs_mhz : ndarray of shape (n_freqs,)
    radius_um : ndarray of shape (n_radii,)
    sphere : tuple of float
        Longitudinal and shear speed (m/s) and density (kg/m^3).
    medium : tuple of float
        Speed (m/s) and density (kg/m^3).

    Returns
    -------
    ndarray of shape (n_radii, n_freqs)
    """
    longitudinal, shear, density = sphere
    speed, medium_density = medium
    omega_a = 2 * np.pi * np.outer(radius_um, freqs_mhz)  # m/s
    x = omega_a / speed
    n_orders = np.ceil(x.max() + 4 * np.cbrt(x.max()) + 6)
    check_room(
        f"Faran's series for beads of {2 * np.max(radius_um):g} um at "
        f"{np.max(freqs_mhz):g} MHz in a fluid of {speed:g} m/s",
        20 * 8 * n_orders * x.size,
        likely_unit("f_mhz", np.max(freqs_mhz), "MHz", (0.5, 60)),
    )
    orders = np.arange(int(n_orders))[:, None, None]
    boundary = (medium_density / density) * _surface(
        orders, omega_a / longitudinal, omega_a / shear
    )
    j, dj = spherical_jn(orders, x), spherical_jn(orders, x, derivative=True)
    y, dy = spherical_yn(orders, x), spherical_yn(orders, x, derivative=True)
    # tan(eta) = -(x j' - F j) / (x y' - F y), written so that nothing overflows;
    # F = boundary is the sphere's logarithmic derivative.
    real = x * dy - boundary * y
    imag = x * dj - boundary * j
    amplitude = imag / (imag + 1j * real)
    series = np.sum((2 * orders + 1) * (-1.0) ** orders * amplitude, axis=0)
    wavenumber_cm = 2 * np.pi * np.asarray(freqs_mhz) * 1e6 / (100 * speed)
    return np.abs(series) / wavenumber_cm


def _surface(n, x_long, x_shear):
    """Faran's boundary term tan(zeta) for each order n and frequency."""
    a1 = _log_derivative(n, x_long)
    a2 = _log_derivative(n, x_shear)
    half = x_shear**2 / 2
    nn = n * (n + 1)
    shear = nn / (nn - 1 - half + a2)
    top = a1 / (a1 + 1) - shear
    bottom = (nn - half + 2 * a1) / (a1 + 1) - shear * (a2 + 1)
    return half * top / bottom


def _log_derivative(n, x):
    """Faran's tan(alpha) = -x j_n'(x) / j_n(x)."""
    return -x * spherical_jn(n, x, derivative=True) / spherical_jn(n, x)
