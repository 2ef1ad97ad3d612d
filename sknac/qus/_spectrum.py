"""Power spectra of all windows of a frame, block by block.

An in-band DFT matrix times a strided view of the RF needs no copy of any window
and no bin outside the band; blocks of a few window rows stay inside the cache.
"""

# SPDX-License-Identifier: BSD-3-Clause

from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
from joblib import effective_n_jobs
from numpy.lib.stride_tricks import as_strided

from sknac.utils._blas import single_blas_thread

_BLOCK_BYTES = 1 << 20  # DFT output of one block: smaller ones cost more Python
_N_PARTS = 4  # in which its squares are summed: larger ones leave the cache


class Scratch:
    """Buffers that one thread uses again for every block.

    Fresh temporaries of half a megabyte cost page faults, on which two threads
    wait for each other.
    """

    def __init__(self):
        self._buffers = {}

    def get(self, name, shape, dtype):
        """Return an uninitialised array of this shape, on the buffer `name`."""
        size = shape if isinstance(shape, int) else prod(shape)
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


def windows_of(samples, plan, rows):
    """View some rows of windows, without a copy: (n_rows, n_samples, n_lines)."""
    first, last = rows
    down, across = samples.strides
    return as_strided(
        samples[first * plan.hop_samples :],
        shape=(last - first, plan.n_samples, samples.shape[1]),
        strides=(plan.hop_samples * down, down, across),
        writeable=False,
    )


def line_spectra(samples, dft, plan, rows, scratch):
    """Real over imaginary parts of each line: (n_rows, 2 n_freqs, n_lines)."""
    shape = (rows[1] - rows[0], dft.shape[0], samples.shape[1])
    out = scratch.get("parts", shape, samples.dtype)
    return np.matmul(dft, windows_of(samples, plan, rows), out=out)


def window_power(windows, pairs, plan, scratch):
    """Power summed over the lines of windows: (n_rows, n_freqs, n_columns).

    `windows` (n_rows, n_samples, n_lines) are a view, `pairs` those of `pairs_of`: in
    memory the frequencies of a line lie together, of which BLAS makes the product in
    two thirds of the time.
    """
    (n_rows, _, n_lines), n_freqs = windows.shape, pairs.shape[1] // 2
    dtype = pairs.dtype
    total = scratch.get("total", (n_rows, n_lines, n_freqs), dtype)
    step = -(-block_rows(plan, n_lines, dtype) // _N_PARTS)
    for row in range(0, n_rows, step):
        lines = windows[row : row + step].transpose(0, 2, 1)
        parts = scratch.get("parts", (len(lines), n_lines, 2 * n_freqs), dtype)
        np.matmul(lines, pairs, out=parts)
        np.square(parts, out=parts)
        squares = parts.reshape(-1)
        power = scratch.get("power", squares.size // 2, dtype)
        np.add(squares[::2], squares[1::2], out=power)
        sums = total[row : row + step].reshape(-1)
        _sum_neighbours(power, plan.n_lines, n_freqs, scratch, sums)
    total = total[:, : n_lines - plan.n_lines + 1]
    if plan.hop_lines > 1:
        total = np.ascontiguousarray(total[:, :: plan.hop_lines])
    return total.transpose(0, 2, 1)


def pairs_of(dft):
    """Put cosine and sine of a bin side by side: (n_samples, 2 n_freqs)."""
    cosine, sine = np.split(dft, 2)
    return np.stack([cosine, sine], axis=1).reshape(dft.shape).T.copy()


def box_sum(values, length, hop):
    """Sum `length` neighbours along the last axis, every `hop` positions."""
    total = np.empty(values.shape, values.dtype)
    flat = np.ascontiguousarray(values).reshape(-1)
    _sum_neighbours(flat, length, 1, Scratch(), total.reshape(-1))
    n_out = values.shape[-1] - length + 1
    return np.ascontiguousarray(total[..., :n_out:hop])


def _sum_neighbours(values, length, apart, scratch, out):
    """Sum `length` neighbours, `apart` from one to the next, of one long line.

    Sums of 1, 2, 4 ... neighbours are added up: no running sum, whose rounding errors
    (and NaN) would travel along the line. Rows are summed as one line, which is faster
    than many short ones: the last sums of a row, and of `out`, mean nothing.
    """
    n_sums = values.size - (length - 1) * apart
    total, sums = None, out[:n_sums]
    done, width = 0, 1
    while width <= length:
        if length & width:
            part = values[done * apart :][:n_sums]
            total = part if total is None else np.add(total, part, out=sums)
            done += width
        if 2 * width <= length:
            shift = width * apart
            wider = scratch.get(f"box{width}", values.size - shift, values.dtype)
            values = np.add(values[:-shift], values[shift:], out=wider)
        width *= 2
    if total is not sums:
        np.copyto(sums, total)


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
