"""The RF cohort as its users meet it."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort
from sknac.datasets import make_rf_cohort

TINY = {"n_planes": 1, "depth_mm": 16, "width_mm": 15}


def test_bunch_holds_a_valid_cohort(rf_cohort):
    X = rf_cohort.X
    assert check_cohort(BaseEstimator(), X, reset=True) == ("us_pre",)
    assert X.index.name == "patient_id"
    assert {study.kind for study in X["us_pre"]} == {"rf"}
    for part in (rf_cohort.y, rf_cohort.survival, rf_cohort.truth):
        pd.testing.assert_index_equal(part.index, X.index)
    assert set(rf_cohort.y) == {"response", "non-response"}
    assert X.notna().all(axis=None)


def test_description_says_that_the_data_are_simulated(rf_cohort):
    assert "THE DATA ARE SIMULATED" in rf_cohort.DESCR
    assert "{" not in rf_cohort.DESCR


def test_outlines_lie_inside_the_frame(rf_cohort):
    for study in rf_cohort.X["us_pre"]:
        for plane in study.planes:
            high = np.multiply(plane.grid.shape, plane.grid.spacing_mm)
            assert (plane.core.vertices > 0.9).all()
            assert (plane.core.vertices < high - 0.9).all()
            assert 0.02 < plane.core_mask().mean() < 0.5


def test_attenuation_column_is_the_truth(rf_cohort):
    column = rf_cohort.X["attenuation_db_cm_mhz"]
    pd.testing.assert_series_equal(column, rf_cohort.truth["attenuation_db_cm_mhz"])
    assert column.between(0.5, 0.9).all()


def test_planes_have_the_geometry_asked_for():
    cohort = make_rf_cohort(
        1, n_planes=2, depth_mm=20, width_mm=18, fs_mhz=30, line_pitch_mm=0.3,
        attenuation_db_cm_mhz=0.6, random_state=0,
    )  # fmt: skip
    study = cohort.X["us_pre"].iloc[0]
    assert study.n_planes == 2
    plane = study.planes[0]
    extent = np.multiply(plane.grid.shape, plane.grid.spacing_mm)
    np.testing.assert_allclose(extent, [20, 18], atol=0.03)
    assert (plane.fs_mhz, plane.focus_mm) == (30, 10)
    assert cohort.truth["attenuation_db_cm_mhz"].iloc[0] == 0.6


def test_same_seed_gives_the_same_cohort_on_any_number_of_jobs():
    one, two = (
        make_rf_cohort(4, random_state=5, n_jobs=n_jobs, **TINY) for n_jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(one.X, two.X)
    pd.testing.assert_frame_equal(one.truth, two.truth)
    assert [p.digest for p in one.reference.acquisitions] == [
        p.digest for p in two.reference.acquisitions
    ]


def test_first_patients_of_a_larger_cohort_are_the_smaller_cohort():
    small, large = (make_rf_cohort(n, random_state=6, **TINY) for n in (3, 9))
    pd.testing.assert_frame_equal(small.X, large.X.iloc[:3])
    pd.testing.assert_series_equal(small.y, large.y.iloc[:3])
    pd.testing.assert_frame_equal(small.survival, large.survival.iloc[:3])


def test_other_seeds_give_other_cohorts():
    studies = [
        make_rf_cohort(1, random_state=seed, **TINY).X["us_pre"].iloc[0]
        for seed in (0, 1)
    ]
    assert studies[0] != studies[1]


def test_generators_are_accepted():
    made = [
        make_rf_cohort(2, random_state=np.random.default_rng(7), **TINY)
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(made[0].X, made[1].X)


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_rf_cohort(1, **TINY)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_texture_effect_changes_the_planes_of_non_responders_alone():
    even = make_rf_cohort(3, prevalence=0.5, random_state=5, **TINY)
    patchy = make_rf_cohort(
        3, prevalence=0.5, random_state=5, texture_effect=1.0, **TINY
    )
    pd.testing.assert_series_equal(even.y, patchy.y)
    same = even.X["us_pre"] == patchy.X["us_pre"]
    assert even.y.nunique() == 2
    assert same.tolist() == (even.y == "response").tolist()
    assert (even.truth["core_eac_sd_db"] == 1.5).all()
    assert ((patchy.truth["core_eac_sd_db"] > 1.5) == ~same).all()
    columns = [name for name in even.truth if name != "core_eac_sd_db"]
    pd.testing.assert_frame_equal(even.truth[columns], patchy.truth[columns])
    assert "patchy" in patchy.DESCR
    assert "patchy" not in even.DESCR


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("n_patients", 0),
        ("n_planes", (3, 2)),
        ("effect_size", -1),
        ("effect_in", "core"),
        ("texture_effect", -0.5),
        ("prevalence", 1.0),
        ("depth_mm", 5),
        ("width_mm", np.nan),
        ("fs_mhz", 20),
        ("line_pitch_mm", 0),
        ("attenuation_db_cm_mhz", -0.1),
    ],
)
def test_a_bad_setting_is_named(setting, value):
    with pytest.raises(ValueError, match=f"{setting}.* must"):
        make_rf_cohort(**{setting: value})
