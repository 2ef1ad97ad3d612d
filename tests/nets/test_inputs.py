import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from sknac.cohort import InMemoryArray, Plane, Study, cohort_from_table
from sknac.exceptions import CohortError
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.nets._inputs import from_torch, read_items


def read(X, n_visits=1, columns=None, masked=False):
    return read_items(
        PlaneFeatureNet(),
        X,
        n_visits=n_visits,
        columns=columns,
        reset=True,
        masked=masked,
    )


def frame(*studies, **others):
    X = pd.DataFrame({"us_pre": list(studies)}, dtype=object)
    X.index = [f"P{i}" for i in range(len(X))]
    for name, cells in others.items():
        X[name] = pd.Series(cells, index=X.index, dtype=object)
    return X


def bmode(*images):
    return Study([Plane(np.asarray(image), "bmode") for image in images])


def test_bmode_plane_is_one_channel_of_float32():
    items = read(frame(bmode(np.arange(12, dtype=np.uint8).reshape(3, 4))))
    assert items.shape == (1, 3, 4)
    assert items.read(0).dtype == np.float32
    np.testing.assert_array_equal(items.read(0)[0].ravel(), np.arange(12))


def test_items_follow_rows_then_planes(cohort):
    X, _ = cohort
    items = read(X, columns="us_pre")
    expected = [p.load() for cell in X["us_pre"] for p in cell.planes]
    np.testing.assert_array_equal(
        items.rows, np.repeat(range(8), [1, 2, 3, 1, 2, 3, 1, 2])
    )
    np.testing.assert_array_equal(items.batch(range(len(items))), np.stack(expected))


def test_planes_are_paired_by_position_and_the_shorter_visit_starts_again():
    pre = bmode(*[np.full((2, 2), v) for v in (1, 2, 3)])
    post = bmode(*[np.full((2, 2), v) for v in (10, 20)])
    items = read(frame(pre, us_post2=[post]), n_visits=2)
    corner = items.batch(range(3))[:, :, 0, 0, 0]
    np.testing.assert_array_equal(corner, [[1, 10], [2, 20], [3, 10]])


def test_a_third_visit_starts_again_for_itself():
    visits = [
        bmode(*[np.full((2, 2), 10 * k + v) for v in range(n)])
        for k, n in enumerate((2, 3, 1))
    ]
    X = frame(visits[0], us_post2=[visits[1]], us_post4=[visits[2]])
    items = read(X, n_visits=3)
    corner = items.batch(range(3))[:, :, 0, 0, 0]
    np.testing.assert_array_equal(corner, [[0, 10, 20], [1, 11, 20], [0, 12, 20]])
    assert items.places[2] == "row P0, column us_pre/us_post2/us_post4, plane 2"


@pytest.mark.parametrize("blank", [None, np.nan, pd.NA])
def test_a_missing_visit_is_refused_or_masked(blank):
    one, two = bmode(np.ones((2, 2))), bmode(*np.full((2, 2, 2), 2.0))
    X = frame(one, one, us_post2=[two, blank], us_post4=[blank, two])
    with pytest.raises(CohortError, match="row P1, column us_post2: the visit is miss"):
        read(X, n_visits=3)
    items = read(X, n_visits=3, masked=True)
    np.testing.assert_array_equal(items.rows, [0, 0, 1, 1])
    np.testing.assert_array_equal(items.happened, [[1, 1, 0]] * 2 + [[1, 0, 1]] * 2)


def test_a_patient_without_any_visit_is_refused_all_the_same():
    one = bmode(np.ones((2, 2)))
    X = frame(one, None, None, us_post2=[one, None, None])
    said = r"^row P1, column us_pre/us_post2: every visit .* \(in 2 of 3 rows\); leave"
    with pytest.raises(CohortError, match=said):
        read(X, n_visits=2, masked=True)


