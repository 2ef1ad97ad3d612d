"""Features that repeats agree on are kept, others are not."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknac.cohort import Plane, Study
from sknac.exceptions import CohortError
from sknac.features import MapStatistics, StableFeatures
from sknac.metrics import icc

MEAN_AND_SD = MapStatistics(statistics=["mean", "sd"])


@pytest.fixture
def rng():
    """Give a seeded generator."""
    return np.random.default_rng(20)


def cohort(rng, planes, shift=0.0):
    """Make a cohort whose planes share a mean, not a spread."""
    levels = rng.normal(size=len(planes)) * 5
    cells = np.empty(len(planes), dtype=object)
    for row, n in enumerate(planes):
        images = [
            levels[row] + shift + rng.uniform(1, 3) * rng.normal(size=(12, 12))
            for _ in range(n)
        ]
        cells[row] = Study([Plane(image, "bmode") for image in images])
    index = pd.Index([f"P{i}" for i in range(len(planes))], name="patient_id")
    return pd.DataFrame({"age": 50, "us_pre": cells}, index=index)


@pytest.fixture
def table(rng):
    """Give features of two readers, who agree on the first."""
    size = rng.normal(size=30) * 3
    return pd.DataFrame(
        {
            "size": size,
            "grain": rng.normal(size=30),
            "size_b": size + rng.normal(size=30) * 0.3,
            "grain_b": rng.normal(size=30),
        }
    )


AGAIN = {"size": "size_b", "grain": ["grain_b"]}


def named():
    """Return a step that hands a table on."""
    return FunctionTransformer(feature_names_out="one-to-one")


def test_planes_are_the_repeats(rng):
    X = cohort(rng, [2, 3, 2, 1, 4, 2, 2, 3, 2, 2])
    stable = StableFeatures(MEAN_AND_SD).fit(X)
    assert stable.get_feature_names_out().tolist() == ["us_pre__mean"]
    assert stable.n_repeats_ == 2
    assert stable.icc_["n"].tolist() == [9, 9]  # one has a single plane
    first = [
        [plane.load().mean() for plane in cell.planes[:2]]
        for cell in X["us_pre"]
        if len(cell.planes) > 1
    ]
    found, want = stable.icc_.loc["us_pre__mean"], icc(first)
    got = (found["icc"], found["low"], found["high"])
    assert got == pytest.approx((want.estimate, want.low, want.high))
    whole = MEAN_AND_SD.fit(X).transform(X)
    np.testing.assert_array_equal(stable.transform(X), whole[:, :1])


def test_repeated_outlines_are_columns(rng):
    X, other = (cohort(np.random.default_rng(3), [1] * 8, s) for s in (0.0, 0.1))
    X["us_pre_b"] = other["us_pre"]
    stable = StableFeatures(MEAN_AND_SD, repeats={"us_pre": "us_pre_b"}).fit(X)
    assert stable.icc_["icc"].min() > 0.99
    assert stable.transform(X.drop(columns="us_pre_b")).shape == (8, 2)
    assert stable.transformer_.columns_ == ("us_pre",)


def test_tables_of_features_are_taken(table):
    stable = StableFeatures(named(), repeats=AGAIN).set_output(transform="pandas")
    assert stable.fit_transform(table).columns.tolist() == ["size"]
    assert stable.get_support().tolist() == [True, False]


def test_patients_without_a_feature_do_not_teach(table):
    table.loc[[0, 4], "size_b"] = np.nan
    stable = StableFeatures(named(), repeats=AGAIN).fit(table)
    assert stable.icc_["n"].tolist() == [28, 30]
    assert stable.icc_.loc["size", "icc"] > 0.9


def test_lower_bound_is_stricter(table):
    found = StableFeatures(named(), repeats=AGAIN).fit(table).icc_.loc["size"]
    between = float(found[["icc", "low"]].mean())
    strict = StableFeatures(named(), repeats=AGAIN, threshold=between, criterion="low")
    with pytest.raises(ValueError, match="no feature reaches threshold"):
        strict.fit(table)
    assert strict.set_params(criterion="estimate").fit(table).get_support()[0]


def test_selection_is_learnt_in_each_training_fold(table):
    y = (table["size"] > 0).astype(int)
    model = make_pipeline(
        StableFeatures(named(), repeats=AGAIN), StandardScaler(), LogisticRegression()
    )
    search = GridSearchCV(model, {"stablefeatures__threshold": [0.0, 0.75]}, cv=3)
    assert search.fit(table, y).best_score_ > 0.8


@pytest.mark.parametrize(
    ("repeats", "message"),
    [
        ({}, "repeats must give as many columns"),
        ({"size": ["size_b", "grain_b"], "grain": []}, "as many columns"),
        ({"size": "size_c"}, "'size_c' is not there"),
        ({"size": "size"}, "one is named twice"),
    ],
)
def test_wrong_repeats_are_named(repeats, message, table):
    with pytest.raises(ValueError, match=message):
        StableFeatures(named(), repeats=repeats).fit(table)


def test_too_few_patients_with_planes_are_refused(rng):
    with pytest.raises(CohortError, match=r"needs 3 patients .* got 2 of 6; name"):
        StableFeatures(MEAN_AND_SD).fit(cohort(rng, [2, 2, 1, 1, 1, 1]))
    with pytest.raises(CohortError, match="got 0 of 4"):
        StableFeatures(named()).fit(pd.DataFrame({"a": range(4)}))


def test_arrays_without_names_are_refused():
    with pytest.raises(TypeError, match="must be a pandas DataFrame, got ndarray"):
        StableFeatures(named(), repeats=AGAIN).fit(np.ones((4, 2)))
