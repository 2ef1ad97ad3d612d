"""Derived images: what they compute, what they are known by, what they refuse."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import threading
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sknac.cohort import (
    ArrayRef,
    MaskOutline,
    Plane,
    PlaneTransformer,
    PolygonOutline,
    Study,
    relocate,
)
from sknac.cohort._derived import DerivedArray, shared
from sknac.cohort._recent import recent
from sknac.cohort.planes import derived_mask, list_planes
from sknac.exceptions import CohortError, SknacFormatError, StaleFileError
from sknac.features import MapStatistics
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels, ROICropper, ROIMasker
from sknac.utils._store import ArrayStore

CORE = PolygonOutline([(3, 4), (3, 14), (15, 16), (17, 5)])
CHAIN = make_pipeline(
    ROIMasker(margin_mm=2.0),
    PlaneResizer(image_size=24),
    RegionChannels(margin_mm=2.0),
    MapScaler(),
)


@pytest.fixture(autouse=True)
def _nothing_recent():
    recent.clear()


def frame(images, kind="maps", spacing=(1.0, 1.0), **settings):
    """A patient per image."""
    if kind == "maps":
        settings["channels"] = ("mbf", "esd")
    cells = [
        Study([Plane(image, kind, spacing, core=CORE, **settings)]) for image in images
    ]
    index = [f"P{i}" for i in range(len(cells))]
    return pd.DataFrame({"us_pre": pd.Series(cells, index, dtype=object)})


def planes(X):
    return [at.plane for at in list_planes(X, ["us_pre"])]


def maps(n=3, dtype=np.float32):
    rng = np.random.default_rng(0)
    return [rng.random((2, 20, 22)).astype(dtype) for _ in range(n)]


def in_files(images, folder):
    for i, image in enumerate(images):
        np.save(folder / f"{i}.npy", image)
    return [ArrayRef.from_file(folder / f"{i}.npy") for i in range(len(images))]


def double(image, factor=2):
    return image * factor


def test_a_chain_computes_what_its_steps_say_in_turn():
    image = maps(1)[0]
    masked = ROIMasker(region="core").fit_transform(frame([image]))
    scaler = MapScaler(limits=(0, 100)).fit(masked)
    (plane,) = planes(scaler.transform(masked))
    inside = CORE.to_mask(frame([image]).iloc[0, 0].planes[0].grid)
    low, high = image[:, inside].min(axis=1), image[:, inside].max(axis=1)
    expected = (image - low[:, None, None]) / (high - low)[:, None, None]
    rows, columns = (np.flatnonzero(inside.any(axis=a)) for a in (1, 0))
    box = np.ix_((0, 1), rows, columns)
    assert np.array_equal(plane.load(), np.where(inside, expected, 0)[box])


def test_transform_reads_no_stored_map(tmp_path, monkeypatch):
    store = ArrayStore(tmp_path)
    store.prepare()
    X = frame([store.put(f"{i:032x}", image) for i, image in enumerate(maps())])
    fitted = CHAIN.fit(X)

    def load(self):
        raise AssertionError("read")

    monkeypatch.setattr("sknac.utils._store.StoredArray.load", load)
    recent.clear()
    made = fitted.transform(X)
    assert {plane.image.shape for plane in planes(made)} == {(4, 24, 24)}
    assert len({plane.digest for plane in planes(made)}) == 3


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", "i2"])
def test_memory_files_and_stores_give_the_same_digests(dtype, tmp_path):
    images = [(100 * image).astype(dtype) for image in maps()]
    images[0][:, 5, 6] = 7
    store = ArrayStore(tmp_path / "store")
    store.prepare()
    kept = [store.put(f"{i:032x}", image) for i, image in enumerate(images)]
    frames = [frame(images), frame(in_files(images, tmp_path)), frame(kept)]
    found = [CHAIN.fit(X).transform(X) for X in frames]
    assert len({tuple(p.digest for p in planes(X)) for X in found}) == 1
    pixels = [[p.load().tobytes() for p in planes(X)] for X in found]
    assert pixels[0] == pixels[1] == pixels[2]


def test_an_image_and_its_png_give_the_same_digest(tmp_path):
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 255, (20, 22), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "a.png")
    both = [image, ArrayRef.from_file(tmp_path / "a.png")]
    crops = planes(ROICropper().fit_transform(frame(both, "bmode")))
    assert crops[0].image == crops[1].image
    assert crops[0].digest == crops[1].digest


def test_content_of_a_file_is_hashed_once_and_travels_with_its_handle(
    tmp_path, monkeypatch
):
    (handle,) = in_files(maps(1), tmp_path)
    content = handle.content_digest
    sent = pickle.loads(pickle.dumps(handle))
    monkeypatch.setattr(ArrayRef, "load", lambda self: 1 / 0)
    monkeypatch.setattr("sknac.cohort._handles._content", lambda handle: 1 / 0)
    assert sent.content_digest == content


def test_equal_frames_hash_equally_and_others_do_not(tmp_path):
    files = in_files(maps(), tmp_path)
    first, again = (CHAIN.fit_transform(frame(files)) for _ in range(2))
    assert joblib.hash(first) == joblib.hash(again)
    assert joblib.hash(pickle.loads(pickle.dumps(first))) == joblib.hash(first)
    other = make_pipeline(
        ROIMasker(margin_mm=3.0), *list(CHAIN.named_steps.values())[1:]
    )
    assert joblib.hash(other.fit_transform(frame(files))) != joblib.hash(first)
    scaled = MapScaler(limits=(2, 98)).fit_transform(frame(files))
    assert planes(scaled)[0] != planes(MapScaler().fit_transform(frame(files)))[0]


def test_a_derived_plane_pickles_small_and_without_pixels(tmp_path):
    X = CHAIN.fit_transform(frame(in_files(maps(40), tmp_path)))
    sent = pickle.dumps(X, protocol=5)
    assert len(sent) / 40 < 2048 < planes(X)[0].load().nbytes
    back = pickle.loads(sent)
    assert planes(back) == planes(X)
    assert np.array_equal(planes(back)[7].load(), planes(X)[7].load())


def test_fitted_numbers_are_one_object_for_all_planes():
    X = MapScaler().fit_transform(frame(maps()))
    for made in (X, pickle.loads(pickle.dumps(X))):
        first, *others = (plane.image.inputs for plane in planes(made))
        for one in others:
            assert all(a is b for a, b in zip(first[3:7], one[3:7], strict=True))
    assert shared((1.0, 2.0)) is shared((1.0, 2.0))
    assert [type(v) for v in shared((1, 2))] == [int, int]


def test_what_is_wrong_with_pixels_is_told_with_the_place_once():
    images = maps()
    images[1][1] = np.nan
    X = MapScaler().fit(frame(images[:1])).transform(frame(images))
    message = r"^row P1, column us_pre, plane 0: map esd has no valid value"
    with pytest.raises(CohortError, match=message) as caught:
        planes(X)[1].load()
    assert str(caught.value).count("row P1") == 1
    resized = PlaneResizer(image_size=8).fit_transform(X)
    with pytest.raises(CohortError, match=message) as caught:
        MapScaler().fit(resized)
    assert str(caught.value).count("row P1") == 1
    sent = pickle.loads(pickle.dumps(resized))
    with pytest.raises(CohortError, match=message):
        planes(sent)[1].load()


def test_what_is_wrong_without_pixels_is_told_at_once(tmp_path):
    files = in_files(maps(), tmp_path)
    X = frame(files)
    X.iloc[2, 0] = Study([planes(X)[2].replace(core=None)])
    with pytest.raises(CohortError, match=r"row P2, column us_pre, plane 0: .*outline"):
        ROIMasker().fit(frame(files)).transform(X)
    os.remove(files[1].path)
    with pytest.raises(FileNotFoundError, match="row P1, column us_pre, plane 0: "):
        PlaneResizer(image_size=8).fit(frame(files)).transform(frame(files))


def test_a_damaged_file_is_told_when_it_is_read(tmp_path):
    (handle,) = in_files(maps(1), tmp_path)
    handle.content_digest  # noqa: B018 - as after building a cohort from a table
    X = PlaneResizer(image_size=8).fit_transform(frame([handle]))
    stat = os.stat(handle.path)
    with open(handle.path, "r+b") as file:
        file.write(b"\0" * 20)
    os.utime(handle.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(SknacFormatError, match=r"\(row P0, column us_pre, plane 0\)"):
        planes(X)[0].load()


def test_a_file_that_rotted_is_told_before_what_is_made_of_it_is_stored(tmp_path):
    (handle,) = in_files(maps(1), tmp_path)
    (plane,) = planes(CHAIN.fit_transform(frame([handle])))
    plane.image.check_content()
    stat, data = os.stat(handle.path), bytearray(Path(handle.path).read_bytes())
    data[-3] ^= 1
    Path(handle.path).write_bytes(data)
    os.utime(handle.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    plane.image.check_unchanged()
    with pytest.raises(SknacFormatError, match="is no longer that"):
        plane.image.check_content()


def test_a_changed_file_is_not_read_whatever_was_computed_before(tmp_path):
    (handle,) = in_files(maps(1), tmp_path)
    (plane,) = planes(MapScaler().fit_transform(frame([handle])))
    plane.load()
    np.save(handle.path, maps(1)[0][:, :10])
    with pytest.raises(StaleFileError, match=r"^row P0, column us_pre, plane 0: "):
        plane.load()


def test_what_is_recent_is_not_computed_again(monkeypatch):
    plane = Plane(np.eye(4), "bmode").derive(double, shape=(4, 4), dtype=float)
    assert plane.load() is plane.load()
    assert not plane.load().flags.writeable
    recent.clear()
    assert np.array_equal(plane.load(), 2 * np.eye(4))


@pytest.mark.parametrize(
    ("function", "settings", "message"),
    [
        (double, {"shape": (4, 5)}, r"double must make .* \(4, 5\) .*got \(4, 4\)"),
        (double, {"dtype": "f4"}, "must make an array .*float32, got .*float64"),
        (lambda image: image, {}, "must be one that a module defines"),
    ],
)
def test_functions_must_make_what_they_say(function, settings, message):
    plane = Plane(np.eye(4), "bmode")
    with pytest.raises((TypeError, ValueError), match=message):
        plane.derive(function, **({"shape": (4, 4), "dtype": float} | settings)).load()


@pytest.mark.parametrize("argument", [{}, [1], np.ones(3), object(), (1, [2])])
def test_arguments_that_have_no_digest_are_refused(argument):
    with pytest.raises(TypeError, match="must be handles, outlines, grids"):
        Plane(np.eye(4), "bmode").derive(double, argument, shape=(4, 4), dtype=float)


def test_every_argument_counts():
    def digest(*arguments, function=double, shape=(4, 4)):
        plane = Plane(np.eye(4), "bmode")
        return plane.derive(function, *arguments, shape=shape, dtype=float).image.digest

    grid = Plane(np.eye(4), "bmode").grid
    given = [(), (1,), (1.0,), (True,), ("1",), (None,), ((1,),), (1, None), (CORE,)]
    given += [(grid,), (slice(1),), (slice(1, 2),), (np.float32(0.1),)]
    found = [digest(*arguments) for arguments in given]
    found += [digest(function=np.sqrt), digest(shape=(4, 5))]
    assert len(set(found)) == len(found)
    assert digest(np.int64(1)) == digest(1)
    assert digest(np.float64(0.1)) == digest(0.1)
    assert digest(np.str_("a")) == digest("a")


def test_a_function_that_is_written_anew_is_another():
    def made(text):
        space = {"__name__": "notebook"}
        exec(text, space)
        plane = Plane(np.eye(4), "bmode")
        return plane.derive(space["f"], shape=(4, 4), dtype=float).image

    texts = [f"def f(image):\n    return {body}" for body in ("image + 1", "image + 2")]
    texts += ["def f(image, by=3):\n    return image + by"]
    texts += ["def f(image, by=4):\n    return image + by"]
    texts += ["def f(image):\n    return (lambda x: x + 5)(image)"]
    texts += ["def f(image):\n    return (lambda x: x + 6)(image)"]
    handles = [made(text) for text in texts]
    assert len({handle.digest for handle in handles}) == len(texts)
    assert [handle.load()[0, 1] for handle in handles] == [1, 2, 3, 4, 5, 6]
    assert made("# moved\n\n" + texts[4]) == handles[4]


threads: set = set()


class Doubled(PlaneTransformer):
    """A step of one's own whose images are computed when they are read."""

    kinds = ("maps",)
    derives = True

    def transform_plane(self, plane):
        threads.add(threading.get_ident())
        return plane.derive(double, 3, shape=plane.image.shape, dtype=plane.image.dtype)


