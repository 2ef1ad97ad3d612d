import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline

from sknac.cohort import ArrayRef, MaskOutline, Plane, Study
from sknac.cohort._recent import recent
from sknac.exceptions import CohortError
from sknac.features import MapStatistics
from sknac.preprocessing import BurnedInAnnotations, MapScaler, PlaneResizer
from sknac.testing import make_check_cohort


def ramp():
    """Tissue without texture that gets darker with depth, uint8."""
    return np.repeat(np.linspace(120, 60, 60).astype("uint8")[:, None], 80, axis=1)


def with_cross(image, row=30, column=40, value=255):
    image = image.copy()
    image[row - 5 : row + 6, column] = value
    image[row, column - 5 : column + 6] = value
    return image


def cohort(*planes):
    """One patient a plane; None where the visit is missing."""
    cells = [None if plane is None else Study([plane]) for plane in planes]
    index = pd.Index([f"P{i}" for i in range(len(planes))], name="patient_id")
    return pd.DataFrame({"us_pre": pd.Series(cells, index=index, dtype=object)})


@pytest.fixture
def X():
    """A marked image with a core around the mark, a clean one, and none."""
    plane = Plane(with_cross(ramp()), "bmode", (0.2, 0.2))
    core = np.zeros((60, 80), bool)
    core[25:36, 35:46] = True
    marked = plane.replace(core=MaskOutline(core, plane.grid))
    return cohort(marked, Plane(ramp(), "bmode", (0.2, 0.2)), None)


def image_of(X, row=0):
    return X["us_pre"].iloc[row].planes[0].load()


def test_table_by_hand(X):
    step = BurnedInAnnotations().fit(X)
    table = step.annotation_table(X).set_index("patient_id")
    area = 2 * 15 * 5 - 25  # two arms of 11 x 1 with two pixels around
    assert list(table.index) == ["P0", "P1"]
    assert table.loc["P0", ["visit", "plane", "n_marks"]].tolist() == ["pre", 0, 1]
    assert table.loc["P0", "boxes"] == "23:38, 33:48"
    assert table.loc["P0", "share"] == area / (60 * 80)
    inside = 2 * 11 * 5 - 25
    assert table.loc["P0", "core_share"] == inside / 121
    assert table.loc["P0", "crop_share"] == area / 17**2
    assert table.loc["P1", ["share", "n_marks", "boxes"]].tolist() == [0, 0, ""]
    assert table.loc["P1", ["core_share", "crop_share"]].isna().all()


def test_marks_are_kept_by_default(X):
    step = BurnedInAnnotations()
    assert step.fit_transform(X).equals(X)
    named, found = step.annotation_table(X), step.annotations_
    assert named.pop("patient_id").tolist() == X.index[found.pop("row")].tolist()
    pd.testing.assert_frame_equal(named, found)


def test_masked_marks_are_no_values(X):
    step = BurnedInAnnotations(action="mask").fit(X)
    masked = step.transform(X)
    assert np.isnan(image_of(masked)).sum() == 125
    assert masked["us_pre"].iloc[1] == X["us_pre"].iloc[1]
    assert masked["us_pre"].iloc[2] is None
    assert step.annotation_table(masked)["n_marks"].tolist() == [0, 0]


def test_features_leave_masked_marks_out(X):
    mask = BurnedInAnnotations(action="mask")
    highest = MapStatistics(statistics=["p99", "valid_share"])
    found = make_pipeline(mask, highest).fit_transform(X[:2])
    assert found[0].tolist() == [120.0, 1 - 125 / 4800]
    assert highest.fit_transform(X[:2])[1].tolist() == [120.0, 1.0]


def test_masked_marks_do_not_spread_when_resampled(X):
    mask = BurnedInAnnotations(action="mask")
    small = make_pipeline(mask, PlaneResizer(image_size=(30, 40))).fit_transform(X)
    assert 20 < np.isnan(image_of(small)).sum() < 45
    assert np.nanmax(image_of(small)) <= 120
    scaled = make_pipeline(mask, PlaneResizer(image_size=(30, 40)), MapScaler())
    assert np.isfinite(image_of(scaled.fit_transform(X))).all()


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_inpainted_marks_are_as_the_tissue_around(dtype):
    X = cohort(Plane(with_cross(ramp()).astype(dtype), "bmode"))
    filled = image_of(BurnedInAnnotations(action="inpaint").fit_transform(X))
    assert filled.dtype == dtype
    np.testing.assert_allclose(filled, ramp(), atol=1.0)
    untouched = with_cross(ramp()) != 255
    untouched[20:41, 30:51] = False
    np.testing.assert_array_equal(filled[untouched], ramp()[untouched])


