"""Items are read when asked for, keep apart what is held out, and may have gaps."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from sknac.cohort import Plane, Study, cohort_from_table
from sknac.exceptions import CohortError
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.nets._inputs import read_items
from sknac.nets._items import Items, item_channels, item_shape


def read(X):
    return read_items(PlaneFeatureNet(), X, n_visits=1, columns=None, reset=True)


def maps(value):
    return Plane(np.full((2, 3, 4), value), "maps", channels=("mbf", "esd"))


GAPS = [(None, maps(1.0), maps(2.0)), (maps(3.0), None, None)]
PLACES = [f"row P{i}, column us_pre/us_post2/us_post4, plane 0" for i in range(2)]


def test_what_is_missing_is_nan_and_what_is_there_is_not():
    items = Items(GAPS, [0, 1], 2, PLACES)
    assert items.shape == item_shape(GAPS[0]) == (3, 2, 3, 4)
    assert items.channels == item_channels(GAPS[0]) == ("mbf", "esd")
    np.testing.assert_array_equal(items.happened, [[0, 1, 1], [1, 0, 0]])
    corner = items.batch([1, 0])[:, :, 0, 0, 0]
    np.testing.assert_array_equal(corner, [[3, np.nan, np.nan], [np.nan, 1, 2]])
    assert items.batch([0])[0, 0].isnan().all()
    items.check_pixels()
    items.check_alike((3, 2, 3, 4), ("mbf", "esd"))


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 2, 3, 4), (5, 2, 3, 4)])
def test_of_plain_arrays_nothing_is_missing(shape):
    items = Items([np.zeros(shape)] * 2, [0, 1], 2, PLACES)
    n_visits = shape[0] if len(shape) > 3 else 1
    np.testing.assert_array_equal(items.happened, np.ones((2, n_visits)))


def test_a_spoilt_pixel_is_found_beside_a_gap():
    spoilt = maps(1.0).load().copy()
    spoilt[0, 0, 0] = np.nan
    source = (None, maps(1.0).replace(image=spoilt), maps(2.0))
    with pytest.raises(CohortError, match=r"^row P0, .* plane 0: .* are NaN"):
        Items([source], [0], 1, PLACES).check_pixels()


def test_another_size_is_found_beside_a_gap():
    other = (None, maps(1.0).replace(image=np.zeros((2, 3, 5))), None)
    items = Items([GAPS[0], other], [0, 1], 2, PLACES)
    with pytest.raises(CohortError, match=r"^row P1, .* 3x5 pixels, expected 3x4"):
        items.check_alike(items.shape, items.channels)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (GAPS[0], "us_post4: the first visit is missing, and the network compares"),
        (GAPS[1], "us_post4: every visit but the first is missing, and the net"),
    ],
)
def test_what_cannot_be_compared_is_refused(source, said):
    whole = (maps(1.0), None, maps(1.0))
    with pytest.raises(CohortError, match=f"^row P1, column us_pre/us_post2/{said}"):
        Items([whole, source], [0, 1], 2, PLACES).check_compared()
    Items([whole], [0], 1, PLACES[:1]).check_compared()


def test_means_are_over_the_rows_items():
    items = Items([np.zeros((1, 2, 2))] * 3, [0, 1, 1], 2, ["a", "b", "c"])
    values = torch.tensor([[1.0], [2.0], [4.0]]).numpy()
    np.testing.assert_array_equal(items.mean_by_row(values), [[1], [3]])


def saved_twice(folder):
    """A cohort of eight patients, two of whom have one image, saved twice."""
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32), "uint8")
    images[1] = images[0]
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number}.png", compress_level=number)
    rows = [(f"P{number}", "pre", f"{number}.png", "bmode") for number in range(8)]
    table = pd.DataFrame(rows, columns=["patient_id", "visit", "path", "kind"])
    return cohort_from_table(table, root=folder, duplicates="ignore")


def test_an_image_saved_again_is_not_on_both_sides(tmp_path):
    X = saved_twice(tmp_path)
    items = read(X)
    said = (
        "^row P0, column us_pre, plane 0 and row P1, column us_pre, plane 0 have the "
        "same pixels, and one is trained on, the other held out; leave one"
    )
    with pytest.raises(CohortError, match=said):
        items.check_apart(np.arange(0, 8, 2), np.arange(1, 8, 2))
    items.check_apart(np.arange(2), np.arange(2, 8))


@pytest.mark.parametrize("form", ["frame", "array", "bags"])
def test_images_of_every_form_are_kept_apart(form, tmp_path):
    X = saved_twice(tmp_path)
    images = np.stack([X["us_pre"].iloc[i].planes[0].load() for i in range(8)])[:, None]
    X = {"frame": X, "array": images, "bags": [image[None] for image in images]}[form]
    with pytest.raises(CohortError, match="have the same pixels"):
        read(X).check_apart(np.array([0, 2, 4]), np.array([1, 3]))


def test_pairs_are_apart_in_each_image(tmp_path):
    X = saved_twice(tmp_path)
    X["us_post2"] = X["us_pre"].to_numpy()[::-1]
    items = read_items(DLRClassifier(), X, n_visits=2, columns=None, reset=True)
    with pytest.raises(CohortError, match="row P1, column us_pre/us_post2, plane 0"):
        items.check_apart(np.array([0]), np.array([1, 2]))


def test_empty_images_and_repeated_patients_are_no_leak():
    images = [np.zeros((4, 4))] * 2 + [np.eye(4)] * 2
    X = pd.DataFrame({"us_pre": [Study([Plane(im, "bmode")]) for im in images]})
    X.index = [f"P{i}" for i in range(4)]
    items = read(X)
    items.places = [p.replace("row P3", "row P2") for p in items.places]
    items.check_apart(np.array([0, 2]), np.array([1, 3]))


@pytest.mark.parametrize(
    "settings", [{}, {"validation_fraction": None, "cross_fit": 2}]
)
def test_validation_and_folds_refuse_one_image_on_both_sides(tmp_path, settings):
    X, y = saved_twice(tmp_path), ["a", "a", "b", "b"] * 2
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, **settings)

    def fit_with_seeds(n, **given):
        for seed in range(n):
            net.set_params(random_state=seed).fit_transform(X, y, **given)

    with pytest.raises(CohortError, match="have the same pixels"):
        fit_with_seeds(6)
    fit_with_seeds(1, groups=[0, 0, 1, 2, 3, 4, 5, 6])
