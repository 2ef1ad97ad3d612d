"""ROC curves and their bands."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score, roc_curve

from sknac.metrics import auc_ci, roc_ci


def test_curve_is_scikit_learns_and_its_area_is_the_auc(tied):
    y, a, _ = tied
    got = roc_ci(y, a, pos_label="response", n_resamples=50, random_state=0)
    want = roc_curve(y, a, pos_label="response", drop_intermediate=False)
    np.testing.assert_array_equal((got.fpr, got.tpr, got.thresholds), want)
    area = np.trapezoid(got.tpr, got.fpr)
    assert area == pytest.approx(roc_auc_score(y == "response", a))
    assert got.auc == auc_ci(y, a, pos_label="response")


def test_band_equals_resampled_rows_one_by_one(tied, rng):
    y, a, _ = tied
    got = roc_ci(y, a, pos_label="response", n_points=11, random_state=0)
    pos, neg = a[y == "response"], a[y != "response"]
    curves = []
    for _ in range(2000):
        score = np.append(rng.choice(pos, 21), rng.choice(neg, 21))
        fpr, tpr, _ = roc_curve(np.arange(42) < 21, score, drop_intermediate=False)
        curves.append(np.interp(got.band_fpr, fpr, tpr))
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(got.band_low, low, atol=0.05)
    np.testing.assert_allclose(got.band_high, high, atol=0.05)


def test_band_holds_the_curve_and_ends_at_one(tied):
    y, a, _ = tied
    got = roc_ci(y, a, pos_label="response", random_state=0)
    assert (got.band_low <= got.band_tpr).all()
    assert (got.band_tpr <= got.band_high).all()
    assert got.band_low[-1] == got.band_high[-1] == 1


def test_where_the_curve_is_vertical_its_upper_end_counts():
    got = roc_ci([0, 0, 1, 1], [1, 2, 3, 4], n_points=3, random_state=0)
    assert got.band_tpr[0] == 1


def test_copies_of_patients_do_not_narrow_a_grouped_band(tied):
    y, a, _ = tied
    kwargs = {"pos_label": "response", "random_state": 0, "n_resamples": 300}
    once = roc_ci(y, a, groups=range(42), **kwargs)
    patient = np.repeat(np.arange(42), 5)
    got = roc_ci(y.repeat(5), a.repeat(5), groups=patient, **kwargs)
    np.testing.assert_allclose(got.band_low, once.band_low, atol=1e-12)
    assert got.auc.se == pytest.approx(once.auc.se)


def test_strata_keep_both_classes_in_every_curve():
    # Drawn freely, 5 of 5 rows are negative in 8 % of the resamples.
    y, score = [0, 0, 0, 1, 1], [0, 1, 2, 1.5, 3]
    roc_ci(y, score, n_resamples=200, random_state=0)
    with pytest.warns(UndefinedMetricWarning, match="of 200 resamples lack a class"):
        got = roc_ci(y, score, stratify=False, n_resamples=200, random_state=0)
    assert np.isfinite(got.band_low).all()


def test_dictionary_is_json_and_table_is_the_band(tied):
    y, a, _ = tied
    got = roc_ci(y, a, pos_label="response", n_points=5, random_state=0)
    plain = json.loads(json.dumps(got.to_dict(), allow_nan=False))
    assert plain["thresholds"][0] is None
    assert plain["pos_label"] == "response"
    assert got.to_frame().shape == (5, 4)


@pytest.mark.parametrize(
    ("y", "kwargs", "message"),
    [
        ([0, 0], {}, "one class only"),
        ([0, 1], {"n_points": 1}, "n_points must be a whole number >= 2, got 1"),
        ([0, 1], {"n_resamples": 0}, "n_resamples must be a whole number >= 2, got 0"),
    ],
)
def test_bad_input_is_named(y, kwargs, message):
    with pytest.raises(ValueError, match=message):
        roc_ci(y, [1, 2], **kwargs)
