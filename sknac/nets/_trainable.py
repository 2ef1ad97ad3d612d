"""A network as blocks and a head, of which some are trained and the others kept."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Sequence

from torch import nn

_LAST = re.compile(r"last:([1-9][0-9]*)")


def check_trainable(trainable: object) -> None:
    """Refuse what does not say which blocks are trained.

    Raises
    ------
    ValueError
        If it is not ``"all"``, ``"head"`` or ``"last:N"``.
    """
    known = isinstance(trainable, str) and (
        trainable in ("all", "head") or _LAST.fullmatch(trainable)
    )
    if not known:
        raise ValueError(
            'trainable must be "all", "head" or "last:N" with a whole N from 1, such '
            f'as "last:2", got {trainable!r}'
        )


def head_names(module: nn.Module) -> list[str]:
    """Name the layers that follow a network's body.

    Of sknac's networks that is their ``head``, and of those on several visits what
    follows the encoders too. Of others it is the child named ``head``, or else the
    last child that has weights; an only child is looked into.
    """
    encoders = _encoders(module)
    if encoders:
        heads = [f"{name}.head" for name, one in encoders if _has_head(one)]
        return heads + [n for n, _ in _weighted(module) if n != "encoders"]
    prefix, module = _opened(module)
    children = [name for name, _ in _weighted(module)]
    if _has_head(module):
        return [f"{prefix}head"]
    return [f"{prefix}{children[-1]}"] if len(children) > 1 else []


def block_names(module: nn.Module) -> list[list[str]]:
    """Name the blocks of each body, in the order of their registration.

    A block is a child with weights besides the head. A child that consists of blocks
    alone (a ``Sequential`` or ``ModuleList`` whose layers have layers of their own),
    and an only child, count as what they consist of.

    Returns
    -------
    list of list of str
        One list for each encoder; one in all where there are no encoders.
    """
    encoders = _encoders(module)
    if not encoders:
        prefix, inner = _opened(module)
        return [_blocks(prefix, inner, set(head_names(module)))]
    return [_blocks(f"{name}.", one, {f"{name}.head"}) for name, one in encoders]


def freeze(module: nn.Module, trainable: str) -> tuple[str, ...]:
    """Keep all weights that are not to be trained as they are.

    Parameters
    ----------
    module : Module
        The network; its weights are marked in place.
    trainable : str
        ``"head"``, or ``"last:N"`` for the head and the last N blocks of each body.

    Returns
    -------
    tuple of str
        Names of the blocks and layers that are trained.

    Raises
    ------
    ValueError
        If there are not as many blocks, or there is no head.
    """
    heads, bodies = head_names(module), block_names(module)
    if not any(has_weights(module.get_submodule(name)) for name in heads):
        raise ValueError(
            f"{type(module).__name__} has no head that could be trained alone: it has "
            'a single layer with weights; set trainable="all"'
        )
    n_last = 0 if trainable == "head" else int(_LAST.fullmatch(trainable)[1])
    n_blocks = min(map(len, bodies))
    if n_last > n_blocks:
        raise ValueError(
            f"trainable={trainable!r}: {type(module).__name__} has {n_blocks} blocks "
            f"besides its head; choose among the last of {bodies[0]}"
        )
    trained = [name for body in bodies for name in body[len(body) - n_last :]] + heads
    kept = {name for name, p in module.named_parameters() if not p.requires_grad}
    module.requires_grad_(False)
    for name in trained:
        for inner, weight in module.get_submodule(name).named_parameters():
            weight.requires_grad_(f"{name}.{inner}" not in kept)
    return tuple(trained)


def train_mode(module: nn.Module, trained: Sequence[str] | None) -> None:
    """Put a network into training mode, but for blocks that are not trained.

    Their batch normalisation keeps its statistics, and their dropout rests.

    Parameters
    ----------
    module : Module
        The network.
    trained : sequence of str or None
        Names of what is trained; None is all.
    """
    module.train()
    if trained is None:
        return
    for body in block_names(module):
        for name in body:
            if name not in trained:
                module.get_submodule(name).eval()


def has_weights(module: nn.Module) -> bool:
    """Tell whether a layer or one inside it has weights."""
    return next(module.parameters(), None) is not None


def _has_head(module):
    """Tell whether a layer is named as the head."""
    return isinstance(getattr(module, "head", None), nn.Module)


def _encoders(module):
    """List the encoders of a network on several images, with their names."""
    found = getattr(module, "encoders", None)
    if not isinstance(found, nn.ModuleList):
        return []
    return [(f"encoders.{i}", one) for i, one in enumerate(found)]


def _weighted(module):
    """List the children that have weights."""
    return [(n, child) for n, child in module.named_children() if has_weights(child)]


def _opened(module):
    """Look through modules whose only child has all the layers."""
    prefix = ""
    while not _has_head(module) and len(inner := _weighted(module)) == 1:
        name, child = inner[0]
        if not _weighted(child):
            break
        prefix, module = f"{prefix}{name}.", child
    return prefix, module


def _blocks(prefix, module, heads):
    """List the blocks of one body."""
    children = [
        (f"{prefix}{name}", child)
        for name, child in _weighted(module)
        if f"{prefix}{name}" not in heads
    ]
    while len(children) == 1 and (inner := _weighted(children[0][1])):
        name = children[0][0]
        children = [(f"{name}.{part}", child) for part, child in inner]
    return [block for name, child in children for block in _parts(name, child)]


def _parts(name, child):
    """List the blocks that a container consists of, or itself."""
    inner = _weighted(child)
    is_container = type(child) in (nn.Sequential, nn.ModuleList)
    if not is_container or not all(_weighted(part) for _, part in inner):
        return [name]
    return [found for n, part in inner for found in _parts(f"{name}.{n}", part)]