@pytest.mark.parametrize("form", ["array", "bags", "tensors", "float16"])
def test_an_image_that_is_nan_all_over_is_a_missing_visit(form):
    X = np.ones((3, 2, 3, 1, 4, 4), "float16" if form == "float16" else "float32")
    X[0, 1, 2] = X[2, 0, 0] = np.nan
    given = {"bags": list(X), "tensors": [torch.from_numpy(bag) for bag in X]}
    items = read(given.get(form, X), n_visits=3, masked=True)
    expected = np.ones((6, 3), bool)
    expected[1, 2] = expected[4, 0] = False
    np.testing.assert_array_equal(items.happened, expected)
    items.check_pixels()
    with pytest.raises(CohortError, match=r"row 0, plane 1: 33.3% of the pixels are"):
        read(given.get(form, X), n_visits=3).check_pixels()


def test_an_image_with_some_nan_is_no_missing_visit():
    X = np.ones((2, 3, 1, 4, 4))
    X[1, 2, 0, :3] = np.nan
    with pytest.raises(CohortError, match=r"row 1, plane 0: 25.0% of the pixels are"):
        read(X, n_visits=3, masked=True).check_pixels()
    X[1] = np.nan
    with pytest.raises(CohortError, match="row 1, plane 0: every visit is missing"):
        read(X, n_visits=3, masked=True)


def test_numbers_without_nan_have_no_gaps():
    X = np.ones((2, 3, 1, 4, 4), np.uint8)
    assert read(X, n_visits=3, masked=True).happened.all()


def test_planes_are_read_only_when_they_are_asked_for(monkeypatch):
    X = frame(bmode(np.ones((4, 4))), bmode(np.ones((4, 4))))
    calls = []
    load = InMemoryArray.load
    monkeypatch.setattr(
        InMemoryArray, "load", lambda self: (calls.append(1), load(self))[1]
    )
    items = read(X)
    items.check_alike(items.shape, items.channels)
    assert not calls
    items.batch([1])
    assert len(calls) == 1


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((4, 2, 8, 8)),
        np.zeros((4, 3, 2, 8, 8)),
        [np.zeros((n, 2, 8, 8)) for n in (1, 3)],
    ],
)
def test_arrays_and_bags_are_accepted(X):
    assert read(X).shape == (2, 8, 8)
    assert read(X).n_rows == len(X)


def test_object_array_of_bags_is_a_list_of_bags():
    X = np.empty(2, dtype=object)
    X[:] = [np.zeros((n, 2, 8, 8)) for n in (1, 3)]
    np.testing.assert_array_equal(read(X).rows, [0, 1, 1, 1])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((4, 8)), "Reshape your data"),
        ([], "0 sample"),
        ([np.zeros((0, 1, 8, 8))], "row 0: .* at least one item"),
        ([np.zeros((2, 1, 8, 8)), np.zeros((8, 8))], "row 1: expected a bag"),
        ([np.full((1, 1, 8, 8), "a")], "row 0: expected a bag of numbers"),
    ],
)
def test_unusable_arrays_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        read(X)


@pytest.mark.parametrize(
    ("shape", "n_visits", "said"),
    [((4, 8, 6), 1, True), ((4, 2, 8, 6), 2, True), ((4, 1, 8, 6), 2, False)],
)
def test_grey_images_without_channels_are_told_how_to_get_one(shape, n_visits, said):
    X = np.zeros(shape)
    with pytest.raises(ValueError, match="got an array of shape ") as caught:
        read(X, n_visits=n_visits)
    assert str(caught.value).endswith("; X[..., None, :, :] is of one channel") == said
    if said:
        assert read(X[..., None, :, :], n_visits=n_visits).n_rows == 4


def test_pair_of_three_images_is_refused():
    with pytest.raises(ValueError, match="a pair has 2 images"):
        read(np.zeros((4, 3, 1, 8, 8)), n_visits=2)


@pytest.mark.parametrize("n_visits", [2, 4])
def test_every_row_has_the_same_number_of_visits(n_visits):
    bags = [np.zeros((1, 3, 1, 8, 8)), np.zeros((2, n_visits, 1, 8, 8))]
    with pytest.raises(ValueError, match=r"^row 1: an item has 3 images, one of each"):
        read(bags, n_visits=3)


