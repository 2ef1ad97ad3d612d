"""The grid search for the scatterer size agrees with least squares and closed forms."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import GaussianScatterers, PowerLaw

SETTINGS = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.234,
    "attenuation_db_cm_mhz": 0.576,
    "window_mm": (2.0, 9 * 0.234),
    "overlap": 0.5,
}


def fluid_spheres(esd_um, eac_db, speed=1540.0):
    """BSC of weak fluid spheres, from sin and cos."""

    def bsc(f_mhz):
        k = 2 * np.pi * f_mhz * 1e6 / (100 * speed)
        a = esd_um / 2e4
        x = 2 * k * a
        form = (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2
        return 4 / 9 * k**4 * a**6 * 10 ** (eac_db / 10) * form

    return bsc


def own_reference(array_maps, rng, bsc, **changes):
    """Maps of RF against itself: the fit sees exactly `bsc`."""
    rf = rng.normal(size=(400, 9))
    return array_maps(rf, rf, reference_bsc=bsc, **SETTINGS | changes)


def test_gaussian_grid_is_least_squares_to_half_a_step(array_maps, rng, simulate_rf):
    law = PowerLaw(bsc_1mhz=1e-6, exponent=3.2)
    rf, phantom = (simulate_rf(rng, bsc=law, n_samples=600, n_lines=30) for _ in "ab")
    settings = SETTINGS | {"reference_bsc": law, "dtype": float}
    exact = array_maps(rf, phantom, **settings)
    grid = {"size_fit": "masd", "esd_grid_um": (5, 400, 0.5)}
    found = array_maps(rf, phantom, **grid, **settings)
    # On the grid the squares grow with a^2, whose midpoints are not those of a.
    np.testing.assert_allclose(found.esd, exact.esd, atol=0.26)
    middle = exact.esd > 60
    np.testing.assert_allclose(found.eac[middle], exact.eac[middle], atol=0.12)


@pytest.mark.parametrize("speed", [1480.0, 1560.0])
@pytest.mark.parametrize("channels", [("esd", "eac"), ("esd",), ("eac", "bsc")])
def test_fluid_spheres_are_recovered(array_maps, rng, speed, channels):
    truth = fluid_spheres(120, 15, speed)
    changes = {"size_fit": "masd", "form_factor": "fluid_sphere"}
    changes |= {"speed_of_sound": speed, "channels": channels}
    maps = own_reference(array_maps, rng, truth, **changes)
    if "esd" in channels:
        np.testing.assert_allclose(maps.esd, 120)
    if "eac" in channels:
        np.testing.assert_allclose(maps.eac, 15, atol=0.01)
    assert maps.valid.all()


def test_form_factor_may_be_a_function(array_maps, rng):
    fit = {"size_fit": "masd", "form_factor": lambda ka: np.exp(-0.827 * ka**2)}
    maps = own_reference(array_maps, rng, GaussianScatterers(80, 20), **fit)
    np.testing.assert_allclose(maps.esd, 80)


@pytest.mark.parametrize("esd", [20, 200])
def test_diameter_at_the_end_of_the_grid_is_no_estimate(array_maps, rng, esd):
    fit = {"size_fit": "masd", "esd_grid_um": (50, 150, 1)}
    maps = own_reference(array_maps, rng, GaussianScatterers(esd, 20), **fit)
    assert np.isnan(maps.esd).all()
    assert np.isnan(maps.eac).all()
    assert maps.invalid_counts == {"form_factor": maps.valid.size}


def test_masd_by_name_uses_the_default_grid(array_maps, rng):
    bsc = GaussianScatterers(77, 20)
    maps = own_reference(array_maps, rng, bsc, size_fit="masd")
    np.testing.assert_allclose(maps.esd, 77)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size_fit": "best"}, "'size_fit'.*must be a str among.*Got 'best'"),
        ({"form_factor": "cube"}, "'form_factor'.*must be a str among.*Got 'cube'"),
        (
            {"form_factor": "fluid_sphere"},
            'Gaussian form factor only; use size_fit="masd"',
        ),
        ({"esd_grid_um": (100, 50, 1)}, "3 diameters or more"),
        ({"esd_grid_um": (0, 50, 1)}, "0 < low"),
        ({"esd_grid_um": (10, 50, 30)}, "3 diameters or more"),
    ],
)
def test_impossible_fit_is_refused(array_maps, rng, settings, message):
    with pytest.raises(ValueError, match=message):
        own_reference(array_maps, rng, PowerLaw(1e-6, 3), **settings)


def test_form_factor_of_no_use_is_refused(array_maps, rng):
    fit = {"size_fit": "masd", "form_factor": lambda ka: -ka}
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(ValueError, match="finite value above 0"),
    ):
        own_reference(array_maps, rng, PowerLaw(1e-6, 3), **fit)
