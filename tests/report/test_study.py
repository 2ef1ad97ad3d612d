"""`StudyReport`: what can be added, and what is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import html
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sknac.decision import weighted_youden_curve
from sknac.report import StudyReport


@pytest.fixture
def scored(study, new):
    """A report of one score on the test patients."""
    return new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"title": ""}, ValueError),
        ({"title": 3}, TypeError),
        ({"synthetic": "no"}, TypeError),
        ({"show_ids": 1}, TypeError),
        ({"limits": [3]}, TypeError),
        ({"confidence_level": 95}, ValueError),
        ({"n_resamples": 1.5}, ValueError),
        ({"random_state": None}, ValueError),
    ],
)
def test_bad_settings_are_refused(settings, error):
    with pytest.raises(error):
        StudyReport(**({"title": "x"} | settings))


def test_one_limit_need_not_be_a_list(new, scored):
    report = new(limits="Few patients.")
    assert report._about.limits == ("Few patients.",)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda r: r.add_subgroups("y", ["a"]), "no system 'y'"),
        (lambda r: r.add_subgroups("x", ["subtype"]), "no column subtype"),
        (lambda r: r.add_subgroups("x", range(40)), "40 levels"),
        (
            lambda r: r.add_subgroups("x", pd.Series(["a"] * 40, name="all")),
            "a factor is named 'all'",
        ),
        (lambda r: r.add_subgroups("x", ["a", "b", None]), "3 rows but y_true has 40"),
        (
            lambda r: r.add_cascade("x", {"a": ["response"] * 40}, stop_label="z"),
            "stop_label must be one of",
        ),
        (
            lambda r: r.add_cascade("x", {"a": ["response"]}, stop_label="response"),
            "1 rows but y_true has 40",
        ),
        (
            lambda r: r.add_characteristics("x", pd.DataFrame({"a": [1]})),
            "1 rows but y_true has 40",
        ),
        (
            lambda r: r.add_characteristics(
                "x", pd.DataFrame({"a": range(40)}), pd.DataFrame({"a": [1]})
            ),
            "without training patients",
        ),
        (lambda r: r.add_maps("x", pd.DataFrame()), "pass X"),
        (lambda r: r.add_table("x", "", pd.DataFrame()), "caption is empty"),
        (
            lambda r: r.add_table("x", "a", pd.DataFrame()).add_table(
                "x", "a", pd.DataFrame()
            ),
            "a table 'a' already",
        ),
        (lambda r: r.add_figure("x", "a", Figure(), alt=" "), "alt is empty"),
    ],
)
def test_bad_additions_are_named(scored, add, message):
    with pytest.raises(ValueError, match=message):
        add(scored)


@pytest.mark.parametrize(
    "add",
    [
        lambda r: r.add_flow("x", {"test": 40}),
        lambda r: r.add_table("x", "a", [[1]]),
        lambda r: r.add_figure("x", "a", "figure.png", alt="a"),
        lambda r: r.add_characteristics("x", np.zeros((40, 2))),
    ],
)
def test_wrong_types_are_refused(scored, add):
    with pytest.raises(TypeError):
        add(scored)


def test_rows_in_another_order_are_refused(study, scored):
    turned = study.X.iloc[::-1]
    with pytest.raises(ValueError, match="another order"):
        scored.add_characteristics("x", turned)
    with pytest.raises(ValueError, match="another order"):
        scored.add_subgroups("x", turned["subtype"])


def test_training_patients_in_the_test_are_refused(study, cascade, new):
    with pytest.raises(ValueError, match="40 patients are both in training and test"):
        new().add_estimator(
            "DLRP",
            cascade,
            study.X,
            study.y,
            pos_label="response",
            X_train=study.X,
            y_train=study.y,
        )


def test_training_labels_without_patients_are_refused(study, cascade, new):
    with pytest.raises(ValueError, match="must come together"):
        new().add_estimator(
            "D", cascade, study.X, study.y, pos_label="response", y_train=study.y
        )


def test_curve_of_the_other_class_is_refused(study, new):
    curve = weighted_youden_curve(
        study.y, study.X["dlr4"], weight=0.5, pos_label="response"
    )
    with pytest.raises(ValueError, match="must count 'non-response' as positive"):
        new().add_predictions(
            "x",
            study.y,
            study.X["dlr4"],
            pos_label="non-response",
            curves={"x": curve},
        )


def test_threshold_of_the_other_class_is_left_out_with_a_note(study, cascade, new):
    report = new().add_estimator(
        "D", cascade, study.X, study.y, pos_label="non-response"
    )
    system = report.to_dict()["systems"][0]
    assert "thresholds" not in system["results"]
    assert any("threshold of DLR-2" in note for note in system["notes"])


def test_other_models_stand_beside_the_system(study, cascade, clinical, new):
    pipe = _columns(clinical, ["age", "her2"])
    report = new().add_estimator(
        "D", cascade, study.X, study.y, pos_label="response", others={"C": pipe}
    )
    found = report.to_dict()["systems"][0]
    assert found["main_model"] == "D"
    assert list(found["results"]["rates"]["test"]) == ["DLR-2", "DLR-4", "D", "C"]
    assert len(found["results"]["delong"]) == 6
    assert list(found["results"]["coefficients"]) == ["C"]


def _columns(model, names):
    """Return a fitted pipeline that picks columns and applies a fitted model."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    pick = ColumnTransformer([("p", "passthrough", names)])
    pick.set_output(transform="pandas").set_params(verbose_feature_names_out=False)
    frame = pd.DataFrame({"dlr2": [0.1], "dlr4": [0.1], "age": [1.0], "her2": [0]})
    return make_pipeline(pick.fit(frame.assign(subtype="TN")), model)


