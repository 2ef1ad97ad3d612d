"""The spectrum of a region, against a plain loop and against repeated speckle."""

# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pytest
from scipy.signal import firwin, hilbert, lfilter

from sknac.cohort import Plane, PolygonOutline
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import (
    GaussianScatterers,
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
    roi_spectrum,
)

FS, PITCH, MODEL = 40.0, 0.2, GaussianScatterers(esd_um=100, eac_db=30)
STEEP = np.poly(-np.ones(8)) / 2**8  # a filter that falls 2.5 dB/MHz in the band
PULSE = firwin(41, [2.5, 9], fs=FS, pass_zero=False)


def speckle(rng, n_samples=600, n_lines=60, beam=1):
    """Echoes of a pulse; each line is the mean of `beam` neighbours."""
    noise = lfilter(PULSE, 1, rng.normal(size=(n_samples, n_lines + beam - 1)), axis=0)
    return sum(noise[:, i : i + n_lines] for i in range(beam))


def scan(rf, **settings):
    return Plane.from_rf(rf, fs_mhz=FS, line_pitch_mm=PITCH, **settings)


def phantom(*frames, alpha=0.5, c=1540.0, bsc=MODEL):
    return ReferencePhantom(
        [scan(rf) for rf in frames],
        attenuation_db_cm_mhz=alpha,
        speed_of_sound=c,
        bsc=bsc,
    )


@pytest.fixture(scope="module")
def pair():
    """RF of a sample and of a reference."""
    rng = np.random.default_rng(1)
    return speckle(rng), speckle(rng)


def test_spectrum_is_that_of_a_plain_loop(pair):
    rf, ref = pair
    mask = np.zeros(rf.shape, dtype=bool)
    mask[100:420, 10:40] = True
    found = roi_spectrum(
        scan(rf),
        phantom(ref, alpha=0.4, c=1480.0),
        region=mask,
        attenuation_db_cm_mhz=0.7,
    )
    n, dz = 104, 1540 / 2e3 / FS
    assert n == round(2.0 / dz)
    taper = np.hanning(n)
    taper /= np.sqrt(np.mean(taper**2))
    f = np.fft.rfftfreq(128, 1 / FS)[2:64]

    def power(block):
        spectrum = np.fft.rfft(block * taper[:, None], 128, axis=0)[2:64]
        return np.abs(spectrum) ** 2 / n

    ratios = []
    for top in range(0, 600 - n + 1, 26):
        if top < 100 or top + n > 420:
            continue
        z = (top + (n - 1) / 2) * dz / 10
        loss = z * 0.7 * f - z * 1480 / 1540 * 0.4 * f
        of_reference = power(ref[top : top + n]).mean(axis=1)
        ratio = power(rf[top : top + n, 10:40]) / of_reference[:, None]
        ratios.append(ratio * 10 ** (0.2 * loss)[:, None])
    expected = 10 * np.log10(np.concatenate(ratios, axis=1).mean(axis=1))
    # The offset's removal, which the loop leaves out, moves the lowest bins.
    np.testing.assert_allclose(found.normalised_db[6:], expected[6:], atol=0.02)
    band = (f >= 3) & (f <= 8)
    ss, si = np.polyfit(f[band], found.normalised_db[band], 1)
    assert (found.ss, found.si) == pytest.approx((ss, si))
    assert found.mbf == pytest.approx(si + 5.5 * ss)
    assert found.n_lines == 30
    assert found.n_gates == 30 * len(ratios)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"attenuation_layers": [(0.5, 0.2), (1.5, 1.4)]},
        {"options": SpectralOptions(correct_taper=True)},
        {"options": SpectralOptions(correct_taper=True, attenuation_power=1.3)},
    ],
)
def test_one_gate_over_all_lines_is_the_window_of_qus_maps(pair, settings):
    # Steep against the phantom, so that the taper's correction is not nothing.
    rf, ref = pair
    plane, reference = scan(lfilter(STEEP, 1, rf, axis=0)[:104]), phantom(ref[:104])
    settings = {"attenuation_db_cm_mhz": 0.6, **settings}
    maps = qus_maps(
        plane,
        reference,
        window_mm=(2.0, 12.0),
        channels=("mbf", "ss", "esd", "eac"),
        dtype=np.float64,
        **settings,
    )
    found = roi_spectrum(plane, reference, region="all", **settings)
    for name in ("mbf", "ss", "esd", "eac"):
        assert getattr(found, name) == pytest.approx(getattr(maps, name).item())


