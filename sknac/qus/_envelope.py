"""Statistics of the echoes' envelope in windows: Nakagami parameters and SNR."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from sknac.qus._checks import usable_rf
from sknac.qus._condition import (
    bad_lines,
    condition,
    condition_envelope,
    first_causes,
)
from sknac.qus._guards import check_rf
from sknac.qus._spectrum import axial_sums, box_sum

ENVELOPE_CHANNELS = ("nakagami_m", "nakagami_omega", "envelope_snr")
ENVELOPE_CAUSES = (
    "nonfinite",
    "saturated",
    "dead_line",
    "silent",
    "zeros",
    "no_spread",
)
SPECKLE_SNR = 1.91  # of Rayleigh amplitudes, sqrt(pi / (4 - pi))
_DTYPE = np.dtype(np.float32)
_LINES = 32  # transformed at a time, so that they stay inside the cache
_ZERO = 0.3  # what a zero is, in steps of the digits: exp(mean ln A) below half a step
_MOST_ZEROS = 0.05  # of a window: m is then up to 4 % high
_EQUAL = 1e-5  # 1 - 1/variation: less is rounding
_LARGEST_Y = 17.0  # end of the approximation, m = 0.05
_LEAST_ALIKE = 0.05
_FEW = 20  # independent samples: m is some 10 % high
# What linear envelopes of real scans never show, and images nearly always:
_MOST_SNR = 3.0  # median over windows: 0.8 to 2.3, of images 3.3 to 8
_LEAST_SLOPE = 0.8  # of ln SD over ln mean: 1.0 to 1.3, of images 0.2 to 1.5
_LEAST_RANGE = 1.0  # of ln mean, to see a slope
_SURE = 3.0  # standard errors below: of 300 small planes of speckle none, 3 without
_PARTLY = (0.05, 0.6)  # zeros of a window, whose RMS is then 1 to 3 digits
_MANY, _LOUD = 0.2, 10.0  # share of such windows, and their RMS in digits
_ENOUGH, _LOOKED_AT = 50, 10_000  # windows


class EnvelopeMaps(NamedTuple):
    """Maps by name, what is doubtful, and windows without all maps by first cause."""

    maps: dict
    doubts: list
    invalid: dict


def envelope_maps(plane, plan, channels) -> EnvelopeMaps:
    """Map an RF or envelope plane."""
    data, power = _power_of(plane, plan)
    means = _Means(power, plan)
    causes = {
        name: box_sum(marks.astype(np.int32), plan.n_lines, plan.hop_lines) > 0
        for name, marks in bad_lines(data, plan).items()
    }
    causes["silent"] = means.power <= 0
    unusable = np.logical_or.reduce(list(causes.values()))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = {"envelope_snr": means.snr}
        doubts = compression_doubts(means, ~unusable, plan)
        if doubts and plane.image.dtype.itemsize == 1:
            raise ValueError(doubts[0])
        if "nakagami_omega" in channels:
            out["nakagami_omega"] = 10 * np.log10(means.power) + _DTYPE.type(
                20 * np.log10(data.scale)
            )
        if "nakagami_m" in channels:
            out["nakagami_m"] = means.m()
            doubts += size_doubts(power, plan)
            causes["zeros"] = means.share > _MOST_ZEROS
    for values in out.values():
        np.copyto(values, np.nan, where=unusable)
    maps = {name: out[name] for name in channels}
    counts, missing = {}, np.isnan(sum(maps.values()))
    if missing.any():
        _, counts = first_causes(causes | {"no_spread": missing}, missing.shape)
    return EnvelopeMaps(maps, doubts, {name: n for name, n in counts.items() if n})


class _Means:
    """Means over each window, (n_rows, n_columns), of power, amplitude and zeros."""

    def __init__(self, samples, plan):
        self.samples, self.plan = samples, plan
        zeros = samples == 0
        self.zeros = zeros if zeros.any() else None
        self.power = self._mean(samples)
        self.amplitude = self._mean(np.sqrt(samples))
        self.share = 0.0 if self.zeros is None else self._mean(zeros.astype(_DTYPE))

    def _mean(self, values):
        n = self.plan.n_samples * self.plan.n_lines
        return window_sums(values, self.plan) / _DTYPE.type(n)

    @cached_property
    def step(self):
        """Smallest power above 0: a digit's."""
        known = True if self.zeros is None else ~self.zeros
        return np.min(self.samples, where=known, initial=np.inf)

    @cached_property
    def snr(self):
        """Mean over SD of the amplitude."""
        variance = self.power - self.amplitude**2
        known = variance > _EQUAL * self.power  # less is rounding
        return np.where(known, self.amplitude / np.sqrt(np.abs(variance)), np.nan)

    def m(self):
        """Nakagami's m; NaN where many amplitudes are below a digit."""
        power = self.samples
        if self.zeros is not None:
            power = np.where(self.zeros, _DTYPE.type(_ZERO**2 * self.step), power)
        m = nakagami_m(np.log(self.power) - self._mean(np.log(power)))
        return np.where(self.share > _MOST_ZEROS, _DTYPE.type(np.nan), m)


