"""The convolutions that see the image itself, and how the image is scaled for them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

# Mean and SD of the red, green and blue of ImageNet's photographs, black 0, white 1.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_MEAN, _SD = "input_mean", "input_sd"


def first_convolutions(module: nn.Module, shape: Sequence[int]) -> list[str]:
    """Name the 2-D convolutions whose input is the image, found by running the module.

    Parameters
    ----------
    module : Module
        The network, on any device; its mode is put back.
    shape : sequence of int
        Shape of an item; the last three axes are an image's.

    Returns
    -------
    list of str
        Names; empty where another layer, or a function, comes before.
    """
    if len(shape) < 3:
        return []
    item = torch.rand(1, *shape, generator=torch.Generator().manual_seed(0))
    weight = next(module.parameters(), item)
    item = item.to(weight.device)
    images, found = item.flatten(0, -4), []

    def look(name, layer, given):
        if given and given[0].shape[1:] == images.shape[1:]:
            seen = (given[0][:, None] == images).flatten(2).all(2).any(1)
            if bool(seen.all()) and name not in found:
                found.append(name)

    layers = [(n, m) for n, m in module.named_modules() if isinstance(m, nn.Conv2d)]
    hooks = [m.register_forward_pre_hook(partial(look, n)) for n, m in layers]
    modes = [(part, part.training) for part in module.modules()]
    try:
        with torch.inference_mode():
            module.eval()(item)
    finally:
        for hook in hooks:
            hook.remove()
        for part, training in modes:
            part.training = training
    return found


def input_scaling(
    normalise: object, n_channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Find the mean and SD that each channel of an image is scaled by.

    Parameters
    ----------
    normalise : "imagenet" or pair
        Of pixels from 0 to 1, as ImageNet's networks were trained: each colour by its
        own mean and SD where there are three channels, else all by the means of those;
        or mean and SD, each a number or one for each channel.
    n_channels : int
        Number of channels.

    Returns
    -------
    mean, sd : tuple of float of length n_channels
        A pixel is seen as ``(pixel - mean) / sd``.

    Raises
    ------
    ValueError
        If it is neither, or an SD is not positive.
    """
    if isinstance(normalise, str) and normalise == "imagenet":
        if n_channels == 3:
            return IMAGENET
        return tuple((float(np.mean(row)),) * n_channels for row in IMAGENET)
    try:
        mean, sd = (
            np.broadcast_to(np.asarray(part, dtype=float), (n_channels,))
            for part in normalise
        )
        sound = np.isfinite([mean, sd]).all() and (sd > 0).all()
    except (TypeError, ValueError):
        sound = False
    if isinstance(normalise, str) or not sound:
        raise ValueError(
            'normalise must be "imagenet", or a mean and a positive SD, each a number '
            f"or one for each of {n_channels} channel(s), got {normalise!r}"
        )
    return tuple(mean.tolist()), tuple(sd.tolist())


def make_scaled(
    make: Callable,
    settings: Mapping,
    layers: Sequence[str],
    mean: Sequence[float],
    sd: Sequence[float],
) -> nn.Module:
    """Build a module that scales the images it is given; see `scale_input`."""
    module = make(**settings)
    scale_input(module, layers, mean, sd)
    return module


def scale_input(
    module: nn.Module,
    layers: Sequence[str],
    mean: Sequence[float],
    sd: Sequence[float],
) -> None:
    """Let the first convolutions scale what they are given, by whatever way it comes.

    Mean and SD are kept with the module's weights. What a convolution puts around the
    scaled image is 0, as in the networks that were trained so.

    Parameters
    ----------
    module : Module
        The network; changed in place.
    layers : sequence of str
        Names of the convolutions that see the image.
    mean, sd : sequence of float
        One number for each channel.
    """
    for name in layers:
        layer = module.get_submodule(name)
        for key, values in ((_MEAN, mean), (_SD, sd)):
            like = {"dtype": layer.weight.dtype, "device": layer.weight.device}
            layer.register_buffer(key, torch.tensor(values, **like).view(1, -1, 1, 1))
        layer.register_forward_pre_hook(_scaled)


def _scaled(layer, given):
    """Scale a convolution's input."""
    image, *rest = given
    return ((image - layer.input_mean) / layer.input_sd, *rest)
