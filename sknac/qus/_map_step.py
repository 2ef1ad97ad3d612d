"""What mappers share: jobs of planes, a store of maps, and a table of their quality."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd

from sknac.cohort import Plane, PlaneTransformer
from sknac.qus._guards import warn_all
from sknac.qus._quality import cohort_doubts
from sknac.utils._room import check_room_of_all
from sknac.utils._session_store import SessionStore, session_store
from sknac.utils._sklearn import Interval, Options, Real
from sknac.utils._store import ArrayStore
from sknac.utils._warnings import warn_user

# Patients of the last transform of each step. They are no attributes: a step that is
# saved or handed on must not carry names.
_PATIENTS = WeakKeyDictionary()


class MapStep(PlaneTransformer):
    """Base of the steps that make maps of planes, window by window.

    A subclass takes the settings below, settles jobs (`_settle`) and writes the table
    of what they made (`_table`).
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "window_mm": [Interval(Real, 0, None, closed="neither"), "array-like"],
        "overlap": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "channels": ["array-like", str],
        "pixel_mm": [Interval(Real, 0, None, closed="neither"), None],
        "min_valid_share": [Interval(Real, 0, 1, closed="both")],
        "store": [str, os.PathLike, None, Options(bool, {False})],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
    }

    set_in_use = ("quality_",)

    def _settle(self, X: pd.DataFrame) -> Callable:
        """Check the settings once; return what makes a job of a `PlaneAt`."""
        raise NotImplementedError(f"{type(self).__name__} must write _settle")

    def _table(self, found, made) -> pd.DataFrame:
        """Write the table of quality, one row per plane."""
        raise NotImplementedError(f"{type(self).__name__} must write _table")

    def plane_jobs(self, X: Any, found: Any) -> Any:
        # Maps that are in the store are taken from there; see PlaneTransformer.
        settle = self._settle(X)
        jobs, n_bytes = [], 0
        for at in found:
            with at.named():
                job = settle(at)
                jobs.append(job.stored(listed=True) or job)
                n_bytes += job.n_bytes
        if self._folder is None:
            check_room_of_all(
                f"the maps of {len(found)} planes",
                n_bytes,
                "give a folder as store=, or larger pixels",
            )
        return jobs

    def planes_made(self, found: Any, made: Any) -> Any:
        # Workers tell what they doubt; it is said here, once for all planes.
        self.quality_ = self._table(found, made)
        _PATIENTS[self] = [at.patient for at in found]
        for doubt in cohort_doubts(found, made, self.min_valid_share):
            warn_user(doubt)
        return [one.plane for one in made]

    def quality_table(self) -> pd.DataFrame:
        """Return ``quality_`` with the patients' names in place of their positions.

        Returns
        -------
        DataFrame of shape (n_planes, n_columns)
            ``patient_id`` and the other columns of ``quality_``.

        Raises
        ------
        ValueError
            If the last ``transform`` was not of this object: names are not saved.
        """
        if self not in _PATIENTS or "quality_" not in vars(self):
            raise ValueError(
                f"{type(self).__name__} has mapped no patients since it was made or "
                "loaded, and names are not saved; transform them again, or look "
                "quality_['row'] up in their index"
            )
        table = self.quality_.drop(columns="row", errors="ignore")
        table.insert(0, "patient_id", pd.Series(_PATIENTS[self], dtype=object))
        return table

    def _map_plane(self, job) -> Plane:
        """Make the maps of one plane, and warn of what is doubtful."""
        made = job.stored() or job()
        warn_all(made.quality.doubts, "the plane")
        return made.plane

    def _begin_fit(self):
        """Forget what is of another fit; refuse a store that is a file."""
        vars(self).pop("quality_", None)
        if self._folder is not None:
            ArrayStore(self._folder)  # the folder is made when needed

    @property
    def _folder(self):
        """Folder that is named as the store, or None."""
        return None if self.store in (None, False, "auto") else self.store

    def _open_store(self) -> ArrayStore | SessionStore | None:
        """Open the store for reading and writing."""
        if self._folder is None:
            return None if self.store is False else session_store()
        store = ArrayStore(self._folder)
        store.prepare()
        return store
