"""Images that networks take: planes of cohort frames, bags and plain arrays."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from sknac.cohort import InMemoryArray, Plane, check_cohort
from sknac.cohort.planes import check_has_studies, check_kind, is_empty, list_planes
from sknac.exceptions import CohortError, StaleFileError
from sknac.utils._labels import refuse_masked
from sknac.utils._warnings import warn_user

# Axes of one item: a plane (channels, height, width) or a pair of planes.
AXES = {
    "plane": ("n_channels", "height", "width"),
    "pair": ("2", "n_channels", "height", "width"),
}


class Items:
    """Items (planes or pairs) of all rows, read only when they are asked for.

    Parameters
    ----------
    sources : list
        Per item an array, a `Plane`, or a tuple of two planes.
    rows : ndarray of int of shape (n_items,)
        Position of each item's row (patient) in X.
    n_rows : int
        Number of rows of X.
    places : list of str
        Where each item lies, for messages.
    """

    def __init__(self, sources, rows, n_rows, places):
        self.sources = sources
        self.rows = np.asarray(rows, dtype=np.intp)
        self.n_rows = n_rows
        self.places = places

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

    def check_alike(self, shape: tuple[int, ...], channels: tuple[str, ...]) -> None:
        """Refuse items of another shape or with other maps, without reading them."""
        for source, place in zip(self.sources, self.places, strict=True):
            for part in _parts(source):
                _check_alike(part, place, shape[-3:], channels)

    def check_pixels(self) -> None:
        """Read every item once and refuse NaN and infinite pixels."""
        for i in range(len(self)):
            self.read(i)

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
            for part in _parts(self.sources[i]):
                known.setdefault(_pixel_digest(part), i)
        for i in np.flatnonzero(np.isin(self.rows, held_out)):
            for part in _parts(self.sources[i]):
                twin = known.get(_pixel_digest(part), i)
                one, other = (
                    self.places[k].partition(", column")[0] for k in (twin, i)
                )
                if one != other and not is_empty(_pixels(part)):
                    raise CohortError(
                        f"{self.places[twin]} and {self.places[i]} have the same "
                        "pixels, and one is trained on, the other held out; leave one "
                        "of the patients out, or pass groups that keep them together"
                    )

    def read(self, i: int) -> np.ndarray:
        """Read one item as float32; a copy that may be written to."""
        return self.batch([i])[0].numpy()

    def batch(self, indices: Sequence[int]) -> torch.Tensor:
        """Read items into one tensor; refuse pixels that no network can take."""
        images = np.stack([self._load(int(i)) for i in indices])
        # A sum is the quickest look: a bad pixel spoils it. Only then is each image
        # searched for the place.
        with np.errstate(over="ignore", invalid="ignore"):
            total = images.sum()
        if not np.isfinite(total):
            for i, image in zip(indices, images, strict=True):
                _check_finite(image, self.places[int(i)])
        return torch.from_numpy(images)

    def _load(self, i):
        """Read one item as float32, without a copy where there is no need."""
        source = self.sources[i]
        try:
            if isinstance(source, tuple):
                return np.stack([_pixels(part) for part in source])
            return _pixels(source)
        except (FileNotFoundError, StaleFileError) as error:
            text = f"{self.places[i]}: {error}"
            raise type(error)(text) from error

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

    def check_apart(self, train: np.ndarray, held_out: np.ndarray) -> None:
        """Do nothing: numbers of two patients may be alike."""

    def batch(self, indices: Sequence[int]) -> torch.Tensor:
        """Copy rows into one tensor."""
        return torch.from_numpy(self.table[np.asarray(indices, dtype=np.intp)])

    def mean_by_row(self, values: np.ndarray) -> np.ndarray:
        """Return the values: each row is its only item."""
        return values.astype(np.float64)


def from_torch(values, name="X"):
    """Take a tensor, on whatever device, for the array that it holds."""
    refuse_masked(values, name)
    if not isinstance(values, torch.Tensor):
        return values
    values = values.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()


def read_items(estimator, X, *, kind: str, columns, reset: bool) -> Items:
    """Find the planes or pairs of planes in X.

    Parameters
    ----------
    estimator : estimator
        Whom errors are about; with ``reset=True`` it gets ``n_features_in_`` and, from
        a cohort frame, ``columns_``.
    X : DataFrame, ndarray or sequence of ndarray
        A cohort frame, an array of one item per row, or one bag per row.
    kind : {"plane", "pair"}
        What an item is.
    columns : str, sequence of str or None
        Ultrasound columns of a cohort frame.
    reset : bool
        True in ``fit``.

    Returns
    -------
    Items
        In the order of the rows, then of the planes.
    """
    if isinstance(X, pd.DataFrame):
        return _from_cohort(estimator, X, kind, columns, reset)
    items = _from_arrays(from_torch(X), AXES[kind])
    if reset:
        estimator.n_features_in_ = items.shape[0]
    return items


def _from_cohort(estimator, X, kind, columns, reset):
    """List the items of a cohort frame: planes, or planes paired by position."""
    found = check_cohort(estimator, X, columns=columns, reset=reset)
    n_needed = 1 if kind == "plane" else 2
    if len(found) != n_needed:
        raise ValueError(
            f"{type(estimator).__name__} works on {n_needed} ultrasound column(s), "
            f"got {list(found)}; name them in columns="
        )
    if len(set(found)) < n_needed:
        raise ValueError(f"columns names {found[0]!r} twice; name two visits")
    if reset:
        estimator.columns_ = found
    check_has_studies(X, found)
    for at in list_planes(X, found):
        with at.named() as plane:
            check_kind(estimator, plane)
    sources, rows, places, unchanged = [], [], [], []
    for row, patient in enumerate(X.index):
        visits = [X[column].iloc[row].planes for column in found]
        # The shorter visit starts again, so that every plane is used.
        for number in range(max(map(len, visits))):
            planes = [planes[number % len(planes)] for planes in visits]
            sources.append(planes[0] if kind == "plane" else tuple(planes))
            rows.append(row)
            places.append(f"row {patient}, column {'/'.join(found)}, plane {number}")
        unchanged += [patient] * _share_an_image(*visits)
    if unchanged:
        warn_user(
            f"{len(unchanged)} patients have an image at both visits, {found[0]} and "
            f"{found[1]}, the first is row {unchanged[0]}: what is compared with "
            "itself has not changed; give the images of both"
        )
    return Items(sources, rows, len(X), places)


def _share_an_image(first, *second):
    """Tell whether an image of one visit, other than a blank, is of the other too."""
    known = {_image_key(plane) for plane in first}
    return any(
        _image_key(plane) in known and not is_empty(_pixels(plane))
        for planes in second
        for plane in planes
    )


def _image_key(plane):
    """What tells an image from others: of a file, that it is the same frame of it."""
    image = plane.image
    if isinstance(image, InMemoryArray):
        return image.pixel_digest
    return image.digest, image.frame, image.variable


def _from_arrays(X, axes):
    """List the items of an array (one a row, or bags of one size) or of bags."""
    expected = f"({', '.join(axes)})"
    if isinstance(X, np.ndarray) and X.dtype != object:
        if X.ndim == len(axes) + 1:
            X = X[:, None]
        elif X.ndim != len(axes) + 2:
            raise ValueError(
                f"Reshape your data: expected a cohort frame, an array (n_rows, "
                f"{expected[1:]} or a bag (n_items, {expected[1:]} per row; got an "
                f"array of shape {X.shape}"
            )
    if len(X) == 0:
        raise ValueError("Found array with 0 sample(s): X has no row; give some")
    sources, rows, places = [], [], []
    for row, bag in enumerate(X):
        bag = np.asarray(from_torch(bag, f"an image of row {row}"))
        if bag.ndim != len(axes) + 1 or len(bag) == 0 or bag.dtype.kind not in "biuf":
            raise ValueError(
                f"row {row}: expected a bag of numbers, which must be (n_items, "
                f"{expected[1:]} with at least one item, got shape {bag.shape} of type "
                f"{bag.dtype}"
            )
        sources += list(bag)
        rows += [row] * len(bag)
        places += [f"row {row}, plane {number}" for number in range(len(bag))]
    items = Items(sources, rows, len(X), places)
    if axes[0] == "2" and items.shape[0] != 2:
        raise ValueError(
            f"a pair has 2 images, got items of shape {items.shape}; give the images "
            "of both visits"
        )
    return items


def item_shape(source) -> tuple[int, ...]:
    """Shape of an item as the network will see it, from its handle."""
    if isinstance(source, tuple):
        return (2, *item_shape(source[0]))
    if isinstance(source, Plane):
        shape = tuple(source.image.shape)
        return shape if source.kind == "maps" else (1, *shape)
    return tuple(source.shape)


def item_channels(source) -> tuple[str, ...]:
    """Names of an item's maps."""
    if isinstance(source, tuple):
        return item_channels(source[0])
    return source.channels if isinstance(source, Plane) else ()


def _parts(source):
    """List the images of an item."""
    return source if isinstance(source, tuple) else (source,)


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


def _pixels(source):
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
