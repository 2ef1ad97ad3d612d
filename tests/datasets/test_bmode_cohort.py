"""The B-mode cohort as its users meet it."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import distance_transform_edt
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score

from sknac.cohort import check_cohort
from sknac.cohort.planes import has_study
from sknac.datasets import make_bmode_cohort

SMALL = {"image_size": (96, 96), "spacing_mm": 0.25}


def contrast(plane):
    """Mean grey level of the core less that of the tissue 1.5 to 4 mm beside it."""
    core = plane.core_mask()
    distance = distance_transform_edt(~core, sampling=plane.spacing_mm)
    rows = core.any(axis=1)[:, None]
    ring = (distance > 1.5) & (distance < 4) & rows
    image = plane.load().astype(float)
    return image[core].mean() - image[ring].mean()


@pytest.fixture(scope="module")
def learning():
    """Cohorts with and without effect, and their change of contrast per visit."""
    made = {}
    for effect in (1.0, 0.0):
        cohort = make_bmode_cohort(96, effect_size=effect, random_state=11, **SMALL)
        levels = cohort.X[["us_pre", "us_post2", "us_post4"]].map(
            lambda study: contrast(study.planes[0])
        )
        made[effect] = cohort, levels
    return made


def test_bunch_holds_a_valid_cohort(bmode_cohort):
    X = bmode_cohort.X
    names = ("us_pre", "us_post2", "us_post4")
    assert check_cohort(BaseEstimator(), X, reset=True) == names
    clinical = ["age", "er", "pr", "her2", "ki67", "subtype", "dvolume_2", "dvolume_4"]
    assert X.columns.tolist() == [*names, *clinical]
    for part in (bmode_cohort.y, bmode_cohort.survival, bmode_cohort.truth):
        pd.testing.assert_index_equal(part.index, X.index)
    assert "THE DATA ARE SIMULATED" in bmode_cohort.DESCR


def test_images_are_grey_levels_that_fill_the_range(bmode_cohort):
    for study in bmode_cohort.X["us_pre"]:
        for plane in study.planes:
            image = plane.load()
            assert image.dtype == np.uint8
            assert plane.kind == "bmode"
            assert 40 < image.mean() < 180
            assert image.std() > 20


def test_outlines_lie_inside_the_image(bmode_cohort):
    cells = bmode_cohort.X[["us_pre", "us_post2", "us_post4"]].stack()
    for study in cells[cells.map(has_study)]:
        for plane in study.planes:
            high = np.multiply(plane.grid.shape, plane.grid.spacing_mm)
            assert (plane.core.vertices > 1.4).all()
            assert (plane.core.vertices < high - 1.4).all()
            assert plane.core_mask().sum() > 20


def test_the_tumour_is_darker_than_its_surroundings(learning):
    assert (learning[1.0][1]["us_pre"] < -15).all()


def test_missing_visits_are_none_and_leave_no_volume_change(bmode_cohort):
    X = bmode_cohort.X
    assert X["us_pre"].map(has_study).all()
    has2, has4 = X["us_post2"].map(has_study), X["us_post4"].map(has_study)
    assert 0 < (~has2).sum() < 10
    assert 0 < (~has4).sum() < 10
    pd.testing.assert_series_equal(X["dvolume_2"].notna(), has2, check_names=False)
    pd.testing.assert_series_equal(
        X["dvolume_4"].notna(), has2 & has4, check_names=False
    )


@pytest.mark.slow
def test_missing_visits_do_not_depend_on_the_class():
    cohort = make_bmode_cohort(
        200, missing_rate=0.4, random_state=2, image_size=(64, 64), spacing_mm=0.35
    )
    gone = ~cohort.X["us_post4"].map(has_study)
    shares = gone.groupby(cohort.y).mean()
    assert gone.mean() == pytest.approx(0.4, abs=0.1)
    assert abs(shares.diff().iloc[-1]) < 0.2


def test_volume_changes_are_those_of_the_radii(bmode_cohort):
    truth = bmode_cohort.truth
    volume = {v: truth[f"radius_{v}_mm"] ** 3 for v in ("pre", "post2", "post4")}
    np.testing.assert_allclose(truth["dvolume_2"], 1 - volume["post2"] / volume["pre"])
    np.testing.assert_allclose(
        truth["dvolume_4"], 1 - volume["post4"] / volume["post2"]
    )


def test_drawn_outlines_have_the_drawn_radius(bmode_cohort):
    for visit in ("pre", "post4"):
        studies = bmode_cohort.X[f"us_{visit}"]
        studies = studies[studies.map(has_study)]
        radius = bmode_cohort.truth[f"drawn_radius_{visit}_mm"]
        for patient, study in studies.items():
            mask = study.planes[0].core_mask()
            area = mask.sum() * np.prod(study.planes[0].spacing_mm)
            # Cuts lie up to 6 % off the middle; large tumours are moulded to fit.
            share = np.sqrt(area / np.pi) / radius[patient]
            assert 0.8 < share < 1.03


def test_drawn_and_true_radius_agree_unless_at_a_limit(bmode_cohort):
    truth = bmode_cohort.truth
    for visit in ("pre", "post2", "post4"):
        drawn, true = truth[f"drawn_radius_{visit}_mm"], truth[f"radius_{visit}_mm"]
        free = drawn.between(1.51, drawn.max() - 1e-6)
        np.testing.assert_allclose(drawn[free], true[free])


def auc(cohort, score):
    return roc_auc_score(cohort.y == "response", score)


def test_images_tell_the_classes_apart_better_after_four_courses(learning):
    cohort, levels = learning[1.0]
    post2 = auc(cohort, levels["us_post2"] - levels["us_pre"])
    post4 = auc(cohort, levels["us_post4"] - levels["us_pre"])
    assert 0.8 < post2 < 0.98
    assert post2 - 0.02 < post4
    assert post4 > 0.88


def test_images_before_treatment_say_nothing(learning):
    cohort, levels = learning[1.0]
    assert auc(cohort, levels["us_pre"]) == pytest.approx(0.5, abs=0.17)


def test_without_effect_nothing_is_learnable(learning):
    cohort, levels = learning[0.0]
    scores = {
        "post2": levels["us_post2"] - levels["us_pre"],
        "post4": levels["us_post4"] - levels["us_pre"],
        "change": cohort.truth["change_post4"],
        "volume": cohort.X["dvolume_4"],
        "her2": cohort.X["her2"],
    }
    # Three standard errors of an AUC of one half with 48 patients in each class.
    for score in scores.values():
        assert auc(cohort, score) == pytest.approx(0.5, abs=0.18)


def test_the_effect_moves_responders_alone():
    kwargs = {"random_state": 4, "image_size": (64, 64), "spacing_mm": 0.35}
    with_effect = make_bmode_cohort(16, effect_size=1.0, **kwargs)
    without = make_bmode_cohort(16, effect_size=0.0, **kwargs)
    for visit, distance in (("pre", 0.0), ("post2", 2.0), ("post4", 2.8)):
        gap = with_effect.truth[f"change_{visit}"] - without.truth[f"change_{visit}"]
        expected = distance * (with_effect.y == "response")
        np.testing.assert_allclose(gap, expected, atol=1e-12)


def test_same_seed_gives_the_same_cohort_on_any_number_of_jobs():
    one, two = (make_bmode_cohort(4, random_state=5, n_jobs=n, **SMALL) for n in (1, 2))
    pd.testing.assert_frame_equal(one.X, two.X)
    pd.testing.assert_frame_equal(one.truth, two.truth)


def test_first_patients_of_a_larger_cohort_are_the_smaller_cohort():
    small, large = (
        make_bmode_cohort(n, random_state=6, missing_rate=0.3, **SMALL) for n in (3, 9)
    )
    pd.testing.assert_frame_equal(small.X, large.X.iloc[:3], check_dtype=False)
    pd.testing.assert_series_equal(small.y, large.y.iloc[:3])


def test_clinical_columns_do_not_depend_on_the_images_size():
    one = make_bmode_cohort(3, random_state=7, **SMALL)
    two = make_bmode_cohort(3, random_state=7, image_size=(64, 80), spacing_mm=0.35)
    clinical = ["age", "subtype", "dvolume_2", "dvolume_4"]
    pd.testing.assert_frame_equal(one.X[clinical], two.X[clinical])


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_bmode_cohort(1, **SMALL)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("n_patients", -1),
        ("n_planes", (1, 2, 3)),
        ("effect_size", "big"),
        ("prevalence", 0),
        ("image_size", (0, 100)),
        ("image_size", 96.5),
        ("spacing_mm", 0.5),
        ("missing_rate", 1.0),
    ],
)
def test_a_bad_setting_is_named(setting, value):
    with pytest.raises(ValueError, match=f"{setting}.* must"):
        make_bmode_cohort(**{setting: value})


def test_an_image_too_small_for_a_tumour_is_refused():
    with pytest.raises(ValueError, match="less than 20 mm on a side"):
        make_bmode_cohort(1, image_size=(48, 48), spacing_mm=0.2)
