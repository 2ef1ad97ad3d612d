"""Which weights of a file belong to which of a network, by name and shape."""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import nn

from sknac.exceptions import SknacFormatError
from sknac.nets._trainable import head_names
from sknac.nets._weights_file import WeightsFile
from sknac.utils._warnings import warn_user

# Words that wrappers put before the names of a network's weights.
WRAPPERS = frozenset(
    {"module", "model", "net", "network", "encoder", "backbone", "body", "_orig_mod"}
)
# torchvision's dense layers, their file's, and MONAI's: norm1, norm.1, layers.norm1.
_DENSE = re.compile(r"(denselayer\d+)\.(?:layers\.)?(norm|conv)\.?(\d)\.")
_COUNTER = "num_batches_tracked"  # of no use where nothing is averaged any more


@dataclass(frozen=True)
class WeightsReport:
    """What became of the weights in a file.

    Parameters
    ----------
    path : str
        The file.
    digest : str
        Digest of its bytes.
    n_loaded : int
        Number of the network's weights and statistics that were taken from it.
    adapted : tuple of str
        Names of those among them whose input channels were adapted to the images'.
    missing : tuple of str
        Names of the network's weights that start at random.
    unused : tuple of str
        Names of the file's weights that the network has no place for.
    """

    path: str
    digest: str
    n_loaded: int
    adapted: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def short_name(name: str) -> str:
    """Drop the words of wrappers, and an encoder's number, from a name's front.

    Of a DenseNet's layers three ways to name them come to one.
    """
    words = _DENSE.sub(r"\1.\2\3.", name).split(".")
    while len(words) > 1:
        if words[0] == "encoders" and words[1].isdigit() and len(words) > 2:
            words = words[2:]
        elif words[0] in WRAPPERS:
            words = words[1:]
        else:
            break
    return ".".join(words)


def fit_weights(
    module: nn.Module, file: WeightsFile, first: Collection[str]
) -> WeightsReport:
    """Give a network the weights of a file and tell what became of them.

    Names fit where they are equal, or equal without the words of wrappers in front.
    Of convolutions that see the image the input channels may differ in number: each
    gets the sum over the file's channels divided by the number of the images', so
    that a grey image, its channels all alike, gives the same values as before.

    Parameters
    ----------
    module : Module
        The network; changed in place.
    file : WeightsFile
        The weights.
    first : collection of str
        Names of the convolutions that see the image.

    Returns
    -------
    WeightsReport
        Names of what was taken, adapted, missing and of no use.

    Raises
    ------
    ValueError
        If not even half of the weights besides the head's are there, or one of them
        has another shape.
    SknacFormatError
        If two names of the file stand for one weight.
    """
    own = module.state_dict()
    pairs = _paired(own, file)
    head = tuple(f"{name}." for name in head_names(module))
    ready, adapted, wrong = {}, [], []
    for name, source in pairs.items():
        value, wanted = file.tensors[source], own[name]
        if wanted.is_floating_point() and not value.is_floating_point():
            raise SknacFormatError(
                file.path, f"its weights {source!r} are whole numbers; save floats"
            )
        if value.shape == wanted.shape:
            ready[name] = value
        elif name.removesuffix(".weight") in first and _adaptable(value, wanted):
            ready[name] = adapt_channels(value, wanted.shape[1])
            adapted.append(name)
        elif not name.startswith(head):
            wrong.append((name, tuple(value.shape), tuple(wanted.shape)))
    body = [n for n in own if not n.startswith(head) and not n.endswith(_COUNTER)]
    if wrong or 2 * len(ready.keys() & body) < max(len(body), 1):
        _refuse(module, file, wrong, body, ready)
    with torch.no_grad():
        for name, value in ready.items():
            own[name].copy_(value)
    used = {pairs[name] for name in ready}
    return WeightsReport(
        file.path,
        file.digest,
        n_loaded=len(ready),
        adapted=tuple(adapted),
        missing=tuple(n for n in own if n not in ready and not n.endswith(_COUNTER)),
        unused=tuple(n for n in file.tensors if n not in used),
    )


def adapt_channels(weight: torch.Tensor, n_channels: int) -> torch.Tensor:
    """Spread a convolution's weights evenly over another number of channels."""
    total = weight.sum(dim=1, keepdim=True) / n_channels
    return total.expand(-1, n_channels, -1, -1)


def tell_missing(module: nn.Module, report: WeightsReport) -> None:
    """Warn of what a file lacks besides the head."""
    head = tuple(f"{name}." for name in head_names(module))
    missing = [name for name in report.missing if not name.startswith(head)]
    if missing:
        warn_user(
            f"{report.path} lacks {len(missing)} weights of {type(module).__name__} "
            f"besides its head, the first is {missing[0]!r}; they start at random"
        )


def tell_unused(module: nn.Module, report: WeightsReport) -> None:
    """Warn of what a file has in layers of the network, and is of no use there."""
    own = module.state_dict().keys() - set(report.missing)
    layers = {_first_word(name) for name in own}
    layers -= {_first_word(name) for name in head_names(module)}
    left = [n for n in report.unused if _first_word(n) in layers]
    left = [n for n in left if not n.endswith(_COUNTER)]
    if left:
        warn_user(
            f"{report.path} has {len(left)} weights in layers of "
            f"{type(module).__name__} that it has no place for, the first is "
            f"{left[0]!r}; the file is of another network"
        )


def _first_word(name):
    """Name the outermost layer of a weight, wrappers apart."""
    return short_name(name).partition(".")[0]


def _paired(own, file):
    """Name the weight of the file for each of the network's that has one."""
    by_short = {}
    for name in file.tensors:
        by_short.setdefault(short_name(name), []).append(name)
    pairs = {}
    for name in own:
        alike = [name] if name in file.tensors else by_short.get(short_name(name), [])
        if len(alike) > 1:
            raise SknacFormatError(
                file.path, f"{alike} all stand for {name!r}; save one set of weights"
            )
        if alike:
            pairs[name] = alike[0]
    return pairs


def _adaptable(value, wanted):
    """Tell whether two kernels differ in their input channels alone."""
    return (
        value.ndim == wanted.ndim == 4
        and value.shape[0] == wanted.shape[0]
        and value.shape[2:] == wanted.shape[2:]
    )


def _refuse(module, file, wrong, body, ready):
    """Say why a file's weights are not those of the network."""
    who = type(module).__name__
    if wrong:
        name, found, expected = wrong[0]
        raise ValueError(
            f"{file.path} is of another network than {who}: {len(wrong)} weights have "
            f"another shape, the first {name!r} is {found} in the file and {expected} "
            "here; set the same width and depth, or give other weights"
        )
    lacking = [name for name in body if name not in ready]
    names = [short_name(name) for name in file.tensors]
    near = [
        f"{name!r} ({', '.join(map(repr, found)) or 'nothing alike'})"
        for name in lacking[:3]
        for found in [difflib.get_close_matches(short_name(name), names, 2, 0.4)]
    ]
    raise ValueError(
        f"{file.path} has {len(body) - len(lacking)} of the {len(body)} weights of "
        f"{who} besides its head; give weights of the same network. "
        f"Looked for {', '.join(near)}; the file begins with {list(file.tensors)[:3]}"
    )
