"""Weights from a local file, read as data: nothing in it is run."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import io
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from sknac.exceptions import SknacFormatError
from sknac.utils._optional import import_optional
from sknac.utils._settled import has_settled

SUFFIXES = (".safetensors", ".pt", ".pth")
# Under these names training programs keep a state dict beside other things.
NESTED = ("state_dict", "model_state_dict", "model", "net")
# What torch says of a file whose content is more than data.
_NO_DATA = ("GLOBAL ", "Unsupported class", "Unsupported operand", "TorchScript")
_TORCH = (b"PK", b"\x80")  # how its files begin: archives, and pickles of old
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class WeightsFile:
    """What a file of weights holds.

    Parameters
    ----------
    path : str
        Where it was read.
    digest : str
        Digest of its bytes.
    tensors : dict of str to Tensor
        Weights and statistics by name, floats in single precision.
    """

    path: str
    digest: str
    tensors: dict[str, torch.Tensor]


def check_path(path: object) -> Path:
    """Refuse what is no path of a file of weights that is there.

    Raises
    ------
    ValueError
        If it is an address, the name of published weights, or another thing.
    FileNotFoundError
        If there is no such file.
    """
    is_path = isinstance(path, str | os.PathLike)
    if is_path and _URL.match(os.fspath(path)):
        raise ValueError(
            f"weights must be a local file, as nothing is downloaded, got {path!r}; "
            "fetch it and give its path"
        )
    if not is_path or Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"weights must be the path of a file {', '.join(SUFFIXES)}, got {path!r}"
        )
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"there is no file of weights {os.fspath(path)}; give the path of one"
        )
    return Path(path)


def read_weights(path: str | os.PathLike) -> WeightsFile:
    """Read a state dict from ``.safetensors``, ``.pt`` or ``.pth``.

    Of a ``.pt`` file only tensors and plain values are read
    (``torch.load(weights_only=True)``). A state dict may lie under one of `NESTED`.

    Raises
    ------
    SknacFormatError
        If the file is damaged, of another type, holds other things than weights, or
        weights that are not finite.
    """
    path = check_path(path)
    data = path.read_bytes()  # what is digested is what is read
    is_safe = path.suffix.lower() == ".safetensors"
    loaded = _from_safetensors(path, data) if is_safe else _from_torch(path, data)
    tensors = {}
    for name, value in _state_of(path, loaded).items():
        if isinstance(name, str) and isinstance(value, torch.Tensor):
            tensors[name] = _sound(path, name, value)
    return WeightsFile(str(path), hashlib.sha256(data).hexdigest()[:32], tensors)


def content_of(path: object) -> str | None:
    """Digest a file of weights, of whose path alone an estimator knows; or None."""
    try:
        status = os.stat(path)
    except (OSError, TypeError, ValueError):
        return None
    read = _digest if has_settled(status.st_mtime_ns) else _digest.__wrapped__
    return read(os.path.abspath(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path, size, changed_ns):
    """Digest a file as it is; read once as long as it does not change."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _from_safetensors(path, data):
    """Read a file of the package safetensors."""
    load = import_optional("safetensors.torch", "safetensors", "images").load
    try:
        return load(data)
    except Exception as error:
        raise SknacFormatError(
            path, f"no sound safetensors file ({_first_line(error)}); give another copy"
        ) from error


def _from_torch(path, data):
    """Read what ``torch.save`` wrote, as long as it is tensors and plain values."""
    if not data.startswith(_TORCH):
        raise SknacFormatError(
            path,
            f"no sound file of torch (it begins with {data[:12]!r}); fetch it anew",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old formats, which are refused
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        text = str(error)
        if any(word in text for word in _NO_DATA):
            raise SknacFormatError(
                path,
                "it holds other objects than weights, which may run anything; save "
                "model.state_dict() alone",
            ) from error
        raise SknacFormatError(
            path, f"no sound file of torch ({_first_line(error)}); give another copy"
        ) from error


def _first_line(error):
    """Say shortly what a reader said."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:120].rstrip(" .:;")


def _state_of(path, loaded, depth=0):
    """Find the state dict: itself, or under one of the usual names."""
    if isinstance(loaded, Mapping):
        names = [k for k, v in loaded.items() if isinstance(v, torch.Tensor)]
        if any(isinstance(name, str) for name in names):
            return loaded
        inner = [name for name in NESTED if isinstance(loaded.get(name), Mapping)]
        if len(inner) > 1:
            raise SknacFormatError(
                path, f"it holds several sets of weights, {inner}; save one of them"
            )
        if inner and depth < len(NESTED):
            return _state_of(path, loaded[inner[0]], depth + 1)
    raise SknacFormatError(
        path,
        f"it holds no weights by name (at most under one of {list(NESTED)}); save "
        "model.state_dict()",
    )


def _sound(path, name, value):
    """Refuse a tensor that is no plain array of finite numbers."""
    value = value.detach()
    plain = value.layout == torch.strided and value.device.type == "cpu"
    if not plain or value.is_quantized or value.is_complex():
        raise SknacFormatError(
            path, f"{name!r} is no plain array of real numbers; save plain weights"
        )
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise SknacFormatError(
            path, f"{name!r} is larger than its data; save plain weights"
        )
    if not value.is_floating_point():
        return value
    value = value.float()
    if not torch.isfinite(value).all():
        raise SknacFormatError(
            path, f"its weights {name!r} are not finite numbers; give another copy"
        )
    if name.endswith("running_var") and (value < 0).any():
        raise SknacFormatError(
            path, f"its variances {name!r} are negative; give another copy"
        )
    return value
