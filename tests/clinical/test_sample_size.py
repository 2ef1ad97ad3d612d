"""Riley's criteria against the published example and by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from sknac.clinical import riley_sample_size
from sknac.clinical._sample_size import _r2_of_area

EXAMPLE = {"n_parameters": 24, "prevalence": 0.174}


def test_published_example():
    # Riley et al., Statistics in Medicine 38:1276, 2019, as the help of pmsampsize
    # gives it and its tests hold it: 623, 662 and 221.
    found = riley_sample_size(**EXAMPLE, r2=0.288)
    sizes = (found.n_shrinkage, found.n_optimism, found.n_prevalence, found.n)
    assert sizes == (623, 662, 221, 662)
    assert found.to_frame().loc["all", "events_per_parameter"] == pytest.approx(
        662 * 0.174 / 24
    )


def test_published_example_of_an_area():
    # pmsampsize simulates one data set for it: 615, 660 and 221.
    found = riley_sample_size(**EXAMPLE, auc=0.89)
    sizes = (found.n_shrinkage, found.n_optimism, found.n_prevalence)
    assert sizes == pytest.approx((615, 660, 221), rel=0.01)


@pytest.mark.parametrize(("auc", "share"), [(0.7, 0.3), (0.85, 0.5), (0.95, 0.1)])
def test_r2_of_an_area_is_that_of_a_fit(auc, share):
    rng = np.random.default_rng(0)
    y = (np.arange(200_000) < share * 200_000).astype(int)
    x = rng.normal(size=y.size) + np.sqrt(2) * norm.ppf(auc) * y
    model = LogisticRegression(C=np.inf).fit(x[:, None], y)
    prob = model.predict_proba(x[:, None])[:, 1]
    gain = np.log(np.where(y, prob / share, (1 - prob) / (1 - share))).mean()
    assert _r2_of_area(auc, share) == pytest.approx(1 - np.exp(-2 * gain), rel=0.02)


def test_more_parameters_and_weaker_models_take_more():
    sizes = [riley_sample_size(p, prevalence=0.4, auc=0.8).n for p in (5, 10, 20)]
    assert sizes == sorted(sizes)
    weak = riley_sample_size(10, prevalence=0.4, auc=0.6)
    assert weak.n == weak.n_shrinkage > sizes[1]
    few = riley_sample_size(1, prevalence=0.5, auc=0.95)
    assert few.n == few.n_prevalence == 385


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prevalence": 17.4}, "prevalence must lie between 0 and 1, got 17.4"),
        ({"r2": 0.7}, "r2 must lie between 0 and 0.603, got 0.7"),
        ({"auc": 0.9}, "one of them and not both"),
        ({"r2": None}, "one of them and not both"),
        ({"r2": None, "auc": 0.5}, "auc must lie between 0.5 and 1, got 0.5"),
        ({"shrinkage": 0.2}, "shrinkage must lie between 0.288 and 1, got 0.2"),
        ({"n_parameters": 0}, "n_parameters must be a whole number >= 1"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        riley_sample_size(**(EXAMPLE | {"r2": 0.288} | change))
