"""What networks say of their parts, so that a small change can be followed through."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Part:
    """A stretch of a network and how far its outputs look.

    Output ``j`` depends on inputs ``stride * j - before`` to ``stride * j + after``,
    along both axes.
    """

    run: Callable[[torch.Tensor], torch.Tensor]
    stride: int
    before: int
    after: int

    def outputs(self, start: int, stop: int, length: int) -> tuple[int, int]:
        """Range of the outputs, of ``length``, that inputs start to stop change."""
        first = -((self.after - start) // self.stride)
        last = (stop - 1 + self.before) // self.stride
        return max(first, 0), min(last + 1, length)

    def inputs(self, start: int, stop: int, length: int) -> tuple[int, int]:
        """Range of the inputs, of ``length``, to crop for outputs start to stop."""
        # The crop begins in step with the strides, as the whole map does.
        first = start - -(-self.before // self.stride)
        last = self.stride * (stop - 1) + self.after
        return max(first, 0) * self.stride, min(last + 1, length)


@dataclass(frozen=True)
class Split:
    """A network as parts, one after the other, and what joins them.

    Parameters
    ----------
    parts : sequence of Part
        The parts; each takes the output of the one before.
    kept : sequence of int
        Numbers of the parts whose outputs, as whole maps, are joined.
    join : callable
        Makes the network's last maps of them.
    """

    parts: Sequence[Part]
    kept: Sequence[int]
    join: Callable[..., torch.Tensor]


@dataclass(frozen=True)
class VisitSplit:
    """A network on several visits as its encoders and what joins their vectors.

    Parameters
    ----------
    encoders : tuple of Module
        What makes a vector of the image of each visit, in their order.
    join : callable
        Makes logits of one vector per visit, given one by one; None stands for a
        visit that did not happen.
    """

    encoders: tuple[nn.Module, ...]
    join: Callable[..., torch.Tensor]


class Splittable(nn.Module):
    """A network that may say of what parts it consists.

    A class that computes something else than its parent must say so anew.
    """

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        computes = {"maps", "features", "forward"} & vars(cls).keys()
        if computes and "split" not in vars(cls):
            cls.split = Splittable.split

    def split(self) -> Split | VisitSplit | None:
        """Name the network's parts; None where they are not known."""
        return None


def part_of(run: Callable, layers: Sequence[nn.Module]) -> Part:
    """Make a part; its reach is that of its convolutions and poolings in a row."""
    stride, before, after = 1, 0, 0
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            kernel, step, padding = (
                value if isinstance(value, int) else value[0]
                for value in (layer.kernel_size, layer.stride, layer.padding)
            )
            before += stride * padding
            after += stride * (kernel - 1 - padding)
            stride *= step
    return Part(run, stride, before, after)
