"""CVAT's XML 1.1 "for images"."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from math import nan
from xml.parsers import expat

from sknac.cohort._rle import cropped, decode_runs
from sknac.cohort._shapes import (
    FARTHEST,
    Annotated,
    Shape,
    check_size,
    ellipse,
    polygon,
    rectangle,
    short,
)

_BOX = ("xtl", "ytl", "xbr", "ybr", "rotation")
_ELLIPSE = ("cx", "cy", "rx", "ry", "rotation")
_DEEPEST = 20  # CVAT's are six deep
_NO_AREA = ("polyline", "points", "cuboid", "skeleton")


def parse_cvat(data: bytes) -> tuple[Annotated, ...]:
    """Read the images of a CVAT file, element by element.

    A DOCTYPE is refused where it begins: entities that unfold a thousandfold are
    declared in it, and CVAT writes none.
    """
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"damaged XML: {error}; export it again") from error
    if reader.images is None:
        raise ValueError("the XML must be that of CVAT, with <annotations> at its root")
    return tuple(
        Annotated(name, size, tuple(shapes)) for name, size, shapes in reader.images
    )


class _Reader:
    """Gathers images and their shapes as elements begin."""

    def __init__(self):
        self.images, self.depth = None, 0

    def refuse_doctype(self, *_):
        """Raise where a DOCTYPE begins."""
        raise ValueError("its XML has a DOCTYPE, and CVAT writes none; export it again")

    def start(self, tag, entries):
        """Take an element by its name."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError("its XML is nested too deeply; export it again")
        if self.images is None:
            if tag != "annotations":
                raise ValueError(
                    f"the XML must be that of CVAT, got <{short(tag)}> at its root"
                )
            self.images = []
        elif tag == "track":
            raise ValueError(
                'the file is "CVAT for video"; export "CVAT for images 1.1"'
            )
        elif tag == "image":
            size = check_size(*(_whole(entries, side) for side in ("height", "width")))
            self.images.append((_entry(entries, "name"), size, []))
        elif self.images and (tag in _SHAPES or tag in _NO_AREA):
            _, size, shapes = self.images[-1]
            label = _entry(entries, "label")
            shapes.append(
                _SHAPES[tag](label, entries, size) if tag in _SHAPES else Shape(label)
            )

    def end(self, _):
        """Leave an element."""
        self.depth -= 1


def _entry(entries, name):
    """An attribute that must be there."""
    if name not in entries:
        raise ValueError(f"an element has no {name}; export the file again")
    return entries[name]


def _whole(entries, name):
    """An attribute that is a whole number."""
    text = _entry(entries, name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name} must be a whole number, got {short(text)}")
    return int(text)


def _numbers(entries, *names):
    """Attributes that are numbers."""
    return [_number(_entry(entries, name)) for name in names]


def _number(text):
    """Read a number as CVAT writes it."""
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not abs(number) <= FARTHEST:
        raise ValueError(f"a coordinate must be a number, got {short(text)}")
    return number


def _polygon(label, entries, _):
    """Points as x,y;x,y;..."""
    pairs = [point.split(",") for point in _entry(entries, "points").split(";")]
    return Shape(label, polygon([[_number(text) for text in pair] for pair in pairs]))


def _box(label, entries, _):
    """A box, turned about its centre where it is."""
    corners = _numbers({"rotation": "0", **entries}, *_BOX)
    return Shape(label, polygon(rectangle(*corners)))


def _ellipse(label, entries, _):
    """An ellipse, turned about its centre where it is."""
    measures = _numbers({"rotation": "0", **entries}, *_ELLIPSE)
    return Shape(label, polygon(ellipse(*measures)))


def _mask(label, entries, size):
    """A mask: run lengths row by row of a part of the image."""
    row, column, height, width = (
        _whole(entries, name) for name in ("top", "left", "height", "width")
    )
    if row + height > size[0] or column + width > size[1] or not height * width:
        raise ValueError(
            f"a mask of {height} x {width} pixels reaches beyond its image; export it "
            "again"
        )
    runs = [text.strip() for text in _entry(entries, "rle").split(",")]
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in runs):
        raise ValueError("rle must be whole numbers; export the file again")
    return Shape(label, pixels=partial(_pixels, runs, (row, column), (height, width)))


def _pixels(runs, first, shape):
    """Decode a mask, counted row by row."""
    mask = decode_runs([int(text) for text in runs], shape, by_column=False)
    return cropped(mask, *first)


_SHAPES = {"polygon": _polygon, "box": _box, "ellipse": _ellipse, "mask": _mask}
