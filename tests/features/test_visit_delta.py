import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import Plane, Study
from sknac.datasets import make_bmode_cohort
from sknac.exceptions import CohortError
from sknac.features import MapStatistics, VisitDelta
from sknac.preprocessing import MapScaler
from sknac.roi import ROICropper
from sknac.testing import make_check_cohort

MEAN = MapStatistics(statistics=["mean"])


@pytest.fixture(scope="module")
def cohort():
    """Ten patients at three visits, of which some did not happen."""
    return make_bmode_cohort(
        n_patients=10, n_planes=2, image_size=96, missing_rate=0.3, random_state=0
    )


def mean_by_hand(cell):
    """Mean over planes of the mean grey value."""
    if cell is None:
        return np.nan
    return np.mean([plane.load().mean() for plane in cell.planes])


def by_hand(X):
    """Mean grey value of each visit."""
    return {v: X[f"us_{v}"].map(mean_by_hand) for v in ("pre", "post2", "post4")}


def test_changes_of_the_mean_by_hand(cohort):
    grey = by_hand(cohort.X)
    assert 0 < grey["post2"].isna().sum() < 10
    delta = VisitDelta(
        MEAN,
        visits=[("pre", "post2"), ("post2", "post4")],
        how=["difference", "ratio", "relative"],
        keep=["pre"],
    ).set_output(transform="pandas")
    pre, post2, post4 = grey.values()
    expected = {
        "us_pre__mean": pre,
        "us_post2-us_pre__mean": post2 - pre,
        "us_post2/us_pre__mean": post2 / pre,
        "us_post2/us_pre-1__mean": (post2 - pre) / pre,
        "us_post4-us_post2__mean": post4 - post2,
        "us_post4/us_post2__mean": post4 / post2,
        "us_post4/us_post2-1__mean": (post4 - post2) / post2,
    }
    found = delta.fit_transform(cohort.X)
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected), rtol=1e-12)
    pd.testing.assert_frame_equal(delta.transform(cohort.X), found, check_exact=True)


def test_limits_are_of_all_visits_of_the_training_patients(cohort):
    scaler = MapScaler(limits=(5, 95))
    delta = VisitDelta(make_pipeline(ROICropper(), scaler, MEAN)).fit(cohort.X[:6])
    crops = ROICropper(columns=["us_pre", "us_post2"]).fit_transform(cohort.X[:6])
    values = [
        plane.load().ravel()
        for column in ("us_pre", "us_post2")
        for cell in crops[column]
        for plane in (cell.planes if cell else ())
    ]
    fitted = delta.transformer_[1]
    expected = np.percentile(np.concatenate(values), [5, 50, 95])
    assert [fitted.low_[0], fitted.median_[0], fitted.high_[0]] == expected.tolist()
    with pytest.raises(AttributeError):
        scaler.low_  # noqa: B018 the one given stays as it was


def test_a_patient_without_any_visit_is_a_row_of_nan(cohort):
    delta = VisitDelta(MEAN, keep=("pre", "post2")).fit(cohort.X)
    nothing = cohort.X.iloc[:2].assign(us_pre=None, us_post2=None)
    assert np.isnan(delta.transform(nothing)).tolist() == [[True] * 3] * 2


def test_a_visit_that_no_training_patient_had_is_named(cohort):
    with pytest.raises(CohortError, match="column us_post2 must hold a study to"):
        VisitDelta(MEAN).fit(cohort.X.assign(us_post2=None))
    with pytest.raises(CohortError, match="column us_post6 is missing; X has"):
        VisitDelta(MEAN, visits=("pre", "post6")).fit(cohort.X)


def test_unions_and_clinical_columns_keep_their_names(cohort):
    union = FeatureUnion([("whole", MEAN), ("crop", make_pipeline(ROICropper(), MEAN))])
    columns = ColumnTransformer(
        [("us", union, ["us_visit"]), ("clinical", "passthrough", ["age"])]
    )
    found = VisitDelta(columns).set_output(transform="pandas").fit_transform(cohort.X)
    assert list(found) == [
        "us__whole__us_post2-us_pre__mean",
        "us__crop__us_post2-us_pre__mean",
        "us_post2-us_pre__clinical__age",
    ]
    there = found.iloc[:, 2].notna()
    assert there.equals(cohort.X["us_post2"].notna())
    assert (found.iloc[:, 2][there] == 0).all()


def one_visit(*values):
    """Flat 4 x 4 images as a column."""
    cells = [
        None if value is None else Study([Plane(np.full((4, 4), value), "bmode")])
        for value in values
    ]
    index = [f"P{i}" for i in range(len(values))]
    return pd.Series(cells, index=index, dtype=object)


