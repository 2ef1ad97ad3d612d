"""Writing a report into a folder: whole or not at all, and never over something else.

Everything is computed and written beside its place before anything is replaced; then
figures, numbers and, last, the page are renamed. A list of what is being written lies
in the folder until that is done, by which the next knows what a killed one left.
"""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sknac.report._text import showable
from sknac.utils._atomic import sweep, whole_file, write_whole

HTML, JSON, FIGURES = "report.html", "report.json", "figures"
UNFINISHED = ".report.unfinished"


def write(build: Callable[[], Any], folder: Path, *, overwrite: bool) -> Path:
    """Build a report and write it; the page last, so that it is whole or not there."""
    earlier = _earlier(folder, overwrite)
    report = build()
    files = {f"{FIGURES}/{n}": report.pictures[k] for k, n in report.files.items()}
    numbers = json.dumps(report.numbers(), indent=1, ensure_ascii=False)
    files[JSON] = f"{showable(numbers)}\n".encode()
    files[HTML] = report.html().encode()
    _refuse(folder, files.keys() - earlier)
    made = [path for path in (folder, folder / FIGURES) if not path.exists()]
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    begun, marker = False, folder / UNFINISHED
    try:
        _mark(marker, {*files, *earlier})
        with contextlib.ExitStack() as stack:
            for name, data in reversed(files.items()):  # it unwinds from its top
                file = stack.enter_context(whole_file(folder / name))
                file.write(data)
                file.flush()
            begun = True
    except BaseException:
        if not begun:
            _leave(marker, made)
        raise
    for name in earlier - files.keys():
        (folder / name).unlink(missing_ok=True)
    marker.unlink(missing_ok=True)
    return folder / HTML


def _earlier(folder, overwrite):
    """Name the files of an earlier report; raise if anything else is in the way."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; name a folder")
    left, whole = _listed(folder / UNFINISHED), _listed(folder / JSON)
    others = set() if whole is not None else {HTML, JSON}
    if left is None:
        others.add(UNFINISHED)
    if left is None and whole is None and (folder / FIGURES).is_dir():
        others |= {f"{FIGURES}/{name}" for name in os.listdir(folder / FIGURES)}
    _refuse(folder, others)
    is_there = (folder / HTML).exists() or (left is None and whole is not None)
    if is_there and not overwrite:
        raise FileExistsError(
            f"{folder} holds a report already; pass overwrite=True to replace it"
        )
    known = (left or set()) | (whole or set())
    return known if left is None and whole is None else known | {HTML, JSON}


def _refuse(folder, names):
    """Raise if there is a file of one of these names, which are no report's."""
    for name in sorted(names):
        if (folder / name).exists():
            raise FileExistsError(
                f"{folder / name} is no report's; choose another folder, or remove it"
            )


def _listed(path):
    """Name the figures that a report, or an unfinished one, lists; None if it is none.

    Whoever wrote the list, no file elsewhere is meant.
    """
    from sknac.report._build import KIND

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        names = {str(figure["file"]) for figure in found["figures"]}
        ours = found["kind"] == KIND
    except (OSError, ValueError, TypeError, KeyError):
        return None
    inside = {name for name in names if name == f"{FIGURES}/{Path(name).name}"}
    return inside if ours else None


def _mark(marker, names):
    """List what is about to be written and replaced; sweep out what was left of it."""
    from sknac.report._build import KIND

    figures = [{"file": name} for name in sorted(names) if name.startswith(FIGURES)]
    write_whole(marker, json.dumps({"kind": KIND, "figures": figures}))
    for name in names:
        sweep(marker.parent / name, marker.stat().st_mtime)


def _leave(marker, made):
    """Leave no trace of what has not begun."""
    marker.unlink(missing_ok=True)
    for path in reversed(made):
        with contextlib.suppress(OSError):  # not empty: somebody else's
            path.rmdir()
