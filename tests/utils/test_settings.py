"""Settings: what is a number, and the edges of what is legal."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import modified_response
from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    calibration,
    clinical_scorers,
    performance_table,
    rates_from_counts,
    weighted_youden_score,
)
from sknac.report import StudyReport
from sknac.utils._settings import (
    as_number,
    check_confidence_level,
    check_option,
    check_options,
    check_share,
    check_whole,
)

Y, SCORE = [0, 1] * 5, np.linspace(0, 1, 10)
NO_NUMBERS = ["0.5", None, True, np.True_, float("nan"), float("inf"), 1j, [0.5]]
NO_NUMBERS += [np.array([0.5]), pd.Series([0.5]), pd.NA, pd.NaT]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number(value):
    assert as_number(value) is None


@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2), Decimal("0.5")]
)
def test_what_is_a_number(value):
    assert as_number(value) == 0.5


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    "check",
    [check_confidence_level, check_share, lambda v, name: check_whole(v, name, 0)],
)
def test_no_number_is_no_setting(check, value):
    with pytest.raises(ValueError, match=r"x must .*, got "):
        check(value, "x")


@pytest.mark.parametrize("level", [0, 1, -0.1])
def test_level_lies_strictly_between_0_and_1(level):
    with pytest.raises(ValueError, match=f"must lie between 0 and 1, got {level}$"):
        check_confidence_level(level)


def test_a_level_in_percent_has_a_hint():
    with pytest.raises(ValueError, match=r"got 95; for 95 % write 0\.95"):
        check_confidence_level(95)


@pytest.mark.parametrize("share", [0, 1, 0.5])
def test_a_share_may_reach_its_ends(share):
    assert check_share(share, "weight") == share


@pytest.mark.parametrize("value", [1, 2.5, -3])
def test_whole_numbers_are_whole_and_large_enough(value):
    with pytest.raises(ValueError, match="n must be a whole number >= 2, got"):
        check_whole(value, "n", 2)


def test_whole_floats_are_whole_numbers():
    assert type(check_whole(np.float64(3), "n", 2)) is int


@pytest.mark.parametrize("value", ["c", ["a"], np.array(["a", "b"]), None, {}])
def test_options_are_listed(value):
    with pytest.raises(ValueError, match=r"must be one of {'a', 'b'}, got "):
        check_option(value, "kind", ("a", "b"))


@pytest.mark.parametrize("values", ["c", ["a", "c"], [["a"]], 3, None, {"a": 1}])
def test_several_options_are_listed_too(values):
    with pytest.raises(ValueError, match=r"x must be one of {'a', 'b'}, got "):
        check_options(values, "x", ("a", "b"))


def test_one_option_may_stand_alone():
    assert check_options("a", "x", ("a", "b")) == ("a",)
    assert check_options(["b", "a"], "x", ("a", "b")) == ("b", "a")
    y = {"m": Y}
    alone = performance_table(Y, y, metrics="npv").to_frame()
    pd.testing.assert_frame_equal(
        alone, performance_table(Y, y, metrics=["npv"]).to_frame()
    )


@pytest.mark.parametrize("bounds", ["acc", ["npv", "auc"], 3])
def test_lower_bounds_are_known_before_they_score(bounds):
    with pytest.raises(ValueError, match=r"lower_bounds must be one of {'sens"):
        clinical_scorers(pos_label=1, lower_bounds=bounds)


COUNTS = {"fn": 1, "fp": 1, "tn": 1, "pos_label": 1}
CALLS = {
    "level": lambda v: auc_ci(Y, SCORE, confidence_level=v),
    "level of a report": lambda v: StudyReport("t", synthetic=True, confidence_level=v),
    "level of a table": lambda v: performance_table(Y, {"m": Y}, confidence_level=v),
    "weight": lambda v: weighted_youden_score(Y, Y, weight=v),
    "share": lambda v: modified_response(3, 2, very_low_cellularity=v),
    "count": lambda v: rates_from_counts(tp=v, **COUNTS),
    "resamples": lambda v: bootstrap_ci("sensitivity", Y, Y, n_resamples=v),
    "bins": lambda v: calibration(Y, SCORE, n_bins=v),
}


@pytest.mark.parametrize("value", ["0.95", float("nan"), [0.5]], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_functions_read_their_settings_at_this_door(name, value):
    with pytest.raises(ValueError, match=r"must (lie|be) .*, got "):
        CALLS[name](value)


def test_counts_of_small_integers_do_not_overflow():
    assert rates_from_counts(tp=np.int8(100), **COUNTS).tp == 100
