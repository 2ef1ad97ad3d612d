"""Metrics by name, by scorer, and what is neither."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.metrics import make_scorer, roc_auc_score

from sknac.metrics._asked import check_metrics


def test_net_benefit_stands_for_the_usual_thresholds():
    found = check_metrics(["roc_auc", "net_benefit"])
    assert list(found)[:2] == ["roc_auc", "net_benefit@0.05"]
    assert len(found) == 20


def test_a_scorer_keeps_its_name():
    scorer = make_scorer(roc_auc_score)
    assert check_metrics({"mine": scorer, "b": "brier"}) == {
        "mine": scorer,
        "b": "brier",
    }


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("net_benefit@20", r"threshold in \[0, 1\), such as 'net_benefit@0.2'"),
        ("auc", "must be one of"),
        ([], "metrics is empty; name at least one"),
        (roc_auc_score, "must be names, or a dictionary that names scorers"),
        ({"mine": roc_auc_score}, "takes labels and predictions; wrap it"),
        (["brier", "brier"], "brier"),
    ],
)
def test_what_is_no_metric_is_refused(metrics, message):
    with pytest.raises(ValueError, match=message):
        check_metrics(metrics)
