"""A row of a table and what its file says become one plane."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sknac.cohort._handles import ArrayRef
from sknac.cohort._header import (
    RELATIVE,
    agreed,
    check_axial,
    check_parallel,
    check_probe,
    check_signal,
    refuse_iq,
)
from sknac.cohort._records import Plane
from sknac.cohort._sizes import refuse_size
from sknac.cohort._table_names import NUMBERS
from sknac.cohort._table_outlines import read_outline, take_number
from sknac.exceptions import CohortError, SknacFormatError
from sknac.io import ArrayInfo, read_info
from sknac.utils._names import brief

KINDS = ("rf", "envelope", "bmode", "maps")


@contextmanager
def named(place: str, column: str) -> Iterator[None]:
    """Raise errors again with their row, and their column unless they say it."""
    try:
        yield
    except SknacFormatError as error:
        cause = f"{error.cause} ({place}, column {column})"
        raise SknacFormatError(error.path, cause) from error
    except (ValueError, OSError) as error:
        said = str(error)
        if getattr(error, "errno", None) is not None:  # the system's own words
            said = f"{error.strerror}; check the path {brief(error.filename)}"
        said = said.replace("the line pitch must", "line_pitch_mm must", 1)
        column = next((n for n in NUMBERS if said.startswith(f"{n} must")), column)
        if not said.startswith("column "):
            said = f"column {column}: {said}"
        raise CohortError(f"{place}, {said}") from error


def read_plane(place: str, row: dict, base: Path, doubts: list[str]) -> Plane:
    """Build the plane of one row; errors name the row and the column.

    What the file puts in doubt, and the row does not settle, is added to `doubts`.
    """
    with named(place, "kind"):
        if row.get("kind", "rf") not in (*KINDS, "iq"):  # "iq" has its own words
            raise ValueError(
                f"the kind must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, got "
                f"{row['kind']!r}"
            )
    with named(place, "path"):
        path = os.path.abspath(base / str(row["path"]))
        _check_there(base, str(row["path"]))
        info = read_info(path, row.get("variable"))
        image = ArrayRef.from_info(info, _frame(row, info))
    with named(place, "kind"):
        row = {**row, "kind": _kind(row, info)}
        _check_grid(row, info)
        builders = {"rf": _rf_plane, "envelope": _envelope_plane}
        plane = builders.get(row["kind"], _image_plane)(row, image, info)
        acquired = {**_acquired(row, info), "reference": row.get("reference")}
        told = {n: value for n, value in acquired.items() if value not in (None, ())}
        plane = plane.replace(**told) if told else plane
        refuse_size(plane)
        said = info.header.get("doubts", ())
        if said and not _settles_spacing(row, info):
            doubts += [f"{place}: {text}" for text in said]
    with named(place, "outline"):
        core = read_outline(row, plane.grid, base, info)
        return plane if core is None else plane.replace(core=core)


def _check_there(base: Path, text: str) -> None:
    """Say so where a file is there under a name that is written a little otherwise."""
    text = text.partition("::")[0]
    if (base / text).is_file():
        return
    plain = Path(base / text.strip().replace("\\", "/"))
    near = _files(str(plain.parent))
    if plain.name.casefold() in near:
        there = plain.parent / near[plain.name.casefold()]
        raise ValueError(
            f"column path: there is no {text!r}, but {os.path.relpath(there, base)!r}; "
            "write that"
        )


def _files(folder):
    """List the names of a folder's files by their small letters."""
    is_there = os.path.isdir(folder)
    return _listed(folder, os.stat(folder).st_mtime_ns) if is_there else {}


# A table whose paths are all wrong asks as often as it has rows.
@lru_cache(maxsize=16)
def _listed(folder, mtime_ns):
    """List a folder; the time tells one that has changed."""
    found = (path.name for path in Path(folder).iterdir() if path.is_file())
    return {name.casefold(): name for name in found}


def _frame(row, info: ArrayInfo):
    """Read the number of a row's frame."""
    name, n_frames = Path(info.path).name, info.n_frames
    frame = take_number(row, "frame")
    whole = info.is_stack and row.get("kind", info.signal) in ("maps", None)
    if frame is None and n_frames > 1 and not whole:
        other = ", or write kind maps" if info.is_stack else ""
        raise ValueError(
            f"column frame: the value is missing; name one of {name}'s {n_frames}"
            f"{other}"
        )
    if frame is not None and not (frame.is_integer() and 0 <= frame < n_frames):
        raise ValueError(
            f"column frame: the value must be 0 to {n_frames - 1} in {name}, got "
            f"{frame:g}"
        )
    return None if frame is None else int(frame)


def _kind(row, info):
    """Settle what the plane is; the file must not hold something else."""
    name, signal, kind = Path(info.path).name, info.signal, row.get("kind")
    if "iq" in (signal, kind):
        refuse_iq(info)
    if kind is None and signal is None:
        raise ValueError(
            f"the value is missing, and {name} does not say what it holds; write "
            f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
        )
    if kind is not None:
        check_signal(kind, info)
    return kind or signal


_LENGTHS = ("line_pitch_mm", "spacing_axial_mm", "spacing_lateral_mm")


