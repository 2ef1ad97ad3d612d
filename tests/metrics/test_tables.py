"""Performance tables in the conventions of the two papers."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics import auc_ci, bootstrap_ci, confusion_rates, performance_table

R, N = "response", "non-response"
# TP, FN, FP, TN rebuilt from Table 3 (DLRP paper, validation, positive = response)
# and its printed AC, SENS, SPEC, NPV; and from Table 2 (Taleghamar et al. 2022, core
# and margin, test, positive = non-response) with ACC, its half width, SPEC, SENS.
DLRP = {
    "Clinical-2": ((16, 5, 8, 13), "69.0 76.2 61.9 72.2"),
    "DLR-2": ((19, 2, 11, 10), "69.0 90.5 47.6 83.3"),
    "Clinical-4": ((13, 8, 5, 16), "69.0 61.9 76.2 66.7"),
    "DLR-4": ((17, 4, 2, 19), "85.7 81.0 90.5 82.6"),
}
QUS = {"ResNet": ((7, 3, 6, 34), (82, 11, 85.0, 70.0))}


def labels(cells, positive, negative):
    """Return true and predicted labels with some counts."""
    y = np.repeat([positive, positive, negative, negative], cells)
    return y, np.repeat([positive, negative, positive, negative], cells)


def test_dlrp_preset_prints_table_3():
    y, _ = labels((21, 0, 0, 21), R, N)
    found = {name: labels(cells, R, N)[1] for name, (cells, _) in DLRP.items()}
    table = performance_table(y, found, preset="dlrp", random_state=0)
    text = table.formatted()
    assert text.columns.name == "positive = response"
    assert list(text) == ["ACC (%)", "SENS (%)", "SPEC (%)", "NPV (%)"]
    for name, (_, printed) in DLRP.items():
        assert " ".join(cell.split()[0] for cell in text.loc[name]) == printed
    assert set(table.to_frame()["method"]) == {"percentile"}


def test_qus_preset_prints_table_2():
    cells, (accuracy, half, spec, sens) = QUS["ResNet"]
    y, called = labels(cells, N, R)
    found = performance_table(y, {"ResNet": called}, preset="qus").results["ResNet"]
    assert found["accuracy"].pos_label == N
    assert round(100 * (found["accuracy"].estimate - found["accuracy"].low)) == half
    assert 100 * found["accuracy"].estimate == pytest.approx(accuracy, abs=0.01)
    assert 100 * found["specificity"].estimate == spec
    assert 100 * found["sensitivity"].estimate == sens


def test_numbers_are_those_of_the_single_functions(tied):
    y, a, b = tied
    called = np.where(a > 0.5, R, N)
    table = performance_table(y, {"a": called}, {"a": a, "b": b}, pos_label=R)
    alone = confusion_rates(y, called, pos_label=R)
    assert table.results["a"]["npv"] == alone.npv
    assert table.results["b"]["roc_auc"] == auc_ci(y, b, pos_label=R)
    assert table.formatted().loc["b", "NPV (%)"] == "\N{EN DASH}"


def test_groups_take_a_bootstrap_and_no_binomial_interval(tied):
    y, a, _ = tied
    called, who = np.where(a > 0.5, R, N), np.arange(42) // 2
    known = {"pos_label": R, "groups": who, "metrics": ["npv"], "random_state": 0}
    table = performance_table(y, {"a": called}, method="percentile", **known)
    want = bootstrap_ci("npv", y, called, groups=who, pos_label=R, random_state=0)
    assert table.results["a"]["npv"] == want
    with pytest.raises(ValueError, match="method='wald' takes rows for patients"):
        performance_table(y, {"a": called}, preset="qus", groups=who)


def test_arguments_go_before_the_preset(tied):
    y, a, _ = tied
    called = np.where(a > 0.5, R, N)
    table = performance_table(
        y, {"a": called}, preset="dlrp", pos_label=N, method="wilson", metrics=["ppv"]
    )
    found = table.results["a"]["ppv"]
    assert (found.pos_label, found.method) == (N, "wilson")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decisions": None}, "nothing to tabulate"),
        ({"preset": "mri"}, "preset must be one of .* got 'mri'"),
        ({"metrics": ["f1"]}, "metrics must be one of .* got 'f1'"),
        ({"method": "exact"}, "method must be one of .* got 'exact'"),
        ({"preset": "dlrp"}, "pos_label='response' is not a valid label"),
    ],
)
def test_bad_input_is_named(change, message):
    args = {"y_true": [0, 1, 1, 0], "decisions": {"a": [0, 1, 0, 0]}}
    with pytest.raises(ValueError, match=message):
        performance_table(**(args | change))


@pytest.mark.parametrize("where", ["scores", "decisions"])
def test_two_models_that_would_be_written_alike_are_refused(where):
    y = [0, 0, 1, 1]
    with pytest.raises(ValueError, match=f"{where} has two columns of one name, '1'"):
        performance_table(y, **{where: {1: y, "1": [0, 1, 0, 1]}})
    with pytest.raises(ValueError, match="two models would be written '1'; rename"):
        performance_table(y, {1: y}, {"1": y})
