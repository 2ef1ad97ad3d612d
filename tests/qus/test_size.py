"""Scatterer sizes of one spectrum, and how they move with it."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import GaussianScatterers
from sknac.qus._form_factor import SizeFit
from sknac.qus._size import fit_size

FREQS = np.linspace(3, 8, 17)
FITS = [
    SizeFit("least_squares", "gaussian", (10.0, 300.0, 1.0)),
    SizeFit("masd", "gaussian", (10.0, 300.0, 0.05)),
    SizeFit("masd", "fluid_sphere", (10.0, 200.0, 0.05)),
]


@pytest.mark.parametrize("fit", FITS[:2], ids=["line", "grid"])
def test_size_of_gaussian_scatterers_is_theirs(fit):
    ln_bsc = np.log(GaussianScatterers(esd_um=90, eac_db=25)(FREQS))
    found = fit_size(ln_bsc, FREQS, 1540.0, fit)
    assert (found.esd_um, found.eac_db) == pytest.approx((90, 25), abs=1e-6)
    np.testing.assert_allclose(found.ln_bsc, ln_bsc, atol=1e-3)


@pytest.mark.parametrize("fit", FITS, ids=["line", "grid", "sphere"])
def test_derivatives_are_those_of_small_changes(fit, rng):
    ln_bsc = np.log(GaussianScatterers(esd_um=90, eac_db=25)(FREQS))
    ln_bsc += rng.normal(scale=0.05, size=FREQS.size)
    here = fit_size(ln_bsc, FREQS, 1540.0, fit)
    step = 0.02 * rng.normal(size=FREQS.size)
    up, down = (fit_size(ln_bsc + s * step, FREQS, 1540.0, fit) for s in (1, -1))
    moved = (up.esd_um - down.esd_um) / 2, (up.eac_db - down.eac_db) / 2
    assert here.d_esd @ step == pytest.approx(moved[0], rel=0.05, abs=0.06)
    assert here.d_eac @ step == pytest.approx(moved[1], rel=0.05, abs=0.02)


@pytest.mark.parametrize("fit", FITS, ids=["line", "grid", "sphere"])
def test_spectrum_that_rises_too_fast_has_no_size(fit):
    found = fit_size(8 * np.log(FREQS), FREQS, 1540.0, fit)
    assert np.isnan([found.esd_um, found.eac_db]).all()
    assert np.isnan(found.ln_bsc).all()