def _check_grid(row, info):
    """Refuse a place in mm for lines that do not stand side by side."""
    if row["kind"] in ("rf", "envelope") or any(name in row for name in _LENGTHS):
        check_parallel(info)


def _settled(row, column, header, unit="mm", *, positive=False):
    """Read a row's number and settle it with the file's."""
    stated = take_number(row, column, positive=positive)
    return agreed(f"column {column}", stated, header, unit, positive=positive)


def _acquired(row, info):
    """Settle how the plane was acquired."""
    probe = row.get("probe")
    check_probe("column probe", probe, info)
    return {
        "focus_mm": _settled(row, "focus_mm", info.focus_mm),
        "transmit_mhz": _settled(
            row, "transmit_mhz", info.transmit_mhz, "MHz", positive=True
        ),
        "gain_db": _settled(row, "gain_db", info.gain_db, "dB"),
        "probe": info.probe or probe,
        "tgc": info.tgc,
    }


def _beams(row, info):
    """Settle what RF and envelopes share: their lines, and how they were sampled."""
    speed = take_number(row, "speed_of_sound", 1540.0, positive=True)
    fs_mhz = _settled(row, "fs_mhz", info.fs_mhz, "MHz", positive=True)
    axial, pitch = info.spacing_mm or (None, None)
    if fs_mhz is None and axial is not None:
        fs_mhz = speed / (2000.0 * axial)
    elif info.fs_mhz is None and axial is not None:
        check_axial("column fs_mhz", fs_mhz, speed, axial)
    pitch = _settled(row, "line_pitch_mm", pitch, positive=True)
    start = _settled(row, "start_depth_mm", info.start_depth_mm)
    return fs_mhz, pitch, start or 0.0, speed


def _rf_plane(row, image, info):
    """Build an RF plane; what its file does not say must be in the table."""
    fs_mhz, pitch, start, speed = _beams(row, info)
    if fs_mhz is None:
        raise ValueError(
            "column fs_mhz: the value is missing and not in the file; give it"
        )
    if pitch is None:
        raise ValueError(
            "column line_pitch_mm: the value is missing and RF files do not have it; "
            "the probe's data sheet does"
        )
    return Plane(
        image,
        "rf",
        spacing_mm=(speed / (2000.0 * fs_mhz), pitch),
        origin_mm=(start, 0.0),
        fs_mhz=fs_mhz,
        speed_of_sound=speed,
    )


def _envelope_plane(row, image, info):
    """Build an envelope plane; its samples may be told as RF's are, or in mm."""
    fs_mhz, pitch, start, speed = _beams(row, info)
    axial = info.spacing_mm[0] if info.spacing_mm else None
    if axial is None and fs_mhz is not None:
        axial = speed / (2000.0 * fs_mhz)
    spacing = (
        _settled(row, "spacing_axial_mm", axial, positive=True),
        _settled(row, "spacing_lateral_mm", pitch, positive=True),
    )
    if None in spacing:
        missing = ("fs_mhz", "line_pitch_mm")[spacing.index(None)]
        raise ValueError(
            f"column {missing}: the value is missing and not in the file; an envelope "
            "needs fs_mhz and line_pitch_mm, or spacing_axial_mm and lateral"
        )
    return Plane(
        image,
        "envelope",
        spacing_mm=spacing,
        origin_mm=(start, 0.0),
        fs_mhz=fs_mhz,
        speed_of_sound=speed,
    )


def _image_plane(row, image, info):
    """Build a B-mode or maps plane; its spacing may be unknown."""
    headers, start = info.spacing_mm or (None, None), info.start_depth_mm
    if info.header.get("doubts") and _settles_spacing(row, info):
        headers, start = (None, None), None
    axial, lateral = (
        _settled(row, f"spacing_{side}_mm", header, positive=True)
        for side, header in zip(("axial", "lateral"), headers, strict=True)
    )
    if (axial is None) != (lateral is None):
        missing = "axial" if axial is None else "lateral"
        raise ValueError(
            f"column spacing_{missing}_mm: the value is missing; give both or neither"
        )
    channels = tuple(str(row["channels"]).split(";")) if "channels" in row else ()
    if row["kind"] == "maps" and image.ndim == 3 and len(channels) != image.shape[0]:
        raise ValueError(
            f"column channels: {len(channels)} names for {image.shape[0]} maps; "
            "separate them by semicolons"
        )
    start = _settled(row, "start_depth_mm", start)
    if axial is None and "start_depth_mm" not in row:
        start = None  # what counts pixels does not start at a depth in mm
    return Plane(
        image,
        row["kind"],
        spacing_mm=None if axial is None else (axial, lateral),
        origin_mm=(start or 0.0, 0.0),
        channels=channels,
    )


def _settles_spacing(row, info):
    """Tell whether a row states another pixel size than a file that is in doubt.

    The file's own says nothing: `cohort_from_folder` copies it into the table.
    """
    stated = [
        take_number(row, f"spacing_{side}_mm", positive=True)
        for side in ("axial", "lateral")
    ]
    if None in stated or info.spacing_mm is None:
        return None not in stated
    pairs = zip(stated, info.spacing_mm, strict=True)
    return any(abs(one - other) > RELATIVE * other for one, other in pairs)
