"""A region's gates are held against noise, clipping, and the phantom's settings."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from scipy.signal import firwin, lfilter

from sknac.cohort import Plane
from sknac.qus import (
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
    roi_spectrum,
)

PULSE = firwin(31, (2, 9), fs=40, pass_zero=False)
OPTIONS = SpectralOptions(noise_band_mhz=(15.0, 19.0))
N = 800  # samples, 15.4 mm


def scan(seed, until=N, gain=1.0, cut=None):
    """Echoes, down to some sample, in noise."""
    rng = np.random.default_rng(seed)
    rf = 100 * lfilter(PULSE, 1, rng.normal(size=(N, 60)), axis=0)
    rf[until:] = 0
    rf = gain * (rf + rng.normal(size=rf.shape))
    if cut is not None:
        rf = np.clip(rf, -cut, cut)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.2)


def phantom(plane):
    return ReferencePhantom(plane, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)


def rows(first, last):
    mask = np.zeros((N, 60), bool)
    mask[first:last] = True
    return mask


def spectrum(plane, reference=None, region="all", options=OPTIONS):
    return roi_spectrum(
        plane,
        phantom(scan(0)) if reference is None else reference,
        region=region,
        attenuation_db_cm_mhz=0.5,
        options=options,
        standard_errors=False,
    )


def test_depths_of_noise_do_not_reach_the_mean():
    whole = spectrum(scan(1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        faded = spectrum(scan(1, until=600))
    assert faded.mbf == pytest.approx(whole.mbf, abs=0.6)
    assert set(faded.invalid_counts) == {"low_snr"}
    assert faded.valid_share == pytest.approx(0.75, abs=0.12)
    assert faded.depth_range_mm[1] < 12.5
    assert faded.snr_db == pytest.approx(whole.snr_db, abs=1.5)
    unheard = SpectralOptions(min_snr_db=None)
    everything = spectrum(scan(1, until=600), options=unheard)
    assert everything.valid_share == 1
    assert everything.snr_db is None


@pytest.mark.parametrize(
    ("made", "reference", "region", "cause"),
    [
        ({"until": 300}, {}, rows(420, 790), "low_snr"),
        ({}, {"until": 300}, rows(420, 790), "reference_low_snr"),
        ({"gain": 0.0}, {}, "all", "dead_line"),
        ({"cut": 20.0}, {}, "all", "saturated"),
    ],
)
@pytest.mark.filterwarnings("ignore:the plane.{2}the noise of the scan")
def test_region_of_which_nothing_can_be_used_is_refused(made, reference, region, cause):
    with pytest.raises(ValueError, match=rf"of the region's \d+ can be .*\d+ {cause}"):
        spectrum(scan(1, **made), phantom(scan(0, **reference)), region)


@pytest.mark.parametrize(
    ("made", "reference", "said"),
    [
        ({"until": 200}, {}, r"\d\d% of the region's \d+ gates .*others: low_snr"),
        ({}, {"until": 200}, r"\d\d% of the .*most others: reference_low_snr"),
        ({"cut": 90.0}, {}, r"\d\d% of the region's \d+ gates are clipped"),
        ({"gain": 10.0}, {}, r"noise of the scan is \+20.* dB that of the reference"),
        ({"gain": 0.2}, {}, r"noise of the scan is -1[34].* dB that of the reference"),
        ({}, {"gain": 1e2}, r"noise of the scan is -39.* dB that of the reference"),
        ({"gain": 1e-20}, {}, "samples of scan and reference are in different units"),
        ({}, {"gain": 1e-6}, "samples of scan and reference are in different units"),
    ],
)
@pytest.mark.filterwarnings("ignore:the plane")
def test_what_is_doubtful_of_a_region_is_warned_of_and_kept(made, reference, said):
    reference = phantom(scan(0, **reference))
    with pytest.warns(UserWarning, match=f"the plane: .*{said}"):
        found = spectrum(scan(1, **made), reference)
    assert len(found.doubts) >= 1


def test_one_gain_is_never_doubted_whatever_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = spectrum(scan(1))
        for gain in (1e-30, 1e-3, 1e30):
            found = spectrum(scan(1, gain=gain), phantom(scan(0, gain=gain)))
            assert found.mbf == pytest.approx(plain.mbf, abs=1e-6)
            assert found.doubts == ()


@pytest.mark.parametrize("gain", [1e-10, 1e8])
@pytest.mark.filterwarnings("ignore:the plane.{2}the noise of the scan")
def test_maps_in_another_unit_than_the_phantom_are_doubted_too(gain):
    settings = {"attenuation_db_cm_mhz": 0.5, "overlap": 0.5, "options": OPTIONS}
    with pytest.warns(UserWarning, match="are in different units"):
        qus_maps(scan(1, gain=gain), phantom(scan(0)), channels="ss", **settings)


def test_a_regions_row_counts_whole_or_not_at_all():
    found = spectrum(scan(1, until=500), region=rows(100, 700))
    n_left = sum(found.invalid_counts.values())
    assert n_left % 60 == 0
    assert found.n_gates + n_left == found.n_gates / found.valid_share
