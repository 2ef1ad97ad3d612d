"""Memory layout of images in a network: channels last where it is safe."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import nn

from sknac.nets._blocks import PointConv

# Input channels that oneDNN's AVX-512 kernels take at a time; its AVX2 kernels take 8.
_BLOCK = 16


def pick_layout(module: nn.Module, device: str, channels_last: bool) -> str:
    """Choose the memory layout in which a network computes on a device.

    oneDNN (as of torch 2.13) computes the weight gradient of a strided 1 x 1
    convolution of channels-last images wrongly and writes past its buffer where there
    are fewer than 16 input channels (with AVX2 fewer than 8):
    uxlfoundation/oneDNN#6035. Narrow residual networks have such projections; those
    of sknac are `PointConv`, which is safe. Nobody knows on which processor a network
    will be trained next, so the choice does not depend on it.

    Parameters
    ----------
    module : Module
        The network.
    device : str
        Device it is on.
    channels_last : bool
        What the user asks for.

    Returns
    -------
    str
        ``"channels_last"``, or ``"contiguous_format"`` where that is not asked for
        or not safe; both are names of torch's memory formats.
    """
    safe = torch.device(device).type != "cpu" or _is_safe_on_cpus(module)
    return "channels_last" if channels_last and safe else "contiguous_format"


def memory_format(layout: str) -> torch.memory_format:
    """Give torch's own object for a layout's name."""
    return getattr(torch, layout)


def _is_safe_on_cpus(module):
    """Tell whether all 2-D kernels are those of convolutions known to be safe."""
    return all(
        isinstance(layer, nn.Conv2d) and not _may_overrun(layer)
        for layer in module.modules()
        for kernel in layer.parameters(recurse=False)
        if kernel.ndim == 4
    )


def _may_overrun(conv):
    """Tell whether oneDNN may overrun its buffer in a convolution's backward pass."""
    is_strided_point = tuple(conv.kernel_size) == (1, 1) and max(conv.stride) > 1
    is_known = isinstance(conv, PointConv)
    return (
        not is_known and is_strided_point and conv.in_channels // conv.groups < _BLOCK
    )
