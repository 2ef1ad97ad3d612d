"""What is added to a system, and what is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure


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
