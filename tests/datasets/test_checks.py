"""Checks of the simulators' settings."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
import pytest

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.datasets._checks import two_of


@pytest.mark.parametrize("make", [make_bmode_cohort, make_rf_cohort])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None])
def test_a_count_must_be_a_whole_number_above_zero(make, value):
    with pytest.raises(ValueError, match=r"'n_patients'.*must be an int in the range"):
        make(value)


@pytest.mark.parametrize("value", [0, 1, float("nan"), float("inf")])
def test_an_open_range_excludes_its_ends(value):
    with pytest.raises(ValueError, match=r"'prevalence'.*in the range \(0.0, 1.0\)"):
        make_rf_cohort(prevalence=value)


def test_one_number_stands_for_a_pair():
    assert two_of("n_planes", 3, 1, Integral) == (3, 3)
    assert two_of("n_planes", [2, 5], 1, Integral) == (2, 5)
    assert two_of("image_size", 96, 1, Integral, rising=False) == (96, 96)
    assert two_of("image_size", (80, np.int64(64)), 1, rising=False) == (80, 64)


@pytest.mark.parametrize("value", [(5, 2), (1, 2, 3), (0, 4), (1.5, 2), (1, None)])
def test_a_pair_must_be_two_rising_counts(value):
    with pytest.raises(ValueError, match="n_planes must"):
        two_of("n_planes", value, 1, Integral)


@pytest.mark.parametrize("value", ["core", ("core", "rim")])
def test_choices_are_a_tuple_of_known_names(value):
    with pytest.raises(ValueError, match=r"effect_in.* must"):
        make_rf_cohort(effect_in=value)
