"""Networks on images of which only a box changed: what cannot change is not computed.

An output of a convolution depends on a few neighbouring inputs. Where a box of the
image changes, so does a box of each layer's maps, which grows from layer to layer by
the layer's reach. `ChangedBox` remembers the maps of the unchanged image, runs each
part of the network on a crop that holds everything its box depends on, and goes over
to whole maps once the box has grown to most of them. Nothing is approximated: the
crop's own border, where padding stands for the missing neighbours, is cut off, unless
it is the border of the map.
"""

# SPDX-License-Identifier: BSD-3-Clause

import torch

from sknac.nets.split import Split

# From this share of a map on, a crop costs as much as the whole.
_WORTH_CROPPING = 0.8


class ChangedBox:
    """Last maps of a network for images that differ from one only in a box.

    Parameters
    ----------
    split : Split
        The network.
    image : Tensor of shape (1, n_channels, height, width)
        The unchanged image.
    """

    def __init__(self, split: Split, image: torch.Tensor):
        self.split = split
        self.maps = [image]
        for part in split.parts:
            self.maps.append(part.run(self.maps[-1]))

    def __call__(
        self, changed: torch.Tensor, rows: tuple[int, int], columns: tuple[int, int]
    ) -> torch.Tensor:
        """Compute the last maps.

        Parameters
        ----------
        changed : Tensor of shape (n_images, n_channels, box_height, box_width)
            What the images hold inside the box.
        rows, columns : tuple of (int, int)
            The box: first and past the last.

        Returns
        -------
        Tensor of shape (n_images, n_maps, map_height, map_width)
            The maps.
        """
        box, kept, whole = (rows, columns), [], None
        for i, part in enumerate(self.split.parts):
            if whole is None and _is_large(part, box, self.maps[i], self.maps[i + 1]):
                whole = paste(self.maps[i], changed, box)
            if whole is not None:
                whole = part.run(whole)
            else:
                changed, box = self._step(i, changed, box)
            if i in self.split.kept:
                local = whole is None
                kept.append(paste(self.maps[i + 1], changed, box) if local else whole)
        return self.split.join(*kept)

    def _step(self, i, changed, box):
        """Run one part on a crop; return what changes behind it, and where."""
        part, before, after = self.split.parts[i], self.maps[i], self.maps[i + 1]
        new_box, crop = _boxes(part, box, before, after)
        starts = [first for first, _ in crop]
        out = part.run(paste(_cut(before, crop), changed, _moved(box, starts)))
        starts = [first // part.stride for first in starts]
        return _cut(out, _moved(new_box, starts)), new_box


def _moved(box, starts):
    """Give a box in the coordinates of a crop."""
    sides = zip(box, starts, strict=True)
    return [(first - start, last - start) for (first, last), start in sides]


def _boxes(part, box, before, after):
    """Box of the outputs that change, and the inputs to crop for them."""
    sizes = zip(box, after.shape[-2:], strict=True)
    new_box = [part.outputs(*side, length) for side, length in sizes]
    sizes = zip(new_box, before.shape[-2:], strict=True)
    return new_box, [part.inputs(*side, length) for side, length in sizes]


def _is_large(part, box, before, after):
    """Tell whether the crop would be most of the map."""
    (top, bottom), (left, right) = _boxes(part, box, before, after)[1]
    area = (bottom - top) * (right - left)
    return area > _WORTH_CROPPING * before.shape[-2] * before.shape[-1]


def _cut(maps, box):
    """Cut a box out of maps."""
    (top, bottom), (left, right) = box
    return maps[..., top:bottom, left:right]


def paste(maps: torch.Tensor, changed: torch.Tensor, box) -> torch.Tensor:
    """Put boxes, (n, ...), into as many copies of maps, (1, ...)."""
    layout = torch.channels_last
    copies = maps.expand(len(changed), -1, -1, -1).clone(memory_format=layout)
    _cut(copies, box).copy_(changed)
    return copies
