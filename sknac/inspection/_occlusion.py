"""Patches of one channel set to zero: where they lie, and images in batches."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sknac.cohort import Grid
from sknac.utils._room import check_room

# Patches of a batch share one box: a square of so many lies close together.
_TILE = 4


@dataclass(frozen=True)
class Lattice:
    """Square patches at regular places of an image.

    Patches begin at 0, stride, 2 stride, ... until the last pixel is covered; the
    last of a row or column may hang over the border. Of strides larger than the
    patch, what lies between the patches stays uncovered.

    Parameters
    ----------
    patch : int
        Side of the patches in pixels.
    stride : int
        Distance of neighbouring patches in pixels.
    image_shape : tuple of (int, int)
        Height and width of the image.
    """

    patch: int
    stride: int
    image_shape: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of patches down and across."""
        return tuple(self._count(length) for length in self.image_shape)

    def _count(self, length):
        """Number of patches along an axis; each holds at least one pixel."""
        to_the_end = -(-max(length - self.patch, 0) // self.stride) + 1
        return min(to_the_end, -(-length // self.stride))

    @property
    def is_coarse(self) -> bool:
        """Whether patches leave gaps."""
        return self.stride > self.patch

    @property
    def first_centre(self) -> float:
        """Pixel coordinate of the first patch's centre, along both axes."""
        return (self.patch - 1) / 2

    def on(self, grid: Grid) -> Grid:
        """Grid of the patches' centres on an image's own."""
        origin = grid.to_points([[self.first_centre] * 2])[0]
        step = np.multiply(self.stride, grid.step)
        return Grid(self.shape, step, origin, grid.unit)

    def span(self, number: int, axis: int) -> tuple[int, int]:
        """First pixel of a patch along an axis, and the one past its last."""
        start = number * self.stride
        return start, min(start + self.patch, self.image_shape[axis])

    def nearest(self, axis: int) -> np.ndarray:
        """Per pixel of an axis the patch of nearest centre; -1 in the gaps."""
        centres = self.on(Grid(self.image_shape, (1, 1), unit="px"))
        pixels = np.arange(self.image_shape[axis])
        number, _ = centres.nearest(pixels, axis)
        away = pixels - self.first_centre - number * self.stride
        return np.where(np.abs(away) < self.patch / 2, number, -1)


@dataclass(frozen=True)
class Batch:
    """Images with one patch each set to zero, as far as they differ.

    Parameters
    ----------
    changed : Tensor of shape (n_images, n_channels, box_height, box_width)
        The images inside the box; outside they are the original.
    rows, columns : tuple of (int, int)
        The box: first pixel and past the last.
    """

    changed: torch.Tensor
    rows: tuple[int, int]
    columns: tuple[int, int]


def patches_that_count(
    image: np.ndarray, lattice: Lattice, channels: Sequence[int]
) -> np.ndarray:
    """List the patches that are not all zero: occluding the others changes nothing.

    Parameters
    ----------
    image : ndarray of shape (n_channels, height, width)
        The image.
    lattice : Lattice
        The patches.
    channels : sequence of int
        Channels to occlude.

    Returns
    -------
    ndarray of int of shape (n_patches, 3)
        Position in `channels`, row and column in the lattice; neighbours close
        together.
    """
    n_rows, n_columns = lattice.shape
    filled = np.zeros((len(channels), n_rows, n_columns), bool)
    for i in range(n_rows):
        strip = image[list(channels), slice(*lattice.span(i, 0))].any(axis=1)
        for j in range(n_columns):
            filled[:, i, j] = strip[:, slice(*lattice.span(j, 1))].any(axis=1)
    found = np.argwhere(filled)
    channel, row, column = found.T
    tile_row, tile_column = row // _TILE, column // _TILE
    # There and back again, so that a batch over two strips stays together too.
    tile_column = np.where(tile_row % 2, -tile_column, tile_column)
    return found[np.lexsort((column, row, channel, tile_column, tile_row))]


def occluded_batches(
    image: torch.Tensor,
    lattice: Lattice,
    channels: Sequence[int],
    patches: np.ndarray,
    batch_size: int,
) -> Iterator[Batch]:
    """Make the images with one patch set to zero.

    Parameters
    ----------
    image : Tensor of shape (1, n_channels, height, width)
        The image.
    lattice : Lattice
        The patches.
    channels : sequence of int
        Channels to occlude.
    patches : ndarray of int of shape (n_patches, 3)
        Patches to occlude, from `patches_that_count`.
    batch_size : int
        Largest number of images in a batch.

    Yields
    ------
    Batch
        Up to `batch_size` images and the box around their patches.
    """
    for first in range(0, len(patches), batch_size):
        part = patches[first : first + batch_size]
        spans = [
            [lattice.span(k, axis) for k in part[:, 1 + axis].tolist()]
            for axis in (0, 1)
        ]
        (top, bottom), (left, right) = (
            (min(span[0] for span in side), max(span[1] for span in side))
            for side in spans
        )
        check_room(
            f"batch_size={batch_size}",
            4 * len(part) * image.shape[1] * (bottom - top) * (right - left),
            "take a smaller one",
        )
        changed = image[..., top:bottom, left:right].repeat(len(part), 1, 1, 1)
        for k, (channel, _, _) in enumerate(part.tolist()):
            rows = slice(spans[0][k][0] - top, spans[0][k][1] - top)
            columns = slice(spans[1][k][0] - left, spans[1][k][1] - left)
            changed[k, channels[channel], rows, columns] = 0
        yield Batch(changed, (top, bottom), (left, right))
