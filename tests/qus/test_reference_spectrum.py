"""The reference's spectrum per depth, against plain NumPy."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import ReferencePhantom
from sknac.qus._plan import make_plan
from sknac.qus._reference_spectrum import frames_for, log_spectrum, spectrum_for

GEOMETRY = {"fs_mhz": 40.0, "line_pitch_mm": 0.25}
KNOWN = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}


def plan_of(plane):
    return make_plan(plane, band_mhz=(3, 8), window_mm=2.0, overlap=0.5)


@pytest.fixture
def frames(rng):
    return rng.normal(size=(2, 360, 24))


@pytest.fixture
def ln_power(frames):
    """Log spectra of some frames by the tested function."""
    plan = plan_of(Plane.from_rf(frames[0], **GEOMETRY))
    return lambda given: log_spectrum(given, plan, 360, np.dtype(float), None)[0]


def test_spectrum_is_the_mean_power_over_lines_and_frames(frames, ln_power):
    taper = np.hanning(104) / np.sqrt(np.mean(np.hanning(104) ** 2))
    cut = (frames - frames.mean(axis=(1, 2), keepdims=True))[:, 104:208]
    power = np.abs(np.fft.rfft(cut * taper[:, None], 128, axis=1)[:, 10:26]) ** 2 / 104
    expected = np.log(power.mean(axis=(0, 2)))
    np.testing.assert_allclose(ln_power(frames)[2], expected, atol=0.02)


def test_dead_lines_are_left_out(frames, ln_power):
    with_dead = np.concatenate([frames, np.zeros((2, 360, 6))], axis=2)
    np.testing.assert_allclose(ln_power(with_dead), ln_power(frames), atol=1e-2)


def test_nan_in_the_reference_is_refused(frames, ln_power):
    frames[1, 7, :3] = np.nan
    with pytest.raises(ValueError, match="3 NaN or infinite samples; give another"):
        ln_power(frames)


def test_frames_are_cut_to_the_depths_of_the_plane(frames):
    start = 52 * 1540 / 80e3
    below = Plane.from_rf(frames[0][52:352], **GEOMETRY, start_depth_mm=start)
    scans = [Plane.from_rf(frame, **GEOMETRY) for frame in frames]
    np.testing.assert_array_equal(frames_for(below, scans), frames[:, 52:352])


def test_spectrum_keeps_what_it_was_made_of(frames):
    plane = Plane.from_rf(frames[0][:300], **GEOMETRY, reference="b")
    scans = [
        Plane.from_rf(frame, **GEOMETRY, reference=name)
        for frame, name in zip(frames, "ab", strict=True)
    ]
    phantom = ReferencePhantom(scans, **KNOWN)
    found = spectrum_for(plane, plan_of(plane), phantom, np.dtype(np.float32))
    assert found.sources == ((scans[1].image.digest, 0),)
    assert found.band_mhz == (3.0, 8.0)


@pytest.mark.parametrize(
    "silent",
    [np.zeros((360, 24)), np.full((360, 24), 7.0), np.zeros((360, 24), np.int16)],
)
@pytest.mark.parametrize("band_mhz", [(3, 8), "auto"])
def test_a_reference_without_echoes_is_refused(silent, band_mhz, frames):
    plane = Plane.from_rf(frames[0], **GEOMETRY)
    phantom = ReferencePhantom(Plane.from_rf(silent, **GEOMETRY), **KNOWN)
    plan = make_plan(plane, band_mhz=band_mhz, window_mm=2.0, overlap=0.5)
    with pytest.raises(ValueError, match="no usable reference: at every depth"):
        spectrum_for(plane, plan, phantom, np.dtype(np.float32))


def test_one_living_line_is_a_reference(frames):
    alone = np.zeros_like(frames[0])
    alone[:, 7] = frames[0][:, 7]
    plane = Plane.from_rf(frames[0], **GEOMETRY)
    phantom = ReferencePhantom(Plane.from_rf(alone, **GEOMETRY), **KNOWN)
    found = spectrum_for(plane, plan_of(plane), phantom, np.dtype(np.float32))
    assert np.isfinite(found.ln_power).all()
