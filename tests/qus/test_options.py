"""Spectral options are settings as scikit-learn has them, checked when used."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone

from sknac.cohort import Plane
from sknac.qus import PowerLaw, ReferencePhantom, SpectralOptions, qus_maps

PLANE = Plane.from_rf(
    np.random.default_rng(0).normal(size=(300, 12)), fs_mhz=40.0, line_pitch_mm=0.25
)
PHANTOM = ReferencePhantom(
    PLANE, attenuation_db_cm_mhz=0.5, speed_of_sound=1540.0, bsc=PowerLaw(1e-6, 3)
)


def test_options_are_cloned_and_set_by_name():
    options = SpectralOptions(taper=("kaiser", 3), size_fit="masd")
    other = clone(options).set_params(min_snr_db=None)
    assert (options.min_snr_db, other.min_snr_db) == (6.0, None)
    assert other.get_params() == {**options.get_params(), "min_snr_db": None}
    with pytest.raises(ValueError, match="Invalid parameter 'fit'"):
        other.set_params(fit="masd")


def test_defaults_are_those_of_none():
    settings = {"attenuation_db_cm_mhz": 0.7, "overlap": 0.5}
    bare = qus_maps(PLANE, PHANTOM, **settings)
    given = qus_maps(PLANE, PHANTOM, options=SpectralOptions(), **settings)
    np.testing.assert_array_equal(bare.esd, given.esd)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_snr_db": np.nan}, "'min_snr_db'"),
        ({"n_fft": 2.5}, "'n_fft'"),
        ({"attenuation_power": 0}, "'attenuation_power'"),
        ({"size_fit": "best"}, "'size_fit'"),
        ({"form_factor": "fluid_sphere"}, "Gaussian form factor only; use"),
        ({"esd_grid_um": (50, 10, 1)}, "esd_grid_um must be"),
        ({"n_fft": 64}, "n_fft must be at least the window's 104 samples"),
    ],
)
def test_impossible_options_are_refused(settings, message):
    options = SpectralOptions(**settings)
    with pytest.raises(ValueError, match=message):
        qus_maps(PLANE, PHANTOM, attenuation_db_cm_mhz=0.7, options=options)
