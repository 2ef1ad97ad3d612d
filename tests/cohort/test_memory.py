"""What a frame holds, and what loading it would read or compute."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import (
    ArrayRef,
    Grid,
    MaskOutline,
    Plane,
    PolygonOutline,
    Study,
    memory_report,
)
from sknac.cohort._recent import recent
from sknac.exceptions import CohortError
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROIMasker
from sknac.utils._store import ArrayStore

CORE = PolygonOutline([(3, 4), (3, 14), (15, 16), (17, 5)])
IMAGE = np.random.default_rng(0).random((2, 20, 22))


def frame(*images, **settings):
    settings = {"channels": ("a", "b"), "core": CORE} | settings
    cells = [Study([Plane(i, "maps", (1.0, 1.0), **settings)]) for i in images]
    index = [f"P{i}" for i in range(len(cells))]
    return pd.DataFrame({"us_pre": pd.Series(cells, index, dtype=object)})


def in_file(path, image=IMAGE):
    np.save(path, image)
    return ArrayRef.from_file(path)


def row(X):
    (found,) = memory_report(X).to_frame().to_dict("records")
    return found


def test_arrays_in_memory_count_once():
    plane = Plane(IMAGE, "maps", channels=("a", "b"), core=CORE)
    X = frame(IMAGE, IMAGE + 1)
    X["us_post2"] = X["us_pre"]
    X.iloc[1, 0] = Study([plane, plane])
    pre, post = memory_report(X).to_frame().to_dict("records")
    assert (pre["patients"], pre["planes"], pre["in_memory"]) == (2, 3, 3)
    assert pre["held_mb"] == pytest.approx((2 * IMAGE.nbytes + 64) / 1e6)
    assert pre["loaded_mb"] == pytest.approx(3 * IMAGE.nbytes / 1e6)
    # One of its two planes is the first of us_pre.
    assert post["held_mb"] == pytest.approx(IMAGE.nbytes / 1e6)


def test_files_hold_nothing_and_are_as_large_as_they_are(tmp_path):
    handle = in_file(tmp_path / "a.npy")
    store = ArrayStore(tmp_path / "store")
    store.prepare()
    found = row(frame(handle, handle, store.put("0" * 32, IMAGE), core=None))
    assert (found["in_files"], found["held_mb"]) == (3, 0)
    sizes = (tmp_path / "a.npy").stat().st_size + IMAGE.nbytes
    assert found["file_mb"] == pytest.approx(sizes / 1e6)


def test_what_is_computed_holds_what_it_is_computed_from(tmp_path):
    for image, held, stored in (
        (in_file(tmp_path / "a.npy"), 0, 128 + IMAGE.nbytes),
        (IMAGE, IMAGE.nbytes, 0),
    ):
        X = ROIMasker(region="core").fit_transform(frame(image))
        X = MapScaler().fit_transform(PlaneResizer(image_size=64).fit_transform(X))
        recent.clear()
        found = row(X)
        assert (found["computed"], found["in_memory"], found["in_files"]) == (1, 0, 0)
        assert found["held_mb"] == pytest.approx((held + 64) / 1e6)
        assert found["file_mb"] == pytest.approx(stored / 1e6)
        assert found["loaded_mb"] == pytest.approx(2 * 64 * 64 * 4 / 1e6)


def test_masks_count_where_they_lie(tmp_path):
    inside = np.zeros((20, 22), bool)
    inside[5:9, 5:9] = True
    grid = Grid(inside.shape, (1.0, 1.0))
    held = row(frame(IMAGE, core=MaskOutline(inside, grid)))["held_mb"]
    assert held == pytest.approx((IMAGE.nbytes + inside.nbytes) / 1e6)
    mask = MaskOutline(in_file(tmp_path / "m.npy", inside), grid)
    found = row(frame(IMAGE, core=mask))
    assert found["held_mb"] == pytest.approx(IMAGE.nbytes / 1e6)
    assert found["file_mb"] == pytest.approx((128 + inside.nbytes) / 1e6)


def test_kinds_and_missing_visits_have_their_rows():
    X = frame(IMAGE, IMAGE + 1)
    X["us_post2"] = pd.Series([None, Study([Plane(IMAGE[0], "bmode")])], X.index)
    table = memory_report(X).to_frame()
    assert table[["column", "kind", "planes"]].to_numpy().tolist() == [
        ["us_pre", "maps", 2],
        ["us_post2", "bmode", 1],
    ]


def test_repr_says_sizes_and_nothing_of_patients(tmp_path):
    X = PlaneResizer(image_size=4000).fit_transform(
        frame(*[in_file(tmp_path / "a.npy")] * 20, core=None)
    )
    recent.clear()
    text = repr(memory_report(X))
    assert text.splitlines() == [
        "MemoryReport(n=20 patients, 20 planes)",
        "- us_pre, maps: 20 planes (20 computed); 0 MB held, 0.00717 MB in files, "
        "2.56 GB if all were loaded",
        "- computed last, kept: 0 MB of this process",
    ]
    assert "P0" not in memory_report(X)._repr_html_()


def test_what_was_computed_last_is_told():
    X = PlaneResizer(image_size=64).fit_transform(frame(IMAGE))
    recent.clear()
    X.iloc[0, 0].planes[0].load()
    assert memory_report(X).recent_mb == pytest.approx(2 * 64 * 64 * 4 / 1e6, rel=0.2)


def test_a_frame_without_images_is_refused():
    with pytest.raises(CohortError, match="us_"):
        memory_report(pd.DataFrame({"age": [1]}))