def fit(X):
    PlaneFeatureNet(module="resnet_tiny", validation_fraction=None).fit(X, [0, 1])


def test_missing_visit_is_named():
    with pytest.raises(CohortError, match="row P1, column us_pre"):
        fit(frame(bmode(np.ones((32, 32))), None))


def test_other_size_is_named_with_its_mend():
    X = frame(bmode(np.ones((32, 32))), bmode(np.ones((32, 32)), np.ones((32, 40))))
    message = "row P1, column us_pre, plane 1: .* 32x40 .* 32x32; put PlaneResizer"
    with pytest.raises(CohortError, match=message):
        fit(X)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_invalid_pixel_is_named_with_the_step_that_fills(bad):
    spoilt = np.ones((32, 32))
    spoilt[0, 0] = bad
    X = frame(bmode(np.ones((32, 32))), bmode(np.ones((32, 32)), spoilt))
    with pytest.raises(CohortError, match=r"row P1, .* plane 1: .* MapScaler fills"):
        fit(X)


def test_rf_is_refused_with_its_mend():
    rf = Study([Plane.from_rf(np.ones((32, 32)), fs_mhz=40, line_pitch_mm=0.2)])
    with pytest.raises(CohortError, match=r"row P0, .* got rf; put a QUSMapper"):
        fit(frame(rf, rf))


def test_other_maps_are_refused():
    image = np.ones((2, 32, 32))
    a, b = (Study([Plane(image, "maps", channels=c)]) for c in (("a", "b"), ("b", "a")))
    with pytest.raises(CohortError, match=r"row P1, .* the maps are \('b', 'a'\)"):
        fit(frame(a, b))


def test_other_number_of_channels_is_refused():
    X = [np.ones((1, 2, 32, 32)), np.ones((1, 3, 32, 32))]
    with pytest.raises(CohortError, match=r"row 1, plane 0: .* 3 channel.* expected 2"):
        fit(X)


def test_pair_of_two_sizes_is_refused():
    pre, post = bmode(np.ones((32, 32))), bmode(np.ones((40, 40)))
    X = frame(pre, pre, us_post2=[pre, post])
    net = DLRClassifier(module="resnet_tiny", validation_fraction=None)
    with pytest.raises(CohortError, match="row P1, column us_pre/us_post2, plane 0"):
        net.fit(X, [0, 1])


def test_columns_must_be_chosen_where_there_are_several(cohort):
    X, y = cohort
    with pytest.raises(ValueError, match=r"1 ultrasound column.*columns="):
        PlaneFeatureNet(module="resnet_tiny").fit(X, y)
    with pytest.raises(ValueError, match="2 ultrasound column"):
        DLRClassifier(module="resnet_tiny", columns=["us_pre"]).fit(X, y)
    three = X.assign(us_post4=X["us_post2"])
    with pytest.raises(ValueError, match=r"2 ultrasound column.*_post4.*columns="):
        DLRClassifier(module="resnet_tiny").fit(three, y)


def test_a_visit_is_not_compared_with_itself(cohort):
    X, y = cohort
    net = DLRClassifier(module="resnet_tiny", columns=["us_pre", "us_pre"])
    with pytest.raises(ValueError, match=r"must name .* each once, got"):
        net.fit(X, y)
    net.set_params(columns=["us_pre", "us_post2", "us_post2"])
    with pytest.raises(ValueError, match=r"must name .* each once, got"):
        net.fit(X, y)


TENSORS = {
    "plain": torch.from_numpy,
    "with gradients": lambda a: torch.from_numpy(a).requires_grad_(),
    "turned": lambda a: torch.from_numpy(np.ascontiguousarray(a.T)).permute(
        *range(a.ndim)[::-1]
    ),
}


