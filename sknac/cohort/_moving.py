"""A cohort whose files lie elsewhere than when it was built."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pandas as pd

from sknac.cohort._derived import DerivedArray
from sknac.cohort._frame import checked_columns
from sknac.cohort._handles import ArrayRef
from sknac.cohort._outline_union import OutlineUnion, parts_of, unite
from sknac.cohort._outlines import MaskOutline
from sknac.cohort.planes import PlaneAt, list_planes, put_planes
from sknac.exceptions import CohortError
from sknac.utils._progress import tracked


def relocate(X: pd.DataFrame, root: str | os.PathLike) -> pd.DataFrame:
    """Point the planes of a cohort frame at their files in another folder.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A cohort frame, such as one that was saved on another machine.
    root : str or path-like
        The folder where the files lie now, in the same folders below it as before.
        It may stand for any folder that all old paths have in common.

    Returns
    -------
    DataFrame of shape (n_patients, n_columns)
        The same cohort with new handles. Equal to X: equality and caches go by
        content.

    Raises
    ------
    CohortError
        If a file is not there, or holds other content than when the cohort was built;
        it names patient and visit. Or if no plane lies in a file.

    See Also
    --------
    pack_cohort : The pixels in one file.

    Notes
    -----
    Every file is hashed at once, so that nothing is found out in the middle of a
    training. Images and outlines in memory stay as they are.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import cohort_from_table, relocate
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "old").mkdir()
    >>> np.save(folder / "old" / "a.npy", np.eye(8))
    >>> row = {"patient_id": "P1", "visit": "pre", "path": "a.npy", "kind": "bmode"}
    >>> X = cohort_from_table(pd.DataFrame([row]), root=folder / "old")
    >>> _ = (folder / "old").rename(folder / "new")
    >>> moved = relocate(X, folder / "new")
    >>> float(moved.at["P1", "us_pre"].planes[0].load().sum())
    8.0
    """
    columns = checked_columns(X)
    found = list_planes(X, columns)
    owners = {path: at for at in reversed(found) for path in _paths(at.plane)}
    if not owners:
        raise CohortError("no plane lies in a file; there is nothing to relocate")
    place = _find_places(owners, Path(root))
    moved = []
    for at in tracked(found, "checking files"):
        with at.named() as plane:
            moved.append(_moved(plane, place))
    return put_planes(X, columns, moved)


def _paths(plane):
    """List the files of a plane."""
    outlines = (*parts_of(plane.core), *parts_of(plane.roi))
    handles = [plane.image, *(getattr(part, "mask", None) for part in outlines)]
    return [file.path for handle in handles for file in _files(handle)]


def _files(handle):
    """List the handles to files under a handle."""
    if isinstance(handle, ArrayRef):
        return [handle]
    parents = handle.parents if isinstance(handle, DerivedArray) else ()
    return [file for parent in parents for file in _files(parent)]


def _pure(path) -> PurePath:
    """Part a path as the system did that it comes from."""
    windows = re.match(r"[A-Za-z]:[\\/]|\\\\", path)
    return PureWindowsPath(path) if windows else PurePosixPath(path)


def _find_places(owners: dict[str, PlaneAt], root: Path) -> Callable[[str], Path]:
    """Find which old folder `root` stands for; the deepest that all files fit."""
    parts = {path: _pure(path).parts for path in owners}
    shared = 0
    for level in zip(*(p[:-1] for p in parts.values()), strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    fewest = None
    for n_left_out in range(shared, 0, -1):
        absent = [
            path
            for path, names in parts.items()
            if not root.joinpath(*names[n_left_out:]).is_file()
        ]
        if not absent:
            return lambda path, n=n_left_out: root.joinpath(*_pure(path).parts[n:])
        if fewest is None or len(absent) < len(fewest[0]):
            fewest = absent, n_left_out
    absent, n_left_out = fewest
    expected = root.joinpath(*parts[absent[0]][n_left_out:])
    raise CohortError(
        f"{owners[absent[0]].place}: {expected} is not there ({len(absent)} of "
        f"{len(owners)} files are missing); give the folder that stands for "
        f"{PurePath(*parts[absent[0]][:shared])}, or one above it"
    )


def _moved(plane, place):
    """Return a plane with handles to the same content elsewhere."""
    found = {name: getattr(plane, name) for name in ("image", "core", "roi")}
    changes = {name: _moved_part(part, place) for name, part in found.items()}
    return plane.replace(**changes)


def _moved_part(part, place):
    """Return an image, an outline or another value with its files elsewhere."""
    if isinstance(part, DerivedArray):
        return part.replaced(lambda value: _moved_part(value, place))
    if isinstance(part, ArrayRef):
        return _moved_file(part, place)
    if isinstance(part, tuple):
        return tuple(_moved_part(one, place) for one in part)
    if isinstance(part, MaskOutline):
        return part._with_mask(_moved_part(part.mask, place))
    if isinstance(part, OutlineUnion):
        return unite([_moved_part(one, place) for one in part.parts])
    return part


def _moved_file(old, place):
    """Return a handle to the same content elsewhere."""
    new = ArrayRef.from_file(
        place(old.path), old.frame, old.variable, reader=old.read_by
    )
    if new.digest != old.digest:
        raise ValueError(
            f"{new.path} holds other content than when the cohort was built; put "
            "the right file there, or build the cohort again"
        )
    return new.knowing(old)
