"""What a step of one's own needs: list planes, name them in errors, put them back.

This is a door for developers of steps and of what looks into them. A step that makes
one plane of each needs `sknac.cohort.PlaneTransformer` alone.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sknac.cohort._derived import DerivedArray, shared
from sknac.cohort._frame import check_has_studies, has_study
from sknac.cohort._handles import ArrayRef
from sknac.cohort._parts import over_parts
from sknac.cohort._places import placed
from sknac.cohort._recent import recent
from sknac.cohort._records import Plane, Study
from sknac.exceptions import CohortError
from sknac.io import read_info
from sknac.utils._burned_in import CONTRAST, find_annotations

__all__ = [
    "PlaneAt",
    "annotated_pixels",
    "as_column",
    "check_has_studies",
    "check_kind",
    "derived_mask",
    "forget_computed",
    "has_study",
    "is_empty",
    "list_planes",
    "over_parts",
    "placed",
    "put_planes",
    "shared",
    "shared_images",
]

_KINDS = {
    "rf": "RF planes",
    "envelope": "envelopes",
    "bmode": "B-mode images",
    "maps": "maps",
}


class PlaneAt(NamedTuple):
    """A plane and where it stands in its frame.

    Parameters
    ----------
    plane : Plane
        The plane.
    row : int
        Position of its patient in the frame.
    patient : object
        The patient's label in the index.
    column : str
        The ultrasound column.
    number : int
        Position of the plane in its study.
    """

    plane: Plane
    row: int
    patient: object
    column: str
    number: int

    @property
    def place(self) -> str:
        """The words that name it in an error."""
        return f"row {self.patient}, column {self.column}, plane {self.number}"

    @contextmanager
    def named(self) -> Iterator[Plane]:
        """Put the place before what is wrong with the plane.

        Yields
        ------
        Plane
            The plane. A ValueError inside is raised again as a `CohortError` that
            begins with row, column and plane; a missing or changed file as what it
            is, with the same beginning; a damaged one with the place behind its cause.
            What names its place already is raised as it is.
        """
        with placed(self.place):
            yield self.plane


def list_planes(X: pd.DataFrame, columns: Sequence[str]) -> list[PlaneAt]:
    """List the planes of some columns, patient by patient within a column.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A checked cohort frame.
    columns : sequence of str
        Ultrasound columns.

    Returns
    -------
    list of PlaneAt
        The planes with their places; missing visits have none.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import Plane, Study
    >>> from sknac.cohort.planes import list_planes, put_planes
    >>> study = Study([Plane(np.eye(4), "bmode")])
    >>> X = pd.DataFrame({"us_pre": [study, None]}, index=["P1", "P2"])
    >>> turned = []
    >>> for at in list_planes(X, ["us_pre"]):
    ...     with at.named() as plane:
    ...         turned.append(plane.replace(image=plane.load()[::-1]))
    >>> put_planes(X, ["us_pre"], turned)["us_pre"].tolist()
    [Study(1 bmode plane), None]
    """
    return [
        PlaneAt(plane, row, patient, column, number)
        for column in columns
        for row, (patient, cell) in enumerate(X[column].items())
        if has_study(cell)
        for number, plane in enumerate(cell.planes)
    ]


def put_planes(
    X: pd.DataFrame, columns: Sequence[str], planes: Sequence[Plane]
) -> pd.DataFrame:
    """Build a frame with a new plane in the place of each.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        The frame whose planes were listed; it is not changed.
    columns : sequence of str
        The same columns.
    planes : sequence of Plane
        One for each of `list_planes`, in its order.

    Returns
    -------
    DataFrame of shape (n_patients, n_columns)
        The same index and columns; missing visits are None.

    Raises
    ------
    CohortError
        If what should be planes is not, or a study's planes are of several kinds.
    """
    todo = iter(planes)
    mapped = X.copy(deep=False)
    for column in columns:
        mapped[column] = as_column(
            [
                _refilled(cell, todo, f"row {patient}, column {column}")
                for patient, cell in X[column].items()
            ],
            X.index,
        )
    return mapped


def _refilled(cell, todo, place):
    """Take a cell's new planes from those still to be put."""
    if not has_study(cell):
        return None
    try:
        return Study(tuple(islice(todo, cell.n_planes)))
    except ValueError as error:
        raise CohortError(f"{place}: {error}") from error


