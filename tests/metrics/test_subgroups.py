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


@pytest.fixture
def images(rng):
    """Give 60 patients with two images each, decided alike or not."""
    who = np.repeat(np.arange(60), 2)
    y = np.where(who % 2, "response", "non-response")
    called = np.where(rng.random(120) < 0.8, y, np.roll(y, 2))
    return y, called, who, np.where(who % 3, "A", "B")


def test_subgroups_by_patient_equal_their_patients_alone(images):
    y, called, who, arm = images
    found = subgroup_rates(y, called, arm, pos_label="response", groups=who)
    for (factor, level), rates in found.rates.items():
        rows = slice(None) if factor == "all" else arm == level
        alone = confusion_rates(
            y[rows], called[rows], pos_label="response", groups=who[rows]
        )
        assert repr(rates) == repr(alone)
    assert found.rates["subgroup", "B"].accuracy.n_groups == 20


@pytest.mark.parametrize("metric", ["accuracy", "sensitivity"])
def test_differences_are_newcombes_of_independent_groups(metric):
    # Newcombe 1998 (Stat Med 17:873), table II, method 10, case (a): 56/70 - 48/80 is
    # 0.2 [0.0524, 0.3339].
    right = np.repeat([1, 0, 1, 0], [48, 32, 56, 14])
    arm = np.repeat(["old", "new"], [80, 70])
    y = np.append(np.ones(150, dtype=int), [0, 0])
    called, arm = np.append(right, [0, 0]), np.append(arm, ["other", "other"])
    with pytest.warns(UndefinedMetricWarning, match="Some rates"):
        found = subgroup_rates(y, called, arm).differences(metric)
    row = found.loc["subgroup", "new"]
    assert row["compared_with"] == "old"
    assert row["difference"] == pytest.approx(0.2)
    assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_patients_in_several_levels_are_told_of(images):
    y, called, who, _ = images
    side = np.tile(["left", "right"], 60)
    with pytest.warns(UserWarning, match="60 patients have rows in several levels of"):
        subgroup_rates(y, called, side, pos_label="response", groups=who)


def test_subgroups_where_few_patients_have_most_rows_are_named_once():
    rows = np.append(np.full(20, 2), np.resize([1, 1, 2, 10], 20))
    who = np.repeat(np.arange(40), rows)
    y = who % 2
    with pytest.warns(UserWarning, match=r"rows in: subgroup b; where") as caught:
        subgroup_rates(y, y, np.where(who < 20, "a", "b"), groups=who)
    assert len(caught) == 1


def test_methods_that_take_rows_for_patients_are_refused_with_groups(images):
    y, called, who, arm = images
    with pytest.raises(ValueError, match="method='wald' takes rows for patients"):
        subgroup_rates(y, called, arm, pos_label="response", groups=who, method="wald")


def test_one_level_has_no_difference():
    found = subgroup_rates([0, 1, 1, 0], [0, 1, 0, 0], ["a"] * 4).differences()
    assert found.empty
    assert list(found.index.names) == ["factor", "level"]
