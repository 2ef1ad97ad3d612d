"""Planes and studies."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import dataclasses
import os
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from sknac.cohort import (
    ArrayRef,
    Grid,
    InMemoryArray,
    MaskOutline,
    Plane,
    PolygonOutline,
    Study,
)

IMAGE = np.arange(48.0).reshape(8, 6)
CORE = PolygonOutline([(1, 1), (5, 1), (5, 4)])


def rf(**settings):
    """An RF plane of 8 samples and 6 lines."""
    defaults = {"fs_mhz": 40.0, "line_pitch_mm": 0.2}
    return Plane.from_rf(IMAGE, **{**defaults, **settings})


def bmode(image=IMAGE, **settings):
    """A B-mode plane of 8 x 6 pixels."""
    return Plane(image, "bmode", **settings)


def maps(**settings):
    """A plane of two maps."""
    image = np.stack([IMAGE, -IMAGE])
    return Plane(image, "maps", channels=("mbf", "esd"), **settings)


@pytest.mark.parametrize(
    ("fs_mhz", "speed", "axial_mm"),
    # 40 MHz: 12.5 ns there and back each way, 1540 m/s: 19.25 um.
    [(40.0, 1540.0, 0.01925), (20.0, 1540.0, 0.0385), (40.0, 1480.0, 0.0185)],
)
def test_rf_samples_lie_half_a_period_of_sound_apart(fs_mhz, speed, axial_mm):
    plane = rf(fs_mhz=fs_mhz, speed_of_sound=speed, start_depth_mm=3.0)
    assert plane.spacing_mm == pytest.approx((axial_mm, 0.2))
    assert plane.origin_mm == (3.0, 0.0)
    assert plane.grid == Grid((8, 6), plane.spacing_mm, (3.0, 0.0))
    assert plane.kind == "rf"


def test_grid_of_maps_is_that_of_one_map():
    plane = maps(spacing_mm=(0.5, 0.4))
    assert plane.grid.shape == (8, 6)
    assert plane.load().shape == (2, 8, 6)


def test_core_is_drawn_on_the_planes_own_grid():
    # 2 to 6 mm of depth at 1 mm from 1 mm; 0.6 to 1.4 mm at 0.4 mm a column.
    core = PolygonOutline([(2, 0.6), (6, 0.6), (6, 1.4), (2, 1.4)])
    mask = bmode(spacing_mm=(1.0, 0.4), origin_mm=(1.0, 0.0), core=core).core_mask()
    expected = np.zeros((8, 6), bool)
    expected[1:5, 2:4] = True
    np.testing.assert_array_equal(mask, expected)


CHANGES = [
    {"image": IMAGE + 1},
    {"spacing_mm": (0.01925, 0.21)},
    {"origin_mm": (0.0, 0.1)},
    {"core": PolygonOutline([(0, 0), (0.1, 0), (0.1, 0.4)])},
    {"fs_mhz": 40.02},  # as near as the axial spacing allows
    {"speed_of_sound": 1541.0},
    {"focus_mm": 20.0},
    {"reference": "phantom"},
    {"channels": ("a",)},
    {"kind": "bmode"},
    {"kind": "envelope"},
    {"probe": "L14-5"},
    {"transmit_mhz": 6.0},
    {"gain_db": 6.0},
    {"tgc": ((0.0, 0.0), (40.0, 6.0))},
    {"roi": MaskOutline(IMAGE > 3, Grid((8, 6), (0.01925, 0.2)))},
    {"roi": MaskOutline(IMAGE > 4, Grid((8, 6), (0.01925, 0.2)))},
]


def test_every_field_enters_the_digest():
    assert {"step_px"} | {key for change in CHANGES for key in change} == {
        field.name for field in dataclasses.fields(Plane) if field.init
    }
    planes = [rf(), *(rf().replace(**change) for change in CHANGES)]
    planes += [bmode(), bmode().replace(step_px=(2.0, 2.0))]
    assert len({plane.digest for plane in planes}) == len(planes)
    assert len(set(planes)) == len(planes)


def test_rf_settings_change_together_or_after_rf_is_no_longer_rf():
    changed = rf().replace(fs_mhz=50, spacing_mm=(0.0154, 0.2))
    assert (changed.fs_mhz, changed.spacing_mm) == (50.0, (0.0154, 0.2))
    # What was computed from RF has a spacing of its own.
    image = rf().replace(kind="bmode", spacing_mm=(0.1, 0.2))
    assert image.replace(speed_of_sound=1480.0).spacing_mm == (0.1, 0.2)


def test_equal_numbers_of_any_type_make_equal_planes():
    plain = rf(focus_mm=20.0, reference="a", channels=("x",))
    numpy_made = Plane(
        InMemoryArray(IMAGE),
        np.str_("rf"),
        spacing_mm=np.array(plain.spacing_mm),
        origin_mm=[0, 0],
        fs_mhz=np.float64(40),
        speed_of_sound=1540,
        focus_mm=np.int64(20),
        reference=np.str_("a"),
        channels=np.array(["x"]),
    )
    assert numpy_made == plain
    assert hash(numpy_made) == hash(plain)
    assert joblib.hash(numpy_made) == joblib.hash(plain)


@pytest.mark.parametrize("plane", [rf(), bmode(core=CORE), maps()], ids=repr)
def test_planes_and_studies_survive_copies(plane):
    study = Study([plane, plane.replace(origin_mm=(1, 0))])
    for again in (pickle.loads(pickle.dumps(study)), copy.deepcopy(study)):
        assert again == study
        assert hash(again) == hash(study)
        assert again.planes[0].core == plane.core
        np.testing.assert_array_equal(again.planes[0].load(), plane.load())


def test_planes_and_studies_are_frozen():
    for record, name in [(rf(), "fs_mhz"), (Study([rf()]), "planes")]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)


def test_replace_leaves_the_old_plane():
    plane = bmode(core=CORE)
    new = plane.replace(core=None, image=IMAGE[:4])
    assert (new.core, new.grid.shape) == (None, (4, 6))
    assert (plane.core, plane.grid.shape) == (CORE, (8, 6))


def test_reprs_are_short():
    assert repr(bmode(core=CORE)) == "Plane(bmode 8x6, core)"
    assert repr(maps()) == "Plane(maps 2x8x6)"
    assert repr(Study([bmode(), bmode()])) == "Study(2 bmode planes)"
    assert repr(Study([rf()])) == "Study(1 rf plane)"


def test_study_digest_goes_by_planes_and_their_order():
    one, two = bmode(), bmode(IMAGE + 1)
    assert Study([one, two]) == Study((one, two))
    digests = {Study(p).digest for p in ([one], [two], [one, two], [two, one])}
    assert len(digests) == 4
    assert Study([one]) != one


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        ([], "a study must hold planes, got none"),
        ([IMAGE], r"a study must hold planes, got \['ndarray'\]"),
        ([rf(), bmode()], r"must be of one kind, got \['bmode', 'rf'\]"),
    ],
)
def test_impossible_studies_say_what_is_wrong(planes, message):
    with pytest.raises(ValueError, match=message):
        Study(planes)


def test_one_plane_is_told_to_stand_in_a_list():
    plane = Plane(np.zeros((8, 6), "uint8"), "bmode")
    with pytest.raises(TypeError, match=r"a list, got one Plane; give \[plane\]"):
        Study(plane)


def test_study_is_a_scalar_to_python_numpy_and_pandas():
    study = Study([bmode(), bmode()])
    with pytest.raises(TypeError, match="not iterable"):
        iter(study)
    assert not hasattr(study, "__len__")
    assert not hasattr(study, "__array__")
    assert not pd.api.types.is_list_like(study)
    assert np.asarray(study).shape == ()


@pytest.fixture
def frame():
    """Four patients, one without the visit."""
    cells = [Study([bmode(IMAGE + k)] * (k + 1)) for k in range(3)]
    X = pd.DataFrame({"age": [40, 50, 60, 70]}, index=list("abcd"))
    X["us_pre"] = pd.Series([*cells, None], index=X.index, dtype=object)
    return X


def test_pandas_keeps_studies_whole(frame):
    cells = frame["us_pre"].tolist()
    halves = pd.concat([frame[:2], frame[2:]])
    assert halves["us_pre"].tolist() == cells
    assert frame.reindex(list("dcba"))["us_pre"].tolist() == cells[::-1]
    assert frame["us_pre"].apply(lambda cell: cell).tolist() == cells
    assert frame.apply(lambda row: row["us_pre"], axis=1).tolist() == cells
    assert frame.loc["b", "us_pre"] is cells[1]
    assert frame.isna()["us_pre"].tolist() == [False, False, False, True]


def test_train_test_split_keeps_studies_whole(frame):
    train, test = train_test_split(frame, test_size=2, stratify=[0, 0, 1, 1])
    again = pd.concat([train, test]).loc[list("abcd")]
    assert again["us_pre"].tolist() == frame["us_pre"].tolist()


def test_hundreds_of_planes_in_files_pickle_to_tens_of_kilobytes(tmp_path):
    np.save(tmp_path / "frames.npy", np.zeros((300, 64, 64), "uint8"))
    planes = [
        bmode(ArrayRef.from_file(tmp_path / "frames.npy", frame), spacing_mm=(0.1, 0.1))
        for frame in range(300)
    ]
    X = pd.DataFrame({"us_pre": [Study(planes[k : k + 3]) for k in range(0, 300, 3)]})
    assert len(pickle.dumps(X)) < 100_000


def test_joblib_hash_ignores_which_tuples_are_shared():
    shared = ("mbf", "esd")
    apart = [tuple(name for name in shared) for _ in range(2)]
    assert apart[0] is not apart[1]
    image = np.stack([IMAGE, -IMAGE])
    ours, theirs = (
        Study([Plane(image + k, "maps", channels=pair[k]) for k in range(2)])
        for pair in ([shared, shared], apart)
    )
    assert joblib.hash(ours) == joblib.hash(theirs)
    assert joblib.hash(ours) == joblib.hash(pickle.loads(pickle.dumps(ours)))


def test_joblib_hash_tells_contents_apart():
    studies = [Study([rf()]), *(Study([rf().replace(**change)]) for change in CHANGES)]
    assert len({joblib.hash(study) for study in studies}) == len(studies)


def test_joblib_hash_is_that_of_equal_studies_though_they_are_not_one():
    one, again = (Study([rf()]) for _ in range(2))
    assert joblib.hash([one, one]) == joblib.hash([one, again])
    X, Y = (pd.DataFrame({"us_pre": [study, None]}) for study in (one, again))
    assert joblib.hash(X) == joblib.hash(Y)
    assert "_key" not in vars(pickle.loads(pickle.dumps(one)))


def test_joblib_hash_knows_where_files_lie(tmp_path):
    # Pipeline(memory=) would hand out planes of a folder that is gone, or stale ones.
    paths = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for path in paths:
        np.save(path, IMAGE)
    one, other = (Study([bmode(ArrayRef.from_file(path))]) for path in paths)
    os.utime(paths[0], ns=(0, 10**18))
    touched = Study([bmode(ArrayRef.from_file(paths[0]))])
    assert one == other == touched
    assert len({joblib.hash(study) for study in (one, other, touched)}) == 3
    mask = np.eye(*IMAGE.shape, dtype=bool)
    for path in paths:
        np.save(path, mask)
    cores = [MaskOutline(ArrayRef.from_file(path), bmode().grid) for path in paths]
    drawn = [Study([bmode().replace(core=core)]) for core in cores]
    assert drawn[0] == drawn[1]
    assert joblib.hash(drawn[0]) != joblib.hash(drawn[1])


def test_joblib_hash_looks_at_no_sample_and_no_pickle(monkeypatch):
    study = Study([rf()])
    before = joblib.hash(study)
    monkeypatch.setattr(InMemoryArray, "__reduce_ex__", None)
    assert joblib.hash(Study([rf()])) == before
