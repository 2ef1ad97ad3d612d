"""Folders of scans become tables, and what does not fit is told."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import _folder, cohort_from_folder, cohort_from_table
from sknac.exceptions import CohortError
from sknac.io import read_info

RNG = np.random.default_rng(0)


@pytest.fixture
def put(tmp_path):
    """Write files below a folder."""

    def put(*paths):
        for name in paths:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = RNG.integers(0, 256, (40, 30), "uint8")
            if "mask" in name:
                pixels = np.zeros((40, 30), "uint8")
                pixels[10:20, 5:15] = 255
            if path.suffix == ".npy":
                np.save(path, RNG.normal(size=(4, 60, 20)))
            elif path.suffix in (".png", ".jpg", ".bmp"):
                Image.fromarray(pixels).save(path)
            else:
                path.write_bytes(b"x")
        return tmp_path

    return put


def test_a_folder_of_folders_is_a_cohort(put):
    root = put(
        *("P10/pre/a.png", "P2/pre/a.png", "P2/pre/b.png", "P2/post2/a.png"),
        *("P2/pre/a_mask.png", "P2/pre/b_mask.png", "P10/pre/a_mask.png"),
        *(
            "P2/post2/a_mask.png",
            "readme.txt",
            "LICENSE",
            "DICOMDIR",
            ".hidden/x.png",
            "labels.csv",
        ),
    )
    table = cohort_from_folder(
        "{patient_id}/{visit}/*.png",
        root=root,
        outline="{patient_id}/{visit}/*_mask.png",
        kind="bmode",
    )
    assert table["path"].tolist() == [
        *("P2/post2/a.png", "P2/pre/a.png", "P2/pre/b.png", "P10/pre/a.png"),
    ]
    assert table["outline"].tolist() == [
        path.replace(".png", "_mask.png") for path in table["path"]
    ]
    assert table["size_px"].unique().tolist() == ["40x30"]
    X = cohort_from_table(table, root=root)
    assert X.index.tolist() == ["P2", "P10"]
    assert X.at["P2", "us_pre"].n_planes == 2
    assert X.at["P2", "us_pre"].planes[1].core_mask().sum() == 100


def test_names_alone_may_say_everything(put):
    root = put("img/P_1_pre.png", "img/P_1_post2.png", "gt/P_1_pre.bmp")
    with pytest.warns(
        UserWarning, match="^1 of 2 scans have no outline: img/P_1_post2"
    ):
        table = cohort_from_folder(
            "img/{patient_id}_{visit:pre|post2}.png",
            root=root,
            outline="gt/{patient_id}_{visit:pre|post2}.bmp",
            kind="bmode",
        )
    assert table[["patient_id", "visit"]].to_numpy().tolist() == [
        *(["P_1", "post2"], ["P_1", "pre"]),
    ]


def test_several_outlines_of_a_scan_are_listed_together(put):
    root = put("a (1).png", "a (1)_mask.png", "a (1)_mask_1.png")
    table = cohort_from_folder(
        "a ({patient_id}).png",
        root=root,
        outline="a ({patient_id})_mask*.png",
        visit="scan",
        kind="bmode",
    )
    assert table["outline"].tolist() == ["a (1)_mask.png;a (1)_mask_1.png"]


def test_other_fields_are_columns_and_plane_is_for_planes(put):
    root = put("north/P1/l.png", "north/P1/r.png", "south/P2/l.png")
    table = cohort_from_folder(
        "{site}/{patient_id}/{plane}.png", root=root, visit="pre", kind="bmode"
    )
    assert table.columns[:4].tolist() == ["patient_id", "visit", "site", "plane"]
    X = cohort_from_table(table, root=root)
    assert X["site"].to_dict() == {"P1": "north", "P2": "south"}
    assert "plane" not in X


@pytest.mark.parametrize(
    ("frames", "numbers"), [("first", [0]), ("middle", [2]), ("all", [0, 1, 2, 3])]
)
def test_frames_of_a_cine_are_chosen(put, frames, numbers):
    root = put("P1.npy")
    given = {"root": root, "visit": "pre", "kind": "bmode"}
    with pytest.raises(
        CohortError, match=r"P1\.npy has 4 frames; frames must be first"
    ):
        cohort_from_folder("{patient_id}.npy", **given)
    table = cohort_from_folder("{patient_id}.npy", frames=frames, **given)
    assert table["frame"].tolist() == numbers
    assert table["size_px"].unique().tolist() == ["60x20"]
    X = cohort_from_table(table, root=root)
    assert X.at["P1", "us_pre"].n_planes == len(numbers)


def test_outlines_of_cines_are_told(put):
    root = put("P1.npy", "P1_mask.png")
    said = "^1 scans have several frames and an outline, .*: P1.npy"
    with pytest.warns(UserWarning, match=said):
        table = cohort_from_folder(
            "{patient_id}.npy",
            root=root,
            outline="{patient_id}_mask.png",
            visit="pre",
            kind="bmode",
            frames="all",
        )
    assert table["outline"].tolist() == ["P1_mask.png"] * 4


def test_folders_that_are_links_are_told(put):
    root = put("a/P1.png")
    (root / "b").symlink_to(root / "a")
    with pytest.warns(
        UserWarning, match="^1 folders are links and are left out; .*: b"
    ):
        table = cohort_from_folder(
            "*/{patient_id}.png", root=root, visit="pre", kind="bmode"
        )
    assert table["path"].tolist() == ["a/P1.png"]


def test_maps_are_taken_whole(put):
    given = {"root": put("P1.npy"), "visit": "pre", "kind": "maps"}
    table = cohort_from_folder("{patient_id}.npy", **given)
    assert "frame" not in table
    assert table["size_px"].tolist() == ["4x60x20"]


@pytest.mark.parametrize(
    ("told", "columns"),
    [
        (
            {"signal": "bmode", "spacing_mm": (0.5, 0.4)},
            {"spacing_axial_mm": 0.5, "spacing_lateral_mm": 0.4},
        ),
        (
            {"signal": "rf", "fs_mhz": 40.0, "spacing_mm": (0.01925, 0.2)},
            {"fs_mhz": 40.0, "line_pitch_mm": 0.2},
        ),
    ],
)
def test_what_files_say_is_there_to_look_at(put, monkeypatch, told, columns):
    def read(path):
        return dataclasses.replace(read_info(path), **told)

    monkeypatch.setattr(_folder, "read_info", read)
    table = cohort_from_folder("{patient_id}.png", root=put("P1.png"), visit="pre")
    assert table.loc[0, list(columns)].to_dict() == columns
    assert table.loc[0, "kind"] == told["signal"]


def test_what_matches_no_pattern_is_told(put):
    root = put("P1/pre/a.png", "P1/a.png", "P2/pre/b.jpg", "x.png", "P3/y.png")
    said = (
        r"^4 files match no pattern and are left out: P1/a.png, P2/pre/b.jpg, .*\.\.\."
    )
    with pytest.warns(UserWarning, match=said):
        table = cohort_from_folder(
            "{patient_id}/{visit}/*.png", root=root, kind="bmode"
        )
    assert len(table) == 1


def test_outlines_without_a_scan_are_told(put):
    root = put("P1.png", "P1_mask.png", "P2_mask.png")
    with pytest.warns(UserWarning, match="^1 outlines belong to no scan .*: P2_mask"):
        cohort_from_folder(
            "{patient_id}.png",
            root=root,
            outline="{patient_id}_mask.png",
            visit="pre",
            kind="bmode",
        )


def test_what_outlines_are_found_by_is_told(put):
    root = put("P1/a.png", "P1/mask.jpg", "P2/a.png")
    settings = {"root": root, "visit": "pre", "kind": "bmode"}
    with (
        pytest.warns(UserWarning, match="no scan .text for . is compared too."),
        pytest.warns(UserWarning, match="have no outline"),
    ):
        cohort_from_folder(
            "{patient_id}/a.*", outline="{patient_id}/mask.*", **settings
        )
    (root / "P1" / "mask.jpg").unlink()
    (root / "all.json").write_text("{}")
    with pytest.raises(CohortError, match=r"COCO, CVAT.*goes into the table's column"):
        cohort_from_folder("{patient_id}/a.png", outline="all.json", **settings)


def test_files_that_cannot_be_read_stay_in_the_table(put):
    root = put("P1.png", "P2.png")
    (root / "P2.png").write_bytes(b"\x89PNG cut")
    with pytest.warns(UserWarning, match=r"^1 files cannot be read; .*: P2.png \("):
        table = cohort_from_folder(
            "{patient_id}.png", root=root, visit="pre", kind="bmode"
        )
    assert table["path"].tolist() == ["P1.png", "P2.png"]
    assert pd.isna(table["size_px"][1])
    with pytest.raises(ValueError, match=r"row 1 \(patient P2\)"):
        cohort_from_table(table, root=root)


BAD = [
    ({"pattern": "{visit}/*.png"}, "pattern must have {patient_id}"),
    ({"pattern": "{patient_id}/*.png"}, "the visit must be a field {visit} of the"),
    ({"visit": "pre"}, "the visit must be a field {visit} of the pattern or given"),
    ({"pattern": "{patient_id}/{visit}/{frame}.png"}, "names a field frame"),
    ({"kind": "B-mode"}, "kind must be one of ('rf', "),
    ({"frames": "last"}, "frames must be one of ('first', "),
    ({"kind": None}, "P1/pre/a.png does not say what it holds; kind must be"),
    ({"pattern": "{patient_id}/{visit}/*.dcm"}, "matches {patient_id}/{visit}/*.dcm; "),
    ({"outline": "*_roi.png"}, "no file matches outline='*_roi.png'"),
    ({"outline": "{patient_id}/{visit}_mask.png"}, "P1/pre_mask.png may be the outli"),
    ({"pattern": "{patient_id}/{visit}/*_{plane}.png"}, "P1/pre/a_b_c.png can be read"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_folders_that_can_be_read_in_two_ways_are_refused(put, change, said):
    names = ["P1/pre/a.png", "P1/pre/b.png", "P1/pre/a_b_c.png"]
    root = put(*names, *(["P1/pre_mask.png"] if "_mask" in said else []))
    given = {"pattern": "{patient_id}/{visit}/*.png", "root": root, "kind": "bmode"}
    with pytest.raises(ValueError, match=re.escape(said)):
        cohort_from_folder(**given | change)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder; check the path"):
        cohort_from_folder("{patient_id}/{visit}.png", root=tmp_path / "absent")


def test_iq_is_listed_and_refused_when_it_is_read(put, monkeypatch):
    def read(path, variable=None):
        return dataclasses.replace(read_info(path), signal="iq")

    monkeypatch.setattr(_folder, "read_info", read)
    monkeypatch.setattr("sknac.cohort._table_rows.read_info", read)
    root = put("P1.png")
    table = cohort_from_folder("{patient_id}.png", root=root, visit="pre")
    with pytest.raises(CohortError, match=r"P1.png holds IQ, .* sknac.io.rf_from_iq"):
        cohort_from_table(table, root=root)


@pytest.mark.parametrize(
    "name", ["P1/a_mask.png", "P1/a.seg.png", "masks/P1.png", "P1/GT-1.png"]
)
def test_scans_that_are_named_as_masks_are_told(put, name):
    root = put("P1/a.png", name)
    with pytest.warns(
        UserWarning, match="1 scans are named as masks are; give outline"
    ):
        cohort_from_folder("{patient_id}/*.png", root=root, visit="pre", kind="bmode")


def test_names_that_only_begin_like_a_mask_are_scans(put):
    root = put("P1/masking.png", "P1/segment2.png", "P1/gta.png")
    table = cohort_from_folder(
        "{patient_id}/*.png", root=root, visit="pre", kind="bmode"
    )
    assert len(table) == 3
