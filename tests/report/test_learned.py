"""What fitted estimators learned stands under their names."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknac.report._learned import _named, known_parameters


def _columns(model, names):
    """Return a fitted pipeline that picks columns and applies a fitted model."""
    pick = ColumnTransformer([("p", "passthrough", names)])
    pick.set_output(transform="pandas").set_params(verbose_feature_names_out=False)
    frame = pd.DataFrame({"dlr2": [0.1], "dlr4": [0.1], "age": [1.0], "her2": [0]})
    return make_pipeline(pick.fit(frame.assign(subtype="TN")), model)


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


def test_one_part_is_named_like_its_model_and_several_by_their_place():
    assert _named("m", {"early: net": 1}) == {"m": 1}
    assert _named("m", {"": 1, "b": 2}) == {"m": 1, "m, b": 2}


def test_parameters_of_logistic_models_are_counted(study, clinical):
    columns = study.X_train[["age", "her2"]]
    assert known_parameters(clinical) == 2
    fitted = LogisticRegression().fit(columns, study.y_train)
    assert known_parameters(fitted) == 2
    coded = ColumnTransformer([("s", OneHotEncoder(drop="first"), ["subtype"])])
    model = make_pipeline(coded, StandardScaler(with_mean=False), LogisticRegression())
    assert known_parameters(model.fit(study.X_train, study.y_train)) == 2


def test_parameters_after_a_selection_are_not_known(study, cascade):
    columns = study.X_train[["age", "her2"]]
    model = make_pipeline(SelectKBest(k=1), LogisticRegression())
    assert known_parameters(model.fit(columns, study.y_train)) is None
    assert known_parameters(cascade) is None


def test_counted_parameters_are_shown_and_named_ones_go_first(study, new):
    columns = ["age", "her2"]
    report = new().add_cv(
        "m",
        LogisticRegression(),
        study.X_train[columns],
        study.y_train,
        pos_label="response",
    )

    def shown():
        return report.to_dict()["systems"][0]["results"]["sample_size"]["least"]

    assert shown()["n_parameters"] == 2
    assert "were counted in the model" in report.to_html()
    report.add_sample_size("m", 7)
    assert shown()["n_parameters"] == 7
    assert "were counted in the model" not in report.to_html()
