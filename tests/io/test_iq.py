"""IQ to RF, against closed forms and demodulated RF."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.io import rf_from_iq

FS, CARRIER = 10.0, 5.5


def tone(offset_mhz, n_samples=400, phase=0.7):
    """IQ of one line, a tone beside the carrier."""
    t = np.arange(n_samples) / FS
    return 3 * np.exp(1j * (2 * np.pi * offset_mhz * t + phase))[:, None]


@pytest.mark.parametrize(
    ("offset", "tolerance"),
    [(0, 1e-6), (1.0, 1e-4), (-3.3, 1e-3), (4.5, 2e-3), (-4.5, 2e-3)],
)
def test_tone_becomes_its_cosine(offset, tolerance):
    # 4.5 MHz is nine tenths of the band. Ten samples at either end see the end.
    rf, fs = rf_from_iq(
        tone(offset), fs_mhz=FS, demodulation_mhz=CARRIER, fs_out_mhz=30
    )
    t = np.arange(len(rf)) / fs
    want = 3 * np.cos(2 * np.pi * (CARRIER + offset) * t + 0.7)
    assert (fs, len(rf)) == (30.0, 399 * 3 + 1)
    np.testing.assert_allclose(rf[200:-200, 0], want[200:-200], atol=3 * tolerance)


def pulses(t):
    """RF of three Gaussian echoes of 5 MHz, one near the end."""
    echoes = [(1.0, 10.0, 0.3), (0.5, 12.2, 1.0), (0.8, 31.0, 0.1)]
    return sum(
        size * np.exp(-(((t - at) / 0.25) ** 2)) * np.cos(10 * np.pi * (t - at) + phase)
        for size, at, phase in echoes
    )


def demodulate(rf, fs_mhz, carrier, factor):
    """What a scanner does: mix down, low-pass, keep every factor-th sample."""
    t = np.arange(len(rf)) / fs_mhz
    spectrum = np.fft.fft(2 * rf * np.exp(-2j * np.pi * carrier * t))
    spectrum[np.abs(np.fft.fftfreq(len(rf), 1 / fs_mhz)) > fs_mhz / factor / 2] = 0
    return np.fft.ifft(spectrum)[::factor, None]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("complex64", 1e-6), ("complex128", 1e-7)]
)
def test_demodulated_rf_comes_back(dtype, tolerance):
    rf = pulses(np.arange(1600) / 40)
    iq = demodulate(rf, 40.0, 5.0, 4).astype(dtype)
    again, fs = rf_from_iq(iq, fs_mhz=10.0, demodulation_mhz=5.0, fs_out_mhz=40.0)
    assert (fs, again.dtype) == (40.0, np.empty(0, dtype).real.dtype)
    np.testing.assert_allclose(again[:, 0], rf[: len(again)], atol=tolerance)


def test_another_carrier_than_the_pulse_has_serves_as_well():
    # Scanners demodulate below the centre that they transmit.
    rf = pulses(np.arange(1600) / 40)
    iq = demodulate(rf, 40.0, 4.4, 4)
    again, _ = rf_from_iq(iq, fs_mhz=10.0, demodulation_mhz=4.4, fs_out_mhz=40.0)
    np.testing.assert_allclose(again[:, 0], rf[: len(again)], atol=1e-3)


def test_near_field_does_not_wrap_into_the_deep_end():
    # 60 dB from the first to the last sample.
    fall = 10 ** -np.linspace(0, 3, 400)[:, None]
    iq = tone(1.3) * fall
    rf, _ = rf_from_iq(iq, fs_mhz=FS, demodulation_mhz=CARRIER, fs_out_mhz=30)
    assert np.abs(rf[-90:]).max() == pytest.approx(3 * fall[-30, 0], rel=0.05)


def test_envelope_of_the_rf_is_that_of_the_iq():
    rf, fs = rf_from_iq(tone(0), fs_mhz=FS, demodulation_mhz=CARRIER)
    assert fs == 30.0
    assert np.abs(rf).max() == pytest.approx(3, rel=0.01)


def test_lines_stay_apart_and_silence_stays_silent():
    iq = np.concatenate([tone(0), 0 * tone(0), tone(2.0)], axis=1)
    rf, _ = rf_from_iq(iq, fs_mhz=FS, demodulation_mhz=CARRIER)
    alone, _ = rf_from_iq(iq[:, 2:], fs_mhz=FS, demodulation_mhz=CARRIER)
    assert not rf[:, 1].any()
    np.testing.assert_allclose(rf[:, 2:], alone, atol=1e-12)
    zero, _ = rf_from_iq(0 * iq, fs_mhz=FS, demodulation_mhz=CARRIER)
    assert not zero.any()


@pytest.mark.parametrize(
    ("fs", "carrier", "fs_out"),
    [(10, 5, 30), (10, 20, 70), (2.5, 2.5, 10), (40, 5, 80)],
)
def test_chosen_rate_leaves_a_quarter_of_room(fs, carrier, fs_out):
    iq = np.exp(2j * np.pi * np.arange(64) * 0.01)[:, None]
    assert rf_from_iq(iq, fs_mhz=fs, demodulation_mhz=carrier)[1] == fs_out
    assert fs_out / 2 >= 1.25 * (carrier + fs / 2) > (fs_out - fs) / 2


@pytest.mark.parametrize("kind", ["plain", "pairs", "last", "fields", "lists"])
def test_samples_that_are_not_complex_are_told_how(kind):
    given, mend = {
        "plain": (np.ones((64, 2)), "make i .* of I and Q; RF needs no carrier"),
        "pairs": (np.ones((64, 2), "int16"), r"iq\[0::2\] \+ 1j \* iq\[1::2\]"),
        "last": (np.ones((64, 2, 2), "int16"), r"iq\[\.\.\., 0\] \+ 1j \* iq\["),
        "fields": (np.ones((64, 2), "i2, i2"), r"iq\['f0'\] \+ 1j \* iq\['f1'\]"),
        "lists": ([[1.0, 2.0]] * 64, "make i"),
    }[kind]
    with pytest.raises(TypeError, match=f"iq must be complex, got .*{mend}"):
        rf_from_iq(given, fs_mhz=FS, demodulation_mhz=CARRIER)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"iq": tone(0)[:, 0]}, ValueError, r"must be \(n_samples, n_lines\) with at"),
        ({"iq": tone(0)[None]}, ValueError, r"must be \(n_samples, n_lines\) with at"),
        ({"iq": tone(0)[:7]}, ValueError, "at least 8 samples"),
        ({"iq": tone(0)[:, :0]}, ValueError, "must be"),
        ({"iq": np.ma.array(tone(0), mask=True)}, ValueError, "iq has masked samples"),
        ({"iq": tone(0) * np.nan}, ValueError, "400 of 400 samples of iq are NaN"),
        ({"fs_mhz": 1e7}, ValueError, "looks like Hz: in MHz it is fs_mhz=10"),
        ({"fs_mhz": 0}, ValueError, "fs_mhz must be a finite number > 0, got 0"),
        ({"fs_mhz": None}, TypeError, "fs_mhz must be a number in MHz, got None"),
        ({"fs_mhz": True}, TypeError, "fs_mhz must be a number in MHz, got True"),
        ({"demodulation_mhz": 5.5e6}, ValueError, "looks like Hz: in MHz it is"),
        ({"demodulation_mhz": -5.5}, ValueError, "must be a finite number > 0"),
        ({"demodulation_mhz": np.nan}, ValueError, "must be a finite number > 0"),
        ({"demodulation_mhz": np.full(400, 5.5)}, ValueError, "slides with depth cann"),
        ({"demodulation_mhz": [6.0, 4.0]}, ValueError, "must be one number, got 2"),
        ({"fs_out_mhz": 20}, ValueError, "would alias: .* 10.5 MHz; give at least 21"),
        ({"fs_out_mhz": 25}, ValueError, "must be a whole multiple of fs_mhz=10"),
        ({"fs_out_mhz": 10000}, ValueError, "fs_out_mhz must be 0.5 to 2000 MHz"),
    ],
)
def test_what_cannot_be_restored_is_refused(change, error, message):
    given = {"iq": tone(0), "fs_mhz": FS, "demodulation_mhz": CARRIER, **change}
    with pytest.raises(error, match=message):
        rf_from_iq(given.pop("iq"), **given)


def test_carrier_below_the_band_would_alias():
    # A band of -4.5 MHz about a carrier of 2 lies at -2.5 MHz.
    with pytest.raises(ValueError, match="100% of the power would lie below 0 MHz"):
        rf_from_iq(tone(-4.5), fs_mhz=FS, demodulation_mhz=2.0)


def test_lines_along_the_first_axis_are_noticed():
    iq = np.repeat(tone(0, 64), 65, axis=1)
    with pytest.warns(UserWarning, match="64 samples in each of 65 lines; transpose"):
        rf_from_iq(iq, fs_mhz=FS, demodulation_mhz=CARRIER)


def test_rf_that_would_not_fit_is_refused():
    iq = np.repeat(tone(0, 1000), 100, axis=1)
    with pytest.raises(ValueError, match=r"RF of shape \(199801, 100\) would take"):
        rf_from_iq(iq, fs_mhz=FS, demodulation_mhz=CARRIER, fs_out_mhz=2000)
