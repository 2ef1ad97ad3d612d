"""Radio-frequency frames of random scatterers, simulated through one system.

The signal model.  Tissue is many small random scatterers per resolution cell,
so its reflectivity is white Gaussian noise, coloured at each place by the square
root of that place's backscatter coefficient.  At arrival time t, depth
z = c t / 2, the expected power spectrum of a line is ::

    S(f, t) = K**2 G(t)**2 H(f)**2 BSC(f) 10**(-2 A(t, f) / 10) + noise

with K a constant of the system in counts, G(t) its focal and time gain, H(f) its
pulse-echo response, BSC a spherical Gaussian form factor, and A the one-way
attenuation accumulated on the way, in dB.  K, G and H depend on arrival time and
frequency only, so they cancel between a scan and a reference phantom that went
through the same system, as the reference phantom method supposes.

The algorithm.  The amplitude spectrum of a place depends on two numbers only: the
scatterer radius and the round-trip loss per MHz.  That two-parameter family of
curves is replaced by its leading singular vectors v_r(f)
(`LOCAL_SPECTRUM_TOLERANCE` of each curve's peak), so that ::

    RF(f) = H(f) sum_r v_r(f) FFT[ u_r(place) x reflectivity ]

takes a handful of FFTs along depth however finely the tissue varies.

The approximations.  Attenuation is proportional to frequency and acts on a
scatterer's whole echo (no dispersion).  The lateral beam is Gaussian, one for all
frequencies; it blurs scatterer strength but not the two spectral parameters, which
are those of the tissue on the line itself.  There is no refraction, multiple
scattering, or coherent structure.  The pulse has zero phase: an echo is centred on
its scatterer.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import fft

from sknac.utils._room import check_room

#: Largest error of a local amplitude spectrum, as a share of its peak.
LOCAL_SPECTRUM_TOLERANCE = 3e-4
#: Largest error of the tabulated radius (um) and loss (dB/MHz) of a place.
_RADIUS_STEP_UM, _LOSS_STEP_DB_MHZ = 1.0, 0.04
#: Counts of a scatterer field of BSC 1 /(cm sr) at the focus, without losses.
_COUNTS = 1.2e5
# exp(-0.827 k^2 a^2), written anew: the simulator shares no code with the maps.
_FORM_FACTOR = 0.827
_PAD_SAMPLES = 96
_MAX_COUNT = 32767


@dataclass(frozen=True)
class RFSystem:
    """A linear-array scanner: sampling, pulse, beam, gain and noise.

    The pulse-echo amplitude response is Gaussian: half its peak (-6 dB) at
    `centre_mhz` -/+ half of `bandwidth_mhz`, that is at 3 and 8 MHz by default.
    """

    fs_mhz: float = 40.0
    line_pitch_mm: float = 0.234
    focus_mm: float = 15.0
    centre_mhz: float = 5.5
    bandwidth_mhz: float = 5.0
    beam_mm: float = 0.6
    beam_spread: float = 0.04
    focal_gain_mm: float = 20.0
    tgc_db_cm: float = 3.0
    noise_counts: float = 1.0

    def response(self, freqs_mhz):
        """Pulse-echo amplitude at each frequency, 1 at the centre."""
        half = self.bandwidth_mhz / 2
        return 0.5 ** (((freqs_mhz - self.centre_mhz) / half) ** 2)

    def nominal_depth_mm(self, n_samples):
        """Depth of each sample at 1540 m/s: arrival time, expressed in mm."""
        return np.arange(n_samples) * (1.54 / (2 * self.fs_mhz))

    def beam_fwhm_mm(self, depth_mm):
        """Lateral width of the pulse-echo amplitude beam at each depth."""
        return np.hypot(self.beam_mm, self.beam_spread * (depth_mm - self.focus_mm))

    def reach_lines(self, deepest_mm):
        """Lines on both sides that are simulated for the beam's sake."""
        ends_mm = np.array([0, deepest_mm])
        return 6 * self.beam_fwhm_mm(ends_mm).max() / self.line_pitch_mm + 2

    def gain(self, depth_mm):
        """Amplitude of an echo without loss: focal gain (1 at the focus)."""
        off = (depth_mm - self.focus_mm) / self.focal_gain_mm
        return 1 / np.sqrt(1 + off**2)

    def time_gain(self, depth_mm):
        """Amplifier gain against arrival time, which lifts the noise as well."""
        return 10 ** (self.tgc_db_cm * depth_mm / 10 / 20)


