"""Build from a copy: nothing is written into the folder of the pages."""

# SPDX-License-Identifier: BSD-3-Clause

import filecmp
import shutil
from pathlib import Path

# What a build writes at the top of its copy.
_WRITTEN = {"api.rst", "release_notes.rst", "generated", "examples"}
_NOT_COPIED = {"_ext", "_templates", "_static", "__pycache__"}


def sources_of(outdir):
    """Name the folder of the copy: beside the pages, ``build/docs-src``."""
    outdir = Path(outdir)
    return outdir.with_name(f"{outdir.name}-src")


def copy_sources(docs, copy):
    """Make the copy equal to the pages; what has not changed keeps its time.

    Pages that are gone are removed from the copy, what a build wrote is kept.
    """
    wanted = {
        path.relative_to(docs)
        for path in Path(docs).rglob("*")
        if path.is_file() and not _NOT_COPIED & set(path.relative_to(docs).parts)
    }
    for path in Path(copy).rglob("*"):
        place = path.relative_to(copy)
        kept = place in wanted or place.parts[0] in _WRITTEN
        if path.is_file() and not kept:
            path.unlink()
    for place in sorted(wanted):
        source, target = Path(docs, place), Path(copy, place)
        if not (target.exists() and filecmp.cmp(source, target, shallow=False)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def examples_of(folder):
    """Name the pages that the gallery makes of a folder: its lists and its scripts."""
    folder = Path(folder)
    lists = [header.with_name("index") for header in folder.rglob("GALLERY_HEADER.rst")]
    scripts = [script.with_suffix("") for script in folder.rglob("plot_*.py")]
    return {page.relative_to(folder).as_posix() for page in [*lists, *scripts]}


def drop_pages(folder, kept):
    """Remove pages that an earlier build made of what is gone: no list has them."""
    for page in Path(folder).rglob("*.rst"):
        if page.relative_to(folder).as_posix().removesuffix(".rst") not in kept:
            page.unlink()


def write_page(path, text):
    """Write a page that code makes, unless it says the same already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def files_of(docs):
    """List what lies in a folder, to see afterwards whether a build added to it."""
    return {path for path in Path(docs).rglob("*") if path.is_file()}


def check_nothing_written(docs, before):
    """Refuse what a build wrote among the pages."""
    written = sorted(map(str, files_of(docs) - before))
    if written:
        raise RuntimeError(
            f"the build wrote {', '.join(written)}; let it write beside its output"
        )
