"""Feature vectors of any layer of a network that has no ``features`` of its own."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import torch
from torch import nn


class LayerFeatures(nn.Module):
    """A network whose ``features`` are what one of its layers gives.

    Parameters
    ----------
    make : callable
        What builds the network.
    settings : mapping
        Its arguments.
    layer : str
        Name of the layer. Maps (n_images, n_maps, height, width) are averaged over
        the image; vectors are taken as they are.

    Raises
    ------
    ValueError
        If there is no such layer.
    """

    def __init__(self, make: Callable, settings: Mapping, layer: str):
        super().__init__()
        self.module = make(**settings)
        self.layer = layer
        find_layer(self.module, layer)

    @property
    def last_layer(self) -> nn.Module:
        """The layer whose output the features are of: the one for Grad-CAM."""
        return self.module.get_submodule(self.layer)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Compute feature vectors, (n_images, n_features)."""
        return as_vectors(output_of(self.module, self.layer, x), self.layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute logits, as the network does."""
        return self.module(x)


def find_layer(module: nn.Module, layer: str) -> nn.Module:
    """Find a layer by its name.

    Raises
    ------
    ValueError
        If there is none; it lists the first that there are.
    """
    try:
        return module.get_submodule(layer)
    except AttributeError:
        names = [n for n, _ in module.named_modules() if n and n.count(".") < 2]
        more = ", ..." if len(names) > 12 else ""
        raise ValueError(
            f"{type(module).__name__} has no layer {layer!r}; choose from "
            f"{', '.join(names[:12])}{more}"
        ) from None


def output_of(module: nn.Module, layer: str, x: torch.Tensor) -> torch.Tensor:
    """Run a network and take what one of its layers gives.

    Raises
    ------
    ValueError
        If the layer is not run, or gives no tensor.
    """
    seen = []
    hook = module.get_submodule(layer).register_forward_hook(
        lambda layer, given, made: seen.append(made)
    )
    try:
        module(x)
    finally:
        hook.remove()
    if not seen or not isinstance(seen[-1], torch.Tensor):
        raise ValueError(
            f"layer {layer!r} of {type(module).__name__} gives no tensor for an image; "
            "name another"
        )
    return seen[-1]


def as_vectors(
    values: torch.Tensor, layer: str, pool: Callable | None = None
) -> torch.Tensor:
    """Reduce maps, or the tokens of a transformer, to a vector for each image.

    Parameters
    ----------
    values : Tensor of shape (n, k), (n, n_tokens, k) or (n, k, height, width)
        What a layer gives.
    layer : str
        Its name, for messages.
    pool : callable or None, default=None
        Reduces (n, k, n_positions) to (n, k); None takes the mean.

    Raises
    ------
    ValueError
        If the values are of another shape.
    """
    if values.ndim == 2:
        return values
    if values.ndim not in (3, 4):
        raise ValueError(
            f"layer {layer!r} must give vectors or maps of each image, got "
            f"{tuple(values.shape)}"
        )
    flat = values.flatten(2) if values.ndim == 4 else values.transpose(1, 2)
    return flat.mean(-1) if pool is None else pool(flat)
