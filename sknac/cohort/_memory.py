"""What a cohort frame holds in memory, and what would be read or computed."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from math import prod

import pandas as pd

from sknac.cohort._derived import DerivedArray
from sknac.cohort._frame import checked_columns
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.cohort._outline_union import parts_of
from sknac.cohort._outlines import PolygonOutline
from sknac.cohort._recent import recent
from sknac.cohort.planes import list_planes
from sknac.utils._result import Result
from sknac.utils._text import patients

_WHERE = ("in_memory", "in_files", "computed")


@dataclass(frozen=True)
class MemoryReport(Result):
    """What a cohort frame holds, and what would be read or computed by loading it.

    Parameters
    ----------
    n : int
        Number of patients.
    n_planes : int
        Number of planes.
    held_mb : float
        Images, masks and outlines that the frame holds in memory, in MB; what several
        planes share counts once.
    file_mb : float
        Files under the frame, in MB; one that many planes lie in counts once.
    loaded_mb : float
        What the images would take if all were loaded, in MB.
    recent_mb : float
        What this process keeps at the moment of images that were computed last, in
        MB; 134 MB at most, of all frames together.
    planes : DataFrame of shape (n_columns_and_kinds, 10)
        Per column and kind: ``column, kind, patients, planes``; how many planes'
        images are ``in_memory``, ``in_files`` and ``computed`` when they are read;
        ``held_mb, file_mb, loaded_mb``. What rows share counts in the first of them.
    """

    n: int
    n_planes: int
    held_mb: float
    file_mb: float
    loaded_mb: float
    recent_mb: float
    planes: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the table of columns and kinds.

        Returns
        -------
        DataFrame of shape (n_columns_and_kinds, 10)
            One row per column and kind.
        """
        return self.planes

    def __repr__(self):
        lines = [f"MemoryReport({patients(self.n)}, {self.n_planes} planes)"]
        lines += [
            f"- {row['column']}, {row['kind']}: {_said(row)}"
            for row in self.planes.to_dict("records")
        ]
        return "\n".join(
            [*lines, f"- computed last, kept: {_size(self.recent_mb)} of this process"]
        )


def memory_report(X: pd.DataFrame) -> MemoryReport:
    """Say what a cohort frame holds in memory, and what loading it would cost.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A cohort frame.

    Returns
    -------
    MemoryReport
        Sizes per column and kind. No file is opened and nothing is computed.

    Raises
    ------
    CohortError
        If X has no ultrasound column.

    See Also
    --------
    cohort_summary : What the frame says of patients and images.

    Notes
    -----
    Steps such as `sknac.roi.ROIMasker` make images that are computed when they are
    read. Such a plane holds what it is computed from: nothing but names and numbers
    where that lies in files, the whole array where it is in memory.

    Examples
    --------
    >>> from sknac.cohort import memory_report
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.preprocessing import PlaneResizer
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X[["us_pre"]]
    >>> report = memory_report(PlaneResizer(image_size=64).fit_transform(X))
    >>> report.to_frame()[["column", "kind", "in_memory", "computed", "loaded_mb"]]
       column   kind  in_memory  computed  loaded_mb
    0  us_pre  bmode          0         4   0.065536
    """
    seen: set = set()
    rows = [
        {"column": column, "kind": kind, **_counted(found, seen)}
        for column in checked_columns(X)
        for kind, found in _by_kind(list_planes(X, [column])).items()
    ]
    columns = ["column", "kind", "patients", "planes", *_WHERE]
    sizes = ["held_mb", "file_mb", "loaded_mb"]
    table = pd.DataFrame(rows, columns=[*columns, *sizes])
    totals = {name: float(table[name].sum()) for name in sizes}
    return MemoryReport(
        len(X),
        int(table["planes"].sum()),
        **totals,
        recent_mb=recent.n_bytes / 1e6,
        planes=table,
    )


def _by_kind(found):
    """Sort planes by their kind."""
    kinds: dict = {}
    for at in found:
        kinds.setdefault(at.plane.kind, []).append(at)
    return kinds


def _counted(found, seen):
    """Count planes and bytes; what has been seen before does not count again."""
    row = {"patients": len({at.row for at in found}), "planes": len(found)}
    row |= dict.fromkeys((*_WHERE, "held_mb", "file_mb", "loaded_mb"), 0)
    for at in found:
        row[_where(at.plane.image)] += 1
        row["loaded_mb"] += _n_bytes(at.plane.image) / 1e6
        outlines = (*parts_of(at.plane.core), *parts_of(at.plane.roi))
        for part in (at.plane.image, *outlines):
            held, in_files = _sizes(part, seen)
            row["held_mb"] += held / 1e6
            row["file_mb"] += in_files / 1e6
    return row


def _where(handle):
    """Say where an image is taken from."""
    if isinstance(handle, DerivedArray):
        return "computed"
    return "in_memory" if isinstance(handle, InMemoryArray) else "in_files"


def _sizes(part, seen):
    """Bytes in memory and in files under an image or an outline."""
    path = getattr(part, "path", None)
    key = id(part) if path is None else path
    if key in seen:
        return 0, 0
    seen.add(key)
    if isinstance(part, PolygonOutline):
        return part.vertices.nbytes, 0
    if isinstance(part, DerivedArray):
        sizes = [_sizes(inner, seen) for one in part.inputs for inner in _parts(one)]
        return sum(held for held, _ in sizes), sum(files for _, files in sizes)
    if isinstance(part, InMemoryArray):
        return _n_bytes(part), 0
    if path is not None:  # of a file its size, of a store's entry that of its samples
        return 0, part.size if isinstance(part, ArrayRef) else _n_bytes(part)
    mask = getattr(part, "mask", None)
    return (0, 0) if mask is None else _sizes(mask, seen)


def _parts(value):
    """List an outline's parts, those of a tuple, or the value itself."""
    return value if isinstance(value, tuple) else getattr(value, "parts", (value,))


def _n_bytes(handle):
    """Bytes of an array."""
    return prod(handle.shape) * handle.dtype.itemsize


def _said(row):
    """Say what a column's planes hold."""
    where = ", ".join(
        f"{row[name]} {name.replace('_', ' ')}" for name in _WHERE if row[name]
    )
    held, in_files, loaded = (
        _size(row[name]) for name in ("held_mb", "file_mb", "loaded_mb")
    )
    return (
        f"{row['planes']} planes ({where}); {held} held, {in_files} in files, {loaded} "
        "if all were loaded"
    )


def _size(mb):
    """Write a size in MB or GB."""
    return f"{mb / 1000:.3g} GB" if mb >= 1000 else f"{mb:.3g} MB"
