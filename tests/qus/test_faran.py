"""One elastic sphere, against Faran's limits."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import FaranSpheres
from sknac.qus._faran import backscatter_length

GLASS, GELATIN = (5570.0, 3374.7, 2540.0), (1540.0, 1020.0)


def rayleigh_bsc(f_mhz, diameter_um):
    """Elastic sphere far below a wavelength, one per cm^3 (textbook limit)."""
    k = 2 * np.pi * f_mhz * 1e6 / (100 * GELATIN[0])
    a = diameter_um / 2 * 1e-4
    stiffness = GLASS[2] * (GLASS[0] ** 2 - 4 / 3 * GLASS[1] ** 2)
    compressibility = GELATIN[1] * GELATIN[0] ** 2 / stiffness - 1
    density = 3 * (GLASS[2] - GELATIN[1]) / (2 * GLASS[2] + GELATIN[1])
    return (k**2 * a**3 / 3 * (compressibility - density)) ** 2


@pytest.mark.parametrize(("ka", "ratio"), [(0.01, 0.9999), (0.05, 0.998), (0.2, 0.974)])
def test_faran_amplitude_approaches_the_rayleigh_limit(ka, ratio):
    diameter = 20.0
    f = ka * GELATIN[0] / (2 * np.pi * diameter / 2)
    bead = FaranSpheres((diameter,), concentration_per_cm3=1, medium=GELATIN)
    amplitude = np.sqrt(bead(f) / rayleigh_bsc(f, diameter))
    assert amplitude == pytest.approx(ratio, abs=6e-4)


@pytest.mark.parametrize(("diameter", "exponent"), [(10, 3.97), (18, 3.90), (30, 3.72)])
def test_faran_exponent_over_the_band(diameter, exponent):
    f = np.linspace(3, 8, 51)
    bsc = FaranSpheres((diameter,))(f)
    assert np.polyfit(np.log(f), np.log(bsc), 1)[0] == pytest.approx(exponent, abs=0.01)


def test_faran_stays_finite_far_above_the_rayleigh_range():
    bsc = FaranSpheres((200.0,), concentration_per_cm3=1)(np.linspace(0.1, 40, 400))
    assert (bsc > 0).all()
    # Geometric limit of a rigid sphere: a^2 / 4; resonances move about it.
    assert 0.1 < np.median(bsc[300:]) / (0.01**2 / 4) < 3


def test_rigid_heavy_sphere_reaches_its_own_limit():
    # Rigid and immovable, ka << 1: |f| = k^2 a^3 / 3 (1 + 3/2) at 180 degrees.
    k, a = 0.02 / 10e-4, 10e-4  # 1/cm, cm
    freq = np.array([k * 100 * 1540.0 / (2 * np.pi * 1e6)])
    rigid = {"sphere": (1e7, 5e6, 1e9), "medium": (1540.0, 1000.0)}
    length = backscatter_length(freq, np.array([10.0]), **rigid)
    assert length[0, 0] == pytest.approx(k**2 * a**3 * 5 / 6, rel=2e-3)
