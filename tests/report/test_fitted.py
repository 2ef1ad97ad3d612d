"""Sections on what was fitted: coefficients, selection, losses."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sknac.nets import PredictiveNet
from sknac.report._fitted import _kept


def results_of(report):
    """Return the numbers of a report's only system."""
    return report.to_dict()["systems"][0]["results"]


def test_coefficients_are_those_of_the_model(study, clinical, new):
    X = study.X[["age", "her2"]]
    report = new().add_estimator("C", clinical, X, study.y, pos_label="response")
    found = results_of(report)["coefficients"]["C"]
    assert [row["term"] for row in found["summary"]] == clinical.summary_.index.tolist()
    assert [row["odds_ratio"] for row in found["summary"]] == pytest.approx(
        clinical.summary_["odds_ratio"].tolist()
    )
    assert len(found["path"]) == len(clinical.path_)
    assert "steps of the selection" in report.to_html()


def test_losses_are_those_of_the_network(study, new):
    X = study.X_train[["dlr2", "dlr4"]].to_numpy(dtype=np.float32)
    settings = {"max_epochs": 4, "random_state": 0, "torch_threads": 1}
    net = make_pipeline(PredictiveNet(module="mlp_tiny", **settings))
    net.fit(X, study.y_train)
    report = new().add_estimator(
        "N",
        net,
        study.X[["dlr2", "dlr4"]].to_numpy(dtype=np.float32),
        study.y,
        pos_label="response",
    )
    curve = net[-1].training_curve_
    found = results_of(report)["learning_curves"]["N"]
    assert [row["train_loss"] for row in found] == curve["train_loss"].tolist()
    assert "seconds" not in found[0]  # no two runs take the same time


def test_losses_told_are_those_of_the_epoch_kept():
    curve = pd.DataFrame(
        {
            "train_loss": [0.9, 0.5, 0.1],
            "valid_loss": [0.8, 0.6, 0.7],
            "kept": [False, True, False],
        },
        index=pd.RangeIndex(1, 4, name="epoch"),
    )
    assert list(_kept(curve).values()) == ["2 of 3", "0.500", "0.600"]
