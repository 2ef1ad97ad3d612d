import numpy as np
import pytest

from sknac.features._changes import change, check_ratios, least_references, meaningless

PAIRS = [("pre", "post2")]
NAMES = ["us_visit__area", "us_visit__sd"]
PATIENTS = ["P1", "P2", "P3"]


def values(pre, post2):
    return {"pre": np.array(pre, float), "post2": np.array(post2, float)}


GOOD = values([[4, 2], [8, 3], [np.nan, 2]], [[1, 2], [8, 6], [5, 1]])


def test_changes_by_hand():
    first, later = np.array([4.0, 8.0, np.nan]), np.array([1.0, 8.0, 5.0])
    expected = {
        "difference": [-3.0, 0.0, np.nan],
        "ratio": [0.25, 1.0, np.nan],
        "relative": [-0.75, 0.0, np.nan],
    }
    for way, numbers in expected.items():
        np.testing.assert_array_equal(change(first, later, way), numbers)


def test_ratios_of_positive_values_are_taken():
    check_ratios(NAMES, GOOD, PAIRS, PATIENTS)
    np.testing.assert_allclose(least_references(GOOD, PAIRS), [0.006, 0.002])


def test_a_tumour_that_is_gone_is_a_ratio_of_0():
    gone = values(GOOD["pre"], [[0, 2], [8, 6], [5, 1]])
    check_ratios(NAMES, gone, PAIRS, PATIENTS)


@pytest.mark.parametrize(
    ("visit", "value", "said"),
    [
        ("pre", -1.0, r"below 0, -1 in row P2, column us_pre; take how=\"difference"),
        ("post2", -1e-9, "below 0, -1e-09 in row P2, column us_post2"),
        ("pre", 0.0, "as a reference it is near 0, 0 in row P2, column us_pre"),
        ("pre", 1e-5, "near 0, 1e-05 in row P2"),
    ],
)
def test_a_ratio_without_meaning_is_named(visit, value, said):
    wrong = {name: table.copy() for name, table in GOOD.items()}
    wrong[visit][1, 1] = value
    with pytest.raises(
        ValueError, match=f"feature us_visit__sd has no ratio: .*{said}"
    ):
        check_ratios(NAMES, wrong, PAIRS, PATIENTS)
    table = [wrong["pre"], wrong["post2"], least_references(GOOD, PAIRS)]
    assert meaningless(*table).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "name", ["us_visit__mbf", "a__us_visit__eac_mean", "us_visit__si_p90"]
)
def test_levels_in_decibels_have_no_ratio(name):
    with pytest.raises(ValueError, match=f"{name} is a level in decibels"):
        check_ratios([NAMES[0], name], GOOD, PAIRS, PATIENTS)


@pytest.mark.parametrize("name", ["us_visit__mbf_sd", "us_visit__esd", "rf_simple"])
def test_spreads_of_decibels_and_other_quantities_have_one(name):
    check_ratios([NAMES[0], name], GOOD, PAIRS, PATIENTS)