def test_a_missing_extra_is_named_in_fit(X, monkeypatch):
    for name in [n for n in sys.modules if n.partition(".")[0] == "skimage"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r"scikit-image .*'sknac\[images\]'"):
        BurnedInAnnotations(action="inpaint").fit(X)


def test_a_plane_that_is_all_mark_is_named(tmp_path):
    Image.fromarray(np.full((20, 30, 3), (200, 30, 30), "uint8")).save(
        tmp_path / "a.png"
    )
    X = cohort(Plane(ArrayRef.from_file(tmp_path / "a.png"), "bmode"))
    step = BurnedInAnnotations(action="inpaint").fit(X)
    assert step.annotations_["share"].tolist() == [1.0]
    with pytest.raises(
        CohortError, match=r"row P0, .* the whole image is marked; leave"
    ):
        step.transform(X)


def test_colour_of_files_is_a_mark_and_a_tint_is_not(tmp_path):
    tinted = np.repeat(ramp()[..., None], 3, axis=2)
    tinted[..., 2] += 30  # a bluish screen
    doppler = tinted.copy()
    doppler[10:20, 20:30] = 200, 30, 30
    planes = []
    for name, image in (("tinted", tinted), ("doppler", doppler)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
        planes.append(Plane(ArrayRef.from_file(tmp_path / f"{name}.png"), "bmode"))
    X = cohort(*planes)
    step = BurnedInAnnotations(action="mask").fit(X)
    assert step.annotations_["boxes"].tolist() == ["", "10:20, 20:30"]
    assert np.isnan(image_of(step.transform(X), 1)).sum() == 100
    in_memory = cohort(planes[1].replace(image=planes[1].load()))
    assert step.annotation_table(in_memory)["n_marks"].tolist() == [0]  # colour is gone


@pytest.mark.parametrize("action", ["mask", "inpaint"])
def test_images_without_marks_are_computed_when_they_are_read(action, tmp_path):
    pytest.importorskip("skimage")
    doppler = np.repeat(ramp()[..., None], 3, axis=2)
    doppler[10:20, 20:30] = 200, 30, 30
    Image.fromarray(doppler).save(tmp_path / "a.png")
    coloured = Plane(ArrayRef.from_file(tmp_path / "a.png"), "bmode")
    grey = Plane(with_cross(coloured.load()), "bmode")
    X = cohort(coloured, grey, Plane(with_cross(coloured.load(), 50), "bmode"))
    made = BurnedInAnnotations(action=action).fit_transform(X)
    first = [image_of(made, row) for row in range(3)]
    sent = pickle.loads(pickle.dumps(made))
    recent.clear()
    for row in range(3):
        again = image_of(sent, row)
        assert again is not first[row]
        assert np.array_equal(again, first[row], equal_nan=True)
    assert len({cell.planes[0].digest for cell in made["us_pre"]}) == 3


def test_colour_counts_in_what_is_made_of_an_image(tmp_path):
    doppler = np.repeat(with_cross(ramp())[..., None], 3, axis=2)
    doppler[10:20, 20:30] = 200, 30, 30
    Image.fromarray(doppler).save(tmp_path / "a.png")
    coloured = Plane(ArrayRef.from_file(tmp_path / "a.png"), "bmode")
    X = cohort(coloured, coloured.replace(image=coloured.load()))
    one, grey = BurnedInAnnotations(action="mask").fit_transform(X)["us_pre"]
    assert np.isnan(one.planes[0].load()).sum() > np.isnan(grey.planes[0].load()).sum()
    assert one.planes[0].image != grey.planes[0].image


def test_maps_are_refused():
    with pytest.raises(CohortError, match="BurnedInAnnotations needs B-mode images"):
        BurnedInAnnotations().fit(make_check_cohort("maps")[0])


def test_a_damaged_file_is_named(tmp_path):
    np.save(tmp_path / "a.npy", ramp())
    X = cohort(Plane(ArrayRef.from_file(tmp_path / "a.npy"), "bmode"))
    (tmp_path / "a.npy").unlink()
    with pytest.raises(FileNotFoundError, match="row P0, column us_pre, plane 0: "):
        BurnedInAnnotations().fit(X)
