"""The small matrix gives what fits by least squares give."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import GaussianScatterers
from sknac.qus._estimates import (
    DB,
    Media,
    form_factor_functionals,
    gaussian_esd_eac,
    line_functionals,
    log_linear,
    path_loss_cm,
)

F = np.arange(10, 26) * 40 / 128
MEDIA = Media(1540.0, 0.7, 1.1, 1488.0, 0.5, 1.2)


def test_line_functionals_are_the_straight_line(rng):
    y = rng.normal(size=F.size)
    slope, intercept = np.polyfit(F, y, 1)
    expected = (intercept + 5.5 * slope, slope, intercept)
    np.testing.assert_allclose(line_functionals(F, (3, 8)) @ y, expected)


@pytest.mark.parametrize(("esd", "eac"), [(60, 30), (150, 5)])
def test_a_gaussian_gives_its_size_back(esd, eac):
    bsc = GaussianScatterers(esd, eac, speed_of_sound=1500.0)(F)
    level, slope = form_factor_functionals(F) @ np.log(bsc / F**4)
    found = gaussian_esd_eac(np.array([level]), np.array([slope]), 1500.0)
    np.testing.assert_allclose(np.ravel(found), (esd, eac))


def test_a_spectrum_that_rises_too_fast_has_no_size():
    found = gaussian_esd_eac(np.zeros(2), np.array([0.0, 0.1]), 1540.0)
    assert np.isnan(found).all()


def test_path_loss_of_a_ramp_is_its_integral():
    sample_mm, start_mm = 0.02, 3.0
    depth_mm = np.arange(500) * sample_mm
    attenuation = (0.4 + 0.01 * depth_mm)[:, None]
    expected = 0.4 * start_mm / 10 + (0.4 * depth_mm + 0.005 * depth_mm**2) / 10
    found = path_loss_cm(attenuation, sample_mm, start_mm)
    np.testing.assert_allclose(found[:, 0], expected)


def test_reference_lies_at_the_depth_of_its_own_speed():
    found = MEDIA.reference_db(np.array([20.0]), F)
    np.testing.assert_allclose(found, [2 * 0.5 * 2 * 1488 / 1540 * F**1.2])


def test_the_matrix_is_the_correction_and_the_fit_at_once(rng):
    ln_scan, ln_reference = rng.normal(size=(2, F.size))
    depth_mm, ln_bsc = np.array([15.0]), np.log(1e-6 * F**3)
    linear = log_linear(F, (3, 8), ln_reference[None], depth_mm, MEDIA, ln_bsc)
    loss = 0.7 * 1.5
    found = linear.matrix @ ln_scan + linear.constants[0] + linear.per_loss * loss
    y = DB * (ln_scan - ln_reference) + 2 * loss * F**1.1
    y -= MEDIA.reference_db(depth_mm, F)[0]
    np.testing.assert_allclose(found[:3], line_functionals(F, (3, 8)) @ y)
    ln_own = y / DB + ln_bsc
    np.testing.assert_allclose(
        found[3:], form_factor_functionals(F) @ (ln_own - 4 * np.log(F)), atol=1e-9
    )
