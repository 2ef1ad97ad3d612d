"""What fitted estimators learned stands under their names."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.report._learned import _named


def _columns(model, names):
    """Return a fitted pipeline that picks columns and applies a fitted model."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

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
