"""Rates in subgroups."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import confusion_rates, subgroup_rates

# Right decisions and patients by subtype, DLRP paper, text to Fig. 5. The paper's
# HER2+ group has 8 patients there and 10 in its Table 2; it is left out here.
DLRP_FIG_5 = {"HR+HER2-": (16, 19), "HR+HER2+": (7, 9), "TN": (4, 4)}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_accuracy_by_subtype_of_the_dlrp_paper():
    right = np.concatenate([[1] * k + [0] * (n - k) for k, n in DLRP_FIG_5.values()])
    subtype = np.repeat(list(DLRP_FIG_5), [n for _, n in DLRP_FIG_5.values()])
    y = np.where(np.arange(len(right)) % 2, "response", "non-response")
    other = np.where(y == "response", "non-response", "response")
    found = subgroup_rates(y, np.where(right, y, other), subtype, pos_label="response")
    table = found.to_frame().loc["subgroup"]
    for level, (k, n) in DLRP_FIG_5.items():
        assert table.loc[level, ["n_right", "n"]].tolist() == [k, n]
        assert table.loc[level, "accuracy"] == pytest.approx(k / n)


@pytest.mark.filterwarnings("ignore:Wald's interval has no width")
def test_each_subgroup_equals_its_patients_alone(tied):
    y, a, _ = tied
    called = np.where(a > 0.5, "response", "non-response")
    by = pd.DataFrame({"subtype": ["A", "B", "C"] * 14, "arm": [1, 2] * 21})
    found = subgroup_rates(y, called, by, pos_label="response", method="wald")
    assert len(found.rates) == 6
    for (factor, level), rates in found.rates.items():
        rows = slice(None) if factor == "all" else (by[factor] == level).to_numpy()
        alone = confusion_rates(
            y[rows], called[rows], pos_label="response", method="wald"
        )
        assert repr(rates) == repr(alone)


def test_subgroups_keep_the_users_positive_class_and_name(tied):
    y, a, _ = tied
    called = np.where(a > 0.5, "response", "non-response")
    by = pd.Series(["x", "y"] * 21, name="regimen")
    found = subgroup_rates(y, called, by, pos_label="non-response")
    assert found.pos_label == "non-response"
    assert found.rates["regimen", "x"].npv.pos_label == "non-response"
    assert found.to_frame().loc[("regimen", "x"), "n"] == 21


def test_missing_levels_are_a_subgroup_of_their_own():
    found = subgroup_rates([0, 1, 0, 1], [0, 1, 1, 0], ["TN", "TN", None, np.nan])
    assert list(found.rates)[1:] == [("subgroup", "TN"), ("subgroup", "(missing)")]


def test_undefined_rates_are_nan_with_one_warning():
    with pytest.warns(UndefinedMetricWarning, match="subgroup a, subgroup b") as caught:
        found = subgroup_rates([1, 1, 0, 0], [1, 0, 0, 1], ["a", "a", "b", "b"])
    assert len(caught) == 1
    assert np.isnan(found.rates["subgroup", "a"].specificity.estimate)
    assert found.rates["subgroup", "a"].sensitivity.estimate == 0.5


def test_undefined_rates_of_all_are_named_once():
    with pytest.warns(UndefinedMetricWarning, match=r"in: all, subgroup a$"):
        subgroup_rates([1, 0], [0, 0], ["a", "a"], pos_label=1)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="subgroup has 2 rows but y_true has 3"):
        subgroup_rates([0, 1, 1], [0, 1, 1], ["a", "b"])


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (pd.DataFrame({"all": ["all", "x"] * 2}), "a factor is named 'all'"),
        (pd.DataFrame([[1, 2]] * 4, columns=[1, "1"]), "two columns of one name"),
    ],
)
def test_factors_that_would_replace_others_are_refused(by, message):
    with pytest.raises(ValueError, match=message):
        subgroup_rates([0, 1, 0, 1], [0, 1, 1, 0], by)
