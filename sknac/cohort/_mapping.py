"""Working through the planes of a cohort frame."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from sknac.cohort._frame import has_study
from sknac.cohort._records import Plane, Study
from sknac.exceptions import CohortError


class PlaneAt(NamedTuple):
    """A plane and where it stands in its frame."""

    plane: Plane
    row: int
    patient: object
    column: str
    number: int

    @property
    def place(self):
        """The words that name it in an error."""
        return f"row {self.patient}, column {self.column}, plane {self.number}"


def list_planes(X, columns) -> list[PlaneAt]:
    """List the planes of some columns, patient by patient within a column."""
    return [
        PlaneAt(plane, row, patient, column, number)
        for column in columns
        for row, (patient, cell) in enumerate(X[column].items())
        if has_study(cell)
        for number, plane in enumerate(cell.planes)
    ]


def map_planes(
    X: pd.DataFrame,
    columns: Sequence[str],
    function: Callable[..., Plane],
    *,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Replace every plane by what a function makes of it.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A checked cohort frame; it is not changed.
    columns : sequence of str
        Ultrasound columns to map over.
    function : callable
        ``function(plane) -> Plane``. Its ValueErrors are raised again as
        `CohortError` with row, column and plane in front.
    n_jobs : int or None, default=None
        Planes worked on at a time, as in joblib.

    Returns
    -------
    DataFrame of shape (n_patients, n_columns)
        The same index and columns; missing visits stay None.

    Raises
    ------
    CohortError
        If the function refuses a plane.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import Plane, Study, map_planes
    >>> study = Study([Plane(np.eye(4), "bmode")])
    >>> X = pd.DataFrame({"us_pre": [study, None]}, index=["P1", "P2"])
    >>> flip = lambda plane: plane.replace(image=plane.load()[::-1])
    >>> map_planes(X, ["us_pre"], flip)["us_pre"].tolist()
    [Study(1 bmode plane), None]
    """
    found = list_planes(X, columns)
    planes = run_planes(found, [function] * len(found), n_jobs=n_jobs)
    return put_planes(X, columns, found, planes)


def run_planes(found, work, *, n_jobs=None, on_plane=None) -> list:
    """Run one piece of work per plane and return the results in order.

    An item of ``work`` is a function of the plane, or a `Plane` that is already
    the result. ``on_plane()`` is called as each is there.
    """
    results = list(work)
    todo = [i for i, item in enumerate(work) if not isinstance(item, Plane)]
    for _ in range(len(work) - len(todo) if on_plane else 0):
        on_plane()
    tasks = (delayed(_run)(work[i], found[i].plane, found[i].place) for i in todo)
    # Without a listener a list does, which every backend of joblib can return.
    kind = "generator" if on_plane else "list"
    done = Parallel(n_jobs=n_jobs, return_as=kind)(tasks)
    for i, result in zip(todo, done, strict=True):
        results[i] = result
        if on_plane:
            on_plane()
    return results


def _run(function, plane, place):
    """Call a function; its ValueErrors name the place."""
    try:
        return function(plane)
    except ValueError as error:
        raise CohortError(f"{place}: {error}") from error


def put_planes(X, columns, found, planes) -> pd.DataFrame:
    """Build a frame whose planes are new, in the order of those found."""
    cells = {}
    for at, plane in zip(found, planes, strict=True):
        cells.setdefault((at.column, at.row), []).append(plane)
    mapped = X.copy(deep=False)
    for column in columns:
        studies = [
            _study(cells.get((column, row)), f"row {patient}, column {column}")
            for row, patient in enumerate(X.index)
        ]
        mapped[column] = as_column(studies, X.index)
    return mapped


def _study(planes, place):
    """Gather the planes of a cell."""
    if planes is None:
        return None
    try:
        return Study(tuple(planes))
    except ValueError as error:  # the function returned no plane, or mixed kinds
        raise CohortError(f"{place}: {error}") from error


def as_column(cells, index) -> pd.Series:
    """Make an object column of studies; nothing is expanded or made NaN."""
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return pd.Series(values, index=index, dtype=object)