def nakagami_m(y):
    """Maximum-likelihood m for y = ln(mean power) - mean(ln power).

    The rational approximation of Greenwood and Durand, within 0.02 %.
    """
    low = (0.5000876 + y * (0.1648852 - y * 0.0544274)) / y
    high = (8.898919 + y * (9.059950 + y * 0.9775373)) / (
        y * (17.79728 + y * (11.968477 + y))
    )
    known = (y > _EQUAL) & (y < _LARGEST_Y)
    return np.where(known, np.where(y <= 0.5772, low, high), np.nan)


def window_sums(values, plan):
    """Sum samples (n_samples, n_lines) over each window: (n_rows, n_columns)."""
    sums = axial_sums(values, plan.n_samples, plan.hop_samples)
    return box_sum(sums, plan.n_lines, plan.hop_lines)


def independent_samples(power, plan):
    """Count the samples of a window that are as good as independent, for m.

    What they say of m is ln p - p (the score, p the power over its mean). It
    correlates along and across the lines over lengths that are the same in windows
    here and there in the frame.
    """
    lengths = (plan.n_samples, plan.n_lines)
    patches = _patches(power, lengths)
    zeros = patches == 0
    known = np.mean(zeros, axis=(1, 2)) <= _MOST_ZEROS
    if not known.any():
        return np.inf  # no window has an m
    patches = np.where(zeros, _ZERO**2 * patches[~zeros].min(), patches)[known]
    patches = patches / patches.mean(axis=(1, 2), keepdims=True)
    score = np.log(patches) - patches
    score -= score.mean(axis=(1, 2), keepdims=True)
    score /= score.std(axis=(1, 2), keepdims=True) + 1e-6
    return float(np.prod([n / _alike(score, i, n) for i, n in enumerate(lengths, 1)]))


def _patches(values, lengths):
    """Cut 12 patches out of a frame, twice a window's sides: (12, height, width)."""
    sides = [min(2 * n, whole) for n, whole in zip(lengths, values.shape, strict=True)]
    tops, lefts = (
        np.linspace(0, whole - side, n).astype(int)
        for whole, side, n in zip(values.shape, sides, (4, 3), strict=True)
    )
    high, wide = sides
    return np.stack([values[i : i + high, j : j + wide] for i in tops for j in lefts])


def _alike(patches, axis, length):
    """Tell how many neighbours along an axis carry the information of one."""
    side = patches.shape[axis]
    n_fft = next_fast_len(2 * side, real=True)
    spectrum = np.abs(rfft(patches, n_fft, axis=axis)) ** 2
    others = tuple(i for i in range(patches.ndim) if i != axis)
    sums = irfft(spectrum.sum(axis=others), n_fft)[:side]
    correlation = sums / np.arange(side, 0, -1) / (sums[0] / side)
    near = correlation[1:length]
    end = np.flatnonzero(near < _LEAST_ALIKE)
    near = near[: end[0]] if end.size else near
    return 1 + 2 * float(near @ (1 - np.arange(1, near.size + 1) / length))


def size_doubts(power, plan):
    """Say so where windows hold few independent samples."""
    n = independent_samples(power, plan)
    if n >= _FEW:
        return []
    return [
        f"a window holds about {n:.0f} independent samples, and with fewer than "
        f"{_FEW} nakagami_m reads some 10 % high; enlarge window_mm"
    ]


