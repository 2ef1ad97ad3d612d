"""What a phantom's own scans say against it."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import numpy as np
import pytest
from scipy.signal import firwin, lfilter

from sknac.cohort import Plane
from sknac.qus import ReferencePhantom, check_reference, qus_maps

PULSE = firwin(31, (3.0, 8.0), fs=40.0, pass_zero=False)


def speckle(rng, shape=(1600, 120), beam=1, noise=0.003):
    """Echoes of a pulse, means over a beam of lines, in white noise."""
    echoes = rng.normal(size=(shape[0], shape[1] + beam - 1))
    echoes = lfilter(PULSE, 1, echoes, axis=0)
    lines = sum(echoes[:, i : i + shape[1]] for i in range(beam)) / np.sqrt(beam)
    return lines + noise * rng.normal(size=shape)


def phantom(*frames, **settings):
    planes = [
        Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.2, **settings) for rf in frames
    ]
    return ReferencePhantom(planes, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)


@pytest.mark.parametrize("seed", range(5))
def test_uniform_phantom_has_nothing_against_it(seed):
    rng = np.random.default_rng(seed)
    found = check_reference(phantom(speckle(rng, beam=3), speckle(rng, beam=3)))
    assert found.warnings == ()
    assert found.settings[0].uniformity_db < 1.5
    assert found.settings[0].spread_db < 0.5


@pytest.mark.parametrize("level_db", [-7.0, 7.0])
@pytest.mark.parametrize(("depth", "lateral"), [(800, 60), (400, 20), (1200, 100)])
def test_inclusion_is_found_where_it_is(rng, level_db, depth, lateral):
    rf = speckle(rng, beam=3)
    rows, lines = np.ogrid[:1600, :120]
    inside = np.hypot((rows - depth) * 0.01925, (lines - lateral) * 0.2) < 4.0
    rf[inside] *= 10 ** (level_db / 20)
    (one,) = check_reference(phantom(rf)).settings
    assert "the phantom is not uniform: at" in one.warnings[0]
    assert one.worst_mm == pytest.approx((depth * 0.01925, lateral * 0.2), abs=4.0)
    assert one.uniformity_db > 3


@pytest.mark.parametrize("beam", [1, 3])
def test_independent_lines_are_those_of_the_beam(rng, beam):
    (one,) = check_reference(phantom(speckle(rng, beam=beam))).settings
    alike = 1 + 2 * sum((1 - k / beam) ** 2 for k in range(1, beam))
    assert one.n_independent_lines == pytest.approx(120 / alike, rel=0.2)


def test_frames_of_one_place_are_no_further_lines(rng):
    rf = speckle(rng)
    same, other = (
        check_reference(phantom(rf, frame)).settings[0] for frame in (rf, speckle(rng))
    )
    assert same.n_lines == other.n_lines == 240
    assert same.n_independent_lines == pytest.approx(120, rel=0.05)
    assert other.n_independent_lines == pytest.approx(240, rel=0.05)


@pytest.mark.parametrize("n_lines", [1, 20, 49])
def test_few_lines_are_said(rng, n_lines):
    found = check_reference(phantom(speckle(rng, (1600, n_lines))))
    assert f"{n_lines} lines in all give an uncertain spectrum" in found.warnings[0]


def test_acquisitions_of_other_gain_are_said(rng):
    found = check_reference(phantom(speckle(rng), 1.3 * speckle(rng)))
    assert "acquisitions differ by 2.3 dB in level; scan" in found.warnings[0]


def test_depth_that_fades_into_noise_is_not_usable(rng):
    fade = 10 ** (-np.linspace(0, 60, 1600)[:, None] / 20)
    rf = fade * speckle(rng, noise=0.0) + 0.01 * rng.normal(size=(1600, 120))
    (one,) = check_reference(phantom(rf)).settings
    assert one.floor_known
    # 30 dB of echoes over noise at the top, 2 dB less per mm, 6 dB asked for.
    assert 9 < one.usable_depth_mm[1] < 17
    assert one.warnings == ()


def test_settings_are_checked_apart(rng):
    planes = [
        *phantom(speckle(rng), focus_mm=10.0).acquisitions,
        *phantom(speckle(rng), focus_mm=20.0).acquisitions,
    ]
    both = ReferencePhantom(planes, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)
    table = check_reference(both).to_frame()
    assert len(table) == 2
    assert table["setting"][1] == "40 MHz, pitch 0.2 mm, focus 20 mm, 0 to 30.8 mm"


def test_first_use_warns_and_later_ones_do_not(rng):
    rf = speckle(rng)
    rf[600:900, 40:80] *= 3
    reference, plane = phantom(rf), phantom(speckle(rng)).acquisitions[0]

    def said(reference, band_mhz):
        """Use a phantom; return the warnings of its uniformity."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            qus_maps(
                plane,
                reference,
                attenuation_db_cm_mhz=0.5,
                overlap=0.5,
                channels="mbf",
                band_mhz=band_mhz,
            )
        return [one for one in caught if "is not uniform" in str(one.message)]

    assert len(said(reference, (3.0, 8.0))) == 1
    assert said(reference, (3.0, 8.0)) == said(reference, (4.0, 7.0)) == []
    copy = pickle.loads(pickle.dumps(reference))
    assert copy == reference
    assert len(said(copy, (3.0, 8.0))) == 1


def test_acquisition_that_is_no_rf_is_named(rng):
    with pytest.raises(ValueError, match="acquisition 1: the samples are no RF"):
        check_reference(phantom(speckle(rng), np.abs(speckle(rng)).cumsum(axis=0)))