def simulate_rf(
    system,
    shape,
    rng,
    *,
    esd_um,
    eac_db,
    attenuation_db_cm_mhz,
    speed_of_sound=1540.0,
    quantise=True,
):
    """Simulate one RF frame, int16 of shape (n_samples, n_lines).

    The tissue's numbers are scalars or arrays that broadcast to `shape`.
    With ``quantise=False`` the frame stays float32 and is not clipped.
    """
    n_samples, _n_lines = shape
    depth = system.nominal_depth_mm(n_samples)
    loss = _round_trip_loss(attenuation_db_cm_mhz, shape, system.fs_mhz, speed_of_sound)
    radius = _on_lines(esd_um, shape) / 2
    strength = _strength(system, radius, eac_db, loss, speed_of_sound)
    field = _scatterers(system, strength, depth, rng)
    frame = _colour(system, field, radius, loss, speed_of_sound)
    frame *= (_COUNTS * system.gain(depth) * system.time_gain(depth)).astype(np.float32)
    noise = rng.standard_normal(frame.shape, dtype=np.float32)
    frame += noise * (system.noise_counts * system.time_gain(depth)).astype(np.float32)
    if not quantise:
        return np.ascontiguousarray(frame.T)
    np.clip(np.rint(frame, out=frame), -_MAX_COUNT - 1, _MAX_COUNT, out=frame)
    return np.ascontiguousarray(frame.T.astype(np.int16))


def _on_lines(value, shape):
    """Lay a scalar or (n_samples, n_lines) map out line by line, float32."""
    return np.broadcast_to(np.asarray(value, np.float32), shape).T


def _round_trip_loss(attenuation, shape, fs_mhz, speed_of_sound):
    """Loss of each place's echo per MHz, dB: twice the path integral."""
    step_cm = speed_of_sound / (2 * fs_mhz * 1e6) * 100
    if np.ndim(attenuation) == 0:
        column = 2 * step_cm * float(attenuation) * np.arange(shape[0])
        return np.broadcast_to(column.astype(np.float32), shape[::-1])
    alpha = _on_lines(attenuation, shape).astype(float)
    path = np.cumsum(alpha, axis=1) - alpha / 2 - alpha[:, :1] / 2
    return (2 * step_cm * path).astype(np.float32)


def _strength(system, radius, eac_db, loss, speed_of_sound):
    """Echo amplitude of each place at the centre frequency, losses included."""
    f0 = system.centre_mhz
    k0 = 2 * np.pi * f0 * 1e6 / (100 * speed_of_sound)
    a = radius * np.float32(1e-4)
    eac = _on_lines(eac_db, radius.shape[::-1])
    nepers = np.float32(np.log(10) / 20) * (eac - f0 * loss)
    nepers = nepers - np.float32(_FORM_FACTOR / 2 * k0**2) * a * a
    return np.float32(2 / 3 * k0**2) * a**3 * np.exp(nepers)


def _scatterers(system, strength, depth, rng):
    """Gaussian reflectivity of given strength, seen through the lateral beam."""
    n_lines, n_samples = strength.shape
    margin = int(np.ceil(3 * system.beam_fwhm_mm(depth).max() / system.line_pitch_mm))
    n_fft = fft.next_fast_len(n_lines + 2 * margin, real=True)
    white = rng.standard_normal((n_samples + 2 * _PAD_SAMPLES, n_fft), np.float32)
    edge = ((_PAD_SAMPLES, _PAD_SAMPLES), (margin, n_fft - n_lines - margin))
    white *= np.pad(strength.T, edge, mode="edge")
    kx = 2 * np.pi * fft.rfftfreq(n_fft, system.line_pitch_mm)
    fwhm = np.pad(system.beam_fwhm_mm(depth), _PAD_SAMPLES, mode="edge")
    sigma = fwhm / np.sqrt(8 * np.log(2))
    beam = np.exp(-0.5 * (sigma[:, None] * kx) ** 2)
    # Unit energy at every depth: the beam's width must not change the gain.
    full = np.sum(beam**2, axis=1) * 2 - beam[:, 0] ** 2
    beam *= np.sqrt(n_fft / full)[:, None]
    spectrum = fft.rfft(white, axis=1)
    spectrum *= beam.astype(np.float32)
    seen = fft.irfft(spectrum, n_fft, axis=1)[:, margin : margin + n_lines]
    return np.ascontiguousarray(seen.T)


