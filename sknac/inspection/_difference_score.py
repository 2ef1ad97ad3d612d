"""A patient's probability when one image changes, with all else kept."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from sknac.inspection._incremental import ChangedBox, paste
from sknac.inspection._occlusion import Batch
from sknac.nets.split import Split, SplitModel, network_parts


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
        The vectors of an item's images, each (n, ...), or None for a visit that did
        not happen -> its values (n, k), which are averaged over the patient's items.
    """

    encoders: tuple[Encoder, ...]
    join: Callable[..., torch.Tensor]


def make_coder(model: SplitModel) -> Coder:
    """Take a model's network apart, as far as it says of what it consists."""
    whole, split = model.item_function, network_parts(model.net.module_)
    if model.net.n_visits == 1:
        head = None
        if split is not None:
            own = model.net.module_.head
            head = own.features if model.after else _probabilities(own)
        return Coder((Encoder(whole, split, head),), lambda vectors: vectors)
    if split is None:
        # Nothing is known of it: the images themselves are their vectors.
        same = Encoder(lambda images: images)
        return Coder(
            (same,) * model.net.n_visits, lambda *images: whole(_stacked(images))
        )
    encoders = tuple(Encoder(e, network_parts(e), e.head) for e in split.encoders)
    return Coder(encoders, _probabilities(split.join))


def _probabilities(logits):
    """Softmax, in double precision as the estimators take it, of what makes logits."""
    return lambda *x: torch.softmax(logits(*x).double(), dim=-1)


def _stacked(images):
    """Put the visits' images together as the network takes them."""
    known = next(one for one in images if one is not None)
    blank = torch.full_like(known, torch.nan)
    return torch.stack([blank if one is None else one for one in images], 1)


class PatientScore:
    """A patient's mean values when one image changes: what probabilities rest on.

    The vectors of all images are computed once; a change of one image recomputes
    its own, and the values of the items that it is part of.

    Parameters
    ----------
    coder : Coder
        From `make_coder`.
    images : mapping of (int, int) to Tensor of shape (1, n_channels, height, width)
        The patient's images by visit and number.
    items : sequence of tuple of int or None
        Per item the number of each visit's image; None where there is none.
    """

    def __init__(self, coder: Coder, images, items):
        self.coder, self.images, self.items = coder, images, items
        self.vectors = {
            at: coder.encoders[at[0]].whole(image) for at, image in images.items()
        }
        self.values = [self._value(item) for item in self.items]
        self.unchanged = self._mean(sum(self.values))

    def around(self, visit: int, number: int) -> Callable[[Batch], np.ndarray]:
        """Return what computes the patient's means, (n, k), for changed images."""
        encode = self.coder.encoders[visit].around(self.images[visit, number])

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
        vectors = [self.vectors.get(at) for at in enumerate(item)]
        if changed is not None:
            vectors = [_repeated(one, len(changed)) for one in vectors]
            vectors[changed_visit] = changed
        return self.coder.join(*vectors).double()

    def _mean(self, total):
        """Turn the sum of the items' values into their mean."""
        return (total / len(self.items)).cpu().numpy()


def _repeated(vector, n):
    """Show a vector, where there is one, n times."""
    return None if vector is None else vector.expand(n, *vector.shape[1:])
