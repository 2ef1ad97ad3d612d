"""Writers of annotation files, apart from the code that reads them."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import io
import itertools
import json
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from PIL import Image

SIZE = (40, 60)
# The corners of the square below, (x, y) from the image's upper left corner.
CORNERS = [[17, 13], [27, 13], [27, 23], [17, 23]]


@pytest.fixture(scope="session")
def square():
    """A square of 10 x 10 pixels in an image of 40 x 60."""
    mask = np.zeros(SIZE, bool)
    mask[13:23, 17:27] = True
    return mask


@pytest.fixture(scope="session")
def runs():
    """Encode a mask as run lengths, the first of outside, pixel by pixel."""

    def encode(mask, order):
        lengths = [
            (value, len(list(group)))
            for value, group in itertools.groupby(mask.ravel(order=order).tolist())
        ]
        first = [0] if lengths[0][0] else []
        return first + [length for _, length in lengths]

    return encode


@pytest.fixture(scope="session")
def compressed():
    """Write run lengths as COCO's API does: signed, 5 bits a character."""

    def write(counts):
        text = ""
        for at, count in enumerate(counts):
            value = count - counts[at - 2] if at > 2 else count
            while True:
                low, value = value & 31, value >> 5
                done = value == (-1 if low & 16 else 0)
                text += chr(48 + low + (0 if done else 32))
                if done:
                    break
        return text

    return write


@pytest.fixture(scope="session")
def labelme():
    """LabelMe's file of shapes, each (label, type, points) or (label, mask)."""

    def entry(label, kind, points=None):
        mask = None
        if isinstance(kind, np.ndarray):
            rows, columns = np.nonzero(kind)
            box = [[columns.min(), rows.min()], [columns.max(), rows.max()]]
            points = np.array(box).astype(float).tolist()
            part = kind[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            file = io.BytesIO()
            Image.fromarray(part).save(file, "PNG")
            kind, mask = "mask", base64.b64encode(file.getvalue()).decode()
        return {
            "label": label,
            "points": points,
            "group_id": None,
            "description": "",
            "shape_type": kind,
            "flags": {},
            "mask": mask,
        }

    def write(*shapes, image="scan.png", size=SIZE, **changes):
        return {
            "version": "5.5.0",
            "flags": {},
            "shapes": [entry(*shape) for shape in shapes],
            "imagePath": image,
            "imageData": base64.b64encode(b"pixels of a patient").decode(),
            "imageHeight": size[0],
            "imageWidth": size[1],
            **changes,
        }

    return write


@pytest.fixture(scope="session")
def coco():
    """COCO's file of (image, label, segmentation), all images of one size."""

    def write(*drawn, images=("scan.png",), size=SIZE):
        labels = sorted({label for _, label, _ in drawn})
        return {
            "info": {},
            "licenses": [],
            "categories": [
                {"id": n + 1, "name": name} for n, name in enumerate(labels)
            ],
            "images": [
                {"id": n, "file_name": name, "height": size[0], "width": size[1]}
                for n, name in enumerate(images)
            ],
            "annotations": [
                {
                    "id": n,
                    "image_id": list(images).index(image),
                    "category_id": labels.index(label) + 1,
                    "segmentation": segmentation,
                    "bbox": [0, 0, 1, 1],
                    "iscrowd": int(isinstance(segmentation, dict)),
                }
                for n, (image, label, segmentation) in enumerate(drawn)
            ],
        }

    return write


@pytest.fixture(scope="session")
def cvat():
    """CVAT's file of images, {name: [(tag, label, attributes), ...]}."""

    def write(images, size=SIZE, head=""):
        lines = ['<?xml version="1.0" encoding="utf-8"?>', head, "<annotations>"]
        lines.append("<version>1.1</version><meta><task><name>t</name></task></meta>")
        for number, (name, shapes) in enumerate(images.items()):
            lines.append(
                f"<image id='{number}' name={quoteattr(name)} width='{size[1]}' "
                f"height='{size[0]}'>"
            )
            for tag, label, attributes in shapes:
                text = " ".join(
                    f"{k}={quoteattr(str(v))}" for k, v in attributes.items()
                )
                lines.append(
                    f"<{tag} label={quoteattr(label)} source='manual' {text}/>"
                )
            lines.append("</image>")
        return "\n".join([*lines, "</annotations>"]).encode()

    return write


@pytest.fixture(scope="session")
def corners():
    """Corners of `square` as each tool writes them."""
    return {
        "labelme": CORNERS,
        "coco": [float(value) for point in CORNERS for value in point],
        "cvat": ";".join(f"{x:.2f},{y:.2f}" for x, y in CORNERS),
    }


@pytest.fixture
def saved(tmp_path):
    """Save an annotation file; return its path as text."""

    def save(content, name=None):
        is_xml = isinstance(content, bytes)
        path = tmp_path / (name or ("a.xml" if is_xml else "a.json"))
        path.write_bytes(content if is_xml else json.dumps(content).encode())
        return str(path)

    return save
