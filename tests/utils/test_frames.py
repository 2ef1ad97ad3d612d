"""Tables of other libraries, and frames with other columns than in fit."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_validate

from sknac.clinical import (
    PatientFlow,
    StepwiseLogisticRegression,
    TumorChange,
    baseline_table,
)
from sknac.cohort import PlaneTransformer, check_cohort
from sknac.datasets import make_bmode_cohort
from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    WeightedYoudenThreshold,
    stage_flow,
)
from sknac.features import MapStatistics
from sknac.inspection import prediction_difference
from sknac.metrics import (
    DecisionCurveDisplay,
    PRCurveCIDisplay,
    RocCIDisplay,
    decision_curve,
    delong_contrast,
    performance_table,
    subgroup_rates,
)
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper, ROIMasker
from sknac.survival import hazard_ratio
from sknac.systems import make_dlr_pipeline
from sknac.testing import make_check_cohort
from sknac.utils._frames import as_pandas, as_seen

polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

rng = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "score": rng.uniform(size=60),
        "later": rng.uniform(size=60),
        "pre": rng.uniform(1, 9, 60),
        "post": rng.uniform(1, 9, 60),
        "grade": rng.choice(["I", "II", "III"], 60),
        "stage": rng.integers(1, 4, 60),
    }
)
Y = np.where(TABLE["pre"] + rng.normal(size=60) > 5, "response", "no response")
QUICK = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
CASCADE = StagedClassifier(
    [
        ("first", ScoreColumn("score", pos_label="response"), ["score"]),
        ("then", LogisticRegression(), ["later", "pre"]),
    ],
    stop_label="no response",
)
NAMED = [
    ScoreColumn("score", pos_label="response"),
    ScoreColumn(0, pos_label="response"),
    CASCADE,
    TumorChange({"pre": "pre", "post": "post"}),
    WeightedYoudenThreshold(
        ScoreColumn("later", pos_label="response"), pos_label="response"
    ),
]


def output(fitted, X):
    """What a fitted estimator says of X, as an array or frame."""
    return (fitted.transform if hasattr(fitted, "transform") else fitted.predict)(X)


def same(found, expected):
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    else:
        np.testing.assert_array_equal(found, expected)


LIBRARIES = pytest.mark.parametrize(
    "into",
    [
        polars.from_pandas,
        pyarrow.Table.from_pandas,
        lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    ],
    ids=["polars", "pyarrow", "pandas with pyarrow's types"],
)


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@LIBRARIES
@pytest.mark.parametrize("estimator", [*NAMED[:4]], ids=lambda e: repr(e)[:20])
def test_tables_of_other_libraries_are_read_by_name(estimator, into):
    expected = output(clone(estimator).fit(TABLE, Y), TABLE)
    fitted = clone(estimator).fit(into(TABLE), Y)
    same(output(fitted, into(TABLE)), expected)
    same(output(fitted, TABLE), expected)


@LIBRARIES
def test_text_is_a_factor_in_every_library(into):
    model = StepwiseLogisticRegression(pos_label="response", direction="backward")
    model.set_params(removal=0.99, entry=0.9)
    columns = TABLE[["pre", "grade", "stage"]]
    expected = clone(model).fit(columns, Y)
    found = clone(model).fit(into(columns), Y)
    assert "grade" in found.selected_
    pd.testing.assert_frame_equal(found.summary_, expected.summary_)
    np.testing.assert_array_equal(
        found.predict_proba(into(columns)), expected.predict_proba(columns)
    )


@pytest.mark.parametrize("kind", ["string", "string[pyarrow]", "large_string[pyarrow]"])
def test_every_type_of_text_is_a_factor(kind):
    column = TABLE["grade"].astype(kind)
    model = StepwiseLogisticRegression(pos_label="response", direction="backward")
    model.set_params(removal=0.99, entry=0.9)
    found = clone(model).fit(TABLE[["pre"]].assign(grade=column), Y)
    expected = clone(model).fit(TABLE[["pre", "grade"]], Y)
    pd.testing.assert_frame_equal(found.summary_, expected.summary_)


def test_others_come_back_as_they_are():
    for X in (TABLE, TABLE.to_numpy(), [[1, 2]], None):
        assert as_pandas(X) is X


class Flip(PlaneTransformer):
    """A step of somebody's own."""

    def transform_plane(self, plane):
        return plane.replace(image=plane.load()[..., ::-1].copy(), core=None)


STEPS = [
    ROIMasker(margin_mm=1.0),
    ROICropper(),
    PlaneResizer(image_size=16),
    MapScaler(),
    Flip(),
]


