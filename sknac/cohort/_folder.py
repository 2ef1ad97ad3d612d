"""A folder of scans becomes a table to look at and correct."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pandas as pd

from sknac.cohort._folder_files import (
    is_named_mask,
    list_files,
    listed,
    sort_out,
    tell,
)
from sknac.cohort._patterns import read_pattern
from sknac.cohort._table_rows import KINDS
from sknac.exceptions import CohortError
from sknac.io import ArrayInfo, read_info
from sknac.utils._progress import tracked

# Columns whose values are not the name's to say.
_RESERVED = ("path", "frame", "outline", "outline_units", "size_px", "n_frames")
_FRAMES = ("first", "middle", "all")


def cohort_from_folder(
    pattern: str,
    *,
    root: str | os.PathLike = ".",
    outline: str | None = None,
    visit: str | None = None,
    kind: str | None = None,
    frames: str | None = None,
) -> pd.DataFrame:
    """List the scans of a folder as a table for `cohort_from_table`.

    Parameters
    ----------
    pattern : str
        Where scans lie below `root`: ``"{patient_id}/{visit}/*.dcm"``. Each name in
        braces becomes a column; ``{visit:pre|post2}`` says what it may be. ``*``
        stands for any part of a name and ``**/`` for folders of any depth. Capitals
        do not matter.
    root : str or path-like, default="."
        The folder.
    outline : str, optional
        Pattern of the files with tumour outlines, which are then no scans. An outline
        belongs to the scans with the same fields, and the same text for ``*`` where
        both patterns have as many: ``{patient_id}/{visit}/*_mask.png``. Several of one
        scan are united.
    visit : str, optional
        The visit of all scans, where the pattern has no ``{visit}``.
    kind : {"rf", "envelope", "bmode", "maps"}, optional
        What the scans are; needed where their files do not say.
    frames : {"first", "middle", "all"}, optional
        Which frames of a file with several to list, one row each; needed where there
        is such a file. Those of one cine are nearly alike: all of them count as
        planes of one patient, not as patients.

    Returns
    -------
    DataFrame of shape (n_planes, n_columns)
        ``patient_id``, ``visit``, other fields, ``path`` (from `root`), ``kind``,
        ``frame``, ``spacing_axial_mm`` and ``spacing_lateral_mm`` as the file has them
        (for RF ``fs_mhz`` and ``line_pitch_mm``), ``outline``, ``outline_units``, and,
        to look at, ``size_px`` and ``n_frames``. Sorted by patient and path, numbers
        in names by their value. Correct it, then call
        ``cohort_from_table(table, root=root)``.

    Raises
    ------
    CohortError
        If no file matches, a path can be read in two ways, an outline belongs to
        several scans, or kind or frames are needed.
    ValueError
        If a pattern cannot be read, or lacks ``{patient_id}`` or ``{visit}``.

    Warns
    -----
    UserWarning
        If files match neither pattern, cannot be read (they stay in the table, without
        what they hold), or are named as masks are; scans have no outline, or outlines
        no scan; a scan with an outline has several frames, for on which of them it was
        drawn is not known; or folders are links.

    See Also
    --------
    cohort_from_table : What the table is for.
    cohort_summary : Look at what was read.

    Notes
    -----
    Only headers are read. A field named ``plane`` tells planes apart and is otherwise
    ignored; other fields become clinical columns, which are the same for all planes of
    a patient, or are to be left out. Hidden files are not looked at.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from sknac.cohort import cohort_from_folder, cohort_from_table
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for visit in ("pre", "post2"):
    ...     (root / "P1" / visit).mkdir(parents=True)
    ...     image = np.random.default_rng(len(visit)).integers(0, 256, (64, 48))
    ...     np.save(root / "P1" / visit / "a.npy", image.astype("uint8"))
    >>> scans = "{patient_id}/{visit}/*.npy"
    >>> table = cohort_from_folder(scans, root=root, kind="bmode")
    >>> table[["patient_id", "visit", "path", "size_px"]]
      patient_id  visit            path size_px
    0         P1  post2  P1/post2/a.npy   64x48
    1         P1    pre    P1/pre/a.npy   64x48
    >>> cohort_from_table(table, root=root).loc["P1"].tolist()
    [Study(1 bmode plane), Study(1 bmode plane)]
    """
    scans = _patterned(pattern, "pattern", visit)
    outlines = None if outline is None else read_pattern(outline, "outline")
    _check_choices(kind, frames)
    root = Path(root)
    found, drawn, others = sort_out(list_files(root), scans, outlines)
    if not found:
        raise CohortError(
            f"no file in {root} matches {scans.text}; it has {listed(others + drawn)}"
        )
    tell(others, "files match no pattern and are left out")
    masks = [path for path, *_ in found if is_named_mask(path)]
    tell(masks, "scans are named as masks are; give outline= where they are")
    records, unread = [], []
    for path, fields, stars in tracked(found, "reading headers"):
        record = dict(fields) if visit is None else {**fields, "visit": visit}
        record["path"] = path
        try:
            info = read_info(root / path)
        except ValueError as error:
            unread.append(f"{path} ({getattr(error, 'cause', error)})")
            info = None
        records.append((record, info, (path, fields, stars)))
    tell(unread, "files cannot be read; correct or drop their rows")
    _add_outlines(records, outlines, drawn, len(found))
    doubtful = [r["path"] for r, info, _ in records if _has_frames(r, info, kind)]
    tell(
        doubtful,
        "scans have several frames and an outline, which is taken for each frame that "
        "is listed; correct it where it was drawn on another",
    )
    rows = [
        row
        for record, info, _ in records
        for row in _rows(record, info, kind=kind, frames=frames)
    ]
    return _in_order(pd.DataFrame(rows), (*scans.fields, "visit"))


def _patterned(pattern, what, visit):
    """Read the pattern of scans and check that it says patient and visit."""
    scans = read_pattern(pattern, what)
    for name in scans.fields:
        if name in _RESERVED:
            raise ValueError(
                f"{what} names a field {name}, which is not for names to say; call it "
                "plane"
            )
    if "patient_id" not in scans.fields:
        raise ValueError(f"{what} must have {{patient_id}}, got {pattern!r}")
    if ("visit" in scans.fields) == (visit is not None):
        raise ValueError(
            f"the visit must be a field {{visit}} of the pattern or given as visit=, "
            f"one of both, got {pattern!r} and visit={visit!r}"
        )
    return scans


def _check_choices(kind, frames):
    """Refuse a kind, or a choice of frames, that there is not."""
    if kind not in (None, *KINDS):
        raise ValueError(f"kind must be one of {KINDS} or None, got {kind!r}")
    if frames not in (None, *_FRAMES):
        raise ValueError(f"frames must be one of {_FRAMES} or None, got {frames!r}")


def _add_outlines(records, outlines, drawn, n_scans):
    """Give each scan the outlines of its fields."""
    if outlines is None:
        return
    if not drawn:
        raise CohortError(f"no file matches outline={outlines.text!r}; correct it")
    (_, first, stars), (_, _, drawn_stars) = records[0][2], drawn[0]
    shared = [name for name in outlines.fields if name in first]
    use_stars = len(stars) == len(drawn_stars)

    def key(values, stars):
        return (*(values[name] for name in shared), *(stars if use_stars else ()))

    scans = {}
    for record, _, (_, *match) in records:
        scans.setdefault(key(*match), []).append(record)
    lonely = []
    for path, *match in drawn:
        own = scans.get(key(*match), [])
        if len(own) > 1:
            raise CohortError(
                f"{path} may be the outline of {own[0]['path']} and of "
                f"{own[1]['path']}; give both patterns a field that tells them apart, "
                "such as {plane}; a file of many images (COCO, CVAT) goes into the "
                "table's column outline"
            )
        if not own:
            lonely.append(path)
        for record in own:
            before = record.get("outline")
            record["outline"] = path if before is None else f"{before};{path}"
    unlike = " (text for * is compared too)" if use_stars and stars else ""
    tell(lonely, f"outlines belong to no scan{unlike} and are left out")
    without = [r["path"] for r, _, _ in records if "outline" not in r]
    tell(without, f"of {n_scans} scans have no outline")


def _has_frames(record, info, kind):
    """Tell whether a scan has an outline and several frames it may be drawn on."""
    return (
        info is not None
        and info.n_frames > 1
        and kind != "maps"
        and ("outline" in record)
    )


def _rows(record, info: ArrayInfo | None, *, kind, frames):
    """Make the rows of one file."""
    if info is None:
        return [record | {"kind": kind}]
    kind = kind or info.signal
    if kind == "iq":  # which cohort_from_table refuses, and says what to do
        kind = None
    elif kind is None:
        raise CohortError(
            f"{record['path']} does not say what it holds; kind must be one of "
            f"{', '.join(KINDS)}"
        )
    whole = kind == "maps" and info.is_stack and len(info.shape) == 3
    several = info.n_frames > 1 and not whole
    if several and frames is None:
        raise CohortError(
            f"{record['path']} has {info.n_frames} frames; frames must be first, "
            "middle or all"
        )
    shape = info.shape if whole or not info.is_stack else info.shape[1:]
    row = record | {
        "kind": kind,
        **_told(info, kind),
        "size_px": "x".join(map(str, shape)),
        "n_frames": info.n_frames,
    }
    if "outline" in row and kind == "bmode":
        row["outline_units"] = "px_bmode"
    if not several:
        return [row]
    chosen = {
        "first": [0],
        "middle": [info.n_frames // 2],
        "all": range(info.n_frames),
    }[frames]
    return [row | {"frame": frame} for frame in chosen]


def _told(info, kind):
    """Write what a file says of its geometry, in the columns of its kind."""
    axial, lateral = info.spacing_mm or (None, None)
    if kind == "rf":
        return {"fs_mhz": info.fs_mhz, "line_pitch_mm": lateral}
    return {"spacing_axial_mm": axial, "spacing_lateral_mm": lateral}


_ORDER = (
    *("path", "kind", "frame", "fs_mhz", "line_pitch_mm"),
    *("spacing_axial_mm", "spacing_lateral_mm", "outline", "outline_units"),
    *("size_px", "n_frames"),
)


def _in_order(table, fields):
    """Put columns in order, patient and visit first."""
    first = [name for name in ("patient_id", "visit") if name in fields]
    rest = [name for name in dict.fromkeys(fields) if name not in first]
    columns = [*first, *rest, *_ORDER]
    return table[[name for name in columns if name in table]]
