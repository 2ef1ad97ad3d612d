"""A patient's probability when one image changes, with all else kept."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from sknac.inspection._incremental import (
    ChangedBox,
    Split,
    paste,
    split_network,
)
from sknac.inspection._occlusion import Batch
from sknac.inspection._pipeline import SplitModel
from sknac.inspection._score import evaluating
from sknac.nets._blocks import PlaneNet
from sknac.nets._dual import DualInput
from sknac.nets._scope import torch_scope


@dataclass(frozen=True)
class Encoder:
    """Makes a vector of each image of one visit.

    Parameters
    ----------
    whole : callable
        Images -> vectors.
    split : Split or None
        The network before the head, for incremental work; None where it is unknown.
    head : callable or None
        Last maps -> vectors.
    """

    whole: Callable[[torch.Tensor], torch.Tensor]
    split: Split | None = None
    head: Callable[[torch.Tensor], torch.Tensor] | None = None

    def around(self, image: torch.Tensor) -> Callable[[Batch], torch.Tensor]:
        """Return what makes the vectors of images that differ in a box from one."""
        if self.split is None:
            return lambda batch: self.whole(
                paste(image, batch.changed, (batch.rows, batch.columns))
            )
        maps = ChangedBox(self.split, image)
        return lambda batch: self.head(maps(batch.changed, batch.rows, batch.columns))


@dataclass(frozen=True)
class Coder:
    """A network as encoders of images and what joins an item's vectors.

    Parameters
    ----------
    encoders : tuple of Encoder
        One per visit.
    join : callable
        The vectors of an item's images, each (n, ...), -> its values (n, k), which
        are averaged over the patient's items.
    """

    encoders: tuple[Encoder, ...]
    join: Callable[..., torch.Tensor]


def make_coder(model: SplitModel) -> Coder:
    """Take a model's network apart, as far as it is known."""
    module, whole = model.net.module_, model.item_function
    if model.net._item_kind == "plane":
        head = None
        if isinstance(module, PlaneNet) and model.after:
            head = module.head.features
        elif isinstance(module, PlaneNet):
            head = _Probabilities(module.head)
        split = split_network(module)
        return Coder((Encoder(whole, split, head),), lambda vectors: vectors)
    if type(module) is not DualInput:
        # Nothing is known of it: the images themselves are their vectors.
        same = Encoder(lambda images: images)
        return Coder((same, same), lambda *images: whole(torch.stack(images, 1)))
    encoders = [Encoder(e, split_network(e), e.head) for e in module.encoders]
    join = _Probabilities(_without_encoders(module))
    return Coder(
        tuple(encoders * 2)[:2], lambda *vectors: join(torch.stack(vectors, 1))
    )


class _Probabilities:
    """Softmax, in double precision as the estimators take it, after a module."""

    def __init__(self, module):
        self.module = module

    def __call__(self, x):
        return torch.softmax(self.module(x).double(), dim=-1)


def _without_encoders(module):
    """Return a dual-input module's twin that takes vectors in place of images."""
    twin = copy.copy(module)
    blank = nn.ModuleList([nn.Identity() for _ in module.encoders])
    twin._modules = {**module._modules, "encoders": blank}
    return twin


class PatientScore:
    """A patient's mean values when one image changes: what probabilities rest on.

    The vectors of all images are computed once; a change of one image recomputes
    its own, and the values of the items that it is part of.

    Parameters
    ----------
    coder : Coder
        From `make_coder`.
    visits : sequence of list of Tensor of shape (1, n_channels, height, width)
        Per visit the patient's images. Pairs are made as the network makes them:
        the visit with fewer images starts again.
    """

    def __init__(self, coder: Coder, visits):
        self.coder, self.visits = coder, visits
        self.vectors = [
            [encoder.whole(image) for image in images]
            for encoder, images in zip(coder.encoders, visits, strict=True)
        ]
        n_items = max(len(images) for images in visits)
        self.items = [[n % len(images) for images in visits] for n in range(n_items)]
        self.values = [self._value(item) for item in self.items]
        self.unchanged = self._mean(sum(self.values))

    def around(self, visit: int, number: int) -> Callable[[Batch], np.ndarray]:
        """Return what computes the patient's means, (n, k), for changed images."""
        encode = self.coder.encoders[visit].around(self.visits[visit][number])

        def means(batch):
            vectors, total = encode(batch), 0
            for item, value in zip(self.items, self.values, strict=True):
                if item[visit] == number:
                    value = self._value(item, visit, vectors)
                total = total + value
            return self._mean(total)

        return means

    def _value(self, item, changed_visit=None, changed=None):
        """Join the vectors of an item, of which one visit's may be replaced."""
        vectors = [own[n] for own, n in zip(self.vectors, item, strict=True)]
        if changed is not None:
            vectors = [one.expand(len(changed), *one.shape[1:]) for one in vectors]
            vectors[changed_visit] = changed
        return self.coder.join(*vectors).double()

    def _mean(self, total):
        """Turn the sum of the items' values into their mean."""
        return (total / len(self.items)).cpu().numpy()


@contextmanager
def computing(net) -> Iterator[None]:
    """Compute as a network's own ``predict`` does: threads, precision, no gradients."""
    kind = torch.device(net.device_).type
    with (
        evaluating(net.module_),
        torch_scope(threads=net.torch_threads),
        torch.inference_mode(),
        torch.autocast(kind, torch.bfloat16, enabled=net.autocast),
    ):
        yield
