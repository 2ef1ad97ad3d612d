"""Moving the pixels of a batch: rotation, zoom and elastic displacement at once."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import warnings
from functools import cache

import torch
from torch.nn import functional as F

from sknac.utils._optional import import_optional

POINTS = 5  # along each axis, that an elastic displacement is drawn at


@cache
def warper(mode: str) -> torch.nn.Module:
    """Make MONAI's `Warp`, which fills what moves in with 0.

    Parameters
    ----------
    mode : {"bilinear", "nearest"}
        How values between pixels are found.
    """
    blocks = import_optional("monai.networks.blocks", "MONAI", "images")
    with warnings.catch_warnings():  # it tells that it computes as we want it to
        warnings.simplefilter("ignore")
        return blocks.Warp(mode=mode, padding_mode="zeros")


def warp(x: torch.Tensor, displacement: torch.Tensor, mode: str) -> torch.Tensor:
    """Read each pixel at its displaced place.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_images, height, width)
        Images; those of an item move alike.
    displacement : Tensor of shape (n_items, 2, height, width)
        Down and to the right, in pixels.
    mode : {"bilinear", "nearest"}
        How values between pixels are found.

    Returns
    -------
    Tensor of the shape of x
        Moved images; what comes from outside is 0.
    """
    # A copy keeps its grid to itself: others may warp in other threads or devices.
    return copy.copy(warper(mode))(x, displacement)


def affine_displacement(
    angle: torch.Tensor, zoom: torch.Tensor, size: tuple[int, int]
) -> torch.Tensor:
    """Displacement that turns and enlarges images about their centre.

    Parameters
    ----------
    angle : Tensor of shape (n_items,)
        Rotation from the first axis (down) to the second, in radians.
    zoom : Tensor of shape (n_items,)
        Factors of enlargement.
    size : tuple of two int
        Height and width.

    Returns
    -------
    Tensor of shape (n_items, 2, height, width)
        Where each pixel comes from, relative to its place, in pixels.
    """
    axes = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in size]
    down, right = torch.meshgrid(*axes, indexing="ij")
    cos, sin = (
        (f(angle) / zoom)[:, None, None].float() for f in (torch.cos, torch.sin)
    )
    turned = cos * down + sin * right, cos * right - sin * down
    return torch.stack([turned[0] - down, turned[1] - right], dim=1)


def elastic_displacement(points: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Displacement that passes smoothly from one point to the next.

    Parameters
    ----------
    points : Tensor of shape (n_items, 2, n_points, n_points)
        Displacement of points spread over the image, as a share of its sides.
    size : tuple of two int
        Height and width.

    Returns
    -------
    Tensor of shape (n_items, 2, height, width)
        Cubic in between, in pixels.
    """
    sides = torch.tensor(size, dtype=torch.float32).view(1, 2, 1, 1)
    return sides * F.interpolate(points, size, mode="bicubic", align_corners=True)
