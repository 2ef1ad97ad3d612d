"""Wilson's interval by patient: one row each, copies, few patients, coverage."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import bootstrap_ci, confusion_rates, performance_table
from sknac.metrics._clustered import clustered_rate, independent_rows
from sknac.metrics._proportions import proportion_ci
from sknac.utils._confusion import RATES

close = pytest.approx
R, N = "response", "non-response"


@pytest.fixture
def decided(rng):
    """Give 42 patients with decisions, three of four right."""
    y = np.repeat([R, N], 21)
    return y, np.where(rng.random(42) < 0.75, y, np.where(y == R, N, R))


def sensitivity(right, rows):
    """Return the interval of a rate from each patient's rows."""
    about = {"metric": "sensitivity", "n": int(rows.sum()), "confidence_level": 0.95}
    return clustered_rate(right, rows, **about)


def bounds(found):
    """Return low and high of the five rates."""
    return np.array([(rate.low, rate.high) for rate in found.rates])


@pytest.mark.parametrize("copies", [1, 2, 10])
def test_copies_of_patients_leave_wilsons_interval_of_the_patients(decided, copies):
    y, called = (np.repeat(values, copies) for values in decided)
    who = np.repeat(np.arange(42), copies)
    got = confusion_rates(y, called, pos_label=R, groups=who)
    want = confusion_rates(*decided, pos_label=R)
    np.testing.assert_allclose(bounds(got), bounds(want), rtol=1e-12)
    assert (got.npv.method, got.npv.n_groups) == ("clustered-wilson", 42)
    assert got.npv.total == copies * want.npv.total


def test_the_order_of_rows_and_the_names_of_patients_change_nothing(decided, rng):
    y, called = (np.repeat(values, 3) for values in decided)
    called[::3] = np.where(y[::3] == R, N, R)
    who, order = np.repeat(np.arange(42), 3), rng.permutation(126)
    one = confusion_rates(y, called, pos_label=R, groups=who)
    names = np.array([f"P{i}" for i in who])[order]
    other = confusion_rates(y[order], called[order], pos_label=R, groups=names)
    np.testing.assert_allclose(bounds(one), bounds(other), rtol=1e-12)


def test_rows_over_their_design_effect_written_out():
    # Two patients with rows of both kinds and one rate; D = 0, at least 1;
    # one more patient with D = (16 + 16) / 8 = 4: (2 * 1 + 4) / 3 = 2.
    assert independent_rows(np.array([2.0, 2]), np.array([4.0, 4])) == close(8 / 2)
    # Of five with four rows each one is all wrong: D = 4, as that of the one more.
    rows = np.full(5, 4.0)
    assert independent_rows(np.array([4.0, 4, 4, 4, 0]), rows) == close(5)


@pytest.mark.parametrize(("rate", "patients"), [(0, 7), (1, 7), (1, 1), (0, 21)])
def test_where_all_rows_agree_the_patients_count(rate, patients):
    right, rows = rate * np.full(patients, 4), np.full(patients, 4)
    assert independent_rows(right, rows) == patients
    found = sensitivity(right, rows)
    want = proportion_ci(rate * patients, patients)
    assert (found.low, found.high) == close((want.low, want.high), abs=1e-12)
    assert found.high - found.low > 0.1


def test_one_wrong_image_does_not_make_ten_patients_a_hundred():
    right, rows = np.full(10, 10.0), np.full(10, 10.0)
    right[0] -= 1
    # D is 1.0, which would make 100 rows of them.
    assert 10 < independent_rows(right, rows) < 20


def test_one_patient_counts_as_one():
    assert independent_rows(np.array([3.0]), np.array([6.0])) == 1


def test_no_interval_has_width_zero_and_none_leaves_the_unit_interval(rng):
    for _ in range(50):
        who = rng.integers(4, size=12)
        y, called = rng.integers(2, size=(2, 12))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = confusion_rates(y, called, groups=who, pos_label=1)
        for low, high in bounds(found)[~np.isnan(bounds(found)[:, 0])]:
            assert -1e-12 <= low < high <= 1 + 1e-12


def test_error_is_that_of_patients(rng):
    who = np.repeat(np.arange(60), 5)
    chance = rng.random(60)[who]
    y, called = np.ones(300, dtype=int), (rng.random(300) < chance).astype(int)
    found = sensitivity(np.bincount(who, called), np.full(60, 5))
    boot = bootstrap_ci("sensitivity", y, called, groups=who, random_state=0)
    assert found.se == close(boot.se, rel=0.05)


@pytest.mark.parametrize(
    ("patients", "images", "rate"), [(10, 10, 0.9), (21, 2, 0.95), (21, 5, 0.6)]
)
def test_it_holds_the_truth_of_simulated_images(patients, images, rate, rng):
    # Correlation .5 between images of a patient; 2000 draws of the arithmetic.
    chance = rng.beta(rate, 1 - rate, (2000, patients))
    right, rows = rng.binomial(images, chance), np.full(patients, images)
    worth = np.array([independent_rows(row, rows) for row in right])
    p, z = right.mean(axis=1) / images, 1.959964
    middle, scale = (p + z**2 / (2 * worth)) / (1 + z**2 / worth), 1 + z**2 / worth
    half = z * np.sqrt(p * (1 - p) / worth + z**2 / (4 * worth**2)) / scale
    assert np.mean(np.abs(middle - rate) <= half) > 0.93


def test_few_patients_with_most_of_the_rows_are_told_of():
    who = np.repeat(np.arange(8), np.resize([1, 1, 2, 10], 8))
    y = (np.arange(8) < 4).astype(int)[who]
    called = np.where(np.arange(who.size) % 5, y, 1 - y)
    with pytest.warns(UserWarning, match=r"rows of sensitivity \(1 to 10 rows each\)"):
        confusion_rates(y, called, groups=who, pos_label=1)


def test_rates_without_rows_are_nan_and_say_why():
    with pytest.warns(UndefinedMetricWarning, match=r"npv \(no row is predicted neg"):
        found = confusion_rates([1, 1, 0, 0], [1, 1, 1, 1], groups=[0, 0, 1, 1])
    assert np.isnan([found.npv.estimate, found.npv.low, found.npv.se]).all()
    assert found.npv.total == 0


@pytest.mark.parametrize("method", ["wald", "clopper-pearson"])
def test_methods_that_take_rows_for_patients_are_refused(decided, method):
    y, called = decided
    with pytest.raises(ValueError, match=f"method='{method}' takes rows for patients"):
        confusion_rates(y, called, pos_label=R, groups=np.arange(42), method=method)


def test_the_table_takes_it_by_itself(decided):
    y, called = (np.repeat(values, 2) for values in decided)
    known = {"pos_label": R, "groups": np.repeat(np.arange(42), 2)}
    table = performance_table(y, {"a": called}, **known).results["a"]
    alone = confusion_rates(y, called, **known)
    assert all(table[name] == getattr(alone, name) for name in RATES)
