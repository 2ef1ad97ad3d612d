"""Checks of labels, scores and decisions: every mistake is named."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.report._sample import aligned_table

Y = pd.Series(["r", "n", "r", "n"], index=["P1", "P2", "P3", "P4"])
S = [0.9, 0.2, 0.8, 0.4]


@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        (Y, S[:3], "3 rows but y_true has 4"),
        (Y, pd.Series(S, index=Y.index[::-1]), "other row names than y"),
        (Y, [S, S], "must be 1-D"),
        (Y, ["a", "b", "c", "d"], "must be numbers"),
        (Y, [0.1, np.inf, 0.2, 0.3], "infinite"),
        (Y, [0.1, np.nan, 0.2, np.nan], "must leave both classes with a score"),
        (["r", "r", "r", "r"], S, r"must hold two classes, got \['r'\]"),
        (["r", "n", "x", "n"], S, "must hold two classes"),
        (["r", None, "r", "n"], S, "missing labels"),
        (Y.set_axis(["P1", "P1", "P2", "P3"]), S, "several rows named 'P1'"),
        (Y, {1: S}, "names must be text"),
        (Y, {"a\0": S}, "the control character U.0000; delete it"),
        (Y.rename({"P1": "P\ud800"}), S, "x, test: rows of y: .* holds half of a char"),
        (Y.replace("r", "r" * 10_000), S, "labels of y: .* 256 are the most; shorten"),
        (Y, {}, "must have scores, decisions or both"),
    ],
)
def test_bad_input_is_named(new, y, scores, message):
    with pytest.raises(ValueError, match=message):
        new().add_predictions("x", y, scores, pos_label="r")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pos_label": "yes"}, "pos_label must be one of"),
        ({"decisions": ["r", "n", "maybe", "n"]}, "maybe"),
        ({"decisions": [None] * 4}, "no decision"),
        ({"probabilities": ["z"]}, "got 'z'"),
        ({"scores_train": S}, "must come with y_train"),
        ({"y_train": Y, "scores_train": S}, "both in training and test"),
        ({"y_train": ["r", "q"], "scores_train": [1, 2]}, "the test patients"),
    ],
)
def test_bad_settings_are_named(new, settings, message):
    with pytest.raises(ValueError, match=message):
        new().add_predictions("x", Y, S, **({"pos_label": "r"} | settings))


def test_probabilities_beyond_one_are_refused(new):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        new().add_predictions("x", Y, [1, 2, 3, 4], pos_label="r", probabilities=True)


def test_a_refused_system_is_not_kept(new):
    report = new()
    with pytest.raises(ValueError, match="3 rows"):
        report.add_predictions("x", Y, S[:3], pos_label="r")
    report.add_predictions("x", Y, S, pos_label="r")
    with pytest.raises(ValueError, match="already"):
        report.add_predictions("x", Y, S, pos_label="r")


@pytest.mark.parametrize("labels", [(1, 0), (True, False), (1.0, -1.0)])
def test_labels_of_any_kind(new, labels):
    y = [labels[label == "n"] for label in Y]
    report = new().add_predictions("x", y, S, pos_label=labels[0], decisions=y)
    found = report.to_dict()["systems"][0]
    assert found["pos_label"] == labels[0]
    assert found["results"]["rates"]["test"]["x"]["tp"] == 2


@pytest.mark.parametrize("names", [(1, "1"), (True, "True"), ("a", "a")])
def test_columns_that_read_alike_are_refused(names):
    table = pd.DataFrame([[1, None]] * 4, columns=pd.Index(names, dtype=object))
    with pytest.raises(ValueError, match="X has two columns of one name"):
        aligned_table("X", table, pd.Series(["r", "n"] * 2))
