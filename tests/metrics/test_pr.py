"""Precision-recall curves: scikit-learn's points, and a band that holds them."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import precision_recall_curve

from sknac.metrics._average_precision import average_precision_of
from sknac.metrics._pr import GRID, pr_of, precisions
from sknac.utils._sample import check_sample

FEW = {"n_resamples": 60, "random_state": 0}


@pytest.fixture
def curve(tied):
    y, score, _ = tied
    sample = check_sample(y, pos_label="response")
    return pr_of(sample, score, 0.95, **FEW), sample, score


def test_points_are_scikit_learns(curve):
    found, sample, score = curve
    precision, recall, cuts = precision_recall_curve(sample.positive, score)
    np.testing.assert_array_equal(found.precision, precision)
    np.testing.assert_array_equal(found.recall, recall)
    np.testing.assert_array_equal(found.thresholds, cuts)
    assert found.average_precision == average_precision_of(sample, score, 0.95)
    assert found.prevalence == 0.5


def test_band_holds_the_curve_and_has_a_width(curve):
    found, *_ = curve
    assert (found.band_low < found.band_high).all()
    for recall, precision in zip(found.recall[:-1], found.precision[:-1], strict=True):
        if recall > 0.01:
            at = np.searchsorted(GRID, recall - 1e-9)
            assert found.band_low[at] <= precision + 0.05
    assert found.to_frame().shape == (100, 3)


def test_precisions_of_a_known_curve():
    # The diagonal: precision is the prevalence at every recall.
    line = np.array([[0.0, 0.5, 1.0]])
    assert precisions(line, line, np.array([0.2])) == pytest.approx(0.2)
    right = precisions(
        np.array([[0.0, 0, 1]]), np.array([[0.0, 1, 1]]), np.array([0.2])
    )
    assert right[0, :-1] == pytest.approx(1)


def test_record_is_plain_and_says_its_prevalence(curve):
    found, *_ = curve
    plain = found.to_dict()
    json.dumps(plain)
    assert plain["average_precision"]["metric"] == "average_precision"
    text = repr(found)
    assert text.startswith("precision-recall curve with 100-point 95% band, average_p")
    assert text.endswith("prevalence=0.5")
    assert "n=42 patients" in text


def test_no_band_where_the_number_has_no_interval(tied):
    y, _, _ = tied
    sample = check_sample(y, pos_label="response")
    with pytest.warns(UndefinedMetricWarning, match="All scores are equal"):
        found = pr_of(sample, np.ones(42), 0.95, **FEW)
    assert np.isnan(found.band_low).all()
    assert np.isnan(found.band_high).all()


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="a precision-recall curve"):
        pr_of(check_sample([1, 1], pos_label=1), np.array([1.0, 2]), 0.95, **FEW)
