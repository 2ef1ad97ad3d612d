"""Torch's process-wide state: seeds, threads and devices, put back after use."""

# SPDX-License-Identifier: BSD-3-Clause

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Seeds and thread counts belong to the process, so estimators fitted in
# several threads take turns; otherwise they would draw from one another.
_LOCK = threading.RLock()


@contextmanager
def torch_scope(
    *, seed: int | None = None, threads: int | None = None
) -> Iterator[None]:
    """Fix torch's seed and number of threads inside, and restore both after.

    Parameters
    ----------
    seed : int or None, default=None
        Seed of torch's generators; None leaves them alone.
    threads : int or None, default=None
        Threads per operation; None leaves them alone.
    """
    if seed is None and threads is None:
        yield
        return
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    with _LOCK:
        before = torch.get_num_threads()
        try:
            if threads is not None:
                torch.set_num_threads(threads)
            with torch.random.fork_rng(range(n_devices), enabled=seed is not None):
                if seed is not None:
                    torch.manual_seed(seed)
                yield
        finally:
            torch.set_num_threads(before)


def pick_device(device: str | torch.device) -> torch.device:
    """Resolve ``"auto"`` to the first GPU, or the CPU where there is none."""
    picked = _parsed(device)
    if picked.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device must be there, got {str(device)!r} where torch finds no GPU; take "
            "'auto' or 'cpu'"
        )
    return picked


def _parsed(device):
    """Read a device's name, whether or not there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(
            "device must be 'auto' or one of torch's, such as 'cpu' or 'cuda:0', got "
            f"{device!r}"
        ) from None


def loadable_device(device: str | torch.device) -> torch.device:
    """Like `pick_device`, and the CPU where a saved GPU setting finds no GPU."""
    picked = _parsed(device)
    gone = picked.type == "cuda" and not torch.cuda.is_available()
    return torch.device("cpu") if gone else picked
