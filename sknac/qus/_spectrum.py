"""Power spectra of all windows of a frame, block by block.

An in-band DFT matrix times a strided view of the RF needs no copy of any window
and no bin outside the band; blocks of a few window rows stay inside the cache.
"""

# SPDX-License-Identifier: BSD-3-Clause

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from joblib import effective_n_jobs
from numpy.lib.stride_tricks import as_strided

from sknac.qus._condition import bad_lines, condition
from sknac.utils._blas import single_blas_thread

_BLOCK_BYTES = 1 << 20  # DFT output of one block: smaller ones cost more Python


class Scratch:
    """Buffers that one thread uses again for every block.

    Fresh temporaries of half a megabyte cost page faults, on which two threads
    wait for each other.
    """

    def __init__(self):
        self._buffers = {}

    def get(self, name, shape, dtype):
        """Return an uninitialised array of this shape, on the buffer `name`."""
        size = int(np.prod(shape))
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size or buffer.dtype != dtype:
            buffer = self._buffers[name] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)


def for_blocks(n_rows, block, task, n_jobs):
    """Run `task(first, last, scratch)` over blocks of rows, on threads."""
    blocks = [(i, min(i + block, n_rows)) for i in range(0, n_rows, block)]
    n_threads = min(effective_n_jobs(n_jobs), len(blocks))

    def work(offset):
        scratch = Scratch()
        for first, last in blocks[offset::n_threads]:
            task(first, last, scratch)

    with single_blas_thread():
        if n_threads <= 1:
            work(0)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(work, range(n_threads)))


def block_rows(plan, n_lines, dtype):
    """Window rows per block."""
    row_bytes = 2 * plan.freqs_mhz.size * n_lines * np.dtype(dtype).itemsize
    return max(1, min(64, _BLOCK_BYTES // row_bytes))


def line_spectra(samples, dft, plan, rows, scratch):
    """Real over imaginary parts of each line: (n_rows, 2 n_freqs, n_lines)."""
    first, last = rows
    down, across = samples.strides
    windows = as_strided(
        samples[first * plan.hop_samples :],
        shape=(last - first, plan.n_samples, samples.shape[1]),
        strides=(plan.hop_samples * down, down, across),
        writeable=False,
    )
    shape = (last - first, dft.shape[0], samples.shape[1])
    return np.matmul(dft, windows, out=scratch.get("parts", shape, samples.dtype))


def window_power(samples, dft, plan, rows, scratch):
    """Power summed over each window's lines: (n_rows, n_freqs, n_columns)."""
    parts = line_spectra(samples, dft, plan, rows, scratch)
    np.square(parts, out=parts)
    n_freqs = parts.shape[1] // 2
    power = scratch.get(
        "power", (*parts.shape[:1], n_freqs, parts.shape[2]), parts.dtype
    )
    np.add(parts[:, :n_freqs], parts[:, n_freqs:], out=power)
    return box_sum(power, plan.n_lines, plan.hop_lines, scratch)


def box_sum(values, length, hop, scratch=None):
    """Sum `length` neighbours along the last axis, every `hop` positions.

    Sums of 1, 2, 4 ... neighbours are added up: no running sum, whose rounding
    errors (and NaN) would travel along the line.
    """
    scratch = Scratch() if scratch is None else scratch
    n_out = values.shape[-1] - length + 1
    total = scratch.get("total", (*values.shape[:-1], n_out), values.dtype)
    power, done, width = values, 0, 1
    while width <= length:
        if length & width:
            part = power[..., done : done + n_out]
            if done:
                np.add(total, part, out=total)
            else:
                np.copyto(total, part)
            done += width
        if 2 * width <= length:
            shape = (*values.shape[:-1], power.shape[-1] - width)
            wider = scratch.get(f"box{width}", shape, values.dtype)
            power = np.add(power[..., :-width], power[..., width:], out=wider)
        width *= 2
    return total if hop == 1 else np.ascontiguousarray(total[..., ::hop])


def reference_log_spectrum(frames, plan, n_samples, dtype, n_jobs):
    """Mean over all lines and frames, then log: (n_rows, n_freqs), natural log.

    Lines that are clipped or dead inside a window are left out of its mean; a
    depth with no line left has NaN.
    """
    n_rows = plan.n_rows(n_samples)
    total = np.zeros((n_rows, plan.freqs_mhz.size))
    weight = np.zeros((n_rows, 1))
    dft = plan.dft_matrix(dtype)
    for frame in frames:
        rf = condition(frame[:n_samples], plan.n_samples, dtype)
        if rf.nonfinite is not None:
            raise ValueError(
                f"reference_rf holds {int(rf.nonfinite.sum())} NaN or infinite "
                "samples; give another acquisition or cut them off"
            )
        bad = np.zeros((n_rows, frame.shape[1]), dtype=bool)
        for marks in bad_lines(rf, plan).values():
            bad |= marks
        task = partial(_add_block, rf, dft, plan, ~bad, total)
        for_blocks(n_rows, block_rows(plan, frame.shape[1], dtype), task, n_jobs)
        weight += (~bad).sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ln = np.log(total / weight)
    return np.where(np.isfinite(ln), ln, np.nan)


def _add_block(rf, dft, plan, good, total, first, last, scratch):
    """Add the power of one frame's good lines to the total of each row."""
    parts = line_spectra(rf.samples, dft, plan, (first, last), scratch)
    if not good[first:last].all():
        parts *= good[first:last, None, :]
    squares = np.vecdot(parts, parts)
    n_freqs = squares.shape[1] // 2
    total[first:last] += (squares[:, :n_freqs] + squares[:, n_freqs:]) * rf.scale**2
