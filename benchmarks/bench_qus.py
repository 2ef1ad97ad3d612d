"""Time the QUS maps of one frame against an FFT of its windows and a matrix product.

Run: ``python benchmarks/bench_qus.py``. The frame is 2600 samples x 256 lines at
40 MHz with 2 mm windows at 95 % overlap. All entries run in turn, round after round,
so that a busy machine slows them alike; ratios are those of the medians, of time by the
clock and of CPU time. Goals: 14 ms a frame on 2 cores, 2.5 times the product or less,
faster than the FFT, 20 MB.
"""

# SPDX-License-Identifier: BSD-3-Clause

import statistics
import time
import tracemalloc
from functools import partial

import numpy as np
import pandas as pd
import scipy.fft
from threadpoolctl import threadpool_limits

from sknac.cohort import Plane, Study
from sknac.qus import (
    EnvelopeMapper,
    PowerLaw,
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
)

SHAPE, FS_MHZ, PITCH_MM = (2600, 256), 40.0, 0.234
N, M, HOP, N_FFT = 104, 9, 5, 128  # samples, lines, hop down; the hop across is 1
BINS = slice(10, 26)  # 3.125 to 7.8125 MHz
LAW = PowerLaw(bsc_1mhz=1e-6, exponent=3.5)
ATTENUATION = {"attenuation_db_cm_mhz": 0.6}


def make_frames(n_samples=SHAPE[0]):
    """Return int16 RF of a scan and a phantom: noise in the band, some outside."""
    rng = np.random.default_rng(0)
    size = (n_samples, SHAPE[1])
    f = np.fft.rfftfreq(n_samples, 1 / FS_MHZ)[:, None]
    pulse = np.exp(-(((f - 5.5) / 2) ** 2))
    frames = []
    for _ in range(2):
        echo = np.fft.irfft(
            np.fft.rfft(rng.normal(size=size), axis=0) * pulse, size[0], 0
        )
        frames.append((2000 * echo + rng.normal(size=size)).astype(np.int16))
    return frames


def make_scan(frames):
    """Return the plane to map and the phantom."""
    scan, reference = (
        Plane.from_rf(frame, fs_mhz=FS_MHZ, line_pitch_mm=PITCH_MM) for frame in frames
    )
    return scan, make_phantom(reference)


def make_phantom(reference):
    """Return a phantom of which nothing is remembered yet."""
    return ReferencePhantom(
        reference, attenuation_db_cm_mhz=0.576, speed_of_sound=1540.0, bsc=LAW
    )


def make_mapper(scan, phantom):
    """Return a fitted mapper, whose reference is ready."""
    X = pd.DataFrame({"us_pre": pd.Series([Study([scan])], dtype=object)})
    return QUSMapper(phantom, **ATTENUATION).fit(X)