@pytest.mark.parametrize("how", TENSORS)
@pytest.mark.parametrize(
    ("make", "module", "shape"),
    [
        (PredictiveNet, "mlp_tiny", (16, 5)),
        (PlaneFeatureNet, "ran_tiny", (16, 1, 32, 32)),
        (PlaneFeatureNet, "ran_tiny", (16, 2, 1, 32, 32)),
        (DLRClassifier, "ran_tiny", (16, 2, 1, 32, 32)),
    ],
)
def test_a_tensor_is_the_array_that_it_holds(make, module, shape, how):
    X = np.random.default_rng(0).random(shape, dtype=np.float32)
    y = np.arange(16) % 2
    net = make(module=module, max_epochs=1, random_state=0)
    expected = net.fit(X, y).predict_proba(X)
    tensor = TENSORS[how](X)
    net.fit(tensor, torch.from_numpy(y), sample_weight=torch.ones(16))
    np.testing.assert_array_equal(net.predict_proba(tensor), expected)
    assert net.classes_.tolist() == [0, 1]


def test_bags_may_be_tensors():
    rng = np.random.default_rng(0)
    bags = [rng.random((1 + i % 3, 1, 32, 32), dtype=np.float32) for i in range(8)]
    tensors = [torch.from_numpy(bag) for bag in bags]
    assert read(tensors).shape == (1, 32, 32)
    for one, other in zip(read(bags).sources, read(tensors).sources, strict=True):
        np.testing.assert_array_equal(one, other)


def test_half_precision_of_either_kind_is_read():
    for dtype in (torch.bfloat16, torch.float16):
        np.testing.assert_array_equal(from_torch(torch.ones(2, dtype=dtype)), [1, 1])


SHARED = {
    "one study": ((1, 2), (1, 2)),
    "one plane": ((1, 2, 3), (4, 2)),
    "another place": ((1, 2), (3, 4, 1)),
}


@pytest.mark.parametrize("values", SHARED.values(), ids=SHARED)
def test_an_image_that_is_of_both_visits_is_said(values):
    ramp = np.arange(4.0).reshape(2, 2)
    pre, post = (bmode(*[ramp + v for v in visit]) for visit in values)
    other = bmode(ramp + 9)
    X = frame(other, pre, us_post2=[bmode(ramp + 8), post])
    with pytest.warns(UserWarning, match="^1 patients have an image at .* row P1:"):
        read(X, n_visits=2)


@pytest.mark.parametrize("at", [(0, 1), (0, 2), (1, 2)])
def test_an_image_of_any_two_of_three_visits_is_said(at):
    ramp = np.arange(4.0).reshape(2, 2)
    cells = [bmode(ramp + k) for k in range(3)]
    cells[at[1]] = cells[at[0]]
    names = ["us_pre", "us_post2", "us_post4"]
    gap = [bmode(ramp), None, None]
    X = frame(gap[0], cells[0], **{names[k]: [gap[k], cells[k]] for k in (1, 2)})
    said = f"^1 patients have an image at two visits, .* row P1, columns {names[at[0]]}"
    with pytest.warns(UserWarning, match=f"{said} and {names[at[1]]}: what is"):
        read(X, n_visits=3, masked=True)


def test_an_image_file_that_is_of_both_visits_is_said(tmp_path):
    Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3)).save(tmp_path / "a.png")
    table = {
        "patient_id": ["P1"] * 2,
        "visit": ["pre", "post2"],
        "path": ["a.png"] * 2,
    }
    table = pd.DataFrame(table | {"kind": "bmode"})
    X = cohort_from_table(table, root=tmp_path, duplicates="ignore")
    with pytest.warns(UserWarning, match="at both visits, us_pre and us_post2, the"):
        read(X, n_visits=2, columns=("us_pre", "us_post2"))


def test_blank_images_and_equal_ones_of_several_patients_are_not(recwarn):
    blank, ramp = np.zeros((2, 2)), np.arange(4.0).reshape(2, 2)
    first = bmode(blank), bmode(ramp)
    read(frame(*first, us_post2=[bmode(blank), bmode(ramp + 1)]), n_visits=2)
    assert not recwarn
