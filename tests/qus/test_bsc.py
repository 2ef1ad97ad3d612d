"""Backscatter models against closed forms."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import (
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    ReferencePhantom,
    TabulatedBSC,
)


def test_histogram_is_the_weighted_mean_of_its_beads():
    f = np.array([3.0, 5.0, 8.0])
    small, large = (FaranSpheres((d,)) for d in (10, 30))
    both = FaranSpheres((10, 30), weights=(3, 1))
    np.testing.assert_allclose(both(f), 0.75 * small(f) + 0.25 * large(f))


def test_gaussian_scatterers_follow_the_stated_convention():
    # k = 204.0 /cm, a = 50 um: (4/9) k^4 a^6 n z^2 exp(-0.827 k^2 a^2), by hand.
    expected = 4 / 9 * 203.999**4 * 0.005**6 * 1e3 * np.exp(-0.827 * 1.019995**2)
    assert GaussianScatterers(100, 30)(5.0) == pytest.approx(expected, rel=1e-4)


def test_table_interpolates_power_laws_exactly():
    law = PowerLaw(bsc_1mhz=1e-6, exponent=3.3)
    table = TabulatedBSC(f_mhz=(2, 9), bsc=tuple(law([2, 9])))
    np.testing.assert_allclose(table([3.0, 5.5]), law([3.0, 5.5]))


def test_table_does_not_extrapolate():
    with pytest.raises(ValueError, match=r"from 4 to 9 MHz.*narrow band_mhz"):
        TabulatedBSC(f_mhz=(4, 9), bsc=(1, 2))([3.0, 5.0])


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (GaussianScatterers, {"esd_um": 0, "eac_db": 0}),
        (PowerLaw, {"bsc_1mhz": -1, "exponent": 4}),
        (TabulatedBSC, {"f_mhz": (3, 2), "bsc": (1, 1)}),
        (TabulatedBSC, {"f_mhz": (3,), "bsc": (1,)}),
        (FaranSpheres, {"diameters_um": (0,)}),
        (FaranSpheres, {"diameters_um": (5, 6), "weights": (1,)}),
        (FaranSpheres, {"diameters_um": (5,), "concentration_per_cm3": 0}),
    ],
)
def test_impossible_models_are_refused(model, settings):
    with pytest.raises(ValueError):
        model(**settings)


@pytest.mark.parametrize(
    "model",
    [
        GaussianScatterers(100, 20),
        PowerLaw(1e-6, 4),
        TabulatedBSC([2, 4], np.array([1.0, 2.0])),
        FaranSpheres((5.5, 17.5, 29.5), medium=(1488.0, 1020.0)),
    ],
)
def test_models_are_values(model):
    assert pickle.loads(pickle.dumps(model)) == model
    assert hash(copy.deepcopy(model)) == hash(model)
    assert model(np.array([3.0, 4.0])).shape == (2,)
    assert np.shape(model(3.0)) == ()


def test_phantom_has_the_published_beads():
    plane = Plane.from_rf(np.ones((300, 12)), fs_mhz=40.0, line_pitch_mm=0.25)
    phantom = ReferencePhantom.glass_beads(plane, concentration_per_cm3=5e5).bsc
    assert min(phantom.diameters_um) > 5
    assert max(phantom.diameters_um) < 30
    assert phantom.medium[0] == 1488.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianScatterers(30, np.nan), "eac_db=nan must be finite"),
        (lambda: GaussianScatterers(30, np.inf), "eac_db=inf must be finite"),
        (lambda: GaussianScatterers(30, "50"), "eac_db='50' is not a number"),
        (lambda: PowerLaw(1e-6, np.nan), "exponent=nan must be finite"),
        (lambda: PowerLaw(1e-6, None), "exponent=None is not a number"),
        (lambda: TabulatedBSC((1, 2), (1e-4, np.inf)), "all of them finite"),
        (lambda: TabulatedBSC((1, np.inf), (1e-4, 1)), "all of them finite"),
        (lambda: FaranSpheres((20,), sphere=(5570, 2540)), "sphere must be"),
        (lambda: FaranSpheres((20,), medium=1540), "medium"),
        (lambda: FaranSpheres(()), "one or more"),
        (lambda: FaranSpheres((20,), weights=(np.inf,)), "weights must be"),
    ],
)
def test_impossible_numbers_of_a_model_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