def simulated(seed, shape=(1800, 64), c=1540.0, alpha=0.9, size=(90.0, 30.0)):
    """Speckle of tissue whose attenuation, diameter and concentration are known."""
    rf = simulate_rf(
        RFSystem(focus_mm=15.0, noise_counts=0.0),
        shape,
        np.random.default_rng(seed),
        esd_um=size[0],
        eac_db=size[1],
        attenuation_db_cm_mhz=alpha,
        speed_of_sound=c,
        quantise=False,
    )
    return Plane.from_rf(rf, fs_mhz=FS, line_pitch_mm=0.234)


def test_tissue_below_layers_has_its_true_line_and_size():
    # Two layers, a region at 22 to 33 mm; the phantom has other beads, loss and speed.
    beads = GaussianScatterers(esd_um=30, eac_db=52, speed_of_sound=1488.0)
    tissue = GaussianScatterers(esd_um=90, eac_db=30)
    known = {"alpha": 0.576, "size": (30.0, 52.0), "c": 1488.0}
    reference = ReferencePhantom(
        [simulated(900 + i, **known) for i in range(5)],
        attenuation_db_cm_mhz=0.576,
        speed_of_sound=1488.0,
        bsc=beads,
    )
    depth = np.arange(1800) * 1540 / 2e3 / FS
    local = np.repeat(np.where(depth < 10, 0.4, 1.0)[:, None], 64, axis=1)
    mask = (depth[:, None] > 22) & (depth[:, None] < 33) & np.ones(64, bool)
    settings = {"attenuation_db_cm_mhz": 1.0, "attenuation_layers": [(10.0, 0.4)]}
    errors = {False: [], True: []}
    for seed, corrected in itertools.product(range(3), errors):
        plane = simulated(seed, alpha=local)
        options = SpectralOptions(
            correct_taper=corrected, min_snr_db=None, guards=False
        )
        found = roi_spectrum(plane, reference, region=mask, options=options, **settings)
        maps = qus_maps(plane, reference, overlap=0.5, options=options, **settings)
        deep = (maps.depth_mm > 23) & (maps.depth_mm < 32)
        # The mean log of small windows is some 0.7 dB low, power averaged first is not.
        assert found.mbf - maps.mbf[deep].mean() == pytest.approx(0.7, abs=0.3)
        assert found.ss == pytest.approx(maps.ss[deep].mean(), abs=0.15)
        f = found.freqs_mhz[found.in_band]
        ss, si = np.polyfit(f, 10 * np.log10(tissue(f) / beads(f)), 1)
        errors[corrected].append(
            (found.mbf - si - 5.5 * ss, found.ss - ss, found.esd - 90.0)
        )
    plain, corrected = (np.mean(errors[which], axis=0) for which in (False, True))
    assert abs(plain[0]) < 0.3
    assert plain[1] - corrected[1] == pytest.approx(0.08, abs=0.03)
    assert (np.abs(corrected) < (0.3, 0.1, 3.0)).all()


def test_correction_goes_on_beyond_the_band_without_a_step(pair):
    rf, ref = pair
    plane, reference = scan(lfilter(STEEP, 1, rf, axis=0)), phantom(ref)
    settings = {"region": "all", "attenuation_db_cm_mhz": 0.5}
    plain, corrected = (
        roi_spectrum(plane, reference, options=options, **settings)
        for options in (None, SpectralOptions(correct_taper=True))
    )
    change = corrected.normalised_db - plain.normalised_db
    assert np.abs(change).max() > 0.02
    assert np.abs(np.diff(change)).max() < 0.02
    inside = np.flatnonzero(plain.in_band)
    np.testing.assert_allclose(change[: inside[0]], change[inside[0]], atol=5e-3)