def test_a_signed_feature_has_differences_alone():
    X = pd.DataFrame({"us_pre": one_visit(1.0, 4.0), "us_post2": one_visit(2.0, -1.0)})
    assert VisitDelta(MEAN).fit_transform(X).tolist() == [[1.0], [-5.0]]
    message = "us_visit__mean has no ratio: .*-1 in row P1, column us_post2; take how="
    for how in ("ratio", "relative", ["difference", "ratio"]):
        with pytest.raises(ValueError, match=message):
            VisitDelta(MEAN, how=how).fit(X)


def test_scaled_features_have_no_ratio(cohort):
    scaled = make_pipeline(MEAN, StandardScaler())
    with pytest.raises(ValueError, match="has no ratio: it has values below 0"):
        VisitDelta(scaled, how="ratio").fit(cohort.X)


def test_decibels_of_maps_have_no_ratio():
    X, _ = make_check_cohort("maps", visits=("pre", "post2"))
    spread = MapStatistics(statistics=["sd"])
    assert np.isfinite(VisitDelta(spread, how="ratio").fit_transform(X)).all()
    with pytest.raises(ValueError, match="us_visit__mbf_mean is a level in decibels"):
        VisitDelta(MEAN, how="ratio").fit(X)


def test_a_new_patient_whose_ratio_means_nothing_is_nan_and_said():
    X = pd.DataFrame({"us_pre": one_visit(1.0, 4.0), "us_post2": one_visit(2.0, 1.0)})
    delta = VisitDelta(MEAN, how=["difference", "ratio"]).fit(X)
    new = pd.DataFrame(
        {
            "us_pre": one_visit(0.0, 2.0, 1e-4, None),
            "us_post2": one_visit(1.0, -1.0, 1.0, 1.0),
        }
    )
    with pytest.warns(UserWarning, match=r"3 ratios .* us_visit__mean of patient P0:"):
        found = delta.transform(new)
    np.testing.assert_allclose(
        found, [[1.0, np.nan], [-3.0, np.nan], [0.9999, np.nan], [np.nan, np.nan]]
    )


def test_a_damaged_plane_is_named_by_patient_and_visit(cohort):
    X = cohort.X.copy()
    plane = X["us_post2"].dropna().iloc[0].planes[0].replace(core=None)
    row = X["us_post2"].notna().to_numpy().argmax()
    cells = list(X["us_post2"])
    cells[row] = Study([plane])
    X["us_post2"] = pd.Series(cells, index=X.index, dtype=object)
    message = f"^row {X.index[row]}, column us_post2, plane 0: the plane has no core"
    with pytest.raises(CohortError, match=message):
        VisitDelta(make_pipeline(ROICropper(), MEAN)).fit(X)


def test_what_makes_no_numbers_is_refused(cohort):
    with pytest.raises(
        TypeError, match="table of numbers, got DataFrame of ROICropper"
    ):
        VisitDelta(ROICropper()).fit(cohort.X)


def test_settings_are_checked(cohort):
    with pytest.raises(ValueError, match=r"how must be one of .*, got 'delta'"):
        VisitDelta(MEAN, how=["delta"]).fit(cohort.X)
    for twice in ({"how": ["ratio", "ratio"]}, {"keep": ["pre", "pre"]}):
        with pytest.raises(ValueError, match="must name each once, got"):
            VisitDelta(MEAN, **twice).fit(cohort.X)
    with pytest.raises(ValueError, match="how must name a way"):
        VisitDelta(MEAN, how=[]).fit(cohort.X)
    with pytest.raises(ValueError, match=r"keep must be one of .*, got 'post4'"):
        VisitDelta(MEAN, keep="post4").fit(cohort.X)
    with pytest.raises(ValueError, match="'transformer' parameter of VisitDelta"):
        VisitDelta("mean").fit(cohort.X)
    with pytest.raises(TypeError, match="takes no metadata"):
        VisitDelta(MEAN).fit_transform(cohort.X, sample_weight=1)


def test_a_search_reaches_the_transformer(cohort):
    model = Pipeline(
        [
            ("delta", VisitDelta(make_pipeline(ROICropper(), MapStatistics()))),
            ("impute", SimpleImputer()),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression()),
        ]
    )
    grid = {
        "delta__transformer__roicropper__border_share": [0.1],
        "delta__transformer__mapstatistics__statistics": [["mean"], ["sd", "p50"]],
        "delta__keep": [(), ("pre",)],
    }
    search = GridSearchCV(model, grid, cv=2, scoring="roc_auc", error_score="raise")
    search.fit(cohort.X, cohort.y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    again = clone(search.best_estimator_)
    assert not hasattr(again["delta"], "transformer_")
