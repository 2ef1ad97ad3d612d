"""RF frames, and maps written plainly from the definitions."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import ReferencePhantom, SpectralOptions, estimate_attenuation, qus_maps


def pytest_collection_modifyitems(items):
    """Much arithmetic is tested on noise and wide pulses, of which `qus_maps` warns."""
    for item in items:
        if "qus" in item.path.parts:
            for said in (
                "is flat up to Nyquist",
                "as much power at 0 MHz as anywhere",
                "the noise floor is unknown",
                "lines in all give an uncertain",
                "the phantom is not uniform",
                "acquisitions differ by",
            ):
                item.add_marker(pytest.mark.filterwarnings(f"ignore:.*{said}"))


def _loop_maps(
    rf,
    reference,
    *,
    fs_mhz,
    line_pitch_mm,
    attenuation_db_cm_mhz,
    reference_bsc,
    speed_of_sound=1540.0,
    reference_speed_of_sound=None,
    start_depth_mm=0.0,
    attenuation_power=1.0,
    reference_attenuation_db_cm_mhz=0.576,
    reference_attenuation_power=1.0,
    band_mhz=(3.0, 8.0),
    window_mm=2.0,
    overlap=0.95,
    n_fft=None,
):
    """Yao's reference phantom method, one window at a time, in float64.

    Shares no code with the package: numpy.fft and numpy.polyfit do the work.
    """
    rf, reference = np.asarray(rf, float), np.asarray(reference, float)
    frames = reference if reference.ndim == 3 else reference[None]
    c_s, c_r = speed_of_sound, reference_speed_of_sound or speed_of_sound
    sample_mm = c_s / (2 * fs_mhz * 1e6) * 1e3
    window, shift = (np.broadcast_to(v, 2) for v in (window_mm, overlap))
    n, m = round(window[0] / sample_mm), round(window[1] / line_pitch_mm)
    hop = [max(1, round((1 - o) * k)) for o, k in zip(shift, (n, m), strict=True)]
    if n_fft is None:
        n_fft = 2 ** int(np.ceil(np.log2(n)))
    f = np.fft.rfftfreq(n_fft, 1 / fs_mhz)
    band = (f >= band_mhz[0] - 1e-9) & (f <= band_mhz[1] + 1e-9)
    f = f[band]
    taper = np.array([0.5 - 0.5 * np.cos(2 * np.pi * t / (n - 1)) for t in range(n)])
    taper /= np.sqrt(np.mean(taper**2))

    def power(block):
        spectrum = np.fft.rfft(block * taper[:, None], n_fft, axis=0)[band]
        return (np.abs(spectrum) ** 2 / n).mean(axis=1)

    k1 = 2 * np.pi * 1e6 / (100 * c_s)
    rows, spectra = [], []
    for top in range(0, rf.shape[0] - n + 1, hop[0]):
        s_r = np.mean([power(frame[top : top + n]) for frame in frames], axis=0)
        z_s = (start_depth_mm + (top + (n - 1) / 2) * sample_mm) / 10
        z_r = z_s * c_r / c_s
        gain = z_s * attenuation_db_cm_mhz * f**attenuation_power
        gain -= z_r * reference_attenuation_db_cm_mhz * f**reference_attenuation_power
        row = []
        for left in range(0, rf.shape[1] - m + 1, hop[1]):
            s_s = power(rf[top : top + n, left : left + m])
            y = 10 * np.log10(s_s / s_r) + 2 * gain
            ss, si = np.polyfit(f, y, 1)
            bsc = 10 ** (y / 10) * reference_bsc(f)
            spectra.append(bsc)
            slope, level = np.polyfit(f**2, np.log(bsc / f**4), 1)
            a = np.sqrt(-slope / (0.827 * k1**2)) if slope < 0 else np.nan
            nz2 = np.exp(level) / (4 / 9 * k1**4 * a**6)
            row.append(
                (si + ss * np.mean(band_mhz), ss, si, 2e4 * a, 10 * np.log10(nz2))
            )
        rows.append(row)
    maps = dict(
        zip(
            ("mbf", "ss", "si", "esd", "eac"),
            np.moveaxis(np.array(rows), 2, 0),
            strict=True,
        )
    )
    return maps | {"bsc": np.array(spectra).reshape(*maps["mbf"].shape, -1)}


def _simulate_rf(
    rng,
    *,
    bsc,
    n_samples,
    n_lines,
    fs_mhz=40.0,
    speed_of_sound=1540.0,
    attenuation=0.0,
    power=1.0,
    beam_lines=1.0,
    block=64,
):
    """Simulate RF of uniform scatterers under a system response of 6 MHz.

    White noise, correlated over the beam, is filtered with the square root of
    BSC, the system's response and the two-way attenuation at each depth; the
    depth-dependent filters are cross-faded from block to block.
    """
    n_fft = 4 * block
    f = np.fft.rfftfreq(n_fft, 1 / fs_mhz)
    f[0] = f[1] / 10
    system = np.exp(-(((f - 6.0) / 2.5) ** 2))
    noise = rng.normal(size=(n_samples + n_fft, n_lines + 40))
    lateral = np.exp(-((np.arange(-20, 21) / beam_lines) ** 2))
    lateral /= np.sqrt(np.sum(lateral**2))
    noise = np.apply_along_axis(np.convolve, 1, noise, lateral, "valid")
    rf = np.zeros((n_samples + n_fft, n_lines))
    fade = np.sin(np.pi * (np.arange(2 * block) + 0.5) / (2 * block)) ** 2
    for top in range(0, n_samples + block, block):
        # The block's echoes are those of the noise under its window.
        depth_cm = max(0.0, (top - block / 2) * speed_of_sound / (2e4 * fs_mhz))
        loss = 10 ** (-2 * attenuation * f**power * depth_cm / 20)
        piece = np.zeros((n_fft, n_lines))
        piece[: 2 * block] = noise[top : top + 2 * block] * fade[:, None]
        shape = np.sqrt(bsc(f)) * system * loss
        echo = np.fft.irfft(np.fft.rfft(piece, axis=0) * shape[:, None], axis=0)
        # Zero-phase filter: what wraps round at the start belongs before it.
        echo = np.roll(echo, block, axis=0)
        end = min(top + n_fft, rf.shape[0])
        rf[top:end] += echo[: end - top]
    start = 2 * block
    return rf[start : start + n_samples]


def _on_arrays(
    front_door,
    rf,
    reference_rf,
    *,
    fs_mhz,
    line_pitch_mm,
    speed_of_sound=1540.0,
    start_depth_mm=0.0,
    focus_mm=None,
    reference_speed_of_sound=None,
    reference_attenuation_db_cm_mhz=0.576,
    reference_attenuation_power=1.0,
    reference_bsc=None,
    **settings,
):
    """Wrap arrays of scan and phantom, and call a front door of the package."""
    geometry = {
        "fs_mhz": fs_mhz,
        "line_pitch_mm": line_pitch_mm,
        "speed_of_sound": speed_of_sound,
        "start_depth_mm": start_depth_mm,
    }
    phantom = _phantom_of(
        np.asarray(reference_rf),
        geometry,
        attenuation_db_cm_mhz=reference_attenuation_db_cm_mhz,
        speed_of_sound=reference_speed_of_sound or speed_of_sound,
        attenuation_power=reference_attenuation_power,
        bsc=reference_bsc,
    )
    names = SpectralOptions().get_params()
    options = {name: settings.pop(name) for name in names if name in settings}
    plane = Plane.from_rf(rf, focus_mm=focus_mm, **geometry)
    return front_door(plane, phantom, options=SpectralOptions(**options), **settings)


_PHANTOMS = {}  # of arrays that cannot change, and are kept: their ids stay theirs


def _phantom_of(frames, geometry, **known):
    """Make a phantom of arrays; once of an array that is read-only."""
    key = (id(frames), *geometry.values(), *known.values())
    if key in _PHANTOMS:
        return _PHANTOMS[key][1]
    planes = [
        Plane.from_rf(frame, **geometry)
        for frame in (frames if frames.ndim == 3 else frames[None])
    ]
    phantom = ReferencePhantom(planes, **known)
    if not frames.flags.writeable:
        _PHANTOMS[key] = frames, phantom
    return phantom


@pytest.fixture(scope="session")
def array_maps():
    """`qus_maps` of arrays."""
    return partial(_on_arrays, qus_maps)


@pytest.fixture(scope="session")
def array_attenuation():
    """`estimate_attenuation` of arrays."""
    return partial(_on_arrays, estimate_attenuation)


@pytest.fixture
def rng():
    """A seeded generator."""
    return np.random.default_rng(20240917)


@pytest.fixture
def loop_maps():
    """The plain window loop."""
    return _loop_maps


@pytest.fixture
def simulate_rf():
    """The simulator of uniform scatterers."""
    return _simulate_rf
