"""The files of a folder: which are scans, which outlines, which neither."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from collections.abc import Sequence
from pathlib import Path

from sknac.cohort._patterns import Pattern
from sknac.exceptions import CohortError
from sknac.utils._warnings import warn_user

# What lies beside scans and is none; a missed outline is noticed by its image.
_BESIDE = {
    *(".csv", ".tsv", ".xlsx", ".xls", ".txt", ".md", ".pdf", ".html", ".docx"),
    *(".yml", ".yaml", ".json", ".xml", ".tgc", ".ini", ".log", ".py", ".ipynb"),
    *("license", "readme", "dicomdir", "thumbs", "desktop"),
}
_MASK_WORDS = {"mask", "masks", "seg", "segmentation", "segmentations", "gt"}
_MOST_NAMES = 3


def list_files(root: Path) -> list[str]:
    """List the paths of a folder's files, from it, in the order of their names."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; check the path")
    paths, links = [], []
    for folder, folders, names in os.walk(root, onerror=_give_up):
        folders[:] = [f for f in folders if not f.startswith((".", "__MACOSX"))]
        below = Path(folder).relative_to(root)
        links += [
            (below / f).as_posix() for f in folders if (root / below / f).is_symlink()
        ]
        paths += [(below / n).as_posix() for n in names if not n.startswith(".")]
    tell(links, "folders are links and are left out; give the folder they lead to")
    return sorted(paths, key=by_value)


def _give_up(error):
    """Raise what the system says of a folder that cannot be opened."""
    raise error


def by_value(path: str) -> list:
    """Sort numbers in names by their value: 2 before 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(p), p) if p.isdecimal() else (-1, p.casefold()) for p in parts]


def is_named_mask(path: str) -> bool:
    """Tell whether a path is named as masks are: scan1_mask.png, masks/scan1.png."""
    words = re.split(r"[^a-z]+", path.lower())
    return not _MASK_WORDS.isdisjoint(words)


def sort_out(
    paths: list[str], scans: Pattern, outlines: Pattern | None
) -> tuple[list[tuple], list[tuple], list[str]]:
    """Part files into scans, outlines and others that look like either."""
    found, drawn, others = [], [], []
    for path in paths:
        try:
            one = outlines and outlines.match(path)
            if one:
                drawn.append((path, *one))
                continue
            one = scans.match(path)
        except ValueError as error:
            raise CohortError(str(error)) from error
        if one:
            found.append((path, *one))
        elif not {Path(path).suffix.lower(), Path(path).stem.lower()} & _BESIDE:
            others.append(path)
    return found, drawn, others


def tell(names: Sequence[str], what: str) -> None:
    """Warn of files, naming the first."""
    if names:
        warn_user(f"{len(names)} {what}: {listed(names)}")


def listed(names: Sequence) -> str:
    """Name the first of some files."""
    names = [name if isinstance(name, str) else name[0] for name in names]
    more = ", ..." if len(names) > _MOST_NAMES else ""
    return (", ".join(names[:_MOST_NAMES]) + more) or "no file of the kind"
