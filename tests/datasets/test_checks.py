"""Checks of the simulators' settings."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.datasets._checks import check_choice, check_number, check_pair


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3", None])
def test_a_count_must_be_a_whole_number_above_zero(value):
    with pytest.raises(ValueError, match="n_patients must be an integer of at least 1"):
        check_number("n_patients", value, 1, whole=True)


@pytest.mark.parametrize("value", [0, 1, float("nan"), float("inf")])
def test_an_open_range_excludes_its_ends(value):
    with pytest.raises(ValueError, match=r"share must be a number in \(0, 1\), got"):
        check_number("share", value, 0, 1, open_ends=True)


def test_one_number_stands_for_a_pair():
    assert check_pair("n_planes", 3, 1, whole=True) == (3, 3)
    assert check_pair("n_planes", [2, 5], 1, whole=True) == (2, 5)


@pytest.mark.parametrize("value", [(5, 2), (1, 2, 3), (0, 4), (1.5, 2)])
def test_a_pair_must_be_two_rising_counts(value):
    with pytest.raises(ValueError, match="n_planes must"):
        check_pair("n_planes", value, 1, whole=True)


@pytest.mark.parametrize("value", ["core", ("core", "rim")])
def test_choices_are_a_tuple_of_known_names(value):
    with pytest.raises(ValueError, match="effect_in must be a tuple of"):
        check_choice("effect_in", value, ("core", "margin"))
