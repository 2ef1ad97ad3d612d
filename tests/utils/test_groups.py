"""What parts patients into groups, and what does not."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import baseline_table
from sknac.metrics import subgroup_rates
from sknac.survival import hazard_ratio, kaplan_meier, logrank
from sknac.utils._groups import check_groups_of, why_no_groups

N = 12
DAYS = pd.date_range("2020", periods=N)
NAMES = {
    "ids": [f"P{row}" for row in range(N)],
    "nearly": [f"P{row // 2 + row % 2}" for row in range(N)],
    "numbers of patients": [str(row) for row in range(N)],
    "days as text": [str(day)[:10] for day in DAYS],
    "periods": DAYS.to_period("D"),
    "categories": pd.Series([f"P{row}" for row in range(N)], dtype="category"),
}
DATES = {
    "dates": DAYS,
    "of an array": DAYS.to_numpy(),
    "of days": DAYS.date,
    "with a zone": pd.Series(DAYS.tz_localize("UTC")),
    "durations": DAYS - DAYS[0],
    "one missing": [pd.NaT, *DAYS[1:]],
}
SCORES = {
    "score": np.linspace(0, 1, N),
    "score as text": [f"{x:.2f}" for x in np.linspace(0, 1, N)],
    "age": [40 + row for row in range(N)],
}
GROUPS = {
    "words": ["a", "b"] * 6,
    "few words": list("abcdef") * 2,
    "months": DAYS.to_period("M"),
    "centres by number": list(range(1, 5)) * 3,
    "flags": [True, False] * 6,
    "some missing": ["a", None, "b", "b"] * 3,
    "all missing": [None] * N,
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_for_each_patient_is_no_group(kind):
    assert "names for 12 patients, such as" in why_no_groups(NAMES[kind])


@pytest.mark.parametrize("kind", DATES)
def test_dates_are_no_groups(kind):
    assert why_no_groups(DATES[kind]) == "got dates; cut them into periods"


@pytest.mark.parametrize("kind", SCORES)
def test_measured_numbers_are_no_groups(kind):
    assert "12 distinct numbers from" in why_no_groups(SCORES[kind])


@pytest.mark.parametrize("kind", GROUPS)
def test_others_are(kind):
    assert why_no_groups(GROUPS[kind]) == ""


def test_groups_that_may_be_one_are_warned_of():
    for values in (["a", "A"] * 3, ["a", "a "] * 3, pd.Series([1, "1"] * 3)):
        with pytest.warns(UserWarning, match="two labels of by may be one"):
            check_groups_of(values, "by")


TIME, Y = np.arange(1.0, N + 1), [0, 1] * 6
USES = {
    "logrank": lambda v: logrank(TIME, Y, v),
    "kaplan_meier": lambda v: kaplan_meier(TIME, Y, v),
    "hazard_ratio": lambda v: hazard_ratio(TIME, Y, v),
    "subgroup_rates": lambda v: subgroup_rates(Y, Y, v),
    "subgroup table": lambda v: subgroup_rates(Y, Y, pd.DataFrame({"by": v})),
    "baseline_table": lambda v: baseline_table(pd.DataFrame({"by": v}), Y),
}


@pytest.mark.parametrize("name", USES)
def test_one_rule_wherever_patients_are_parted(name):
    for values in (NAMES["ids"], NAMES["periods"], DATES["dates"], DATES["durations"]):
        with pytest.raises(ValueError, match=r"must name groups, got .*; (give|cut) "):
            USES[name](values)


def test_what_a_user_calls_a_category_is_one():
    X = pd.DataFrame({"age": [40 + row for row in range(N)], "id": NAMES["ids"]})
    table = baseline_table(X, Y, categorical=["age"], tests={"id": "pearson"})
    assert table.tests["kind"].tolist() == ["categorical"] * 2