def test_systems_keep_their_own_positive_class(study, new):
    report = new()
    for label in ("response", "non-response"):
        report.add_predictions(label, study.y, study.X["dlr2"], pos_label=label)
    one, other = report.to_dict()["systems"]
    area = one["results"]["roc"]["test"]["response"]["auc"]["estimate"]
    turned = other["results"]["roc"]["test"]["non-response"]["auc"]["estimate"]
    assert area == pytest.approx(1 - turned)
    page = report.to_html()
    assert "Positive class: non-response." in page
    assert "Positive class: response." in page


def test_own_tables_and_figures_are_shown(scored, tmp_path):
    figure = Figure()
    figure.subplots().plot([0, 1])
    scored.add_table("x", "Controls", pd.DataFrame({"AUC": [0.5]}, index=["mean"]))
    scored.add_figure("x", "Maps", figure, alt="Maps of one patient.")
    numbers = scored.to_dict()
    assert numbers["systems"][0]["results"]["further"]["Controls"] == [
        {"name": "mean", "AUC": 0.5}
    ]
    assert numbers["figures"][-1]["alt"] == "Maps of one patient."
    assert "Controls" in scored.to_html()


def test_data_given_are_not_changed(study, cascade, new):
    X, y = study.X.copy(), study.y.copy()
    new().add_estimator("D", cascade, study.X, study.y, pos_label="response").to_html()
    pd.testing.assert_frame_equal(study.X, X)
    pd.testing.assert_series_equal(study.y, y)


def test_import_leaves_heavy_libraries_out():
    code = (
        "import sys, sknac.report\n"
        "heavy = {'torch', 'skorch', 'lifelines', 'matplotlib', 'monai', 'captum'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("where", ["test", "training"])
def test_labels_in_another_order_than_the_patients_are_refused(
    study, cascade, new, where
):
    given = {"X": study.X, "y": study.y, "X_train": study.X_train}
    given["y_train"] = study.y_train
    label = "y" if where == "test" else "y_train"
    given[label] = given[label].iloc[::-1]
    with pytest.raises(ValueError, match="DLRP: y has other row names than X"):
        new().add_estimator("DLRP", cascade, pos_label="response", **given)


def test_labels_without_names_take_those_of_the_patients(study, cascade, new):
    numbers = []
    for y in (study.y, study.y.tolist(), study.y.reset_index(drop=True)):
        report = new(show_ids=True)
        report.add_estimator("DLRP", cascade, study.X, y, pos_label="response")
        numbers.append(report.to_dict())
    assert numbers[0] == numbers[1] == numbers[2]


def test_a_plain_range_of_patients_takes_the_names_of_the_labels(study, cascade, new):
    numbers = []
    for X in (study.X, study.X.reset_index(drop=True)):
        report = new(show_ids=True)
        report.add_estimator("DLRP", cascade, X, study.y, pos_label="response")
        report.add_subgroups("DLRP", ["subtype"])
        numbers.append(report.to_dict())
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("order", ["sorted", "reversed"])
def test_numbers_of_a_range_in_another_order_are_refused(study, new, order):
    y, score = study.y.reset_index(drop=True), study.X["dlr4"].reset_index(drop=True)
    score = score.sort_values() if order == "sorted" else score[::-1]
    with pytest.raises(ValueError, match="other row names than y, or another order"):
        new().add_predictions("x", y, score, pos_label="response")


def test_another_model_cannot_take_the_place_of_the_system(study, cascade, new):
    with pytest.raises(ValueError, match="two models are named 'D'"):
        new().add_estimator(
            "D",
            cascade,
            study.X,
            study.y,
            pos_label="response",
            others={"D": cascade.named_stages_["DLR-2"]},
        )


def test_sections_are_computed_once_until_something_is_added(study, new):
    report = new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")
    first = report._build()
    assert report._build() is first
    report.add_characteristics("x", study.X)
    assert report._build() is not first


def test_notebook_shows_the_page_in_a_frame(bare, bare_html, new):
    shown = bare._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert html.unescape(shown.split('"')[1]) == bare_html
    assert "StudyReport" in new()._repr_html_()
