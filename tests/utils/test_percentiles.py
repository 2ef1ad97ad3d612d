"""Percentiles by counting, against NumPy's over all values at once."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from sknac.utils._percentiles import exact_percentiles, percentiles_of_parts

PERCENTS = [0.0, 1.0, 33.3, 50.0, 99.0, 100.0]


def expected(values):
    """Percentiles in double precision of each channel's finite values."""
    rows = [row[np.isfinite(row)].astype(float) for row in values]
    return np.transpose([np.percentile(row, PERCENTS) for row in rows])


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(size=(3, 5001)),
        lambda rng: rng.normal(size=(2, 4000)) * 1e-30,
        lambda rng: 1e30 * rng.standard_cauchy(size=(2, 4000)),
        lambda rng: rng.integers(0, 4, size=(2, 300)),  # ties
        lambda rng: rng.normal(1000, 1e-3, size=(1, 2000)),  # one upper half
        lambda rng: np.array([[3.0]]),
        lambda rng: np.array([[-1.0, 1.0], [-0.0, 0.0]]),
    ],
)
def test_percentiles_are_those_of_numpy(draw):
    values = draw(np.random.default_rng(0)).astype(np.float32)
    parts = np.array_split(values, min(7, values.shape[1]), axis=1)
    got, n_finite, n_values = exact_percentiles(lambda: parts, PERCENTS)
    np.testing.assert_array_equal(got, expected(values))
    assert n_finite.tolist() == n_values.tolist() == [values.shape[1]] * len(values)


@given(
    stn.arrays(
        np.float32,
        st.integers(1, 40),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    )
)
def test_percentiles_of_any_float_are_those_of_numpy(values):
    got, _, _ = exact_percentiles(lambda: [values[None]], PERCENTS)
    np.testing.assert_array_equal(got, expected(values[None]))


def test_values_that_are_not_finite_are_counted_apart():
    batch = np.array([[1, np.nan, 3, np.inf], [np.nan] * 4], np.float32)
    got, n_finite, n_values = exact_percentiles(lambda: [batch, batch], [50.0])
    assert got[0, 0] == 2.0
    assert np.isnan(got[0, 1])
    assert (n_finite.tolist(), n_values.tolist()) == ([4, 0], [8, 8])


def test_memory_does_not_grow_with_the_number_of_batches():
    def peak(n_batches):
        def batches():
            rng = np.random.default_rng(0)
            return (rng.normal(size=(2, 20_000)) for _ in range(n_batches))

        tracemalloc.start()
        exact_percentiles(batches, [1.0, 99.0])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(2)
    assert peak(60) < 1.1 * peak(6)


@pytest.mark.parametrize("n_parts", [1, 3, 40])
def test_parts_are_counted_as_the_whole(n_parts):
    values = np.random.default_rng(0).normal(size=(3, 4001)).astype(np.float32)
    values[1, :9] = np.nan
    pieces = np.array_split(values, n_parts, axis=1)
    sent = []

    def parts(count):
        for piece in pieces:
            sent.append(pickle.dumps(count([piece])))
            yield pickle.loads(sent[-1])

    got, n_finite, n_values = percentiles_of_parts(parts, PERCENTS)
    np.testing.assert_array_equal(got, expected(values))
    assert n_finite.tolist() == [4001, 3992, 4001]
    assert n_values.tolist() == [4001] * 3
    assert len(sent) == 2 * n_parts


def test_what_is_sent_of_a_part_is_smaller_than_its_values():
    values = np.random.default_rng(0).normal(size=(4, 200_000)).astype(np.float32)
    sizes = []

    def parts(count):
        found = count([values])
        sizes.append(len(pickle.dumps(found)))
        return [found]

    percentiles_of_parts(parts, [1.0, 50.0, 99.0])
    assert max(sizes) < values.nbytes / 20
