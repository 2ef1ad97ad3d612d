"""Random changes to a batch: drawn anew for each item, or one for all (a view)."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from dataclasses import dataclass

import torch

from sknac.nets._augmentation import Augmentation
from sknac.nets._data import augment, shift_item
from sknac.nets._greys import add_speckle, change_gain, change_gamma, cut_out
from sknac.nets._warping import (
    POINTS,
    affine_displacement,
    elastic_displacement,
    warp,
    warper,
)


@dataclass(frozen=True)
class Changes:
    """How a network changes images.

    Parameters
    ----------
    flip : bool
        Mirror left and right.
    max_shift : float
        Largest shift, as a share of the sides.
    augmentation : Augmentation or None
        What else changes.
    masks : tuple of int
        Channels that show a region.
    """

    flip: bool
    max_shift: float
    augmentation: Augmentation | None = None
    masks: tuple[int, ...] = ()

    def prepare(self) -> None:
        """Load what moves pixels, or say what is not installed."""
        if self.augmentation is not None and self.augmentation._moves:
            warper("bilinear")

    def of_training(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Change each item of a batch by itself.

        Parameters
        ----------
        x : Tensor of shape (n_items, [n_visits,] n_channels, height, width)
            Items.
        generator : Generator
            A generator on the CPU for all but flips and shifts, which are drawn
            from torch's own.

        Returns
        -------
        Tensor of the shape of x
            Changed items.
        """

        def shifted(x):
            return augment(x, flip=self.flip, max_shift=self.max_shift)

        return self._change(x, shifted, generator, len(x))

    def of_view(self, x: torch.Tensor, number: int, seed: int) -> torch.Tensor:
        """Change all items of a batch alike, whatever other items there are.

        Parameters
        ----------
        x : Tensor of shape (n_items, [n_visits,] n_channels, height, width)
            Items.
        number : int
            Number of the view, from 1; those of odd number are mirrored.
        seed : int
            Seed of the draw, which is the same in every call.

        Returns
        -------
        Tensor of the shape of x
            Changed items.
        """
        generator = torch.Generator().manual_seed(seed + number)

        def shifted(x):
            x = x.flip(-1) if self.flip and number % 2 else x
            reach = [int(self.max_shift * side) for side in x.shape[-2:]]
            drawn = 2 * torch.rand(2, generator=generator) - 1
            steps = [
                round(r * one) for r, one in zip(reach, drawn.tolist(), strict=True)
            ]
            return shift_item(x, *steps)

        return self._change(x, shifted, generator, 1)

    @property
    def change_something(self) -> bool:
        """Whether any image comes out otherwise than it went in."""
        further = self.augmentation is not None and self.augmentation._changes
        return bool(self.flip or self.max_shift > 0 or further)

    def _change(self, x, shifted, generator, n):
        """Draw the changes of n items and apply them in order."""
        if self.augmentation is None or not self.augmentation._changes:
            return shifted(x)
        draw = _Draws(self.augmentation, generator, n)
        images = x if x.ndim == 5 else x[:, None]
        images = shifted(self._change_greys(images, draw))
        if self.augmentation._moves:
            images = self._move(images, draw)
        if self.augmentation.cutout > 0:
            boxes = draw.boxes()
            images = self._on_greys(images, lambda greys: cut_out(greys, boxes))
        return images.reshape(x.shape)

    def _change_greys(self, images, draw):
        """Change gamma, gain and speckle of all channels but the masks."""
        settings = self.augmentation

        def change(greys):
            if settings.gamma > 0:
                greys = change_gamma(greys, draw.factors(settings.gamma))
            if settings.gain > 0:
                greys = change_gain(greys, draw.factors(settings.gain))
            if settings.speckle > 0:
                spread = draw.sizes(settings.speckle).abs()
                noise = torch.randn(draw.n, *greys.shape[1:], generator=draw.generator)
                greys = add_speckle(greys, spread, noise)
            return greys

        return self._on_greys(images, change)

    def _on_greys(self, images, change):
        """Apply a change to all channels but the masks."""
        if not self.masks:
            return change(images)
        greys = [i for i in range(images.shape[2]) if i not in self.masks]
        images = images.clone()
        if greys:
            images[:, :, greys] = change(images[:, :, greys])
        return images

    def _move(self, images, draw):
        """Rotate, zoom and displace all channels; masks take the nearest pixel."""
        settings, size = self.augmentation, tuple(images.shape[-2:])
        angle = draw.sizes(math.radians(settings.rotate_deg))
        displacement = affine_displacement(angle, draw.factors(settings.zoom), size)
        if settings.elastic > 0:
            points = draw.points(settings.elastic)
            displacement = displacement + elastic_displacement(points, size)
        displacement = displacement.to(images).expand(len(images), -1, -1, -1)
        moved = warp(images.flatten(1, 2), displacement, "bilinear")
        moved = moved.view(images.shape)
        if self.masks:
            regions = images[:, :, self.masks]
            nearest = warp(regions.flatten(1, 2), displacement, "nearest")
            moved[:, :, self.masks] = nearest.view(regions.shape)
        return moved


@dataclass(frozen=True)
class _Draws:
    """Random numbers for n items, on the CPU."""

    settings: Augmentation
    generator: torch.Generator
    n: int

    def _uniform(self, *shape):
        """Draw numbers between -1 and 1."""
        return 2 * torch.rand(self.n, *shape, generator=self.generator) - 1

    def _met(self):
        """Draw which items a change meets."""
        drawn = torch.rand(self.n, generator=self.generator)
        return (drawn < self.settings.probability).float()

    def sizes(self, largest):
        """Draw sizes up to the largest, both ways; 0 where a change does not meet."""
        return largest * self._uniform() * self._met()

    def factors(self, largest):
        """Draw factors from 1 / (1 + largest) to 1 + largest, alike in logarithms."""
        return torch.exp(self.sizes(math.log1p(largest)))

    def points(self, largest):
        """Draw the displacement of points over the image."""
        drawn = self._uniform(2, POINTS, POINTS) * self._met().view(-1, 1, 1, 1)
        return largest * drawn

    def boxes(self):
        """Draw rectangles inside the image: top, bottom, left, right as shares."""
        sides = self.settings.cutout * torch.rand(self.n, 2, generator=self.generator)
        sides = sides * self._met()[:, None]
        start = torch.rand(self.n, 2, generator=self.generator) * (1 - sides)
        return torch.stack([start, start + sides], dim=2).flatten(1)
