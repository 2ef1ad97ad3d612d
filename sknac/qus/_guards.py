"""What cannot be RF, or not of these settings, told by the samples themselves.

The limits stand between what real scans showed and what was given by mistake: on
frames of three scanners the power of RF at 0 MHz and at Nyquist is 10 to 34 dB below
its peak; that of envelopes, B-mode images, interleaved IQ and transposed RF at one
of both is at most 5 dB below.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np

from sknac.qus._estimates import DB
from sknac.utils._doubts import say

_GATE_US = 2.6  # length of a gate, 2 mm of tissue
_MAX_GATES, _MAX_LINES = 10, 20
_SILENT = 1e-12  # power re that of the loudest gate
_END_DB = -9.0  # power at either end of the spectrum re its peak
_FALLS_DB = -2.0  # power further in re that end: real carriers rise by 4 and more
_LOW, _HIGH = (0.0, 0.025), (0.9, 1.0)  # the ends, shares of the bins up to Nyquist
_ABOVE_LOW, _BELOW_HIGH = (0.1, 0.3), (0.6, 0.85)
# The same of single gates, a fifth of which have less, since frames fade into noise:
_WHOLE_DB = -8.0  # at 0 MHz: RF -20 and less, the I of IQ of any width -6.4 and more
_FOLDED_DB = -11.0  # at Nyquist: RF -14 and less, sampled too slowly -9.4 and more
_SOUND = 0.2
_FLAT_DB = 3.0  # peak re the lowest tenth of a spectrum that is noise
_EMPTY_DB = 10.0  # peak re the band's mean: 2 to 7 right, 14 and more wrong
_SAME_GAIN_DB = 3.0  # noise of scan and phantom: within 2 dB at equal settings
_NEAR_MM = 10.0  # echoes so near hide the noise of gains that are lowest there
_NOISE_DB = 55.0  # range of a scanner's samples: more is seen in simulations alone
_LEVEL_DB = 60.0  # re a phantom: tissue and bone are within 25
_LEAST_DB = 0.12  # dB/(cm MHz): fluids have less, fat and breast 0.3 and more
_DB_PER_NP = 8.686
_LEAST_USED = 0.5  # of a region's gates
_MOST_CLIPPED = 0.1  # of them
FLAT = "the spectrum of the RF is flat up to Nyquist"
WHOLE = "the samples have nearly as much power at 0 MHz as anywhere"
FOLDED = "the spectrum of the RF reaches the Nyquist frequency"


class SampledSpectrum(NamedTuple):
    """Power spectra of a few gates of a frame."""

    freqs_mhz: np.ndarray  # without 0 MHz
    power: np.ndarray  # (n_gates, n_freqs), each gate's sum 1


def sample_spectrum(rf, fs_mhz) -> SampledSpectrum | None:
    """Look at a few gates of a few lines; None where nothing can be seen."""
    n = min(max(16, round(_GATE_US * fs_mhz)), rf.shape[0])
    tops = np.linspace(0, rf.shape[0] - n, _MAX_GATES).astype(int)
    lines = np.unique(np.linspace(0, rf.shape[1] - 1, _MAX_LINES).astype(int))
    gates = np.stack([rf[top : top + n][:, lines] for top in np.unique(tops)])
    if gates.dtype.kind == "f":
        gates = np.nan_to_num(gates, posinf=0.0, neginf=0.0)
    gates = gates.astype(np.float64)
    gates /= np.abs(gates).max() or 1.0
    gates -= gates.mean(axis=1, keepdims=True)
    along = np.arange(n) - (n - 1) / 2
    slope = gates.mean(axis=2) @ along / (along @ along)
    gates -= along[:, None] * slope[:, None, None]  # an offset may grow with depth
    spectra = np.fft.rfft(gates * np.hanning(n)[:, None], axis=1)[:, 1:]
    power = (np.abs(spectra) ** 2).mean(axis=2)
    total = power.sum(axis=1)
    heard = total > _SILENT * total.max()
    if not heard.any() or power.shape[1] < 8:
        return None
    power = power[heard] / total[heard, None]
    return SampledSpectrum(np.fft.rfftfreq(n, 1 / fs_mhz)[1:], power)


def check_rf(rf, fs_mhz) -> SampledSpectrum | None:
    """Refuse samples without a carrier: power at 0 MHz or Nyquist; return spectra."""
    seen = sample_spectrum(rf, fs_mhz)
    if seen is None:
        return None
    mean = seen.power.mean(axis=0)
    if _flat(mean):
        return seen
    low, high = (_level(mean, end) for end in (_LOW, _HIGH))
    if max(low, high) > _END_DB and _rises(rf.T, fs_mhz):
        raise ValueError(
            "the samples are no RF down the lines, but across them; give RF samples as "
            "(n_samples, n_lines), depth first, by rf.T"
        )
    if high > _END_DB and _level(mean, _BELOW_HIGH) < high + _FALLS_DB:
        raise ValueError(
            "the samples are no RF: their power lies at the Nyquist frequency, "
            f"{seen.freqs_mhz[-1]:.3g} MHz ({high:.0f} dB re the peak), as that of "
            "interleaved IQ samples does; make complex IQ of them for "
            "sknac.io.rf_from_iq, or correct fs_mhz"
        )
    if low > _END_DB and _level(mean, _ABOVE_LOW) < low + _FALLS_DB:
        raise ValueError(
            f"the samples are no RF: their power lies at 0 MHz ({low:.0f} dB re the "
            "peak), not at a carrier, as that of an envelope, a B-mode image or the I "
            "of IQ does; give RF samples as (n_samples, n_lines), depth first"
        )
    return seen


def _rises(rf, fs_mhz):
    """Tell whether the power rises from 0 MHz to a carrier."""
    seen = sample_spectrum(rf, fs_mhz)
    if seen is None:
        return False
    mean = seen.power.mean(axis=0)
    low = _level(mean, _LOW)
    return low < _END_DB and _level(mean, _ABOVE_LOW) > low - _FALLS_DB


def signal_doubts(seen: SampledSpectrum | None, band_mhz) -> list[str]:
    """Say what makes a reference doubtful, in a band where one is given."""
    if seen is None:
        return []
    if _flat(seen.power.mean(axis=0)):
        return [
            f"{FLAT}, as that of noise is, so that windows of noise cannot be told; "
            "check that the file holds echoes, and fs_mhz"
        ]
    if (sampled := sampling_doubts(seen)) or band_mhz is None:
        return sampled
    low, high = band_mhz
    inside = (seen.freqs_mhz >= low) & (seen.freqs_mhz <= high)
    if not inside.any():
        return []
    above = seen.power.max(axis=1) / seen.power[:, inside].mean(axis=1)
    empty = float(DB * np.median(np.log(above)))
    if empty <= _EMPTY_DB:
        return []
    peak = seen.freqs_mhz[seen.power.mean(axis=0).argmax()]
    return [
        f"the probe has little energy at {low:g} to {high:g} MHz: the spectrum's peak "
        f"at {peak:.2g} MHz stands {empty:.0f} dB above the band's mean; choose "
        'band_mhz round it, or "auto"'
    ]


def sampling_doubts(seen: SampledSpectrum | None) -> list[str]:
    """Say so where samples are the I of IQ, or RF that was sampled too slowly.

    The I of IQ that fills its band does not fall from 0 MHz as narrower ones do, which
    `check_rf` refuses. Noise alone is flat, and has a doubt of its own.
    """
    if seen is None or _flat(seen.power.mean(axis=0)):
        return []
    low, high = (
        float(np.quantile([_level(gate, end) for gate in seen.power], _SOUND))
        for end in (_LOW, _HIGH)
    )
    if low > _WHOLE_DB:
        return [
            f"{WHOLE} ({low:.0f} dB re the peak), as the I of IQ has; give RF, or make "
            "it of complex IQ by sknac.io.rf_from_iq"
        ]
    if high > _FOLDED_DB:
        return [
            f"{FOLDED}, {seen.freqs_mhz[-1]:.3g} MHz ({high:.0f} dB re its peak), so "
            "that echoes of what lies beyond are folded into it; check fs_mhz, and "
            "take RF of which no samples were left out"
        ]
    return []


def _level(mean, part):
    """Mean power of a part of the bins re the peak, dB."""
    first, last = (round(share * mean.size) for share in part)
    if last == mean.size:
        first = min(first, last - 2)
    return DB * np.log(mean[first : max(last, first + 2)].mean() / mean.max())


def _flat(mean):
    """Tell a spectrum without a peak, such as that of white noise."""
    return DB * np.log(mean.max() / np.quantile(mean, 0.1)) < _FLAT_DB


def gain_doubts(ln_floor, reference, depth_mm) -> list[str]:
    """Say so where the noise of scan and reference differs: gain or TGC did too.

    Both are logs of power per depth. What stands farther below the reference's echoes
    than any converter reaches is no noise but the echoes' own sidelobes.
    """
    if ln_floor is None or reference.ln_floor is None:
        return []
    rows = slice(len(depth_mm))
    theirs = reference.ln_floor[rows]
    with np.errstate(invalid="ignore"):
        below = DB * (reference.ln_power[rows].mean(axis=1) - theirs)
        apart = DB * (ln_floor - theirs)
        heard = (depth_mm > _NEAR_MM) & (below < _NOISE_DB) & (apart > -_NOISE_DB)
    if heard.sum() < 3:
        return []
    apart = apart[heard]
    apart = apart[apart.size // 2 :]  # bright tissue is loud above the band, too
    low, high = np.quantile(apart, [0.1, 0.9])
    if max(-low, high) <= _SAME_GAIN_DB:
        return []
    return [
        f"the noise of the scan is {low:+.1f} to {high:+.1f} dB that of the reference "
        "at depth, so gain, TGC or another setting differs, which shifts every map; "
        "scan the phantom with the patient's settings"
    ]


def level_doubts(mbf) -> list[str]:
    """Say so where a scan's mid-band fit (dB), or its median, is no tissue's."""
    heard = np.ravel(mbf)
    heard = heard[np.isfinite(heard)]
    level = float(np.median(heard)) if heard.size else 0.0
    if abs(level) <= _LEVEL_DB:
        return []
    return [
        f"the scan's mid-band fit is {level:+.0f} dB, and no tissue is so far from a "
        "phantom: samples of scan and reference are in different units, or of other "
        "settings; give both as they were recorded, and check the attenuation"
    ]


def floor_doubts(ln_floor, others) -> list[str]:
    """Say so where the noise floor is unknown and no window can be held against it."""
    if ln_floor is not None or any(doubt.startswith(FLAT) for doubt in others):
        return []
    return [
        "the noise floor is unknown, because echoes (or noise) fill the spectrum up to "
        "Nyquist or no frequencies are left above the band: windows of noise are not "
        "marked; give noise_band_mhz, or min_snr_db=None where that is meant "
        "(SpectralOptions)"
    ]


def nothing_valid(maps) -> list[str]:
    """Say so where no window of any map can be used."""
    if maps.valid.any() or maps.invalid_counts.get("form_factor"):
        return []
    counts = ", ".join(f"{n} {cause}" for cause, n in maps.invalid_counts.items())
    return [f"no window is valid ({counts}); check the frame and the settings"]


def region_doubts(n_used, invalid_counts) -> list[str]:
    """Say so where most gates of a region, or its loudest ones, are left out."""
    n_gates = n_used + sum(invalid_counts.values())
    doubts = []
    if n_used < _LEAST_USED * n_gates:
        cause = max(invalid_counts, key=invalid_counts.get)
        doubts.append(
            f"{n_used / n_gates:.0%} of the region's {n_gates} gates can be used (most "
            f"others: {cause}); take a region above the noise, or mend the cause"
        )
    clipped = invalid_counts.get("saturated", 0) / n_gates
    if clipped > _MOST_CLIPPED:
        doubts.append(
            f"{clipped:.0%} of the region's {n_gates} gates are clipped and left out, "
            "which are the loudest, so that its power is too low; scan with less gain"
        )
    return doubts


def attenuation_doubt(value: float) -> list[str]:
    """Say so where an attenuation is no tissue's, but would be in Np."""
    if not 0 < value < _LEAST_DB:
        return []
    return [
        f"an attenuation of {value:g} dB/(cm MHz^n) is less than any soft tissue's; in "
        f"Np/(cm MHz^n) it would be {value * _DB_PER_NP:.2g} dB: check its unit"
    ]


def warn_all(doubts, what: str) -> None:
    """Warn of each doubt, naming what it is about."""
    for doubt in doubts:
        say(f"{what}: {doubt}")