def test_attenuation_may_be_a_function_of_the_plane(pair):
    plane, reference = scan(pair[0]), phantom(pair[1])
    numbers = {"given": 0.6, "called": lambda plane: plane.image.shape[0] / 1000}
    found = {
        name: roi_spectrum(
            plane, reference, region="all", attenuation_db_cm_mhz=attenuation
        ).mbf
        for name, attenuation in numbers.items()
    }
    assert found["called"] == found["given"]
    with pytest.raises(ValueError, match="must return a number or a map"):
        roi_spectrum(
            plane, reference, region="all", attenuation_db_cm_mhz=lambda _: "estimate"
        )


@pytest.mark.parametrize("what", ["envelope", "transposed", "interleaved IQ"])
def test_samples_that_are_no_rf_are_refused(pair, what):
    rf, ref = pair
    analytic = hilbert(rf, axis=0)
    base = analytic * np.exp(-2j * np.pi * 5.5 / FS * np.arange(len(rf)))[:, None]
    given = {
        "envelope": np.abs(analytic),
        "transposed": np.tile(rf, 10).T,
        "interleaved IQ": np.stack([base.real, base.imag], 1)[::2].reshape(rf.shape),
    }[what]
    with pytest.raises(ValueError, match="are no RF"):
        roi_spectrum(scan(given), phantom(ref), region="all", attenuation_db_cm_mhz=0.5)