@pytest.mark.parametrize("into", ["polars", "pandas", "default"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_cohort_frames_stay_frames_whatever_output_is_set(step, into):
    X, y = make_check_cohort(clone(step).kinds[-1] if step.kinds != ("rf",) else "rf")
    with sklearn.config_context(transform_output=into):
        found = clone(step).fit_transform(X, y)
        again = clone(step).set_output(transform="polars").fit(X, y).transform(X)
    expected = clone(step).fit(X, y).transform(X)
    assert found.equals(expected)
    assert again.equals(expected)


@pytest.mark.parametrize("into", ["polars", "pandas"])
@pytest.mark.parametrize("cross_fit", [None, 2])
def test_systems_predict_the_same_whatever_output_is_set(into, cross_fit):
    X, y = make_check_cohort("maps")
    model = sklearn.pipeline.make_pipeline(
        ROIMasker(margin_mm=1.0),
        MapScaler(),
        PlaneFeatureNet(module="ran_tiny", cross_fit=cross_fit, **QUICK),
        PredictiveNet(module="mlp_tiny", **QUICK),
    )
    expected = clone(model).fit(X, y).predict_proba(X)
    with sklearn.config_context(transform_output=into):
        found = clone(model).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(found, expected)


CHANGES = {
    "extra": lambda X: X.assign(extra=[object()] * len(X)),
    "reordered": lambda X: X[X.columns[::-1]],
    "unused are missing": lambda X: X.drop(columns=["stage", "grade"]),
    "all three": lambda X: X[X.columns[::-1]].drop(columns="stage").assign(extra=1),
}


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("estimator", NAMED, ids=lambda e: repr(e)[:30])
def test_named_columns_are_found_wherever_they_stand(estimator, change):
    fitted = clone(estimator).fit(TABLE, Y)
    same(output(fitted, CHANGES[change](TABLE)), output(fitted, TABLE))
    peer = ColumnTransformer([("kept", "passthrough", ["score"])]).fit(TABLE)
    peer.transform(CHANGES[change](TABLE))


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@pytest.mark.parametrize(
    ("estimator", "used"),
    list(zip(NAMED, ["score", "score", "later", "post", "later"], strict=True)),
    ids=lambda value: repr(value)[:30],
)
def test_a_used_column_that_is_missing_is_named(estimator, used):
    fitted = clone(estimator).fit(TABLE, Y)
    with pytest.raises(ValueError, match=used):
        output(fitted, TABLE.drop(columns=used))
    with pytest.raises(ValueError, match=used):
        output(fitted, TABLE.rename(columns={used: "renamed"}))


COHORT_CHANGES = {
    "extra": lambda X: X.assign(ki67=0.2, us_late=None),
    "reordered": lambda X: X[X.columns[::-1]],
    "unused are missing": lambda X: X.drop(columns="age"),
}


@pytest.mark.parametrize("change", COHORT_CHANGES)
@pytest.mark.parametrize(
    "estimator",
    [
        ROICropper(),
        PlaneResizer(image_size=16, columns="us_pre"),
        MapScaler(),
        MapStatistics(columns="us_pre"),
        PlaneFeatureNet(module="ran_tiny", columns="us_pre", **QUICK),
        DLRClassifier(module="ran_tiny", columns=("us_pre", "us_post2"), **QUICK),
        make_dlr_pipeline(preset="tiny", random_state=0).set_params(dlr__max_epochs=1),
    ],
    ids=lambda e: type(e).__name__,
)
def test_cohort_frames_may_have_other_columns(estimator, change):
    kinds = getattr(estimator, "kinds", ("bmode",))
    kind = "bmode" if "bmode" in kinds else "maps"
    X, y = make_check_cohort(kind, visits=("pre", "post2"))
    fitted = clone(estimator).fit(X, y)
    found, expected = output(fitted, COHORT_CHANGES[change](X)), output(fitted, X)
    if isinstance(expected, pd.DataFrame):
        visits = ["us_pre", "us_post2"]
        found, expected = found[visits], expected[visits]
    same(found, expected)
    with pytest.raises(ValueError, match="us_pre"):
        output(fitted, X.drop(columns="us_pre"))


def test_repeated_names_are_refused_in_predict():
    fitted = clone(NAMED[0]).fit(TABLE, Y)
    twice = pd.concat([TABLE, TABLE[["score"]]], axis=1)
    assert as_seen(fitted, twice, ["score"]) is twice
    with pytest.raises(ValueError, match="two columns of one name"):
        fitted.predict(twice)
    with pytest.raises(NotFittedError):
        clone(NAMED[0]).predict(TABLE)


def test_all_visits_are_compared_where_none_is_named():
    X, _ = make_check_cohort("bmode")
    step = Flip().fit(X)
    with pytest.raises(ValueError, match="feature names"):
        check_cohort(step, X.assign(us_post2=X["us_pre"]), reset=False)


@pytest.mark.parametrize("share", [0.3, np.float32(0.25), np.float64(0.5)])
def test_one_split_of_a_share_chooses_the_threshold(share):
    X, y = TABLE[["pre", "score"]], Y
    model = WeightedYoudenThreshold(
        LogisticRegression(), cv=share, pos_label="response", random_state=0
    ).fit(X, y)
    split = StratifiedShuffleSplit(1, test_size=float(share), random_state=0)
    ((train, test),) = split.split(X, y)
    other = clone(model).set_params(cv=[(train, test)]).fit(X, y)
    assert model.threshold_ == other.threshold_
    assert len(test) == round(60 * share)


@pytest.mark.parametrize("share", [0.0, 1.5, -0.3, np.nan])
def test_other_shares_are_refused(share):
    model = WeightedYoudenThreshold(LogisticRegression(), cv=share)
    with pytest.raises(ValueError, match="'cv' parameter"):
        model.fit(TABLE[["pre"]], Y)


@pytest.mark.parametrize("integer", [np.int64, np.uint8])
def test_numpys_integers_are_sizes_of_cohorts_and_patches(integer):
    sizes = {"n_patients": 4, "n_planes": 1, "random_state": 0}
    cohort = make_bmode_cohort(**{k: integer(v) for k, v in sizes.items()})
    assert cohort.X.equals(make_bmode_cohort(**sizes).X)
    X = rng.random((8, 2, 1, 32, 32), dtype="float32")
    net = PlaneFeatureNet(module="ran_tiny", **QUICK).fit(X, ["a", "b"] * 4)
    sizes = {"patch": 16, "stride": 8, "batch_size": 4}
    expected = prediction_difference(net, X[:1], **sizes)[0]
    numbers = {k: integer(v) for k, v in sizes.items()}
    found = prediction_difference(net, X[:1], **numbers)[0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("integer", [np.int64, np.int32, np.uint8])
def test_numpys_integers_are_settings(integer):
    X, y = make_check_cohort("bmode", visits=("pre",))
    for step in (
        PlaneResizer(image_size=integer(16), n_jobs=integer(1)),
        PlaneResizer(image_size=(integer(16), integer(12))),
        MapStatistics(n_jobs=integer(1)),
    ):
        clone(step).fit(X, y) if "bmode" in step.kinds else clone(step).fit(
            *make_check_cohort("maps")
        )
    table = TABLE[["pre", "score"]].to_numpy(np.float32)
    settings = {"max_epochs": 2, "batch_size": 8, "random_state": 3, "patience": 1}
    settings |= {"micro_batch_size": 4, "torch_threads": 1, "module__hidden": 5}
    plain = PredictiveNet(**settings).fit(table, Y)
    found = PredictiveNet(**{k: integer(v) for k, v in settings.items()}).fit(table, Y)
    np.testing.assert_array_equal(
        found.predict_proba(table), plain.predict_proba(table)
    )
    ScoreColumn(integer(0), pos_label="response").fit(TABLE, Y)
    WeightedYoudenThreshold(
        LogisticRegression(), cv=integer(3), pos_label="response", n_jobs=integer(1)
    ).fit(table, Y)


TWICE = pd.DataFrame(rng.uniform(1, 9, (60, 2)), columns=["a", "a"])
BINARY = (Y == "response").astype(int)
REPEATED = {
    "performance_table": lambda X: performance_table(BINARY, scores=X),
    "delong_contrast": lambda X: delong_contrast(BINARY, X),
    "subgroup_rates": lambda X: subgroup_rates(BINARY, BINARY, X),
    "baseline_table": lambda X: baseline_table(X, BINARY),
    "TumorChange": TumorChange({"pre": "a", "post": "b"}).fit,
    "ScoreColumn": lambda X: ScoreColumn("b", pos_label=1).fit(X, BINARY),
    "StagedClassifier": lambda X: clone(CASCADE).fit(X, Y),
    "StepwiseLogisticRegression": lambda X: StepwiseLogisticRegression(pos_label=1).fit(
        X, BINARY
    ),
    "PredictiveNet": lambda X: PredictiveNet(**QUICK).fit(X, BINARY),
    "check_cohort": lambda X: check_cohort(
        MapScaler(), X.assign(us_pre=None), columns="us_pre", reset=True
    ),
    "TumorChange, unused": TumorChange({"pre": "b", "post": "c"}).fit,
    "hazard_ratio": lambda X: hazard_ratio(
        TABLE["pre"], BINARY, BINARY, covariates=X.iloc[:, :2]
    ),
    "stage_flow": lambda X: stage_flow(Y, X, stop_label="no response"),
}


@pytest.mark.parametrize("name", REPEATED)
def test_two_columns_of_one_name_are_refused(name):
    with pytest.raises(ValueError, match="has two columns of one name, 'a'; rename"):
        REPEATED[name](TWICE.assign(b=1.0, c=2.0))


@pytest.mark.parametrize(
    "given", [np.ones(60), [0, 1] * 30, pd.Series(BINARY), "score", 3, np.ones((60, 2))]
)
@pytest.mark.parametrize("what", ["decisions", "scores"])
def test_columns_without_names_are_refused(what, given):
    message = f"{what} must be a dictionary or table, which name their columns, got "
    with pytest.raises(ValueError, match=message):
        performance_table(BINARY, **{what: given})


def test_a_table_names_its_columns():
    scores = TABLE[["score", "later"]]
    expected = performance_table(BINARY, scores={k: scores[k] for k in scores})
    for table in (scores, polars.from_pandas(scores)):
        found = performance_table(BINARY, scores=table)
        pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())


@pytest.mark.parametrize("by", [{"grade": TABLE["grade"]}, "grade", None])
def test_subgroups_are_columns(by):
    with pytest.raises(ValueError, match="by must be the subgroup of each patient, or"):
        subgroup_rates(BINARY, BINARY, by)


@pytest.mark.parametrize(
    ("call", "example"),
    [
        (lambda: PatientFlow([3, 4]), "cohorts must be a dictionary, such as {"),
        (lambda: PatientFlow({"training": 7}), "cohorts['training'] must be a dict"),
        (lambda: PatientFlow({"a": {"R": 1}}, excluded=["late"]), "excluded must be a"),
        (lambda: PatientFlow.from_labels([BINARY]), "labels must be a dictionary"),
    ],
)
def test_what_must_be_a_dictionary(call, example):
    with pytest.raises(ValueError, match=re.escape(example)):
        call()


PLAIN = StepwiseLogisticRegression(entry=0.98, removal=0.99, pos_label=1)
NAMES = {
    "factors": lambda v: (
        clone(PLAIN).set_params(factors=v).fit(TABLE[["grade", "stage"]], BINARY)
    ),
    "columns": lambda v: baseline_table(TABLE, BINARY, columns=v),
    "categorical": lambda v: baseline_table(TABLE, BINARY, categorical=v),
}


@pytest.mark.parametrize("what", NAMES)
def test_names_with_values_that_would_be_ignored(what):
    for given in ({"grade": "no such level"}, {"grade": 1, "stage": 2}):
        text = rf"{what} must be a name or a list of names, got"
        with pytest.raises(ValueError, match=text):
            NAMES[what](given)
    for given in (["grade"], ("grade",), pd.Index(["grade"])):
        NAMES[what](given)


@pytest.mark.parametrize("names", [(1, "1"), ("True", True), (0.5, "0.5")], ids=str)
@pytest.mark.parametrize(
    "function",
    [
        decision_curve,
        DecisionCurveDisplay.from_predictions,
        RocCIDisplay.from_predictions,
        delong_contrast,
        lambda y, scores: performance_table(y, scores=scores),
    ],
    ids=["curve", "shown", "ROC", "contrast", "table"],
)
def test_models_whose_names_are_written_alike_are_refused(function, names):
    # The last one took the place of the first, whose numbers were gone.
    models = {name: [0.2, 0.4, 0.3, 0.9] for name in names}
    with pytest.raises(ValueError, match="has two columns of one name, "):
        function([0, 1, 0, 1], models)


@pytest.mark.parametrize("into", [pd.DataFrame, polars.DataFrame, dict])
def test_scores_of_models_are_a_table_or_a_dictionary(into):
    y, scores = [0, 1, 0, 1], {"a": [0.2, 0.4, 0.3, 0.9], "b": [0.1, 0.1, 0.5, 0.7]}
    curves = decision_curve(y, into(scores)).to_frame()["model"]
    assert curves.unique().tolist() == ["a", "b"]
    for display in (RocCIDisplay, PRCurveCIDisplay):
        shown = display.from_predictions(y, into(scores), random_state=0)
        assert list(shown.curves) == ["a", "b"]


@pytest.mark.parametrize(
    "function", [decision_curve, RocCIDisplay.from_predictions], ids=["curve", "ROC"]
)
def test_a_table_of_both_classes_is_none_of_models(function):
    share = np.array([0.2, 0.4, 0.3, 0.9])
    both = pd.DataFrame({"no": 1 - share, "yes": share})
    with pytest.raises(ValueError, match="sum to 1, the probabilities of both classes"):
        function([0, 1, 0, 1], both)


def test_cross_validations_whose_names_are_written_alike_are_refused():
    X, y = np.arange(12.0).reshape(-1, 1), np.arange(12) % 2
    keep = {"cv": 2, "return_estimator": True, "return_indices": True}
    found = cross_validate(LogisticRegression(), X, y, **keep)
    with pytest.raises(ValueError, match="cv_results has two columns of one name, '1'"):
        RocCIDisplay.from_cv_results({1: found, "1": found}, X, y)