def test_steps_of_ones_own_may_derive():
    X = frame(maps())
    here = Doubled().fit_transform(X)
    with joblib.parallel_config("threading"):
        there = Doubled(n_jobs=2).fit_transform(X)
    assert threads == {threading.get_ident()}  # nothing to share out
    assert planes(here) == planes(there)
    assert np.array_equal(planes(there)[2].load(), 3 * maps()[2])


def test_a_cohort_that_moved_computes_from_its_new_files(tmp_path):
    (tmp_path / "old").mkdir()
    X = CHAIN.fit_transform(frame(in_files(maps(), tmp_path / "old")))
    expected = [plane.load() for plane in planes(X)]
    (tmp_path / "old").rename(tmp_path / "new")
    recent.clear()
    with pytest.raises(FileNotFoundError, match="relocate"):
        planes(X)[0].load()
    moved = relocate(X, tmp_path / "new")
    assert planes(moved) == planes(X)
    for plane, image in zip(planes(moved), expected, strict=True):
        assert np.array_equal(plane.load(), image)


def test_location_counts_the_files_under_it(tmp_path):
    one, other = (
        Plane(handle, "maps", channels=("a", "b")).derive(
            double, shape=(2, 20, 22), dtype="f4"
        )
        for handle in in_files(maps(1) * 2, tmp_path)
    )
    assert one == other
    assert joblib.hash(one) != joblib.hash(other)