def compression_doubts(means, usable, plan):
    """Say so where amplitudes look like those of a log-compressed image.

    The SD of linear amplitudes is proportional to their mean, in speckle mean / 1.91;
    that of decibels is not. Where some are zero, linear ones are a few digits at most.
    """
    step = max(1, round(np.sqrt(usable.size / _LOOKED_AT)))
    some = np.s_[::step, ::step]
    usable, mean, snr = usable[some], means.amplitude[some], means.snr[some]
    share = np.broadcast_to(means.share, means.power.shape)[some]
    whole = usable & (share <= _MOST_ZEROS) & np.isfinite(snr)
    partly = usable & (share > _PARTLY[0]) & (share < _PARTLY[1])
    said = []
    if np.count_nonzero(whole) >= _ENOUGH:
        shared = plan.n_samples * plan.n_lines / (plan.hop_samples * plan.hop_lines)
        said = _unlike_speckle(mean[whole], snr[whole], max(1, shared / step**2))
    if not said and partly.sum() > max(_ENOUGH, _MANY * usable.sum()):
        digits = float(np.sqrt(np.median(means.power[some][partly]) / means.step))
        if digits > _LOUD:
            said = [f"zeros stand beside amplitudes of {digits:.0f} digits"]
    return [
        f"the amplitudes look log-compressed, as those of a B-mode image: {seen}; give "
        "the envelope before compression, or the RF"
        for seen in said
    ]


def _unlike_speckle(mean, snr, alike):
    """Say how windows' mean and SNR differ from those of linear amplitudes.

    Windows overlap, so that so many of them are `alike` and count as one.
    """
    ln_mean, median = np.log(mean), float(np.median(snr))
    if median > _MOST_SNR:
        return [f"their median SNR is {median:.1f}, in speckle {SPECKLE_SNR}"]
    if np.subtract(*np.quantile(ln_mean, [0.9, 0.1])) > _LEAST_RANGE:
        line, errors = np.polyfit(ln_mean, ln_mean - np.log(snr), 1, cov=True)
        slope, error = line[0], np.sqrt(errors[0, 0] * alike)
        if slope + _SURE * error < _LEAST_SLOPE:
            return [f"their SD grows as the mean to the power {slope:.1f}, not 1"]
    return []


def _power_of(plane, plan):
    """Load a plane; return it scaled, with its marks, and the envelope's power."""
    if plane.kind == "rf":
        rf = usable_rf(plane)
        check_rf(rf, plan.fs_mhz)
        data = condition(rf, plan.n_samples, _DTYPE)
        return data, hilbert_power(data.samples)
    data = condition_envelope(_usable_envelope(plane), plan.n_samples, _DTYPE)
    return data, np.square(data.samples)


def _usable_envelope(plane):
    """Load an envelope; raise when it cannot be one."""
    envelope = np.asarray(plane.load())
    if envelope.dtype.kind not in "iuf":
        raise ValueError(
            f"the envelope must be integers or floats, got {envelope.dtype}"
        )
    lowest = np.fmin.reduce(envelope, axis=None)
    if np.isnan(lowest):
        raise ValueError("the envelope holds NaN only; give another frame")
    if lowest < 0:
        raise ValueError(
            f"the envelope must be 0 or more, got {lowest:g}; give RF as "
            'kind="rf", and amplitudes instead of decibels'
        )
    return envelope


def hilbert_power(samples):
    """Square the envelope of lines (n_samples, n_lines), a few lines at a time."""
    n, n_fft = samples.shape[0], next_fast_len(samples.shape[0], real=True)
    power = np.square(samples)
    for left in range(0, samples.shape[1], _LINES):
        spectrum = rfft(samples[:, left : left + _LINES], n_fft, axis=0)
        spectrum *= spectrum.dtype.type(-1j)  # irfft leaves out what is no real signal
        turned = irfft(spectrum, n_fft, axis=0, overwrite_x=True)[:n]
        power[:, left : left + _LINES] += np.square(turned, out=turned)
    return power
