"""One outline for the images of several patients or visits."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from pathlib import Path

from sknac.cohort._annotations import SUFFIXES, read_annotation
from sknac.cohort._table_masks import labels_of, take_number
from sknac.cohort._table_outlines import outline_paths
from sknac.cohort._table_read import Rows
from sknac.io import read_info
from sknac.utils._warnings import warn_user

_USED = ("patient_id", "visit", "path", "frame", "outline", "outline_label")


def tell_shared(rows: Rows) -> None:
    """Warn of outlines that several patients or visits have: images of one name do.

    A file of many images is as many outlines, and so is a stack of masks.
    """
    if "outline" not in rows.frame:
        return
    shared = {}
    for users in _by_file(rows).values():
        if len({visit for visit, *_ in users}) > 1:
            for visit, place, path, row in users:
                shared.setdefault(_drawn(path, row), {})[visit] = place
    shared = [(name, places) for name, places in shared.items() if len(places) > 1]
    if shared:
        (path, part, _), places = shared[0]
        one, other, *_ = places.values()
        warn_user(
            f"{len(shared)} outlines are those of several patients or visits; the "
            f"first is {f'{part!r} of ' if part else ''}{Path(path).name}, of {one} "
            f"and {other}; check column outline, and give images names of their own"
        )


def _by_file(rows):
    """Gather the rows that name each file of outlines."""
    users = {}
    for place, row in rows.places(_USED):
        if "outline" in row:
            visit = row["patient_id"], row["visit"]
            text = str(row["outline"]).strip()
            several = ";" in text
            paths = outline_paths(text, rows.base) if several else [rows.base / text]
            for path in paths:
                file = os.path.realpath(str(path).partition("::")[0])
                users.setdefault(file, []).append((visit, place, path, row))
    return users


def _drawn(path, row):
    """Tell one outline from the others of its file: by its part and labels."""
    file, _, part = str(path).partition("::")
    labels = labels_of(row)
    if file.lower().endswith(SUFFIXES):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said when the row was read
            part = read_annotation(file, part or str(row["path"]), labels).name
    elif not file.lower().endswith(".csv") and read_info(path).n_frames > 1:
        part = f"{part} frame {take_number(row, 'frame'):g}".strip()
    return os.path.realpath(file), part, labels
