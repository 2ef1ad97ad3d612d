"""A table with one row per plane becomes a cohort frame."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import pandas as pd

from sknac.cohort._duplicates import check_duplicates
from sknac.cohort._pack import is_pack, read_pack
from sknac.cohort._records import Plane, Study
from sknac.cohort._sizes import check_sizes
from sknac.cohort._table_clinical import clinical_columns
from sknac.cohort._table_errors import Faults, naming
from sknac.cohort._table_names import PLANE_COLUMNS, check_names
from sknac.cohort._table_read import Rows, read_rows
from sknac.cohort._table_rows import named, read_plane
from sknac.cohort._table_shared import tell_shared
from sknac.cohort.planes import as_column
from sknac.exceptions import CohortError
from sknac.utils._progress import tracked
from sknac.utils._warnings import warn_user

_VISIT_ORDER = {"pre": 0, "post2": 1, "post4": 2}


def cohort_from_table(
    table: str | os.PathLike | pd.DataFrame,
    *,
    clinical: str | os.PathLike | pd.DataFrame | None = None,
    root: str | os.PathLike | None = None,
    duplicates: str = "warn",
) -> pd.DataFrame:
    """Build a cohort frame from a table with one row per plane.

    Parameters
    ----------
    table : str, path-like or DataFrame
        A frame (of pandas, polars or pyarrow) or a file: CSV separated by commas,
        semicolons or tabs, with decimal points or commas, or ``.xlsx``. Or a file of
        `pack_cohort`, whose cohort is read back. The columns are

        ``patient_id``, ``visit``, ``path``
            Required. Visits become columns ``us_<visit>``. A path may name an array
            in its file: ``file.mat::name``.
        ``kind``
            ``rf``, ``envelope``, ``bmode`` or ``maps``; may be empty where the file
            says what it holds.
        ``frame``, ``variable``
            Frame number where a file holds several; name of the array likewise.
        ``fs_mhz``, ``line_pitch_mm``, ``start_depth_mm``, ``speed_of_sound``
            For RF and envelopes. The first three are taken from the file where it
            has them; an RF plane without sampling frequency or pitch is an error. The
            others default to 0 mm and 1540 m/s.
        ``spacing_axial_mm``, ``spacing_lateral_mm``
            Pixel size of a B-mode image, envelope or maps, where the file has none;
            both or neither. For RF rows it is the pixel size of the B-mode image on
            which the outline was drawn.
        ``outline``, ``outline_units``, ``outline_label``
            File with the tumour core, or several separated by semicolons, which are
            united: a mask in any format that images have, a ``.json`` of LabelMe or
            COCO, an ``.xml`` of CVAT, or a polygon (``.csv`` with columns
            ``row, column``, or ``axial, lateral`` for mm; ``.npy`` of shape (n, 2)).
            Units are ``px_bmode`` (B-mode and RF rows), ``samples`` (the pixels of
            an RF, envelope or maps row's own array) or ``mm``, which is for polygons.
            The label, or several separated by semicolons, is the value in a mask or
            the text in an annotation file; it may be empty where there is one.
        ``outline_row0``, ``outline_column0``
            For RF with ``px_bmode``: the B-mode pixel that shows the first
            sample of the first line; default 0.
        ``focus_mm``, ``probe``, ``transmit_mhz``, ``gain_db``
            How the plane was acquired; taken from the file where it has them.
        ``reference``, ``channels``
            Name of the reference acquisition; names of the maps, separated by
            semicolons.
        ``plane``, ``size_px``, ``n_frames``
            Ignored: what `cohort_from_folder` writes for you to look at.

        Any other column is clinical and must be constant for a patient.
    clinical : str, path-like or DataFrame, optional
        A second table with one row per patient and a column ``patient_id``, in any
        form that `table` may have.
    root : str or path-like, optional
        Folder that relative paths start from; by default the file's folder, or
        the current one.
    duplicates : {"warn", "raise", "ignore"}, default="warn"
        What happens where two planes have the same pixels. To look, every plane is
        read once; ``"ignore"`` saves that time.

    Returns
    -------
    DataFrame of shape (n_patients, n_columns)
        The cohort frame, patients in the order of their first row.

    Raises
    ------
    CohortError
        If a value is missing or contradictory, or table and file disagree, naming row
        and column (of several rows the first 20, and how many there are); if a column,
        patient or visit is nearly named like another, also where only Unicode or signs
        that nobody sees tell them apart; if an image would be of an impossible size;
        or a file and frame is listed twice at one visit of a patient.
    SknacFormatError
        If a file is damaged, or a table's path is that of a folder, pipe or device.
    FileNotFoundError
        If a table's file is not there.

    Warns
    -----
    UserWarning
        If the clinical table has patients without a plane, who are left out; if some
        images of a visit have a pixel size and others none; if a size is unlikely, or
        in doubt by what else a file says; if one outline is that of several patients
        or visits; or if two planes have the same pixels.

    See Also
    --------
    cohort_from_folder : Make such a table from the names of files.
    cohort_summary : Look at what was read.

    Notes
    -----
    Every file is hashed once, so a file that changes later is noticed. Geometry
    is never guessed: an RF file without its line pitch is an error. Where both table
    and file have a value they must agree to one part in a thousand; the file's is
    kept, which is not rounded. Where a file puts its own spacing in doubt (a DICOM
    image that was resized under its old header), the table's spacing settles it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import cohort_from_table
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> np.save(folder / "a.npy", np.zeros((64, 48), dtype="uint8"))
    >>> table = pd.DataFrame({
    ...     "patient_id": ["P1"], "visit": ["pre"], "path": ["a.npy"],
    ...     "kind": ["bmode"], "response": ["non-response"]})
    >>> cohort_from_table(table, root=folder).loc["P1"].tolist()
    ['non-response', Study(1 bmode plane)]
    """
    if is_pack(table):
        if clinical is not None or root is not None:
            raise CohortError(
                "a packed cohort holds its clinical columns and files; leave out "
                "clinical and root"
            )
        return read_pack(table, duplicates=duplicates)
    rows, doubts = read_rows(table, root), []
    with naming(rows.name):
        check_names(rows)
        planes = _read_planes(rows, doubts)
        _check_listed_once(rows, planes)
        tell_shared(rows)
    cohort = clinical_columns(rows, clinical)
    with naming(rows.name):
        cohort = pd.concat([cohort, *_visits(rows.frame, planes, cohort.index)], axis=1)
    check_sizes(cohort)
    _tell_doubts(doubts, len(planes))
    check_duplicates(cohort, duplicates)
    return cohort


def _read_planes(rows, doubts):
    """Read the plane of each row; errors of all rows are raised together."""
    planes, faults = [], Faults()
    places = rows.places(PLANE_COLUMNS)
    for place, row in tracked(places, "reading files", len(rows.frame)):
        with faults.kept():
            planes.append(read_plane(place, row, rows.base, doubts))
    if not planes:
        _refuse_other_root(rows, faults)
    faults.raise_found()
    return planes


def _refuse_other_root(rows: Rows, faults: Faults) -> None:
    """Say once, where no file at all is there, from which folder they are counted."""
    paths = [str(path).partition("::")[0] for path in rows.frame["path"]]
    lost = [isinstance(found.__cause__, FileNotFoundError) for found in faults.found]
    somewhere = [os.path.isabs(path) or (rows.base / path).is_file() for path in paths]
    if len(paths) > 2 and all(lost) and not any(somewhere):
        raise CohortError(
            f"none of the {len(paths)} files of column path is in "
            f"{os.path.abspath(rows.base)}, the first is {paths[0]}; name the folder "
            "from which they are counted, root=, or correct the paths"
        )


def _visits(rows, planes, index):
    """Make a column of each visit: pre, post2, post4, then others as they appear."""
    columns, faults = [], Faults()
    at_visits = _at_visits(rows, planes)
    for visit in sorted(at_visits, key=lambda visit: _VISIT_ORDER.get(visit, 3)):
        of, cells = at_visits[visit], []
        for patient in index:
            with faults.kept():
                cells.append(_study(patient, visit, of.get(patient)))
        if not faults.found:
            columns.append(as_column(cells, index).rename(f"us_{visit}"))
    faults.raise_found()
    return columns


def _at_visits(rows: pd.DataFrame, planes: list[Plane]) -> dict:
    """Gather the planes by visit and patient, both in the order of their rows."""
    of = {}
    names = (rows["patient_id"], rows["visit"])
    for patient, visit, plane in zip(*names, planes, strict=True):
        of.setdefault(visit, {}).setdefault(patient, []).append(plane)
    return of


def _study(patient, visit, planes):
    """Make a visit of its planes."""
    if planes is None:
        return None
    with named(f"patient {patient}, visit {visit}", "kind"):
        return Study(planes)


def _tell_doubts(doubts: list[str], n_planes: int) -> None:
    """Warn of pixel sizes that the files themselves put in doubt."""
    if doubts:
        warn_user(
            f"the pixel size of {len(doubts)} of {n_planes} planes is in doubt; the "
            f"first is {doubts[0]}, then give spacing_axial_mm and "
            "spacing_lateral_mm, which settle it"
        )


def _check_listed_once(rows: Rows, planes: list[Plane]) -> None:
    """Refuse a file and frame that a visit lists twice: it would count double."""
    seen, faults = {}, Faults()
    names = zip(
        *(rows.frame[name] for name in ("patient_id", "visit", "path")), strict=True
    )
    for number, (plane, (patient, visit, path)) in enumerate(
        zip(planes, names, strict=True)
    ):
        image = plane.image
        frame = 0 if image.frame is None and plane.kind != "maps" else image.frame
        array = os.path.realpath(image.path), image.variable, frame
        first = seen.setdefault((patient, visit, *array), number)
        if first != number:
            faults.note_fault(
                f"{rows.where(first)} and {rows.where(number)} (patient "
                f"{patient}, visit {visit}), column path: both list "
                f"{path}{'' if image.frame is None else f', frame {frame}'}; "
                "keep one of them"
            )
    faults.raise_found()
