"""Items of the networks on images: planes, or one plane of each visit."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from sknac.cohort import InMemoryArray, Plane
from sknac.cohort.planes import forget_computed, is_empty, placed
from sknac.exceptions import CohortError
from sknac.nets._scratch import Scratch
from sknac.utils._handle import pixel_digest_of


class Items:
    """Items of all rows, read only when they are asked for.

    Parameters
    ----------
    sources : list
        Per item an array, a `Plane`, or a tuple with the plane (or array) of each
        visit, None where it did not happen.
    rows : ndarray of int of shape (n_items,)
        Position of each item's row (patient) in X.
    n_rows : int
        Number of rows of X.
    places : list of str
        Where each item lies, for messages.
    """

    def __init__(self, sources: Any, rows: Any, n_rows: int, places: Any) -> None:
        self.sources = sources
        self.rows = np.asarray(rows, dtype=np.intp)
        self.n_rows = n_rows
        self.places = places
        self._scratch = None

    def __len__(self):
        return len(self.sources)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every item, from the handles alone."""
        return item_shape(self.sources[0])

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps; empty where the images have none."""
        return item_channels(self.sources[0])

    @cached_property
    def happened(self) -> np.ndarray:
        """Which visits of each item happened, (n_items, n_visits); of planes one."""
        if isinstance(self.sources[0], tuple):
            found = [[part is not None for part in source] for source in self.sources]
            return np.array(found)
        n_visits = self.shape[0] if len(self.shape) > 3 else 1
        return np.ones((len(self), n_visits), bool)

    def check_compared(self) -> None:
        """Refuse items without a first visit, or without another to compare with it."""
        for here, place in zip(self.happened, self.places, strict=True):
            if here[0] and here[1:].any():
                continue
            missing = "every visit but the first" if here[0] else "the first visit"
            raise CohortError(
                f"{place.partition(', plane')[0]}: {missing} is missing, and the "
                "network compares the others with the first; leave the patient out, "
                "or set module__fusion='mean' or 'attention'"
            )

    def check_alike(self, shape: tuple[int, ...], channels: tuple[str, ...]) -> None:
        """Refuse items of another shape or with other maps, without reading them."""
        for source, place in zip(self.sources, self.places, strict=True):
            for part in _parts(source):
                _check_alike(part, place, shape[-3:], channels)

    def check_pixels(self, most_bytes: float = 0.0) -> None:
        """Read every item once and refuse NaN and infinite pixels.

        Those that lie in files or are computed are kept where they are read faster,
        until `release`: in memory up to ``most_bytes``, beyond in a scratch file.
        """
        self.release()
        scratch = None
        if any(map(_is_elsewhere, self.sources)):
            scratch = Scratch(len(self), self.shape, most_bytes)
        try:
            for i in range(len(self)):
                image = self._load(i)
                self._check_finite([i], image[None])
                if scratch is not None and not scratch.write(image):
                    scratch = None
        except BaseException:
            if scratch is not None:
                scratch.close()
            raise
        self._scratch = scratch
        if scratch is not None and scratch.in_file:
            forget_computed()  # memory is for the network now

    def release(self) -> None:
        """Forget what `check_pixels` kept; items are read from where they lie."""
        if self._scratch is not None:
            self._scratch.close()
        self._scratch = None

    def __getstate__(self):
        return {**vars(self), "_scratch": None}  # other processes read for themselves

    def check_apart(self, train: np.ndarray, held_out: np.ndarray) -> None:
        """Refuse rows of which some are trained on and others not, with one image.

        A patient that has several rows is another matter, of which is warned.

        Parameters
        ----------
        train, held_out : ndarray of int
            Positions of rows.

        Raises
        ------
        CohortError
            If an image is on both sides; it names both patients.
        """
        known = {}
        for i in np.flatnonzero(np.isin(self.rows, train)):
            for digest, _ in self._digests(i):
                known.setdefault(digest, i)
        for i in np.flatnonzero(np.isin(self.rows, held_out)):
            for digest, part in self._digests(i):
                twin = known.get(digest, i)
                one, other = (
                    self.places[k].partition(", column")[0] for k in (twin, i)
                )
                if one != other and not is_empty(pixels_of(part)):
                    raise CohortError(
                        f"{self.places[twin]} and {self.places[i]} have the same "
                        "pixels, and one is trained on, the other held out; leave one "
                        "of the patients out, or pass groups that keep them together"
                    )

    def _digests(self, i):
        """Digest of each image of an item, and the image.

        What is kept has been read and computed already, and is hashed as it is kept.
        """
        source = self.sources[i]
        if self._scratch is None:
            return [(_pixel_digest(part), part) for part in _parts(source)]
        kept = self._scratch.read(i)
        if not isinstance(source, tuple):
            return [(pixel_digest_of(kept), source)]
        pairs = zip(kept, source, strict=True)
        return [(pixel_digest_of(one), p) for one, p in pairs if p is not None]

    def read(self, i: int) -> np.ndarray:
        """Read one item as float32; a copy that may be written to."""
        return self.batch([i])[0].numpy()

    def batch(self, indices: Sequence[int]) -> torch.Tensor:
        """Read items into one tensor; refuse pixels that no network can take."""
        indices = np.asarray(indices, dtype=np.intp)
        images = np.stack([self._load(i) for i in indices])
        self._check_finite(indices, images)
        if images.ndim > 4:
            images[~self.happened[indices]] = np.nan
        return torch.from_numpy(images)

    def _check_finite(self, indices, images):
        """Refuse items with pixels that no network can take."""
        # A sum is the quickest look: a bad pixel spoils it. Only then is each image
        # searched for the place.
        with np.errstate(over="ignore", invalid="ignore"):
            total = images.sum()
        if not np.isfinite(total):
            for i, image in zip(indices, images, strict=True):
                _check_finite(image, self.places[i])

    def _load(self, i):
        """Read one item as float32, without a copy where there is no need."""
        if self._scratch is not None:
            return self._scratch.read(i)
        source = self.sources[i]
        with placed(self.places[i]):
            if not isinstance(source, tuple):
                return pixels_of(source)
            blank = np.zeros(self.shape[1:], np.float32)
            return np.stack([blank if p is None else pixels_of(p) for p in source])

    def mean_by_row(self, values: np.ndarray) -> np.ndarray:
        """Average the items' values, (n_items, k), over each row's items."""
        sums = np.zeros((self.n_rows, values.shape[1]))
        np.add.at(sums, self.rows, values)
        return sums / np.bincount(self.rows, minlength=self.n_rows)[:, None]


class TableItems:
    """Rows of a table as items, one per row."""

    channels = ()

    def __init__(self, table):
        self.table = table
        self.rows = np.arange(len(table))
        self.n_rows = len(table)

    def __len__(self):
        return len(self.table)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.table.shape[1:]

    def release(self) -> None:
        """Do nothing: rows are in memory."""

    def check_apart(self, train: np.ndarray, held_out: np.ndarray) -> None:
        """Do nothing: numbers of two patients may be alike."""

    def batch(self, indices: Sequence[int]) -> torch.Tensor:
        """Copy rows into one tensor."""
        return torch.from_numpy(self.table[np.asarray(indices, dtype=np.intp)])

    def mean_by_row(self, values: np.ndarray) -> np.ndarray:
        """Return the values: each row is its only item."""
        return values.astype(np.float64)


def item_shape(source) -> tuple[int, ...]:
    """Shape of an item as the network will see it, from its handle."""
    if isinstance(source, tuple):
        return (len(source), *item_shape(_parts(source)[0]))
    if isinstance(source, Plane):
        shape = tuple(source.image.shape)
        return shape if source.kind == "maps" else (1, *shape)
    return tuple(source.shape)


def item_channels(source) -> tuple[str, ...]:
    """Names of an item's maps."""
    if isinstance(source, tuple):
        return item_channels(_parts(source)[0])
    return source.channels if isinstance(source, Plane) else ()


