"""From items to batches: datasets, batch order, augmentation, the patient split."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit
from skorch.dataset import Dataset
from torch.utils.data import DataLoader

_NO_LABELS = np.zeros(1, dtype=np.int64)


class Batch(dict):
    """What a network and its loss need of some items: ``x, weight, code``."""


class ItemDataset(Dataset):
    """Items with codes and weights, handed out batch by batch beside their labels.

    The loss works on codes; labels are what the scorers of skorch's callbacks see.
    """

    turns = None  # orders of balanced epochs

    def __init__(self, items, index=None, codes=None, weights=None, classes=_NO_LABELS):
        self.items = items
        self.index = np.arange(len(items)) if index is None else index
        self.codes = np.zeros(len(items), dtype=np.int64) if codes is None else codes
        self.weights = np.ones(len(items)) if weights is None else weights
        self.classes = classes

    @property
    def X(self):
        """What a scorer hands to ``predict``: the items themselves."""
        return self

    @property
    def y(self):
        """Labels of the items, in their order."""
        return self.classes[self.codes[self.index]]

    def __len__(self):
        return len(self.index)

    @property
    def epoch_size(self):
        """Number of items that one epoch of training takes."""
        return len(self if self.turns is None else self.turns)

    def __getitems__(self, positions):
        index = self.index[np.asarray(positions, dtype=np.intp)]
        weight = torch.from_numpy(self.weights[index].astype(np.float32))
        codes = self.codes[index]
        inputs = {"x": self.items.batch(index), "weight": weight}
        inputs["code"] = torch.from_numpy(codes)
        return Batch(inputs), self.classes[codes]

    def __getitem__(self, position):
        inputs, labels = self.__getitems__([position])
        return {name: value[0] for name, value in inputs.items()}, labels[0]


def part_bounds(n: int, size: int | None) -> list[tuple[int, int]]:
    """Cut n items into parts; a last part of one joins the one before.

    Batch normalisation cannot train on a single item, and dropping it would
    leave a different patient out every time.

    Parameters
    ----------
    n : int
        Number of items.
    size : int or None
        Items in a part; None and -1 take all.

    Returns
    -------
    list of (int, int)
        Start and end of each part.
    """
    starts = list(range(0, n, n if size in (None, -1) else size))
    if len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], n], strict=True))


class BatchPlan:
    """Positions of each batch; in training a last batch of one joins another."""

    def __init__(self, n, batch_size, *, shuffle, generator, turns=None):
        self.n = n
        self.turns = turns
        self.batch_size = n if batch_size == -1 else batch_size
        self.shuffle = shuffle
        self.generator = generator

    def _bounds(self):
        """Start and end of each batch."""
        if self.shuffle:
            return part_bounds(self.n, self.batch_size)
        starts = range(0, self.n, self.batch_size)
        return [(start, min(start + self.batch_size, self.n)) for start in starts]

    def __len__(self):
        return len(self._bounds())

    def __iter__(self) -> Iterator[list[int]]:
        if not self.shuffle:
            order = torch.arange(self.n)
        elif self.turns is None:
            order = torch.randperm(self.n, generator=self.generator)
        else:
            order = self.turns.draw(self.generator)
        for start, end in self._bounds():
            yield order[start:end].tolist()


def make_loader(dataset, batch_size, *, shuffle, seed, **settings) -> DataLoader:
    """Make a loader of ready batches that leaves torch's generators alone."""
    generator = torch.Generator().manual_seed(seed)
    turns = getattr(dataset, "turns", None) if shuffle else None
    n = len(dataset if turns is None else turns)
    plan = BatchPlan(n, batch_size, shuffle=shuffle, generator=generator, turns=turns)
    return DataLoader(
        dataset,
        batch_sampler=plan,
        collate_fn=_as_it_is,
        generator=generator,
        **settings,
    )


def smallest_batch(n: int, batch_size: int, micro_batch_size: int | None) -> int:
    """Count the items of the smallest part that one training step computes."""
    batches = {end - start for start, end in part_bounds(n, batch_size)}
    return min(
        end - start
        for batch in batches
        for start, end in part_bounds(batch, micro_batch_size)
    )


