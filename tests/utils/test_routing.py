"""Settings and keywords of `fit`."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn import config_context
from sklearn.linear_model import LogisticRegression

from sknac.decision import WeightedYoudenThreshold
from sknac.utils._routing import routed_fit_params


def test_keywords_reach_who_asked_for_them():
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        routed = routed_fit_params(
            WeightedYoudenThreshold(inner), {"sample_weight": [1, 2]}
        )
    assert routed["estimator"]["fit"] == {"sample_weight": [1, 2]}
    assert routed["threshold"]["fit"] == {}


def test_keywords_without_routing_are_refused():
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        routed_fit_params(WeightedYoudenThreshold(LogisticRegression()), {"groups": 1})