@pytest.mark.parametrize("size_fit", ["least_squares", "masd"])
def test_size_of_the_phantom_against_itself_is_its_own(pair, size_fit):
    plane = scan(pair[0])
    found = roi_spectrum(
        plane,
        phantom(pair[0]),
        region="all",
        attenuation_db_cm_mhz=0.5,
        options=SpectralOptions(size_fit=size_fit),
    )
    assert (found.mbf, found.ss) == pytest.approx((0, 0), abs=1e-9)
    assert (found.esd, found.eac) == pytest.approx((100, 30), abs=0.05)
    band = found.in_band
    np.testing.assert_allclose(found.bsc[band], MODEL(found.freqs_mhz[band]), rtol=1e-6)
    np.testing.assert_allclose(found.bsc_fit[band], found.bsc[band], rtol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("size_fit", ["least_squares", "masd"])
def test_standard_errors_are_the_spread_over_repeated_speckle(beam, size_fit):
    rng = np.random.default_rng(beam)
    names = ("mbf", "ss", "si", "esd", "eac")
    options = SpectralOptions(size_fit=size_fit)
    estimates, errors = [], []
    for _ in range(200):
        found = roi_spectrum(
            scan(speckle(rng, beam=beam)),
            phantom(speckle(rng, beam=beam)),
            region="all",
            attenuation_db_cm_mhz=0.5,
            options=options,
        )
        estimates.append([getattr(found, name) for name in names])
        errors.append([found.standard_errors[name] for name in names])
    spread = np.std(estimates, axis=0, ddof=1)  # known to 5 % from 200 scans
    ratio = np.sqrt(np.mean(np.square(errors), axis=0)) / spread
    np.testing.assert_allclose(ratio, 1, atol=0.2)
    # Lines of a beam of three share 2/3 and 1/3 of their echoes with their neighbours.
    alike = 1 + 2 * sum((1 - k / beam) ** 2 for k in range(1, beam))
    assert found.n_independent_lines == pytest.approx(60 / alike, rel=0.25)


def test_lines_that_are_copies_of_one_another_are_no_further_evidence(pair):
    rf, ref = pair
    alone = roi_spectrum(
        scan(rf), phantom(ref), region="all", attenuation_db_cm_mhz=0.5
    )
    copied = roi_spectrum(
        scan(np.repeat(rf, 4, axis=1)),
        phantom(np.repeat(ref, 4, axis=1)),
        region="all",
        attenuation_db_cm_mhz=0.5,
    )
    assert copied.mbf == pytest.approx(alone.mbf)
    error = copied.standard_errors["mbf"] / alone.standard_errors["mbf"]
    assert error == pytest.approx(1, abs=0.25)  # and not a half


def test_core_outline_and_mask_are_one_region(pair):
    rf, ref = pair
    square = PolygonOutline([(2.0, 2.0), (2.0, 8.0), (8.0, 8.0), (8.0, 2.0)])
    plane, reference = scan(rf, core=square), phantom(ref)
    settings = {"attenuation_db_cm_mhz": 0.5}
    found = [
        roi_spectrum(plane, reference, **settings),
        roi_spectrum(scan(rf), reference, region=square, **settings),
        roi_spectrum(plane, reference, region=plane.core_mask(), **settings),
    ]
    assert len({one.mbf for one in found}) == 1
    assert (
        found[0].depth_range_mm[0] >= 3.0 - 0.02
    )  # a core sample reaches half a step up
    assert found[0].depth_range_mm[1] <= 7.0


def test_a_map_of_attenuation_equal_everywhere_is_the_number(pair):
    plane, reference = scan(pair[0]), phantom(pair[1])
    one, other = (
        roi_spectrum(plane, reference, region="all", attenuation_db_cm_mhz=alpha)
        for alpha in (0.6, np.full(pair[0].shape, 0.6))
    )
    assert other.mbf == pytest.approx(one.mbf, abs=1e-3)


def test_dead_and_clipped_lines_are_left_out_and_counted(pair):
    rf, ref = pair
    spoilt = rf.copy()
    spoilt[:, 3] = 0.0
    spoilt[:, 7] = np.nan
    found = roi_spectrum(
        scan(spoilt), phantom(ref), region="all", attenuation_db_cm_mhz=0.5
    )
    assert found.n_lines == 58
    assert found.valid_share == pytest.approx(58 / 60)


def test_without_a_backscatter_there_is_no_size(pair):
    found = roi_spectrum(
        scan(pair[0]),
        phantom(pair[1], bsc=None),
        region="all",
        attenuation_db_cm_mhz=0.5,
    )
    assert found.bsc is None
    assert np.isnan(found.esd)
    assert np.isnan(found.standard_errors["esd"])
    assert list(found.parameters().index) == ["mbf", "ss", "si", "esd", "eac"]
    assert "bsc" not in found.to_frame()


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("core", "the plane has no core outline; give it one"),
        ("margin", 'region must be "core", "all", an outline or a mask'),
        (np.ones((600, 60)), "got float64 of shape"),
        (np.ones((60, 600), bool), r"shape \(600, 60\), got bool of shape"),
        (np.eye(600, 60, dtype=bool), "holds no whole gate of 2 mm; shorten"),
    ],
)
def test_region_that_cannot_be_is_refused(pair, region, message):
    with pytest.raises(ValueError, match=message):
        roi_spectrum(
            scan(pair[0]), phantom(pair[1]), region=region, attenuation_db_cm_mhz=0.5
        )


def test_region_without_a_usable_gate_is_refused(pair):
    rf = pair[0].copy()
    rf[:, :20] = 0.0
    mask = np.zeros(rf.shape, bool)
    mask[:, :20] = True
    with pytest.raises(ValueError, match="no gate of the region's 400 can be used"):
        roi_spectrum(scan(rf), phantom(pair[1]), region=mask, attenuation_db_cm_mhz=0.5)


def test_estimates_are_the_same_without_standard_errors(pair):
    plane, reference = scan(pair[0]), phantom(pair[1])
    settings = {"region": "all", "attenuation_db_cm_mhz": 0.5}
    with_errors = roi_spectrum(plane, reference, **settings)
    without = roi_spectrum(plane, reference, standard_errors=False, **settings)
    assert (without.mbf, without.esd) == (with_errors.mbf, with_errors.esd)
    assert np.isnan(list(without.standard_errors.values())).all()
    assert np.isnan(without.standard_error_db).all()