def test_masks_under_a_derived_mask_are_its_parents():
    inside = np.eye(4, dtype=bool)
    plane = Plane(
        np.eye(4), "bmode", core=MaskOutline(inside, Plane(inside, "bmode").grid)
    )
    mask = derived_mask(_drawn, plane.core, plane.grid, shape=(4, 4))
    assert mask.parents == (plane.core.mask,)
    assert np.array_equal(mask.load(), inside)
    assert isinstance(mask, DerivedArray)


def _drawn(core, grid):
    return core.to_mask(grid)


def test_a_pipeline_finds_its_cached_frames_until_a_file_changes(tmp_path):
    files = in_files(maps(8), tmp_path)
    steps = [ROIMasker(margin_mm=2.0), PlaneResizer(image_size=24), Counted()]
    pipeline = make_pipeline(*steps, MapStatistics(), memory=str(tmp_path / "cache"))
    Counted.fits = 0
    first = pipeline.fit_transform(frame(files))
    assert np.array_equal(pipeline.fit_transform(frame(files)), first)
    assert Counted.fits == 1
    np.save(files[0].path, 2 * maps(1)[0])
    os.utime(files[0].path, (1, 1))
    changed = frame([ArrayRef.from_file(file.path) for file in files])
    assert not np.array_equal(pipeline.fit_transform(changed), first)
    assert Counted.fits == 2


class Counted(MapScaler):
    """A scaler that counts how often it learns."""

    fits = 0

    def fit_planes(self, X):
        Counted.fits += 1
        super().fit_planes(X)
