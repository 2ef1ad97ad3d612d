"""Torch's process-wide state: seeds, threads and devices, put back after use."""

# SPDX-License-Identifier: BSD-3-Clause

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

# Seeds and thread counts belong to the process, so estimators fitted in
# several threads take turns; otherwise they would draw from one another.
_LOCK = threading.RLock()


@contextmanager
def torch_scope(
    *, seed: int | None = None, threads: int | None = None
) -> Iterator[None]:
    """Fix torch's seed and number of threads inside, and restore both after.

    Where there is a GPU its numbers are the same at every run, and without a seed,
    when nothing is trained, those of a CPU but for float32's rounding.

    Parameters
    ----------
    seed : int or None, default=None
        Seed of torch's generators; None leaves them alone.
    threads : int or None, default=None
        Threads per operation; None leaves them alone.
    """
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if seed is None and threads is None and not n_devices:
        yield
        return
    gpu = _repeatable_gpu(exact=seed is None) if n_devices else nullcontext()
    with _LOCK, gpu:
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


@contextmanager
def _repeatable_gpu(*, exact):
    """Let GPUs take algorithms of one result, `exact` ones in all of float32's digits.

    Otherwise gradients of an upsampling are added up in the order in which threads
    finish, and convolutions round to TF32, which keeps 10 bits of 23: twice as fast,
    and no harm to training, but a network must predict the same wherever it is loaded.
    """
    cudnn = torch.backends.cudnn
    before = torch.are_deterministic_algorithms_enabled()
    only_warns = torch.is_deterministic_algorithms_warn_only_enabled()
    tf32 = cudnn.allow_tf32
    try:
        # A network of one's own may have layers without such an algorithm: torch warns.
        torch.use_deterministic_algorithms(True, warn_only=True)
        cudnn.allow_tf32 = tf32 and not exact
        yield
    finally:
        cudnn.allow_tf32 = tf32
        torch.use_deterministic_algorithms(before, warn_only=only_warns)


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
