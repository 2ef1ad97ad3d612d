"""Binomial intervals against R and the printed tables of both papers."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import confusion_rates, rates_from_counts
from sknac.metrics._proportions import proportion_ci

close = pytest.approx

# Table 3 of the DLRP paper (European Radiology), validation cohort: the only
# integer counts that round to the printed percentages; positive = response.
DLRP_TABLE_3 = {
    "Clinical-2": ((16, 5, 8, 13), (69.1, 76.2, 61.9, 72.2)),
    "DLR-2": ((19, 2, 11, 10), (69.1, 90.5, 47.6, 83.3)),
    "Clinical-4": ((13, 8, 5, 16), (69.1, 61.9, 76.2, 66.7)),
    "DLR-4": ((17, 4, 2, 19), (85.7, 81.0, 90.5, 82.6)),
}

# Table 2 of Taleghamar et al., Sci Rep 12:2244, 2022: accuracy with its 95%
# half-width, specificity and sensitivity in %; positive = non-response.
QUS_TABLE_2 = {
    "model 1, validation": ((7, 2, 5, 16), (77, 15, 76, 78)),
    "model 1, test": ((7, 3, 7, 33), (80, 11, 82.5, 70)),
    "model 2, validation": ((7, 2, 2, 19), (86, 12, 90, 78)),
    "model 2, test": ((7, 3, 6, 34), (82, 11, 85, 70)),
}


def counts(cells):
    """Name four counts in the order TP, FN, FP, TN."""
    return dict(zip(("tp", "fn", "fp", "tn"), cells, strict=True))


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "wald"])
def test_intervals_equal_r(method, proportions):
    name = {"clopper-pearson": "clopper_pearson", "wald": "wald_clipped"}
    for row in proportions:
        got = proportion_ci(row["x"], row["n"], method=method)
        want = tuple(row[name.get(method, method)])
        assert (got.low, got.high) == close(want, rel=1e-9, abs=1e-15)


def test_rates_at_operating_points_equal_r(operating_case, data):
    d = data(operating_case["data"])
    score = d[operating_case["values"]["column"]]
    names = {"wilson": "wilson", "clopper_pearson": "clopper-pearson"}
    for point in operating_case["values"]["optima"]:
        found = score >= float(point["cut_high_inclusive"])
        cells = [point[key] for key in ("TP", "FN", "FP", "TN")]
        for key, method in names.items():
            if min(cells[0] + cells[2], cells[1] + cells[3]) == 0:
                continue  # nothing predicted on one side: a rate is undefined
            got = confusion_rates(d["pos"], found.astype(int), method=method)
            assert [got.tp, got.fn, got.fp, got.tn] == cells
            for rate in got.rates:
                want = tuple(point[rate.metric][key])
                assert (rate.low, rate.high) == close(want, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("model", DLRP_TABLE_3)
def test_rates_equal_table_3_of_the_dlrp_paper(model):
    cells, printed = DLRP_TABLE_3[model]
    got = rates_from_counts(**counts(cells), pos_label="response")
    rates = (got.accuracy, got.sensitivity, got.specificity, got.npv)
    found = [100 * r.estimate for r in rates]
    # 29 / 42 = 69.05 is printed as 69.1.
    np.testing.assert_allclose(found, printed, atol=0.053)


@pytest.mark.parametrize("model", QUS_TABLE_2)
def test_wald_intervals_equal_table_2_of_the_qus_paper(model):
    cells, (accuracy, half, spec, sens) = QUS_TABLE_2[model]
    got = rates_from_counts(**counts(cells), pos_label="non-response", method="wald")
    rates = (got.accuracy, got.specificity, got.sensitivity)
    found = [100 * r.estimate for r in rates]
    # The paper cuts 86.7 and 90.5 down to 86 and 90.
    np.testing.assert_allclose(found, (accuracy, spec, sens), atol=0.7)
    width = 196 * (got.accuracy.estimate * (1 - got.accuracy.estimate)) ** 0.5
    assert round(width / got.accuracy.total**0.5) == half
    wald = 100 * (got.accuracy.estimate - got.accuracy.low)
    assert wald == close(width / got.accuracy.total**0.5, rel=1e-4)


def test_labels_and_counts_give_the_same_rates():
    y_true = np.repeat(
        ["response", "response", "non-response", "non-response"], [15, 6, 2, 19]
    )
    y_pred = np.repeat(
        ["response", "non-response", "response", "non-response"], [15, 6, 2, 19]
    )
    got = confusion_rates(y_true, y_pred, pos_label="response")
    counts = rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response")
    np.testing.assert_equal(got.to_dict(), counts.to_dict())


def test_other_positive_class_swaps_the_rates():
    one = rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response")
    other = rates_from_counts(tp=19, fn=2, fp=6, tn=15, pos_label="non-response")
    mirror = {"sensitivity": "specificity", "ppv": "npv", "accuracy": "accuracy"}
    for name, twin in mirror.items():
        a, b = getattr(one, name), getattr(other, twin)
        assert (a.estimate, a.low, a.high) == (b.estimate, b.low, b.high)


def test_rate_without_denominator_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match=r"npv \(no row is predicted neg"):
        got = rates_from_counts(tp=3, fn=0, fp=2, tn=0, pos_label=1)
    assert np.isnan([got.npv.estimate, got.npv.low, got.npv.high]).all()
    assert got.ppv.estimate == 0.6


def test_no_trials_are_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="no trials; the"):
        assert np.isnan(proportion_ci(0, 0).estimate)


def test_table_names_the_positive_class_on_every_row():
    got = rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response")
    table = got.to_frame()
    assert list(table.index) == ["sensitivity", "specificity", "ppv", "npv", "accuracy"]
    assert (table["pos_label"] == "response").all()
    assert table.loc["npv", "count"] == 19
    assert table.loc["npv", "total"] == 25
    assert got.to_dict()["npv"]["estimate"] == 0.76


def test_repeated_patients_are_warned_of():
    y = pd.Series([0, 0, 1, 1], index=["P1", "P1", "P2", "P2"])
    with pytest.warns(UserWarning, match="pass the patients as groups"):
        confusion_rates(y, [0, 1, 1, 1])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((3, 2), "between 0 and total=2"),
        ((-1, 2), "count must be a whole number >= 0, got -1"),
        ((0.5, 2), "count must be a whole number >= 0, got 0.5"),
    ],
)
def test_impossible_counts_are_named(args, message):
    with pytest.raises(ValueError, match=message):
        proportion_ci(*args)


def test_negative_cell_is_named():
    with pytest.raises(ValueError, match="fp must be a whole number >= 0, got -1"):
        rates_from_counts(tp=1, fn=1, fp=-1, tn=1, pos_label=1)
