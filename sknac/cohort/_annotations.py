"""Files of annotation tools: find an image, choose labels, make its outline."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sknac.cohort._coco import parse_coco
from sknac.cohort._cvat import parse_cvat
from sknac.cohort._geometry import Grid
from sknac.cohort._labelme import parse_labelme
from sknac.cohort._outline_union import OutlineUnion, unite
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.cohort._shapes import Annotated, short
from sknac.exceptions import SknacFormatError
from sknac.utils._settled import has_settled
from sknac.utils._warnings import warn_user

SUFFIXES = (".json", ".xml")
# Parsed, a hostile file takes twenty times its size: a list or object takes most.
_MAX_BYTES = 12_000_000
_MAX_CONTAINERS = 500_000


def read_annotation(path: str, image: str, labels: Sequence[str]) -> Annotated:
    """Read what is drawn on one image of a LabelMe, COCO or CVAT file.

    `image` is the path of the image; `labels` chooses shapes, and must where there are
    several. Whatever is wrong with the file is a SknacFormatError.
    """
    stat = os.stat(path)
    parse = _parsed if has_settled(stat.st_mtime_ns) else _parsed.__wrapped__
    annotated = _find(path, parse(path, stat.st_size, stat.st_mtime_ns), image)
    return annotated._replace(shapes=_choose(path, annotated, labels))


def draw_annotation(
    path: str, annotated: Annotated, grid: Grid
) -> PolygonOutline | MaskOutline | OutlineUnion:
    """Make an outline of the shapes; `grid` is that of the image's pixels."""
    try:
        return unite(
            [_outline(shape, annotated.size, grid) for shape in annotated.shapes]
        )
    except ValueError as error:
        raise SknacFormatError(path, str(error)) from error


class _Index(NamedTuple):
    """The images of a file, by their names with and without suffix."""

    images: tuple[Annotated, ...]
    by_name: dict
    by_stem: dict
    n_folders: int


@lru_cache(maxsize=4)
def _parsed(path, size, mtime_ns):
    """Parse a file once for its images; the other arguments tell a changed one."""
    if size > _MAX_BYTES:
        raise SknacFormatError(
            path,
            f"{size / 1e6:.0f} MB of annotations, and {_MAX_BYTES / 1e6:.0f} are the "
            "most; export fewer images a file",
        )
    data = Path(path).read_bytes()
    try:
        parse = _parse_json if path.lower().endswith(".json") else parse_cvat
        images = parse(data)
    except RecursionError as error:
        raise SknacFormatError(path, "nested too deeply; export it again") from error
    except ValueError as error:
        raise SknacFormatError(path, str(error)) from error
    n_folders = len({tuple(_parts(one.name)[:-1]) for one in images})
    index = _Index(images, {}, {}, n_folders)
    for one in images:
        index.by_name.setdefault(_parts(one.name)[-1], []).append(one)
        index.by_stem.setdefault(stem_of(one.name), []).append(one)
    return index


def _parse_json(data):
    """Parse JSON of one of the tools, told by its keys."""
    if data.count(b"[") + data.count(b"{") > _MAX_CONTAINERS:
        raise ValueError(
            f"more than {_MAX_CONTAINERS} lists and objects; export fewer images a file"
        )
    try:
        tree = json.loads(data, parse_constant=_refuse_constant)
    except ValueError as error:  # of JSON, of its encoding, of endless digits
        raise ValueError(f"damaged JSON: {error}; export it again") from error
    if isinstance(tree, dict) and "shapes" in tree:
        return parse_labelme(tree)
    if isinstance(tree, dict) and "annotations" in tree and "images" in tree:
        return parse_coco(tree)
    raise ValueError(
        "neither LabelMe's shapes nor COCO's images and annotations are in the file; "
        "export it as one of them"
    )


def _refuse_constant(name):
    """Refuse what is no JSON, though Python writes it."""
    raise ValueError(f"{name} is no number; correct it")


def _find(path, index, image):
    """Find an image by the longest end of its path, or by its name without suffix."""
    if index.images and index.images[0].alone:
        return index.images[0]
    *folders, wanted = _parts(image)
    near = index.by_name.get(wanted) or index.by_stem.get(stem_of(image), [])
    if not near:
        raise SknacFormatError(
            path,
            f"image {wanted} is not among its {len(index.images)}: "
            f"{_names(index.images)}; name the file that it was drawn in, or its name "
            f"there as {Path(path).name}::name",
        )
    shared = [_n_shared(one.name, image) for one in near]
    best = [one for one, n in zip(near, shared, strict=True) if n == max(shared)]
    if len(best) > 1:
        raise SknacFormatError(
            path,
            f"{len(best)} of its images may be {wanted}: {_names(best)}; give "
            "images names of their own",
        )
    if max(shared) < 2 <= min(index.n_folders, len(_parts(best[0].name))):
        warn_user(
            f"{Path(path).name}: {'/'.join([*folders[-1:], wanted])} is taken to be "
            f"{short(best[0].name)}; check that it is the same image"
        )
    return best[0]


def stem_of(name: str) -> str:
    """A file's name without folders and suffix, also one written by Windows."""
    last = _parts(name.partition("::")[0])[-1]
    last = last.removesuffix(".gz").removesuffix(".nii")
    return last.rpartition(".")[0] or last


def _parts(name):
    """The folders and the name of a path."""
    return name.replace("\\", "/").split("/")


def _n_shared(name, other):
    """Count the parts at the end that two paths share, whatever their suffixes."""
    ends = [[*_parts(path)[:-1], stem_of(path)][::-1] for path in (name, other)]
    pairs = enumerate(zip(*ends, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(map(len, ends)))


def _names(images):
    """List the first of many images."""
    shown = ", ".join(short(one.name) for one in images[:3])
    return shown if len(images) <= 3 else f"{shown}, ..."


def _choose(path, annotated, labels):
    """Take the shapes of the labels asked for; several labels must be chosen from."""
    there = sorted({shape.label for shape in annotated.shapes})
    if not there:
        raise SknacFormatError(
            path, f"nothing is drawn on {short(annotated.name)}; leave its outline out"
        )
    listed = ", ".join(short(label) for label in there[:8])
    if not labels and len(there) > 1:
        raise SknacFormatError(
            path, f"it has the labels {listed}; say with outline_label which is meant"
        )
    chosen = [one for one in annotated.shapes if one.label in (labels or there)]
    if not chosen:
        raise SknacFormatError(
            path,
            f"no shape is labelled {';'.join(labels)!r}, there is {listed}; correct "
            "outline_label",
        )
    for shape in chosen:
        if shape.vertices is None and shape.pixels is None:
            raise SknacFormatError(
                path,
                f"a shape labelled {shape.label!r} is a point, a line or a box of an "
                "object and has no area; draw a polygon, or choose with outline_label",
            )
    return tuple(chosen)


def _outline(shape, size, grid):
    """Make the outline of one shape, which lies on the image."""
    if shape.vertices is None:
        row, column, mask = shape.pixels()
        rows = slice(row, row + mask.shape[0])
        columns = slice(column, column + mask.shape[1])
        return MaskOutline(mask, grid.crop(rows, columns))
    low, high = shape.vertices.min(axis=0), shape.vertices.max(axis=0)
    if (high < -0.5).any() or (low > np.subtract(size, 0.5)).any():
        raise ValueError(
            f"a shape labelled {shape.label!r} lies outside its image of {size[0]} x "
            f"{size[1]} pixels; delete it"
        )
    return PolygonOutline(grid.to_points(shape.vertices))
