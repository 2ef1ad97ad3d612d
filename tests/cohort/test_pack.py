"""A packed cohort is the cohort, in one file that is safe to open."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import (
    InMemoryArray,
    MaskOutline,
    Plane,
    PolygonOutline,
    Study,
    cohort_from_table,
    pack_cohort,
    planes_table,
)
from sknac.cohort._outline_union import unite
from sknac.cohort.planes import as_column
from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.exceptions import CohortError, SknacFormatError
from sknac.testing import make_check_cohort

PLAIN = {
    "age": [50, 61, 40],
    "ki67": [0.1, np.nan, 1 / 3],
    "her2": ["+", None, "-"],
    "er": [True, False, True],
    "grade": pd.Categorical(["2", "1", None], ["1", "2", "3"], ordered=True),
    "seen": pd.to_datetime(["2020-01-02", None, "2021-05-06"]),
    "n": pd.array([1, None, 3], dtype="Int64"),
    "at": pd.to_datetime(["2020-01-02 03:04", None, "2021-05-06 01:00"], utc=True),
    "small": np.array([1, 2, 3], "int8"),
    "single": np.array([0.1, 2, np.inf], "float32"),
    "text": pd.array(["a", None, "c"], dtype="string"),
}


def cohort(kind="maps", n=3):
    return make_check_cohort(kind)[0].iloc[:n].copy()


@pytest.mark.parametrize("kind", ["rf", "bmode", "maps"])
def test_every_plane_comes_back_with_its_samples_and_settings(tmp_path, kind):
    X = cohort(kind, 8)
    back = cohort_from_table(pack_cohort(X, tmp_path / "a.cohort"), duplicates="ignore")
    assert back.index.equals(X.index)
    assert list(back) == list(X)
    for name in [c for c in X if c.startswith("us_")]:
        for one, two in zip(X[name], back[name], strict=True):
            if one is None:
                assert two is None
                continue
            for a, b in zip(one.planes, two.planes, strict=True):
                np.testing.assert_array_equal(a.load(), b.load())
                assert a.load().dtype == b.load().dtype
                assert a.image.pixel_digest == b.image.pixel_digest
                assert b.replace(image=a.image, core=a.core, roi=a.roi) == a
                if a.core is not None:
                    np.testing.assert_array_equal(a.core_mask(), b.core_mask())


def test_united_and_soft_outlines_are_packed_as_they_are_drawn(tmp_path):
    image = np.zeros((20, 30), "uint8")
    grid = Plane(image, "bmode").grid
    soft, labels = np.zeros((2, 20, 30), "uint8")
    soft[3:8, 3:8], soft[8, 3:8] = 255, 100
    labels[12:15, 10:14], labels[0, 0] = 1, 2
    with pytest.warns(UserWarning, match="more than two values"):
        masks = [MaskOutline(InMemoryArray(soft), grid)]
    masks.append(MaskOutline(InMemoryArray(labels), grid, (1,)))
    square = PolygonOutline([(-0.5, 19.5), (-0.5, 24.5), (4.5, 24.5), (4.5, 19.5)])
    whole = MaskOutline(np.ones((20, 30), bool), grid)
    plane = Plane(image, "bmode", core=unite([*masks, square]), roi=whole)
    X = pd.DataFrame({"us_pre": as_column([Study([plane])], pd.Index(["P1"]))})
    back = cohort_from_table(pack_cohort(X, tmp_path / "a.cohort"))
    back = back.at["P1", "us_pre"].planes[0]
    assert back.core_mask().sum() == 25 + 12 + 25
    np.testing.assert_array_equal(back.core_mask(), plane.core_mask())
    assert back.roi.to_mask(grid).all()


def test_clinical_columns_come_back_as_they_were(tmp_path):
    plane = Plane(
        np.arange(48.0).reshape(8, 6),
        "bmode",
        spacing_mm=(0.1, 1 / 3),
        probe="L14",
        tgc=((0, 1), (10, 2.5)),
    )
    X = pd.DataFrame(PLAIN, index=pd.Index(["007", "1", "x"], name="patient_id"))
    X["us_pre"] = [Study([plane]), None, None]
    back = cohort_from_table(pack_cohort(X, tmp_path / "a.cohort"))
    pd.testing.assert_frame_equal(back.drop(columns="us_pre"), X.drop(columns="us_pre"))
    again = back.at["007", "us_pre"].planes[0]
    assert (again.tgc, again.probe) == (plane.tgc, plane.probe)
    assert again.replace(image=plane.image) == plane


def test_a_pack_holds_no_path_and_each_image_once(tmp_path):
    X = make_bmode_cohort(n_patients=4, random_state=0).X
    np.save(tmp_path / "secret_name.npy", X["us_pre"].iloc[0].planes[0].load())
    table = pd.DataFrame({"patient_id": ["a", "b"], "visit": "pre", "kind": "bmode"})
    table["path"] = "secret_name.npy"
    X = cohort_from_table(table, root=tmp_path, duplicates="ignore")
    with zipfile.ZipFile(pack_cohort(X, tmp_path / "a.cohort")) as pack:
        names = pack.namelist()
        text = pack.read("cohort.json").decode()
    assert len(names) == 2
    assert "secret_name" not in text + "".join(names)
    assert str(tmp_path) not in text


def test_a_pack_may_be_moved_and_loads_in_another_place(tmp_path):
    X = make_rf_cohort(n_patients=2, n_planes=1, random_state=0).X
    pack_cohort(X, tmp_path / "a.cohort").rename(tmp_path / "b.cohort")
    back = cohort_from_table(tmp_path / "b.cohort")
    drop = ["digest"]
    pd.testing.assert_frame_equal(
        planes_table(back).drop(columns=drop), planes_table(X).drop(columns=drop)
    )


def test_what_cannot_be_packed_is_named(tmp_path):
    X = cohort().assign(odd=[{}, 1, 2])
    with pytest.raises(CohortError, match="column odd holds dict, which cannot"):
        pack_cohort(X, tmp_path / "a.cohort")
    for names in (["a", "a"], [1, "a"], [("a", "b"), "a"]):
        twice = X.drop(columns="odd").assign(u=1, v=2).rename_axis(columns=None)
        twice.columns = [*twice.columns[:-2], *names]
        with pytest.raises(
            CohortError, match=r"names of columns must be text|one name"
        ):
            pack_cohort(twice, tmp_path / "a.cohort")
    with pytest.raises(ValueError, match=r"must end in \.cohort, got a"):
        pack_cohort(cohort(), tmp_path / "a.zip")
    pack_cohort(cohort(), tmp_path / "a.cohort")
    with pytest.raises(FileExistsError, match="is there already; delete it or name"):
        pack_cohort(cohort(), tmp_path / "a.cohort")
    with pytest.raises(FileNotFoundError, match="gone: no such folder; make it first"):
        pack_cohort(cohort(), tmp_path / "gone" / "a.cohort")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.cohort"]
    with pytest.raises(CohortError, match="leave out clinical and root"):
        cohort_from_table(tmp_path / "a.cohort", root=tmp_path)
    with pytest.raises(FileNotFoundError, match="no such file; check the path"):
        cohort_from_table(tmp_path / "b.cohort")


def rewritten(file, change):
    """Write a pack again with another text."""
    with zipfile.ZipFile(file) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    text = json.loads(parts["cohort.json"])
    change(text)
    parts["cohort.json"] = json.dumps(text).encode()
    with zipfile.ZipFile(file, "w") as pack:
        for name, data in parts.items():
            pack.writestr(name, data)


CHANGES = [
    lambda t: t.update(format="sknac cohort 9"),
    lambda t: t.pop("index"),
    lambda t: t.update(columns=3),
    lambda t: t["columns"][0].update(dtype="nothing"),
    lambda t: t["columns"][0]["values"].append(3),
    lambda t: t["columns"][-1]["visits"][0][0].update(image="../../etc/passwd"),
    lambda t: t["columns"][-1]["visits"][0][0].update(kind="odd"),
    lambda t: t["columns"][-1]["visits"][0][0].update(spacing_mm=[0, -1]),
    lambda t: t["columns"][-1]["visits"][0][0].pop("tgc"),
    lambda t: t["columns"][-1]["visits"][0][0].update(unknown=1),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_pack_that_lies_is_a_format_error(tmp_path, change):
    X = cohort().assign(age=[1, 2, 3])[["age", *cohort().filter(like="us_")]]
    file = pack_cohort(X, tmp_path / "a.cohort")
    rewritten(file, change)
    with pytest.raises(SknacFormatError):
        cohort_from_table(file)


def test_damaged_packs_are_format_errors_alone(tmp_path):
    X = cohort("bmode", 2)
    data = pack_cohort(X, tmp_path / "a.cohort").read_bytes()
    rng, survived = np.random.default_rng(0), 0
    for number in range(60):
        bad = bytearray(data[: rng.integers(1, len(data))] if number % 3 == 0 else data)
        for at in rng.integers(0, len(bad), 3):
            bad[at] ^= int(rng.integers(1, 256))
        file = tmp_path / f"{number}.cohort"
        file.write_bytes(bad)
        try:
            back = cohort_from_table(file, duplicates="ignore")
            for name in back.filter(like="us_"):
                for cell in back[name]:
                    for plane in cell.planes if cell else ():
                        plane.load()
            survived += 1
        except SknacFormatError:
            pass
    assert survived < 30
