"""Clinical columns against the published table, and follow-up."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sknac.datasets._clinical import (
    NON_RESPONSE,
    RESPONSE,
    clinical_table,
    label_series,
    survival_table,
)

N = 3000
# Table 2 of the DLRP paper, training cohort: (response of 65, non-response of 61).
COUNTS = {
    "er": (24, 38),
    "pr": (17, 30),
    "her2": (38, 16),
    "ki67": (51, 41),
}
SUBTYPES = {
    "HR+HER2-": (12, 32),
    "HR+HER2+": (12, 8),
    "HER2+": (26, 8),
    "TN": (15, 13),
}
MEAN_SD = {
    "age": ((48, 9), (48, 10)),
    "dvolume_2": ((0.52, 0.41), (0.42, 0.54)),
    "dvolume_4": ((0.81, 0.18), (0.53, 0.59)),
}


@pytest.fixture(scope="module")
def tables():
    """Clinical tables of responders and of non-responders, at full effect."""
    return [clinical_table(k, np.full(N, k == 1), 1.0, 0.5) for k in (0, 1)]


def within_sampling_error(k, n, share):
    return stats.binomtest(int(k), n, share).pvalue > 2e-3


@pytest.mark.parametrize("column", COUNTS)
@pytest.mark.parametrize("group", [0, 1])
def test_receptors_have_the_published_shares(tables, column, group):
    share = COUNTS[column][group] / (65, 61)[group]
    assert within_sampling_error(tables[group][column].sum(), N, share)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("group", [0, 1])
def test_subtypes_have_the_published_shares(tables, subtype, group):
    share = SUBTYPES[subtype][group] / (65, 61)[group]
    assert within_sampling_error((tables[group]["subtype"] == subtype).sum(), N, share)


@pytest.mark.parametrize("column", MEAN_SD)
@pytest.mark.parametrize("group", [0, 1])
def test_numbers_have_the_published_mean_and_sd(tables, column, group):
    mean, sd = MEAN_SD[column][group]
    values = tables[group][column]
    assert values.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(N))
    # The ratios of volumes have heavy tails, so their SD is loose.
    assert values.std() == pytest.approx(sd, rel=0.15)


def test_volume_changes_never_exceed_the_whole_volume(tables):
    changes = pd.concat(tables)[["dvolume_2", "dvolume_4"]]
    assert (changes < 1).all(axis=None)


def test_receptors_never_contradict_the_subtype(tables):
    table = pd.concat(tables)
    hormone = (table["er"] | table["pr"]).astype(bool)
    named = hormone.map({True: "HR+", False: ""}) + table["her2"].map(
        {1: "HER2+", 0: "HER2-"}
    )
    named = named.replace("HER2-", "TN")
    pd.testing.assert_series_equal(named, table["subtype"], check_names=False)


def test_without_effect_the_clinical_columns_ignore_the_class():
    one, other = (clinical_table(5, np.full(N, flag), 0.0, 0.4) for flag in (0, 1))
    pd.testing.assert_frame_equal(one, other)


def test_half_an_effect_halves_the_difference():
    table = [clinical_table(k, np.full(N, k == 1), 0.5, 0.5) for k in (0, 1)]
    gap = table[0]["her2"].mean() - table[1]["her2"].mean()
    assert gap == pytest.approx(0.5 * (38 / 65 - 16 / 61), abs=0.04)


def test_non_responders_fare_worse():
    good, bad = (survival_table(6, np.full(N, flag)) for flag in (False, True))
    for table, hazard in ((good, 0.03), (bad, 0.12)):
        # Maximum likelihood under censoring: events per year of follow-up.
        rate = table["event"].sum() / table["time_years"].sum()
        assert rate == pytest.approx(hazard, rel=0.1)


def test_follow_up_ends_at_ten_years():
    table = survival_table(7, np.zeros(N, bool))
    assert table["time_years"].between(0, 10).all()
    assert table["event"].dtype == bool
    assert (~table["event"]).mean() > 0.5


def test_labels_are_named_as_users_write_them():
    labels = label_series(np.array([True, False]))
    assert labels.tolist() == ["non-response", "response"]
    assert labels.index.name == "patient_id"


def test_columns_take_the_law_of_a_patient_of_either_class_without_effect():
    table = clinical_table(8, np.zeros(N, bool), 0.0, 0.3)
    share = 0.7 * 38 / 65 + 0.3 * 16 / 61
    assert within_sampling_error(table["her2"].sum(), N, share)


@pytest.mark.parametrize("group", [0, 1])
def test_receptor_shares_follow_exactly_from_the_subtypes(group):
    law = (RESPONSE, NON_RESPONSE)[group]
    hormone = law.subtype[0] + law.subtype[1]
    er = hormone * law.er_given_hr
    pr = er * law.pr_given_er + hormone - er
    n = (65, 61)[group]
    assert er * n == pytest.approx(COUNTS["er"][group])
    assert pr * n == pytest.approx(COUNTS["pr"][group])
    assert (law.subtype[1] + law.subtype[2]) * n == pytest.approx(COUNTS["her2"][group])
