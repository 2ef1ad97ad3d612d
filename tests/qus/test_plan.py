"""Windows lie where definitions put them, on the bins of the band."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus._plan import make_plan

RF = np.random.default_rng(0).normal(size=(400, 20))
SETTINGS = {"band_mhz": (3, 8), "window_mm": 2.0, "overlap": 0.75}


def plan_of(*, start_depth_mm=0.0, speed_of_sound=1540.0, **changes):
    plane = Plane.from_rf(
        RF,
        fs_mhz=40.0,
        line_pitch_mm=0.25,
        start_depth_mm=start_depth_mm,
        speed_of_sound=speed_of_sound,
    )
    return make_plan(plane, **SETTINGS | changes)


def test_lengths_and_hops_are_the_nearest_whole_ones():
    plan = plan_of(window_mm=(2.0, 2.3), overlap=(0.75, 0.99))
    # 2 mm at 19.25 um a sample; 2.3 mm at 0.25 mm a line.
    assert (plan.n_samples, plan.n_lines) == (104, 9)
    assert (plan.hop_samples, plan.hop_lines) == (26, 1)
    assert plan.spacing_mm == pytest.approx((26 * 1540 / 80e3, 0.25))
    assert (plan.n_rows(400), plan.n_columns(20)) == (12, 12)
    assert (plan.n_rows(103), plan.n_columns(8)) == (0, 0)


def test_centres_begin_at_the_first_depth():
    plan = plan_of(speed_of_sound=1500.0, start_depth_mm=3.0)
    sample_mm = 1500 / 80e3
    middle = (plan.n_samples - 1) / 2
    assert plan.depth_mm(2, 3.0)[0] == pytest.approx(3 + middle * sample_mm)
    assert plan.lateral_mm(1)[0] == pytest.approx((plan.n_lines - 1) / 2 * 0.25)


@pytest.mark.parametrize("n_fft", [None, 128, 200])
def test_bins_are_those_of_the_dft_inside_the_band(n_fft):
    plan = plan_of(n_fft=n_fft)
    freqs = np.fft.rfftfreq(n_fft or 128, 1 / 40)
    expected = freqs[(freqs >= 3) & (freqs <= 8)]
    np.testing.assert_allclose(plan.freqs_mhz, expected)


@pytest.mark.parametrize("taper", ["hann", "boxcar", ("kaiser", 3.0)])
def test_dft_matrix_gives_the_periodogram(taper):
    plan = plan_of(taper=taper, n_fft=128)
    parts = plan.dft_matrix(np.float64) @ RF[:104]
    n_freqs = plan.freqs_mhz.size
    power = parts[:n_freqs] ** 2 + parts[n_freqs:] ** 2
    weights = plan.dft_matrix(np.float64, freqs_mhz=np.zeros(1))[0]
    assert np.sum(weights**2) == pytest.approx(1.0)
    direct = np.fft.rfft(RF[:104] * weights[:, None], 128, axis=0)
    np.testing.assert_allclose(power, np.abs(direct[10:26]) ** 2)


def test_open_band_waits_for_the_reference():
    plan = plan_of(band_mhz="auto")
    assert (plan.band_mhz, plan.bins) == (None, None)
    chosen = plan.on_band((3.0, 8.0))
    assert chosen == plan_of()
    assert plan.on_bins(10, 25).freqs_mhz == pytest.approx(chosen.freqs_mhz)


def test_lateral_geometry_is_no_part_of_the_spectral_key():
    assert plan_of(window_mm=(2.0, 1.0)).spectral_key == plan_of().spectral_key
    assert plan_of(taper="hamming").spectral_key != plan_of().spectral_key


def test_only_rf_is_planned():
    for wrong, kind in ((Plane(RF, "bmode"), "bmode"), (RF, "ndarray")):
        with pytest.raises(ValueError, match=f"RF, got {kind}; Plane.from_rf makes"):
            make_plan(wrong, **SETTINGS)
