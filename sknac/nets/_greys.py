"""Changing the grey values of a batch; 0 stays 0, and images stay finite."""

# SPDX-License-Identifier: BSD-3-Clause

import torch


def change_gamma(x: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
    """Bend the grey curve: ``m * sign(x) * (|x| / m) ** gamma``.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_visits, n_channels, height, width)
        Images; m is the largest absolute value of an item's channel, at all visits.
    gamma : Tensor of shape (n_items,)
        Exponents, above 0.

    Returns
    -------
    Tensor of the shape of x
        Images whose brightest and whose black pixels are as before.
    """
    size = x.abs()
    # Without the floor a blank image would be divided by 0.
    most = size.amax(dim=(1, 3, 4), keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    return most * x.sign() * (size / most) ** _spread(gamma, x)


def change_gain(x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Multiply each item's images by its factor.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_visits, n_channels, height, width)
        Images.
    gain : Tensor of shape (n_items,)
        Factors.

    Returns
    -------
    Tensor of the shape of x
        Brighter or darker images.
    """
    return x * _spread(gain, x)


def add_speckle(
    x: torch.Tensor, spread: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Multiply each pixel by log-normal noise of mean 1.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_visits, n_channels, height, width)
        Images.
    spread : Tensor of shape (n_items,)
        Standard deviation of the noise.
    noise : Tensor that broadcasts to x
        Standard normal numbers.

    Returns
    -------
    Tensor of the shape of x
        Noisy images; no pixel changes its sign.
    """
    variance = torch.log1p(_spread(spread, x) ** 2)  # of the noise's logarithm
    return x * torch.exp(noise.to(x) * variance.sqrt() - variance / 2)


def cut_out(x: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Set a rectangle of each item's images to 0.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_visits, n_channels, height, width)
        Images.
    boxes : Tensor of shape (n_items, 4)
        Top, bottom, left and right of the rectangle, as shares of the sides.

    Returns
    -------
    Tensor of the shape of x
        Images; a pixel is cut out where its centre lies inside.
    """
    inside = []
    for ends, side in zip(boxes.view(-1, 2, 2).unbind(1), x.shape[-2:], strict=True):
        at = (torch.arange(side) + 0.5) / side
        inside.append((at >= ends[:, :1]) & (at < ends[:, 1:]))
    box = inside[0][:, :, None] & inside[1][:, None, :]
    return x.masked_fill(box[:, None, None].to(x.device), 0.0)


def _spread(values, x):
    """Shape one number an item so that it meets all of the item's pixels."""
    return values.to(x).view(-1, 1, 1, 1, 1)
