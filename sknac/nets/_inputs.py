"""Images that networks take: planes of cohort frames, bags and plain arrays."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from sknac.cohort import ArrayRef, check_cohort
from sknac.cohort.planes import (
    check_has_studies,
    check_kind,
    has_study,
    is_empty,
    list_planes,
)
from sknac.exceptions import CohortError
from sknac.nets._items import Items, pixels_of
from sknac.utils._labels import refuse_masked
from sknac.utils._warnings import warn_user


def from_torch(values, name="X"):
    """Take a tensor, on whatever device, for the array that it holds."""
    refuse_masked(values, name)
    if not isinstance(values, torch.Tensor):
        return values
    values = values.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()


def read_items(
    estimator, X, *, n_visits: int, columns, reset: bool, masked: bool = False
) -> Items:
    """Find the planes in X, or the planes of several visits that belong together.

    Parameters
    ----------
    estimator : estimator
        Whom errors are about; with ``reset=True`` it gets ``n_features_in_`` and, from
        a cohort frame, ``columns_``.
    X : DataFrame, ndarray or sequence of ndarray
        A cohort frame, an array of one item per row, or one bag per row.
    n_visits : int
        Visits of an item; of one visit an item is a plane.
    columns : str, sequence of str or None
        Ultrasound columns of a cohort frame.
    reset : bool
        True in ``fit``.
    masked : bool, default=False
        Whether visits may be missing: None in a cohort frame, and NaN all over in
        arrays.

    Returns
    -------
    Items
        In the order of the rows, then of the planes.
    """
    if isinstance(X, pd.DataFrame):
        return _from_cohort(estimator, X, n_visits, columns, reset, masked)
    items = _from_arrays(from_torch(X), n_visits, masked)
    if reset:
        estimator.n_features_in_ = items.shape[0]
    return items


def check_visits(X: pd.DataFrame, columns: Sequence[str], *, masked: bool) -> None:
    """Refuse a cohort frame in which a visit is missing that may not be.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A checked cohort frame.
    columns : sequence of str
        The visits.
    masked : bool
        Whether each patient needs one of them only.

    Raises
    ------
    CohortError
        Naming the first row.
    """
    if not masked:
        check_has_studies(X, columns)
        return
    there = np.array([[has_study(cell) for cell in X[column]] for column in columns])
    if empty := X.index[~there.any(axis=0)].tolist():
        raise CohortError(
            f"row {empty[0]}, column {'/'.join(columns)}: every visit is missing (in "
            f"{len(empty)} of {len(X)} rows); leave these patients out"
        )


def _from_cohort(estimator, X, n_visits, columns, reset, masked):
    """List the items of a cohort frame: planes, or planes put together by position."""
    found = check_cohort(estimator, X, columns=columns, reset=reset)
    if len(found) != n_visits:
        raise ValueError(
            f"{type(estimator).__name__} works on {n_visits} ultrasound column(s), "
            f"got {list(found)}; name them in columns="
        )
    if reset:
        estimator.columns_ = found
    check_visits(X, found, masked=masked)
    for at in list_planes(X, found):
        with at.named() as plane:
            check_kind(estimator, plane)
    sources, rows, places = [], [], []
    for row, (patient, *cells) in enumerate(X[list(found)].itertuples()):
        for number, planes in enumerate(_put_together(cells)):
            sources.append(planes[0] if n_visits == 1 else planes)
            rows.append(row)
            places.append(f"row {patient}, column {'/'.join(found)}, plane {number}")
    _say_what_has_not_changed(X, found)
    return Items(sources, rows, len(X), places)


def _put_together(cells):
    """List one plane of each visit, by position; None where it did not happen.

    The visits with fewer planes start again, so that every plane is used.
    """
    visits = [cell.planes if has_study(cell) else (None,) for cell in cells]
    return [
        tuple(planes[number % len(planes)] for planes in visits)
        for number in range(max(map(len, visits)))
    ]


def _say_what_has_not_changed(X, columns):
    """Warn of patients who have an image at more than one visit."""
    shared = {
        patient: both
        for patient, *cells in X[list(columns)].itertuples()
        if (both := _share_an_image(dict(zip(columns, cells, strict=True))))
    }
    if not shared:
        return
    (patient, (one, other)), *_ = shared.items()
    visits, where = f"both visits, {one} and {other}", ""
    if len(columns) > 2:
        visits, where = "two visits", f", columns {one} and {other}"
    warn_user(
        f"{len(shared)} patients have an image at {visits}, the first is row "
        f"{patient}{where}: what is compared with itself has not changed; give the "
        f"images of {'both' if len(columns) == 2 else 'each'}"
    )


def _share_an_image(cells):
    """Name the first two visits that have an image in common, other than a blank."""
    first = {}
    for column, cell in cells.items():
        for plane in cell.planes if has_study(cell) else ():
            known = first.setdefault(_image_key(plane), column)
            if known != column and not is_empty(pixels_of(plane)):
                return known, column
    return None


def _image_key(plane):
    """What tells an image from others: of a file, that it is the same frame of it."""
    image = plane.image
    if isinstance(image, ArrayRef):
        return image.digest, image.frame, image.variable
    return image.content_digest


def _one_channel(X, n_visits):
    """Say how grey images without an axis of channels get one."""
    visits = () if n_visits == 1 else (n_visits,)
    if X.ndim != 3 + len(visits) or X.shape[1 : X.ndim - 2] != visits:
        return ""
    return "; X[..., None, :, :] is of one channel"


def _from_arrays(X, n_visits, masked):
    """List the items of an array (one a row, or bags of one size) or of bags."""
    axes = ("n_channels", "height", "width")
    axes = axes if n_visits == 1 else (str(n_visits), *axes)
    expected = f"({', '.join(axes)})"
    if isinstance(X, np.ndarray) and X.dtype != object:
        if X.ndim == len(axes) + 1:
            X = X[:, None]
        elif X.ndim != len(axes) + 2:
            raise ValueError(
                f"Reshape your data: expected a cohort frame, an array (n_rows, "
                f"{expected[1:]} or a bag (n_items, {expected[1:]} per row; got an "
                f"array of shape {X.shape}{_one_channel(X, n_visits)}"
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
        if n_visits > 1 and bag.shape[1] != n_visits:
            _refuse_number_of_visits(row, bag.shape[1:], n_visits)
        sources += list(bag)
        rows += [row] * len(bag)
        places += [f"row {row}, plane {number}" for number in range(len(bag))]
    if masked:
        sources = list(map(_visits_that_happened, sources, places))
    return Items(sources, rows, len(X), places)


def _refuse_number_of_visits(row, shape, n_visits):
    """Say how many images an item has, and how to say that it has more."""
    if n_visits == 2:
        raise ValueError(
            f"row {row}: a pair has 2 images, got items of shape {shape}; give the "
            "images of both visits, or name more visits in columns="
        )
    raise ValueError(
        f"row {row}: an item has {n_visits} images, one of each visit, got items of "
        f"shape {shape}; give those of all visits, in their order"
    )


def _visits_that_happened(images, place):
    """Take the image of each visit, None where it is NaN all over."""
    if images.dtype.kind != "f":
        return tuple(images)
    found = tuple(None if np.isnan(image).all() else image for image in images)
    if not any(image is not None for image in found):
        raise CohortError(
            f"{place}: every visit is missing (its images are NaN all over); leave it "
            "out"
        )
    return found
