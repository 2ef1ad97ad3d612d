import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import MaskOutline, Plane, Study
from sknac.exceptions import CohortError
from sknac.features import MapStatistics
from sknac.roi import ROIMasker
from sknac.testing import make_check_cohort


@pytest.fixture(scope="module")
def cohort():
    return make_check_cohort("maps", visits=("pre", "post2"))


def one(*planes):
    """A cohort of one patient."""
    cells = pd.Series([Study(planes)], index=["P1"], dtype=object)
    return pd.DataFrame({"us_pre": cells})


def test_feature_is_the_mean_over_planes_of_its_statistic(cohort):
    X, _ = cohort
    table = MapStatistics(statistics=["mean", "p50"]).set_output(transform="pandas")
    found = table.fit_transform(X)
    planes = X["us_post2"].iloc[2].planes
    assert len(planes) == 3
    expected = np.mean([np.median(plane.load()[1]) for plane in planes])
    assert found["us_post2__si_p50"].iloc[2] == pytest.approx(expected)


def test_names_run_over_visits_then_maps_then_statistics(cohort):
    X, _ = cohort
    names = MapStatistics(statistics=["mean", "sd"]).fit(X).get_feature_names_out()
    assert list(names[:3]) == ["us_pre__mbf_mean", "us_pre__mbf_sd", "us_pre__si_mean"]
    assert names[8] == "us_post2__mbf_mean"
    assert len(set(names)) == 16


def test_bmode_images_have_no_map_in_the_name():
    X, _ = make_check_cohort("bmode")
    names = MapStatistics(statistics=["sd"]).fit(X).get_feature_names_out()
    assert list(names) == ["us_pre__sd"]


def test_region_is_the_maskers():
    image = np.arange(64.0).reshape(1, 8, 8)
    plane = Plane(image, "maps", (1.0, 1.0), channels=("mbf",))
    kept = np.zeros((8, 8), bool)
    kept[2:4, 2:4] = True
    masked = plane.replace(roi=MaskOutline(kept, plane.grid))
    table = MapStatistics(statistics=["mean"])
    assert table.fit_transform(one(masked)).item() == image[0][kept].mean()
    assert table.fit_transform(one(plane)).item() == image.mean()


def test_contrast_needs_a_margin(cohort):
    X, _ = cohort
    table = MapStatistics(statistics=["contrast"], columns=["us_pre"])
    around = ROIMasker(margin_mm=1.0).fit_transform(X)
    assert np.isfinite(table.fit_transform(around)).all()
    core = ROIMasker(region="core").fit_transform(X)
    with pytest.raises(CohortError, match=r'row P000, .* region="core\+margin"'):
        table.fit_transform(core)


def test_map_without_a_valid_value_is_named():
    image = np.stack([np.ones((4, 4)), np.full((4, 4), np.nan)])
    plane = Plane(image, "maps", channels=("mbf", "esd"))
    message = "row P1, column us_pre, plane 0: map esd has no valid value"
    with pytest.raises(CohortError, match=message):
        MapStatistics().fit_transform(one(plane))


def test_valid_share_is_of_the_region_and_never_an_error_alone():
    image = np.ones((2, 8, 8))
    image[0, :, :2] = np.nan
    image[1] = np.nan
    plane = Plane(image, "maps", (1.0, 1.0), channels=("mbf", "esd"))
    kept = np.zeros((8, 8), bool)
    kept[:, :4] = True
    masked = plane.replace(roi=MaskOutline(kept, plane.grid))
    table = MapStatistics(statistics=["valid_share"])
    assert table.fit_transform(one(plane)).tolist() == [[0.75, 0.0]]
    assert table.fit_transform(one(masked)).tolist() == [[0.5, 0.0]]
    whole = plane.replace(image=np.ones((2, 8, 8)))
    assert table.fit_transform(one(masked, whole)).tolist() == [[0.75, 0.5]]
    with pytest.raises(CohortError, match="map esd has no valid value"):
        MapStatistics(statistics=["valid_share", "mean"]).fit_transform(one(plane))


def test_rf_is_refused_with_its_mend():
    X, _ = make_check_cohort("rf")
    with pytest.raises(CohortError, match="put a QUSMapper before"):
        MapStatistics().fit_transform(X)


def test_unknown_statistic_is_refused_in_fit(cohort):
    with pytest.raises(ValueError, match="no statistic 'glcm'"):
        MapStatistics(statistics=["glcm"]).fit(cohort[0])


def test_threads_change_nothing(cohort):
    X, _ = cohort
    serial = MapStatistics().fit_transform(X)
    np.testing.assert_array_equal(MapStatistics(n_jobs=2).fit_transform(X), serial)


def test_baseline_tells_bright_from_dark_in_cross_validation(cohort):
    X, y = cohort
    model = make_pipeline(MapStatistics(), StandardScaler(), LogisticRegression())
    assert cross_val_score(model, X, y, cv=3).mean() == 1.0
