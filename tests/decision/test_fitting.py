"""Settings and keywords of `fit`."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn import config_context
from sklearn.linear_model import LogisticRegression

from sknac.decision import WeightedYoudenThreshold
from sknac.decision._fitting import class_index, routed_fit_params


@pytest.mark.parametrize(
    ("label", "default", "index"), [("b", 0, 1), ("a", 1, 0), (None, 1, 1)]
)
def test_position_of_a_class(label, default, index):
    found = class_index(["a", "b"], label, name="pos_label", default=default)
    assert found == index


def test_unknown_class_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"stop_label must be .*'a', 'b'.* got 'c'"):
        class_index(["a", "b"], "c", name="stop_label", default=0)


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
