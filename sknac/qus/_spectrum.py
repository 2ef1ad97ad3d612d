"""Power spectra of all windows of a frame, block by block.

An in-band DFT matrix times a strided view of the RF needs no copy of any window
and no bin outside the band; blocks of a few window rows stay inside the cache.
"""

# SPDX-License-Identifier: BSD-3-Clause

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import effective_n_jobs
from numpy.lib.stride_tricks import as_strided

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
    """Run `task(first, last, scratch)` over blocks of rows, on threads.

    The caller's thread works too, and each takes the next block when it is free:
    threads started anew often share one core for a while.
    """
    blocks = [(i, min(i + block, n_rows)) for i in range(0, n_rows, block)]
    n_threads = min(effective_n_jobs(n_jobs), len(blocks))
    left = iter(blocks)

    def work():
        scratch = Scratch()
        for first, last in left:
            task(first, last, scratch)

    with single_blas_thread():
        if n_threads <= 1:
            work()
            return
        with ThreadPoolExecutor(n_threads - 1) as pool:
            others = [pool.submit(work) for _ in range(n_threads - 1)]
            work()
            for other in others:
                other.result()


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


def axial_sums(values, length, hop):
    """Sum `length` neighbours along the first axis, every `hop` positions.

    Each hop is summed once; a window is a number of whole hops and the rest.
    """
    n_out = (values.shape[0] - length) // hop + 1
    whole = length // hop
    n_hops = n_out - 1 + whole
    part = values[: n_hops * hop].reshape(n_hops, hop, *values.shape[1:])
    part = part.sum(axis=1, dtype=values.dtype)
    total, done, width = 0, 0, 1
    while width <= whole:
        if whole & width:
            total = total + part[done : done + n_out]
            done += width
        part = part[:-width] + part[width:]
        width *= 2
    for row in range(whole * hop, length):
        total += values[row::hop][:n_out]
    return total
