"""Parts of the area under the ROC curve against pROC and scikit-learn."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score

from sknac.metrics import auc_ci
from sknac.metrics._partial import area_up_to, standardised

close = pytest.approx
FEW = {"n_resamples": 50, "random_state": 0}


@pytest.mark.parametrize("specificity", [0.8, 0.9])
def test_area_down_to_a_specificity_is_that_of_proc(part_case, specificity):
    y, score, r = part_case
    most = round(1 - specificity, 1)
    found = auc_ci(y, score, max_fpr=most, **FEW)
    name = f"partial_auc_spec_1_to_{specificity}"
    assert found.estimate == close(r[f"{name}_corrected"], rel=1e-9)
    assert standardised(r[name], most) == close(found.estimate, rel=1e-9)
    assert found.low < found.estimate < found.high


def test_area_down_to_a_sensitivity_is_that_of_the_other_class(part_case):
    y, score, r = part_case
    found = auc_ci(y, -score, pos_label=0, max_fpr=0.2, **FEW)
    assert found.estimate == close(r["partial_auc_sens_1_to_0.8_corrected"], rel=1e-9)


@pytest.mark.parametrize("most", [0.05, 0.3, 0.999])
def test_areas_of_many_curves_are_those_of_one(rng, most):
    y, score = rng.random(80) < 0.5, np.round(rng.normal(size=80), 1)
    x = np.sort(np.column_stack([np.zeros(3), rng.random((3, 9)), np.ones(3)]), axis=1)
    height = np.sort(rng.random((3, 11)), axis=1)
    fine = np.linspace(0, most, 200001)
    want = [
        np.trapezoid(np.interp(fine, *line), fine)
        for line in zip(x, height, strict=True)
    ]
    assert area_up_to(x, height, most) == close(want, rel=1e-4)
    got = auc_ci(y, score + y, max_fpr=most, **FEW)
    assert got.estimate == close(roc_auc_score(y, score + y, max_fpr=most))


def test_images_of_a_patient_do_not_shorten_the_interval(tied):
    y, score, _ = tied
    known = {"max_fpr": 0.2, "pos_label": "response", "random_state": 0}
    one = auc_ci(y, score, **known)
    five = [np.repeat(x, 5) for x in (y, score, np.arange(42))]
    copied = auc_ci(*five[:2], groups=five[2], **known)
    assert copied.estimate == close(one.estimate)
    assert copied.high - copied.low == close(one.high - one.low, rel=0.15)
    assert copied.n_groups == 42


def test_a_perfect_part_has_an_interval():
    y = np.repeat([0, 1], 12)
    found = auc_ci(y, y + 0.0, max_fpr=0.2, **FEW)
    assert found.estimate == found.high == 1
    assert 0.5 < found.low < 0.95
    assert repr(found).startswith("roc_auc(max_fpr=0.2) 1.000 [")
    assert found.method == "smoothed-bootstrap"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_fpr": 0}, "max_fpr must lie between 0 and 1, got 0; leave it out"),
        ({"max_fpr": 1}, "max_fpr must lie between 0 and 1"),
        ({"max_fpr": 20}, "max_fpr must lie between 0 and 1"),
        ({"method": "delong"}, "method must be one of {'smoothed-bootstrap'}, got"),
        ({"sample_weight": [1] * 42}, "max_fpr goes without sample_weight; leave"),
        ({"max_fpr": None, "method": "smoothed-bootstrap"}, "method must be one of"),
    ],
)
def test_bad_input_is_named(tied, change, message):
    y, score, _ = tied
    with pytest.raises(ValueError, match=message):
        auc_ci(y, score, **{"max_fpr": 0.2, "pos_label": "response"} | change)


def test_what_has_no_interval_is_told():
    with pytest.warns(UndefinedMetricWarning, match="it is NaN"):
        assert np.isnan(auc_ci([1, 1], [1, 2], max_fpr=0.1).estimate)
    with pytest.warns(UndefinedMetricWarning, match="All scores are equal"):
        assert auc_ci([0, 1], [1, 1], max_fpr=0.1).estimate == close(0.5)