def _as_it_is(batch):
    """Keep a batch that the dataset has put together."""
    return batch


def augment(x: torch.Tensor, *, flip: bool, max_shift: float) -> torch.Tensor:
    """Flip and shift each item at random; what moves in from outside is 0.

    Parameters
    ----------
    x : Tensor of shape (n_items, ..., height, width)
        Items; all images of an item move together.
    flip : bool
        Mirror left and right with probability 0.5.
    max_shift : float
        Largest shift both ways along each axis, as a share of its length.

    Returns
    -------
    Tensor of the shape of x
        A new tensor, or x where nothing is asked for.
    """
    n = len(x)
    if flip:
        mirrored = (torch.rand(n) < 0.5).to(x.device)
        x = torch.where(mirrored.view(n, *[1] * (x.ndim - 1)), x.flip(-1), x)
    reach = [int(max_shift * side) for side in x.shape[-2:]]
    if not any(reach):
        return x
    steps = [torch.randint(-r, r + 1, (n,)).tolist() for r in reach]
    moved = torch.zeros_like(x)
    for i, (down, right) in enumerate(zip(*steps, strict=True)):
        _copy_shifted(x[i], moved[i], down, right)
    return moved


def shift_item(x: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Shift images by whole pixels; what moves in from outside is 0.

    Parameters
    ----------
    x : Tensor of shape (..., height, width)
        Images, which move alike.
    down, right : int
        Pixels, negative for up and left.

    Returns
    -------
    Tensor of the shape of x
        A new tensor.
    """
    moved = torch.zeros_like(x)
    _copy_shifted(x, moved, down, right)
    return moved


def _copy_shifted(x, moved, down, right):
    """Write images into blank ones, at their shifted place."""
    to_rows, from_rows = _overlap(down)
    to_cols, from_cols = _overlap(right)
    moved[..., to_rows, to_cols] = x[..., from_rows, from_cols]


def _overlap(step):
    """Slices of the moved and the original axis that show the same pixels."""
    if step >= 0:
        return slice(step, None), slice(None, -step or None)
    return slice(None, step), slice(-step, None)


def split_patients(
    codes: np.ndarray,
    groups: np.ndarray | None,
    fraction: float,
    seed: int,
    classes: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows, stratified by class, into training and validation rows.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows,)
        Class of each row.
    groups : ndarray of shape (n_rows,) or None
        Rows of one group stay together; None means that each row is a patient.
    fraction : float
        Share of rows for validation; with groups, the nearest 1 / k.
    seed : int
        Seed of the draw.
    classes : ndarray of shape (n_classes,)
        Names of the classes, for messages.

    Returns
    -------
    train, valid : ndarray of int
        Sorted positions of rows.
    """
    units = "patients" if groups is None else "groups"
    keys = np.arange(len(codes)) if groups is None else groups
    n_units = [len(np.unique(keys[codes == k])) for k in range(len(classes))]
    few = int(np.argmin(n_units))
    rarest = classes.tolist()[few]
    n_valid = int(np.ceil(fraction * len(np.unique(keys))))
    if n_units[few] < 2 or n_valid < len(classes):
        raise ValueError(
            f"too few {units} for validation_fraction={fraction}: n_samples="
            f"{len(codes)}, class {rarest!r} has {n_units[few]}, and the split "
            f"needs 2 of each class and {len(classes)} for validation; give more "
            f"{units}, a larger fraction, or validation_fraction=None"
        )
    if groups is None:
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    else:
        n_folds = min(max(2, round(1 / fraction)), min(n_units))
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    train, valid = next(splitter.split(codes, codes, groups))
    if len(np.unique(codes[train])) < len(classes):
        raise ValueError(
            "the validation split by groups leaves a class out of training; give more "
            "groups, or validation_fraction=None"
        )
    return np.sort(train), np.sort(valid)