def shared_images(
    some: Iterable[PlaneAt], others: Iterable[PlaneAt]
) -> list[tuple[PlaneAt, PlaneAt]]:
    """Find the images that two sets of planes share, by their pixels.

    An image of one value everywhere is like every other empty one and not counted.
    Every plane is read, once a process.

    Parameters
    ----------
    some, others : iterable of PlaneAt
        Planes with their places, as `list_planes` gives them.

    Returns
    -------
    list of tuple of (PlaneAt, PlaneAt)
        For each of `others` whose pixels are among `some`: the first of those, and it.

    Raises
    ------
    CohortError
        If a plane cannot be read; it names the place.
    """
    known: dict[str, PlaneAt] = {}
    for at in some:
        known.setdefault(pixels_of(at), at)
    pairs = [(known.get(pixels_of(at)), at) for at in others]
    return [(one, at) for one, at in pairs if one and not is_empty(one.plane.load())]


def pixels_of(at: PlaneAt) -> str:
    """Digest of a plane's pixels; errors name its place."""
    with at.named() as plane:
        return plane.image.pixel_digest


def annotated_pixels(plane: Plane, contrast: float = CONTRAST) -> np.ndarray:
    """Find what is drawn on a B-mode image: text, calipers, colour.

    Parameters
    ----------
    plane : Plane
        The plane, as it was read: images in memory have no colour.
    contrast : float, default=0.25
        Least contrast of a stroke to both sides, as a share of the image's range.

    Returns
    -------
    ndarray of bool of shape (height, width)
        True on strokes, with two pixels around them, and on coloured pixels.

    See Also
    --------
    sknac.preprocessing.BurnedInAnnotations : The step, which tells how it is found.
    """
    coloured = None
    if isinstance(plane.image, ArrayRef):
        image = plane.image
        info = read_info(image.path, image.variable, reader=image.read_by)
        coloured = info.coloured_pixels(image.frame)
    return find_annotations(plane.load(), coloured, contrast=contrast)


def derived_mask(
    function: Callable, *inputs: Any, shape: tuple[int, int]
) -> DerivedArray:
    """Make a mask that is drawn when it is read.

    Parameters
    ----------
    function : callable
        ``function(*inputs)`` returns the mask; see `Plane.derive`.
    *inputs : object
        What it is called with, such as an outline and a grid.
    shape : tuple of int
        Shape of the mask.

    Returns
    -------
    DerivedArray of bool
        The handle; its ``keep`` takes a mask that has been drawn already.
    """
    return DerivedArray(function, inputs, shape, bool)


def forget_computed() -> None:
    """Drop the derived images that this process keeps because it computed them last.

    For who has read a whole cohort into a place of his own.
    """
    recent.clear()


def is_empty(pixels: np.ndarray) -> bool:
    """Tell whether an image has one value everywhere.

    Parameters
    ----------
    pixels : ndarray
        The image.

    Returns
    -------
    bool
        True too where all are NaN.
    """
    first = pixels.flat[0]
    return bool((pixels == first).all() or np.isnan(pixels).all())


def as_column(cells: Sequence[Study | None], index: pd.Index) -> pd.Series:
    """Make a column of studies; pandas would expand them or make None a NaN.

    Parameters
    ----------
    cells : sequence of Study or None
        One per patient.
    index : Index
        The patients.

    Returns
    -------
    Series of object
        The column.
    """
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return pd.Series(values, index=index, dtype=object)


def check_kind(estimator: object, plane: Plane) -> None:
    """Refuse a plane of a kind that an estimator does not take.

    Parameters
    ----------
    estimator : estimator
        Its ``kinds`` say which it takes.
    plane : Plane
        The plane.

    Raises
    ------
    ValueError
        If the plane is of another kind; it says what to put in between.
    """
    if plane.kind in estimator.kinds:
        return
    if plane.kind == "maps":
        mend = "use ROIMasker to cut regions out of maps; RegionChannels comes later"
    elif plane.kind == "bmode" and "maps" in estimator.kinds:
        mend = "put a QUSMapper before this step, on the RF that the image was made of"
    elif plane.kind == "bmode":
        mend = "give the RF that it was made of: a B-mode image is log-compressed"
    elif plane.kind == "envelope" and "maps" in estimator.kinds:
        mend = "put an EnvelopeMapper before this step, which makes maps of it"
    elif plane.kind == "envelope":
        mend = "give it a plane of another kind; an envelope has no spectrum"
    elif "maps" in estimator.kinds:
        mend = "put a QUSMapper before this step, which makes maps of RF"
    else:
        mend = "use sknac.qus.bmode_from_rf first"
    legal = " or ".join(_KINDS[kind] for kind in sorted(estimator.kinds))
    raise ValueError(
        f"{type(estimator).__name__} needs {legal}, got {plane.kind}; {mend}"
    )