def _parts(source):
    """List the images of an item that there are."""
    if not isinstance(source, tuple):
        return (source,)
    return tuple(part for part in source if part is not None)


def _check_alike(image, place, shape, channels):
    """Refuse an image of another shape or with other maps than expected."""
    found = item_shape(image)[-3:]
    if found[0] != shape[0]:
        raise CohortError(
            f"{place}: the image has {found[0]} channel(s), expected {shape[0]}; give "
            "images like those of the first row"
        )
    if found != shape:
        raise CohortError(
            f"{place}: the image is {_size(found)} pixels, expected {_size(shape)}; "
            "put PlaneResizer before the network"
        )
    if item_channels(image) != channels:
        raise CohortError(
            f"{place}: the maps are {item_channels(image)}, expected {channels}; "
            "compute the same maps of all"
        )


def _is_elsewhere(source):
    """Tell whether reading an item opens a file or computes an image."""
    return any(
        isinstance(part, Plane) and not isinstance(part.image, InMemoryArray)
        for part in _parts(source)
    )


def pixels_of(source) -> np.ndarray:
    """Read one image as float32, (n_channels, height, width)."""
    if not isinstance(source, Plane):
        return np.asarray(source, dtype=np.float32)
    image = np.asarray(source.load(), dtype=np.float32)
    return image if source.kind == "maps" else image[None]


def _pixel_digest(source):
    """Digest of an image's pixels; those of files are read once a process."""
    if isinstance(source, Plane):
        return source.image.pixel_digest
    return InMemoryArray(source).pixel_digest


def _check_finite(image, place):
    """Refuse an image with NaN or infinite pixels."""
    bad = 1 - np.isfinite(image).mean()
    if bad:
        raise CohortError(
            f"{place}: {bad:.1%} of the pixels are NaN or infinite; MapScaler fills "
            "them: put it before the network"
        )


def _size(shape):
    """Height x width of an item, for messages."""
    return f"{shape[-2]}x{shape[-1]}"