def fft_spectra(rf, workers, rows=50):
    """Power spectra of all windows by batched FFT, float32, and nothing more.

    Every line is transformed once per depth, not once per window: the windows
    that share it add its power up by a running sum.
    """
    taper = np.hanning(N).astype(np.float32)
    lines = np.ascontiguousarray(rf.T, dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(lines, N, axis=1)[:, ::HOP]
    out = []
    for first in range(0, windows.shape[1], rows):
        block = windows[:, first : first + rows] * taper
        X = scipy.fft.rfft(block, N_FFT, axis=2, workers=workers)[..., BINS]
        power = np.cumsum(X.real**2 + X.imag**2, axis=0)
        power[M:] -= power[:-M].copy()
        out.append(power[M - 1 :])
    return np.concatenate(out, axis=1)


def make_product():
    """Return a plain matrix product of the FLOPs of the windows' DFT."""
    n_rows = (SHAPE[0] - N) // HOP + 1
    n_out, n_columns = 2 * (BINS.stop - BINS.start), n_rows * SHAPE[1]
    rng = np.random.default_rng(1)
    a = rng.normal(size=(n_out, N)).astype(np.float32)
    b = rng.normal(size=(N, n_columns)).astype(np.float32)
    out = np.empty((n_out, n_columns), dtype=np.float32)
    return lambda: np.matmul(a, b, out=out)


def with_blas(n_threads, work):
    """Run work with that many BLAS threads; the limit is not timed."""

    def run():
        with threadpool_limits(n_threads, user_api="blas"):
            start = time.perf_counter(), time.process_time()
            work()
            return time.perf_counter() - start[0], time.process_time() - start[1]

    return run


def time_in_turn(entries, n_rounds, burst=6):
    """Median milliseconds (by the clock, of CPU) of entries, in turn in every round.

    An entry runs several times in a row, as frames of a live scan do, and the
    first is left out: it pays for caches and cores that others have warmed.
    """
    times = {name: [] for name in entries}
    for _ in range(n_rounds):
        for name, run in entries.items():
            times[name] += [run() for _ in range(burst)][1:]
    return {
        name: [1e3 * statistics.median(one) for one in zip(*values, strict=True)]
        for name, values in times.items()
    }


def peak_mb(work):
    """Peak of what Python and NumPy allocate, in MB."""
    work()
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def compare(n_rounds):
    """Print times, ratios and memory on the common frame."""
    frames = make_frames()
    rf = frames[0]
    plane, phantom = scan = make_scan(frames)
    mapper, envelope = make_mapper(plane, phantom), EnvelopeMapper()
    maps = qus_maps(*scan, **ATTENUATION)
    print(f"{maps}, {maps.freqs_mhz.size} bins")
    product = make_product()
    new = partial(make_phantom, *phantom.acquisitions)
    plain = ATTENUATION | {"options": SpectralOptions(guards=False)}
    work = {
        "product, 1 thread": (1, product),
        "product, 2 threads": (2, product),
        "qus_maps, n_jobs=1": (1, lambda: qus_maps(*scan, n_jobs=1, **ATTENUATION)),
        "qus_maps, n_jobs=2": (2, lambda: qus_maps(*scan, n_jobs=2, **ATTENUATION)),
        "without guards": (1, lambda: qus_maps(*scan, **plain)),
        "a new phantom, no guards": (1, lambda: qus_maps(plane, new(), **plain)),
        "one plane of QUSMapper": (1, lambda: mapper.transform_plane(plane)),
        "envelope statistics": (1, lambda: envelope.transform_plane(plane)),
        "FFT spectra alone, 1 worker": (1, lambda: fft_spectra(rf, 1)),
        "FFT spectra alone, 2 workers": (2, lambda: fft_spectra(rf, 2)),
    }
    ms = time_in_turn({n: with_blas(*w) for n, w in work.items()}, n_rounds)
    print(
        f"{'':30} {'ms':>7} {'/product':>9} {'/FFT':>6} {'CPU ms':>7} {'/product':>9} "
        f"{'windows/s':>11} {'peak MB':>8}"
    )
    for name, (n_threads, run) in work.items():
        one = ms[f"product, {n_threads} thread{'s' * (n_threads > 1)}"]
        fft = ms[f"FFT spectra alone, {n_threads} worker{'s' * (n_threads > 1)}"]
        clock, cpu = ms[name]
        print(
            f"{name:30} {clock:7.1f} {clock / one[0]:9.2f} {clock / fft[0]:6.2f} "
            f"{cpu:7.1f} {cpu / ms['product, 1 thread'][1]:9.2f} "
            f"{1e3 * maps.valid.size / clock:11,.0f} {peak_mb(run):8.1f}"
        )


def scaling(n_rounds):
    """Print the time per window at several depths and overlaps."""
    print(f"\n{'frame':12} {'overlap':>8} {'windows':>9} {'ms':>7} {'ns/window':>10}")
    cases = [(1300, 0.95), (2600, 0.95), (5200, 0.95), (2600, 0.9), (2600, 0.8)]
    entries, sizes = {}, {}
    for n_samples, overlap in cases:
        plane, phantom = make_scan(make_frames(n_samples))
        mapper = make_mapper(plane, phantom)
        X = pd.DataFrame({"us_pre": pd.Series([Study([plane])], dtype=object)})
        mapper.set_params(overlap=(overlap, 0.95), channels=("mbf",)).fit(X)
        key = (n_samples, overlap)
        sizes[key] = np.prod(mapper.transform_plane(plane).image.shape)
        mapper.set_params(channels=("mbf", "ss", "si", "esd", "eac"))
        entries[key] = with_blas(1, lambda m=mapper, p=plane: m.transform_plane(p))
    for (n_samples, overlap), (ms, _) in time_in_turn(entries, n_rounds).items():
        size = sizes[n_samples, overlap]
        frame = f"{n_samples} x {SHAPE[1]}"
        print(f"{frame:12} {overlap:8} {size:9,} {ms:7.1f} {1e6 * ms / size:10.0f}")


if __name__ == "__main__":
    compare(n_rounds=8)
    scaling(n_rounds=4)
