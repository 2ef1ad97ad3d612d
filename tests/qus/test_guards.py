"""What cannot be RF, or not of these settings, told by the samples themselves."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, hilbert, lfilter, resample_poly

from sknac.cohort import Plane, Study
from sknac.qus import (
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
    roi_spectrum,
)
from sknac.qus._guards import (
    FOLDED,
    WHOLE,
    check_rf,
    gain_doubts,
    sampling_doubts,
    signal_doubts,
)
from sknac.qus._reference_spectrum import ReferenceSpectrum

FS = 40.0
rng = np.random.default_rng(5)


def speckle(low=3.0, high=8.0, shape=(1600, 60), noise=0.01, fs=FS):
    """Echoes of a pulse, alike in neighbouring lines, in white noise."""
    echoes = lfilter(
        firwin(31, (low, high), fs=fs, pass_zero=False),
        1,
        rng.normal(size=(shape[0], shape[1] + 2)),
        axis=0,
    )
    echoes = echoes[:, :-2] + echoes[:, 1:-1] + echoes[:, 2:]
    return echoes + noise * rng.normal(size=shape)


RF = speckle()
ANALYTIC = hilbert(RF, axis=0)
IQ = (ANALYTIC * np.exp(-2j * np.pi * 5.5 * np.arange(1600)[:, None] / FS))[::4]


def interleaved(iq):
    return np.stack([iq.real, iq.imag], axis=1).reshape(-1, iq.shape[1])


def plane(rf, **settings):
    return Plane.from_rf(rf, **({"fs_mhz": FS, "line_pitch_mm": 0.2} | settings))


def phantom(*frames, **settings):
    planes = [plane(rf, **settings) for rf in frames]
    return ReferencePhantom(planes, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)


def maps(scan, reference, **settings):
    settings = {"attenuation_db_cm_mhz": 0.5, "overlap": 0.5} | settings
    return qus_maps(scan, reference, channels=("mbf",), **settings)


NO_RF = {
    "envelope": (np.abs(ANALYTIC), "0 MHz"),
    "B-mode": (20 * np.log10(np.abs(ANALYTIC) + 1e-3), "0 MHz"),
    "8-bit B-mode": (
        np.clip(255 + 4 * 20 * np.log10(np.abs(ANALYTIC) / 3 + 1e-6), 0, 255).astype(
            np.uint8
        ),
        "0 MHz",
    ),
    "interleaved IQ": (interleaved(IQ), "Nyquist frequency, .*rf_from_iq"),
    "interleaved IQ, int16": (
        (1000 * interleaved(IQ)).astype(np.int16),
        "Nyquist frequency",
    ),
    "across": (
        speckle(shape=(1400, 300)).T.copy(),
        r"down the lines, but across them; .* by rf.T",
    ),
}


@pytest.mark.parametrize("name", NO_RF)
def test_what_is_no_rf_is_refused(name):
    rf, message = NO_RF[name]
    with pytest.raises(ValueError, match=message):
        check_rf(rf, FS)


@pytest.mark.parametrize(
    "rf",
    [
        RF,
        (1000 * RF).astype(np.int16),
        RF + np.linspace(0, 20, 1600)[:, None],  # an offset that grows with depth
        (2048 + 100 * RF).astype(np.uint16),  # a converter's middle
        speckle(1.0, 3.0),
        speckle(10, 17),
        np.where(np.arange(60) % 5, RF, 0),
        np.full((1600, 60), np.nan),
        np.zeros((1600, 60)),
        rng.normal(size=RF.shape),
    ],
)
def test_rf_of_any_probe_passes(rf):
    check_rf(rf, FS)


def sampled(rf, every, carrier=None):
    """RF of which samples were left out; with a carrier, the I of IQ instead."""
    if carrier is None:
        return rf[::every]
    iq = hilbert(rf, axis=0) * np.exp(
        -2j * np.pi * carrier / FS * np.arange(len(rf))[:, None]
    )
    return resample_poly(iq.real, 1, every, axis=0)


DOUBTFUL = {
    "I of 20 MHz": (sampled(RF, 2, 5.5), WHOLE),
    "I of 10 MHz": (sampled(RF, 4, 5.5), WHOLE),
    "I of 6.7 MHz": (sampled(RF, 6, 5.5), WHOLE),
    "RF at 13.3 MHz": (sampled(RF, 3), FOLDED),
    "RF at 10 MHz": (sampled(speckle(3.0, 6.5), 4), FOLDED),
    "RF at 20 MHz": (sampled(speckle(6.0, 14.0), 2), FOLDED),
}


def doubts_of(rf):
    """What is said of samples: of their sampling, or that they are none."""
    try:
        return " ".join(sampling_doubts(check_rf(rf, FS)))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("name", DOUBTFUL)
def test_iq_without_its_q_and_rf_sampled_too_slowly_are_said(name):
    rf, said = DOUBTFUL[name]
    assert re.search(f"{said}|the samples are no RF", doubts_of(rf))


@pytest.mark.parametrize("name", ["I of 6.7 MHz", "RF at 20 MHz"])
@pytest.mark.parametrize("role", ["scan", "reference", "region"])
@pytest.mark.filterwarnings("ignore:.*no window is valid")
def test_doubtful_samples_are_warned_of_wherever_they_stand(name, role):
    rf, said = DOUBTFUL[name]
    good = speckle(shape=rf.shape)
    scan, reference = (good, rf) if role == "reference" else (rf, good)
    make = maps
    if role == "region":
        make = partial(
            roi_spectrum,
            region="all",
            attenuation_db_cm_mhz=0.5,
            options=SpectralOptions(min_snr_db=None),  # what is folded passes for noise
        )
    whose = "the reference" if role == "reference" else "the plane"
    with pytest.warns(UserWarning, match=f"{whose}: {re.escape(said)}") as seen:
        make(plane(scan), phantom(reference))
    assert len([one for one in seen if said in str(one.message)]) == 1


@pytest.mark.parametrize("band", [(3, 8), (1.5, 12), (2, 4), (10, 17)])
@pytest.mark.parametrize("heard", [1.0, 0.4])  # and noise below
def test_right_rf_raises_no_doubt_of_its_sampling(band, heard):
    rf, n = speckle(*band), round(heard * 1600)
    rf[n:] = 0.01 * rng.normal(size=(1600 - n, 60))
    assert doubts_of(rf) == ""


@pytest.mark.parametrize("name", ["envelope", "interleaved IQ", "across"])
def test_plane_and_phantom_that_are_no_rf_are_refused_by_place(name):
    rf, _ = NO_RF[name]
    reference = phantom(speckle(shape=rf.shape))
    with pytest.raises(ValueError, match=r"^the samples are no RF"):
        maps(plane(rf), reference)
    X = pd.DataFrame({"us_pre": [Study([plane(speckle(shape=rf.shape))])]}, ["P1"])
    mapper = QUSMapper(phantom(rf), attenuation_db_cm_mhz=0.5, channels="mbf")
    place = "row P1, column us_pre, plane 0: acquisition 0 of the reference: the samp"
    with pytest.raises(ValueError, match=place):
        mapper.fit(X)


@pytest.mark.parametrize("band", [(10.0, 14.0), (12.0, 18.0), (8.5, 12.0)])
def test_band_without_the_probes_energy_is_warned_of(band):
    narrow = speckle(4.0, 7.0)
    with pytest.warns(UserWarning, match="the probe has little energy at .* choose"):
        maps(
            plane(narrow),
            phantom(narrow),
            band_mhz=band,
            options=SpectralOptions(min_snr_db=None),
        )


def test_right_band_is_silent():
    for band in ((3.0, 8.0), (4.0, 7.0), "auto"):
        maps(plane(speckle()), phantom(RF), band_mhz=band)


def test_noise_as_a_phantom_is_warned_of_once():
    noise = rng.normal(size=RF.shape)
    with pytest.warns(UserWarning, match="the reference: .* flat up to Nyquist") as all:
        maps(plane(RF), phantom(noise), options=SpectralOptions(min_snr_db=None))
    assert len(all) == 1


def test_guard_that_is_off_says_so():
    # Echoes up to Nyquist: no frequency is left at which noise is alone.
    wide = speckle(3.0, 17.0)
    with pytest.warns(
        UserWarning, match="the noise floor is unknown, .*give noise_band"
    ):
        assert maps(plane(wide), phantom(wide)).snr_db is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps(plane(wide), phantom(wide), options=SpectralOptions(min_snr_db=None))
        told = SpectralOptions(noise_band_mhz=(19.0, 19.9))
        assert maps(plane(wide), phantom(wide), options=told).snr_db is not None


@pytest.mark.parametrize("gain_db", [-6.0, 4.0, 20.0])
def test_other_gain_of_the_scan_is_warned_of(gain_db):
    scan = plane(10 ** (gain_db / 20) * speckle())
    with pytest.warns(UserWarning, match="gain, TGC or another setting differs"):
        found = maps(scan, phantom(RF))
    assert len(found.doubts) == 1


def test_other_tgc_is_warned_of_though_the_middle_agrees():
    tgc = 10 ** (np.linspace(-6, 6, 1600)[:, None] / 20)
    with pytest.warns(UserWarning, match="gain, TGC or another setting differs"):
        maps(plane(tgc * speckle()), phantom(RF))


def test_brighter_tissue_at_one_gain_is_silent():
    bright = speckle(noise=0.0) * 5 + 0.01 * rng.normal(size=RF.shape)
    assert maps(plane(bright), phantom(RF)).doubts == ()


def test_gain_doubt_says_over_which_range():
    depth = np.linspace(1, 40, 40)
    floor, echoes = np.full(40, -np.log(10)), np.full((40, 9), 3.0)  # ln of power
    reference = ReferenceSpectrum((3.0, 8.0), echoes, floor)
    (doubt,) = gain_doubts(np.zeros(40), reference, depth)  # 10 dB above
    assert "is +10.0 to +10.0 dB that of the reference" in doubt
    assert gain_doubts(None, reference, depth) == []
    assert gain_doubts(floor + 0.3, reference, depth) == []
    # Near echoes hide the noise of a scan at its lowest gain.
    assert gain_doubts(floor + np.where(depth < 10, 1.0, 0.2), reference, depth) == []
    # A simulation without noise: what is read above the band are sidelobes.
    silent = ReferenceSpectrum((3.0, 8.0), echoes, floor - 20)
    assert gain_doubts(floor - 18, silent, depth) == []


@pytest.mark.parametrize("factor", [1e-30, 1e-15, 1e15, 1e30])
def test_unit_of_the_samples_changes_no_map(factor):
    scan = speckle()
    expected = maps(plane(scan), phantom(RF))
    found = maps(plane(scan * factor), phantom(RF * factor))
    np.testing.assert_allclose(found.mbf, expected.mbf, atol=1e-4)
    assert found.invalid_counts == expected.invalid_counts


def test_floor_above_echoes_that_reach_above_the_band_is_that_below_them():
    # A layer whose echoes fill the spectrum hides the noise above it, not in it.
    layer = (np.arange(1600) > 300) & (np.arange(1600) < 600)
    rf, ref = (
        speckle() + 0.2 * layer[:, None] * rng.normal(size=RF.shape) for _ in "ab"
    )
    found = maps(plane(rf), phantom(ref))
    assert found.valid.all()
    level = np.median(found.snr_db, axis=1)
    assert level[:6].min() > level[-6:].min() - 3


def test_guards_can_be_switched_off():
    rf, _ = NO_RF["envelope"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps(
            plane(rf),
            phantom(rf),
            options=SpectralOptions(guards=False, min_snr_db=None),
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise_band_mhz": (12.0, 25.0)}, "<= the Nyquist frequency 20 MHz"),
        ({"noise_band_mhz": (5.0, 4.0)}, "must satisfy 0 < low < high"),
        ({"noise_band_mhz": (1.0, 2.0, 3.0)}, "noise_band_mhz must be one number or"),
        ({"guards": "no"}, "'guards' parameter of SpectralOptions"),
    ],
)
def test_setting_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        maps(plane(RF), phantom(RF), options=SpectralOptions(**settings))


@pytest.mark.parametrize(
    ("setting", "here", "there"),
    [
        ("probe", "L14-5", "C5-2"),
        ("transmit_mhz", 6.0, 5.0),
        ("gain_db", 10.0, 0.0),
        ("tgc", ((0.0, 0.0), (40.0, 8.0)), ((0.0, 0.0), (40.0, 6.0))),
        ("focus_mm", 20.0, 15.0),
    ],
)
def test_setting_that_both_know_must_agree(setting, here, there):
    scan = plane(RF, **{setting: here})
    assert phantom(RF).match(scan)
    assert phantom(RF, **{setting: here}).match(scan)
    with pytest.raises(ValueError, match=f"phantom fits: (the )?{setting}"):
        phantom(RF, **{setting: there}).match(scan)


def test_tgc_written_with_other_points_is_the_same():
    scan = plane(RF, tgc=((0.0, 0.0), (40.0, 8.0)))
    assert phantom(RF, tgc=((0.0, 0.0), (20.0, 4.0), (40.0, 8.0))).match(scan)


def test_signal_doubts_of_nothing_are_none():
    assert signal_doubts(None, (3.0, 8.0)) == []


@pytest.mark.parametrize("np_cm", [0.03, 0.06, 0.1])
def test_attenuation_that_looks_like_nepers_is_warned_of(np_cm):
    with pytest.warns(UserWarning, match=f"it would be {np_cm * 8.686:.2g} dB: check"):
        maps(plane(RF), phantom(RF), attenuation_db_cm_mhz=np_cm)


@pytest.mark.parametrize("alpha", [0.0, 0.15, 0.6, 3.0])
def test_attenuation_of_tissue_is_silent(alpha):
    maps(plane(RF), phantom(RF), attenuation_db_cm_mhz=alpha)


@pytest.mark.parametrize("spoilt", [0.0, np.nan])
def test_frame_without_a_valid_window_is_warned_of(spoilt):
    rf = RF.copy()
    rf[:, ::2] = spoilt
    with pytest.warns(UserWarning, match="no window is valid"):
        assert not maps(plane(rf), phantom(RF)).valid.any()


@pytest.mark.parametrize("padding", [0.0, np.nan])
@pytest.mark.parametrize("share", [0.2, 0.45])
def test_padding_below_a_scan_is_not_taken_for_its_noise(padding, share):
    rf, first = speckle(), int(1600 * (1 - share))
    whole = maps(plane(rf), phantom(RF))
    rf = rf.copy()
    rf[first:] = padding
    padded = maps(plane(rf), phantom(RF))
    assert padded.doubts == ()
    rows = (np.arange(len(whole.valid)) + 1) * 52 + 104 < first
    np.testing.assert_allclose(padded.snr_db[rows], whole.snr_db[rows], atol=1.5)
