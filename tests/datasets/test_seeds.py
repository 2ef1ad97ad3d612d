"""Streams of random numbers and labels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.datasets._seeds import draw_labels, entropy_from, stream


def test_streams_of_patients_and_purposes_are_independent():
    draws = {
        key: tuple(stream(0, *key).random(4))
        for key in [(0, 1), (1, 0), (0, 2), (1, 1)]
    }
    assert len(set(draws.values())) == 4
    assert tuple(stream(0, 0, 1).random(4)) == draws[0, 1]


@pytest.mark.parametrize(
    "make", [lambda: np.random.RandomState(4), lambda: np.random.default_rng(4)]
)
def test_generators_are_consumed(make):
    generator = make()
    first, second = entropy_from(generator), entropy_from(generator)
    assert first != second
    assert first == entropy_from(make())


def test_no_seed_means_another_cohort_each_time():
    assert entropy_from(None) != entropy_from(None)


@pytest.mark.parametrize("seed", ["1", 1.5, -3])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError):
        entropy_from(seed)


@pytest.mark.parametrize("prevalence", [0.1, 0.24, 0.3, 0.5, 0.9])
def test_every_prefix_holds_the_prevalence(prevalence):
    fails = draw_labels(1, 400, prevalence)
    error = np.cumsum(fails) - prevalence * np.arange(1, 401)
    # At the end of a block to half a patient, within one by what a block can hold.
    assert np.abs(error[7::8]).max() <= 0.5 + 1e-9
    assert np.abs(error).max() < 4


def test_labels_of_a_smaller_cohort_are_the_first_of_a_larger():
    np.testing.assert_array_equal(draw_labels(2, 13, 0.3), draw_labels(2, 99, 0.3)[:13])


def test_the_order_of_labels_is_random():
    blocks = draw_labels(3, 400, 0.5).reshape(-1, 8)
    assert len(np.unique(blocks, axis=0)) > 20