def _colour(system, field, radius, loss, speed_of_sound):
    """Give every place of the field its own spectrum (see the module's text)."""
    n_lines, n_padded = field.shape
    n_fft = fft.next_fast_len(n_padded, real=True)
    freqs = fft.rfftfreq(n_fft, 1 / system.fs_mhz)
    band = slice(1, int(np.searchsorted(freqs, _top_mhz(system))))
    weights, curves, code = _local_spectra(
        system, freqs[band], radius, loss, speed_of_sound
    )
    code = np.pad(code, ((0, 0), (_PAD_SAMPLES, _PAD_SAMPLES)), mode="edge")
    total = np.zeros((n_lines, freqs.size), np.complex64)
    for weight, curve in zip(weights, curves, strict=True):
        part = fft.rfft(weight[code] * field, n_fft, axis=1)[:, band]
        total[:, band] += part * curve
    frame = fft.irfft(total, n_fft, axis=1)
    return frame[:, _PAD_SAMPLES : n_padded - _PAD_SAMPLES]


def _top_mhz(system):
    """Frequency above which the pulse holds nothing (-100 dB) or is not sampled."""
    reach = np.sqrt(100 / (20 * np.log10(2))) * system.bandwidth_mhz / 2
    return min(system.centre_mhz + reach, system.fs_mhz / 2)


def _local_spectra(system, freqs, radius, loss, speed_of_sound):
    """Factor the spectra of all places into few curves.

    Returns weights (n_curves, n_codes), curves (n_curves, n_freqs) and the code of
    each place, so that ``weights[:, code] @ curves`` is the place's spectrum.
    """
    radii, i = _levels(radius, _RADIUS_STEP_UM)
    losses, j = _levels(loss, _LOSS_STEP_DB_MHZ)
    family = _spectra(system, freqs, _thin(radii, 5), _thin(losses, 16), speed_of_sound)
    check_room(
        f"{radii.size} radii and {losses.size} losses of the tissue",
        8 * radii.size * losses.size * freqs.size,
        "check effect_size (in SDs between patients) and attenuation_db_cm_mhz (in "
        "dB/(cm MHz), usually 0.3 to 1.5)",
    )
    _, size, curves = np.linalg.svd(family, full_matrices=False)
    curves = curves[: np.count_nonzero(size > LOCAL_SPECTRUM_TOLERANCE * size[0]) + 1]
    every = _spectra(system, freqs, radii, losses, speed_of_sound)
    weights = (every @ curves.T).T.astype(np.float32)
    return weights, curves.astype(np.float32), i * losses.size + j


def _spectra(system, freqs, radii, losses, speed_of_sound):
    """Amplitude spectra, 1 before H at the centre, (n_radii * n_losses, n_freqs)."""
    f0 = system.centre_mhz
    ka = 2 * np.pi * 1e6 / (100 * speed_of_sound) * radii[:, None] * 1e-4
    shape = np.exp(-_FORM_FACTOR / 2 * ka**2 * (freqs**2 - f0**2))
    decay = np.exp(-np.log(10) / 20 * losses[:, None] * (freqs - f0))
    decay *= system.response(freqs) * (freqs / f0) ** 2
    return (shape[:, None] * decay).reshape(-1, freqs.size)


def _levels(values, step):
    """Round to a grid of levels; return the levels and each value's index."""
    low = float(values.min())
    n_levels = (float(values.max()) - low) / step + 1
    check_room(
        f"tissue that spans {n_levels:.3g} levels of diameter or attenuation",
        16 * n_levels,
        "check effect_size (in SDs between patients) and attenuation_db_cm_mhz",
    )
    n_levels = round(n_levels)
    index = np.rint((values - np.float32(low)) / np.float32(step)).astype(np.int32)
    return low + step * np.arange(n_levels), index


def _thin(levels, n):
    """At most n of the levels, both ends included."""
    return levels[np.unique(np.linspace(0, levels.size - 1, n).round().astype(int))]
