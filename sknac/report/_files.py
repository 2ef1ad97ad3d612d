"""Writing a report into a folder, and never over something else."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

HTML, JSON, FIGURES = "report.html", "report.json", "figures"


def write(build: Callable[[], Any], folder: Path, *, overwrite: bool) -> Path:
    """Build a report and write it; the page last, so that it is whole or not there."""
    earlier = _earlier(folder, overwrite)
    report = build()
    numbers = json.dumps(report.numbers(), indent=1, ensure_ascii=False)
    page = report.html()
    for path in earlier:
        path.unlink(missing_ok=True)
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    for key, name in report.files.items():
        (folder / FIGURES / name).write_bytes(report.pictures[key])
    (folder / JSON).write_text(numbers + "\n", encoding="utf-8")
    (folder / HTML).write_text(page, encoding="utf-8")
    return folder / HTML


def _earlier(folder, overwrite):
    """Return the files of an earlier report; raise if anything else is in the way."""
    from sknac.report._build import KIND

    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; name a folder")
    taken = [folder / name for name in (HTML, JSON) if (folder / name).exists()]
    taken += sorted((folder / FIGURES).glob("*"))
    if not taken:
        return []
    try:
        found = json.loads((folder / JSON).read_text(encoding="utf-8"))
        ours = found["kind"] == KIND
        files = {folder / str(figure["file"]) for figure in found["figures"]}
    except (OSError, ValueError, TypeError, KeyError):
        ours, files = False, set()
    if not ours:
        raise FileExistsError(
            f"{taken[0]} is no report's; choose another folder, or remove it"
        )
    if not overwrite:
        raise FileExistsError(
            f"{folder} holds a report already; pass overwrite=True to replace it"
        )
    inside = {path for path in files if path.parent == folder / FIGURES}
    return [folder / HTML, folder / JSON, *sorted(inside)]
