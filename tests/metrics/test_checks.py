"""Settings of metrics: the edges of what is legal."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics import _checks


@pytest.mark.parametrize("level", [0, 1, -0.1, 95, float("nan")])
def test_level_lies_strictly_between_0_and_1(level):
    with pytest.raises(ValueError, match="must lie between 0 and 1, got"):
        _checks.check_confidence_level(level)


@pytest.mark.parametrize("weight", [0, 1, 0.5])
def test_weight_may_reach_its_ends(weight):
    assert _checks.check_weight(weight) == weight


@pytest.mark.parametrize("value", [1, 2.5, -3])
def test_whole_numbers_are_whole_and_large_enough(value):
    with pytest.raises(ValueError, match="n must be a whole number >= 2, got"):
        _checks.check_whole(value, "n", 2)


def test_whole_floats_are_whole_numbers():
    assert type(_checks.check_whole(np.float64(3), "n", 2)) is int


def test_probabilities_include_0_and_1():
    assert _checks.check_probabilities(np.array([0.0, 1.0]), "p").size == 2
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got .* to 1.2;"):
        _checks.check_probabilities(np.array([0.1, 1.2]), "p")


def test_options_are_listed():
    with pytest.raises(ValueError, match=r"must be one of {'a', 'b'}, got 'c'"):
        _checks.check_option("c", "kind", ("a", "b"))
