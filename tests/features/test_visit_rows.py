import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import FeatureUnion, make_pipeline

from sknac.exceptions import CohortError, SknacFormatError
from sknac.features import MapStatistics
from sknac.features._visit_rows import (
    check_pairs,
    check_transformer,
    parts_of,
    stack_visits,
    under_their_names,
)
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler
from sknac.testing import make_check_cohort

COLUMNS = ("us_pre", "us_post2")


@pytest.fixture
def holed():
    """Twelve patients; the second has no later visit."""
    X, _ = make_check_cohort("bmode", visits=("pre", "post2"), image_size=8)
    X.loc["P001", "us_post2"] = None
    return X


def test_visits_that_happened_are_rows_with_their_clinical_columns(holed):
    rows = stack_visits(holed, COLUMNS)
    assert list(rows.frame.columns) == ["age", "us_visit"]
    assert len(rows.frame) == 23
    assert rows.frame["age"].dtype == holed["age"].dtype
    assert rows.frame["us_visit"].iloc[13] is holed["us_post2"].iloc[2]
    back = rows.unstacked(rows.frame[["age"]].to_numpy(float))
    np.testing.assert_array_equal(back["pre"][:, 0], holed["age"])
    assert np.flatnonzero(np.isnan(back["post2"][:, 0])).tolist() == [1]


def test_a_visit_that_nobody_had_teaches_nothing(holed):
    nobody = holed.assign(us_post2=None)
    assert len(stack_visits(nobody, COLUMNS).frame) == 12
    with pytest.raises(CohortError, match="column us_post2 must hold a study"):
        stack_visits(nobody, COLUMNS, all_needed=True)


PLACE = "row P1, column us_pre, column us_visit, plane 0"


def fail(error):
    """Raise as a step does that is given rows of visits."""
    with under_their_names():
        raise error


def test_errors_about_rows_name_patient_and_visit(holed):
    assert stack_visits(holed, COLUMNS).frame.index[0] == "P000, column us_pre"
    with pytest.raises(CohortError, match=r"^row P1, column us_pre, plane 0: dark$"):
        fail(CohortError(f"{PLACE}: dark"))
    with pytest.raises(FileNotFoundError, match=r"^row P1, column us_pre, plane 0: go"):
        fail(FileNotFoundError(f"{PLACE}: gone"))
    with pytest.raises(SknacFormatError, match=r"cut \(row P1, column us_pre, plane 0"):
        fail(SknacFormatError("a.png", f"cut ({PLACE}); copy it again"))
    with pytest.raises(CohortError, match=r"^another matter; leave it$"):
        fail(CohortError("another matter; leave it"))


def test_pairs():
    assert check_pairs(("pre", "post2")) == (("pre", "post2"),)
    several = [["pre", "post2"], ("pre", "post4")]
    assert check_pairs(several) == (("pre", "post2"), ("pre", "post4"))


@pytest.mark.parametrize(
    "visits",
    [
        ("pre",),
        ("pre", "pre"),
        ("us_pre", "us_post2"),
        ("pre", "post2", "post4"),
        [("pre", "post2"), "post4"],
        [("pre", 2)],
        [("pre", "post2"), ("pre", "post2")],
        [],
    ],
)
def test_what_is_no_pair_is_refused(visits):
    with pytest.raises(ValueError, match=r"^visits must be"):
        check_pairs(visits)


@pytest.mark.parametrize(
    "transformer",
    [
        PlaneFeatureNet(),
        make_pipeline(MapStatistics(), LinearDiscriminantAnalysis()),
        FeatureUnion([("a", MapStatistics()), ("b", PlaneFeatureNet())]),
    ],
)
def test_what_learns_labels_is_refused(transformer):
    with pytest.raises(TypeError, match=r"without labels, got (Plane|Linear)"):
        check_transformer(transformer)


@pytest.mark.parametrize(
    "transformer",
    [
        MapStatistics(columns="us_pre"),
        make_pipeline(MapScaler(columns=["us_post2"]), MapStatistics()),
        ColumnTransformer([("grey", MapStatistics(), ["us_pre", "age"])]),
    ],
)
def test_a_column_that_is_not_shown_is_refused(transformer):
    with pytest.raises(ValueError, match=r"names us_p.* the one column us_visit; "):
        check_transformer(transformer)


def test_the_column_that_is_shown_may_be_named():
    check_transformer(MapStatistics(columns=["us_visit"]))
    check_transformer(ColumnTransformer([("age", MapScaler(), ["age", "us_visit"])]))


def test_parts_come_in_the_order_of_data():
    pipeline = make_pipeline(MapScaler(), MapStatistics())
    assert parts_of(pipeline) == [pipeline, pipeline[0], pipeline[1]]
