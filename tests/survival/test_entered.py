"""Curves of patients who enter at different times agree with R."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import kaplan_meier, logrank

# R 4.2.2, survival 3.5-3: survfit(Surv(start, stop, event) ~ 1): every sixth event.
R_TIMES = [2.4, 5.8, 7.1, 9.6, 14.1, 17.6, 23.2, 32.4]
R_AT_RISK = [34, 37, 30, 30, 25, 17, 13, 6]
R_SURVIVAL = [
    0.9705882352941176,
    0.7574028888907783,
    0.6096320395480062,
    0.5042232911769605,
    0.38637800090188545,
    0.288543785165499,
    0.18912953985637754,
    0.08596797266198977,
]
R_SE = [
    0.028976010768934645,
    0.07026702857306706,
    0.0755516271865785,
    0.07372113441290658,
    0.06860081339375636,
    0.06185101648562476,
    0.052123185905260286,
    0.03698058027276325,
]
R_MEDIAN = 10.8


def test_curve_is_that_of_r(entered):
    x = entered
    found = kaplan_meier(x["stop"], x["event"], entry=x["start"])
    curve = found.curves[found.curves["events"] > 0].iloc[::6]
    assert curve["time"].tolist() == R_TIMES
    assert curve["at_risk"].tolist() == R_AT_RISK
    np.testing.assert_allclose(curve["survival"], R_SURVIVAL, rtol=1e-9)
    assert found.summary.loc["all", "median"] == R_MEDIAN
    # Greenwood's standard error, out of the band on the log-log scale.
    log = np.log(curve["survival"])
    half = np.log(np.log(curve["low"]) / log) / norm.ppf(0.975)
    np.testing.assert_allclose(half * -log * curve["survival"], R_SE, rtol=1e-7)


def test_entry_from_the_start_changes_nothing(lung):
    about = lung["time"], lung["event"], lung["sex"]
    plain, entered = kaplan_meier(*about), kaplan_meier(*about, entry=0)
    pd.testing.assert_frame_equal(plain.curves, entered.curves, check_dtype=False)
    assert entered.logrank.pvalue == pytest.approx(plain.logrank.pvalue)
    assert entered.at_risk.equals(plain.at_risk)


def test_landmark_survival_is_conditional(lung):
    # S(t) / S(landmark), of those who reached it.
    about = lung["time"], lung["event"]
    plain = kaplan_meier(*about).survival_at([150, 300, 500])["survival"]
    found = kaplan_meier(*about, entry=150)
    later = found.survival_at([150, 300, 500])["survival"]
    np.testing.assert_allclose(later, plain / plain[0])
    assert found.start == f"landmark 150 ({(lung['time'] <= 150).sum()} left out)"


def test_nothing_is_said_before_follow_up_began():
    found = kaplan_meier([4, 5, 6], [1, 1, 0], entry=[1, 2, 2])
    with pytest.warns(UndefinedMetricWarning, match="before follow-up began"):
        early = found.survival_at([0.5, 4])
    assert early["survival"].tolist() == pytest.approx([np.nan, 2 / 3], nan_ok=True)


def test_patients_at_risk_come_and_go():
    found = kaplan_meier([3, 5, 6], [1, 0, 1], entry=[0, 2, 4], at_risk_times=[0, 2, 5])
    assert found.at_risk.loc["all"].tolist() == [1, 2, 2]
    assert found.curves["at_risk"].tolist() == [1, 1, 2, 1, 2, 1]


def test_curve_that_ends_before_all_entered_is_said():
    with pytest.warns(UserWarning, match="falls to 0 at time 2, where all 1 at risk"):
        kaplan_meier([2, 8, 9], [1, 1, 0], entry=[0, 3, 3])


def test_groups_that_must_survive_to_be_named_need_a_landmark():
    # No effect at all: a responder is who was alive at the visit and drew heads.
    rng = np.random.default_rng(0)
    naive, honest = [], []
    for _ in range(25):
        time = rng.exponential(10, 100)
        by = np.where((time > 6) & (rng.random(100) < 0.5), "response", "non-response")
        naive.append(logrank(time, np.ones(100), by).pvalue)
        honest.append(logrank(time, np.ones(100), by, entry=6).pvalue)
    assert np.mean(np.array(naive) < 0.05) > 0.8
    assert np.mean(np.array(honest) < 0.05) < 0.2
