"""Files of annotation tools: which image, which labels, and damage."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import re
import time

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.cohort._annotations import _parsed, draw_annotation, read_annotation, stem_of
from sknac.exceptions import SknacFormatError

GRID = Grid((40, 60), (1, 1))


def n_inside(path, image="scan.png", labels=()):
    """How many pixels are inside."""
    annotated = read_annotation(path, image, labels)
    return int(draw_annotation(path, annotated, GRID).to_mask(GRID).sum())


@pytest.fixture
def polygon(corners):
    """A CVAT polygon of 100 pixels."""
    return lambda label="tumour": ("polygon", label, {"points": corners["cvat"]})


BOX = {"xtl": 0, "ytl": 0, "xbr": 5, "ybr": 4}


def test_the_tool_is_told_by_the_content(saved, labelme, coco, cvat, corners, polygon):
    for content in (
        labelme(("t", "polygon", corners["labelme"])),
        coco(("scan.png", "t", [corners["coco"]])),
        cvat({"scan.png": [polygon()]}),
    ):
        assert n_inside(saved(content)) == 100


def test_polygons_keep_fractions_of_pixels_and_their_scale(saved, labelme):
    path = saved(labelme(("t", "polygon", [[1.25, 2], [7.5, 2], [7.5, 9.75]])))
    grid = Grid((40, 60), (0.1, 0.2), (3.0, 0.0))
    outline = draw_annotation(path, read_annotation(path, "scan.png", ()), grid)
    expected = [[3.15, 0.15], [3.15, 1.4], [3.925, 1.4]]
    np.testing.assert_allclose(outline.vertices, expected)


def test_masks_keep_their_box_alone(saved, coco, runs, square):
    counts = {"size": [40, 60], "counts": runs(square, "F")}
    path = saved(coco(("scan.png", "t", counts)))
    outline = draw_annotation(path, read_annotation(path, "scan.png", ()), GRID)
    assert outline.mask.shape == (10, 10)
    np.testing.assert_array_equal(outline.to_mask(GRID), square)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(("tumour",), 100), (("cyst",), 20), (("tumour", "cyst"), 120)],
)
def test_labels_choose_and_unite(
    saved, labelme, cvat, polygon, corners, labels, expected
):
    one = labelme(
        ("tumour", "polygon", corners["labelme"]),
        ("cyst", "rectangle", [[0, 0], [5, 4]]),
        ("caliper", "line", [[0, 0], [5, 4]]),
    )
    assert n_inside(saved(one), labels=labels) == expected
    shapes = [polygon(), ("box", "cyst", BOX), ("points", "nipple", {"points": "1,1"})]
    assert n_inside(saved(cvat({"scan.png": shapes})), labels=labels) == expected


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ((), "it has the labels 'caliper', 'cyst', 'tumour'; say with outline_label"),
        (("Tumour",), "no shape is labelled 'Tumour', there is 'caliper', 'cyst', 'tu"),
        (("caliper",), "a shape labelled 'caliper' is a point, a line or a box"),
    ],
)
def test_labels_are_not_guessed(saved, labelme, corners, labels, message):
    path = saved(
        labelme(
            ("tumour", "polygon", corners["labelme"]),
            ("cyst", "rectangle", [[0, 0], [5, 4]]),
            ("caliper", "line", [[0, 0], [5, 4]]),
        )
    )
    with pytest.raises(SknacFormatError, match=message):
        read_annotation(path, "scan.png", labels)


def test_an_object_with_a_box_alone_has_no_outline(saved, coco):
    with pytest.raises(SknacFormatError, match="a box of an object and has no area"):
        read_annotation(saved(coco(("scan.png", "t", []))), "scan.png", ())


NAMES = {"P1/a.png": 1, "P2/a.png": 2, "b.png": 3, r"x\c.jpg": 4}


@pytest.mark.parametrize(
    ("image", "n_shapes"),
    [
        ("P1/a.png", 1),
        ("/data/scans/P2/a.png", 2),
        ("scans/b.png", 3),
        ("b.dcm", 3),  # drawn on a picture of it
        ("b.nii.gz", 3),
        ("x/c.jpg", 4),
        ("x/c.mat::rf", 4),
    ],
)
def test_an_image_is_found_by_the_end_of_its_path(saved, cvat, image, n_shapes):
    shapes = {
        n: [("box", "t", {**BOX, "xtl": i}) for i in range(k)] for n, k in NAMES.items()
    }
    annotated = read_annotation(saved(cvat(shapes)), image, ())
    assert len(annotated.shapes) == n_shapes


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            "d.png",
            "image d.png is not among its 4: 'P1/a.png', 'P2/a.png', 'b.png', ...",
        ),
        (
            "P3/a.png",
            "2 of its images may be a.png: 'P1/a.png', 'P2/a.png'; give images",
        ),
        ("A.png", "image A.png is not among its 4"),
        ("none.png", "image none.png is not among"),
    ],
)
def test_an_image_is_not_guessed(saved, cvat, image, message):
    path = saved(cvat({name: [("box", "t", BOX)] for name in NAMES}))
    with pytest.raises(SknacFormatError, match=re.escape(message)):
        read_annotation(path, image, ())


def test_an_image_of_another_folder_is_said(saved, cvat):
    path = saved(cvat({name: [("box", "t", BOX)] for name in ("P1/a.png", "P2/b.png")}))
    with pytest.warns(UserWarning, match="P3/a.png is taken to be 'P1/a.png'; check"):
        read_annotation(path, "P3/a.png", ())
    path = saved(cvat({name: [("box", "t", BOX)] for name in ("im/a.png", "im/b.png")}))
    assert read_annotation(path, "scans/a.png", ()).name == "im/a.png"


def test_an_image_on_which_nothing_is_drawn_is_said(saved, cvat, polygon):
    path = saved(cvat({"scan.png": [], "b.png": [polygon()]}))
    with pytest.raises(
        SknacFormatError, match=r"nothing is drawn on 'scan.png'; leave"
    ):
        read_annotation(path, "scan.png", ())


def test_stems_lose_folders_suffixes_and_names_of_arrays():
    names = ["P1/a.png", "a.nii.gz", r"C:\x\a.dcm", "a.mat::rf1", "a"]
    assert {stem_of(name) for name in names} == {"a"}
    assert stem_of("a.1.png") == "a.1"


def test_a_file_of_many_images_is_parsed_once_and_again_when_it_changed(
    saved, coco, corners
):
    names = [f"{n}.png" for n in range(50)]
    data = coco(*((name, "t", [corners["coco"]]) for name in names), images=names)
    path = saved(data)
    old = time.time() - 100
    os.utime(path, (old, old))
    before = _parsed.cache_info().misses
    assert all(n_inside(path, name) == 100 for name in names)
    assert _parsed.cache_info().misses == before + 1
    data["annotations"][0]["segmentation"] = [[0, 0, 5, 0, 5, 4, 0, 4]]
    saved(data)  # young: its time may not tell
    assert n_inside(path, "0.png") == 20


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.json", b"", "damaged JSON: Expecting value"),
        ("a.json", b'{"shapes": [', "damaged JSON"),
        ("a.json", b"\xff\xfe\x00", "damaged JSON"),
        ("a.json", b"[]", "neither LabelMe's shapes nor COCO's"),
        ("a.json", b"{}", "neither LabelMe's shapes nor COCO's"),
        ("a.json", b'{"shapes": NaN}', "NaN is no number; correct it"),
        ("a.json", b'{"shapes": ' + b"9" * 5000 + b"}", "damaged JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply; export it again"),
        ("a.json", b"[" * 500_001, "more than 500000 lists and objects"),
        ("a.json", b" " * 13_000_001, "13 MB of annotations, and 12 are the most"),
        ("a.xml", b"<annotations>" * 30, "its XML is nested too deeply"),
        ("a.xml", b"<a>", "must be that of CVAT"),
    ],
)
def test_damage_and_bombs_are_format_errors(tmp_path, name, data, cause):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SknacFormatError, match=re.escape(cause)) as caught:
        read_annotation(str(tmp_path / name), "scan.png", ())
    assert caught.value.path == str(tmp_path / name)


def mutated(data, rng):
    """Damage bytes: cut them off, change, insert, repeat or double some."""
    data, at = bytearray(data), int(rng.integers(len(data)))
    length = int(rng.integers(1, 20))
    match rng.integers(6):
        case 0:
            del data[at:]
        case 1:
            data[at] = rng.integers(256)
        case 2:
            data[at:at] = rng.integers(256, size=length).astype("uint8").tobytes()
        case 3:
            del data[at : at + length]
        case 4:
            data[at:at] = data[at : at + length] * int(rng.integers(1, 50))
        case 5:
            words = [
                b"null",
                b"-1",
                b"1e308",
                b"999999999",
                b"[]",
                b'""',
                b"{}",
                b"true",
            ]
            numbers = list(re.finditer(rb"[0-9.]+", data))
            span = numbers[int(rng.integers(len(numbers)))].span()
            data[slice(*span)] = words[int(rng.integers(len(words)))]
    return bytes(data)


@pytest.fixture
def files(labelme, coco, cvat, corners, polygon, runs, compressed, square):
    """One file of each tool with each kind of shape."""
    counts = runs(square, "F")
    mask = ", ".join(map(str, runs(square[10:25, 15:30], "C")))
    box = {"rle": mask, "left": 15, "top": 10, "width": 15, "height": 15}
    return {
        "a.json": json.dumps(
            labelme(
                ("t", "polygon", corners["labelme"]),
                ("t", "circle", [[30, 20], [33, 20]]),
                ("t", "rectangle", [[1, 1], [9, 9]]),
                ("t", square),
            )
        ).encode(),
        "b.json": json.dumps(
            coco(
                ("scan.png", "t", [corners["coco"]]),
                ("scan.png", "t", {"size": [40, 60], "counts": counts}),
                ("scan.png", "t", {"size": [40, 60], "counts": compressed(counts)}),
            )
        ).encode(),
        "c.xml": cvat(
            {
                "scan.png": [
                    polygon("t"),
                    ("box", "t", {**BOX, "rotation": 5}),
                    ("ellipse", "t", {"cx": 9, "cy": 9, "rx": 3, "ry": 4}),
                    ("mask", "t", box),
                ]
            }
        ),
    }


@pytest.mark.parametrize("name", ["a.json", "b.json", "c.xml"])
@pytest.mark.filterwarnings("ignore:a.json")
def test_mutants_open_or_are_format_errors(tmp_path, files, name):
    rng, n_refused = np.random.default_rng(1), 0
    for _ in range(int(os.environ.get("N_MUTANTS", "100"))):
        path = tmp_path / name
        path.write_bytes(mutated(files[name], rng))
        try:
            assert n_inside(str(path)) > 0
        except SknacFormatError as error:
            n_refused += error.path == str(path)
    assert n_refused > 30
