"""Targets are read alike by both methods, and scores are the logits that they name."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline

from sknac.inspection._score import codes_of, given_labels, make_score
from sknac.nets import PredictiveNet
from sknac.nets.split import computing, split_model

CLASSES = np.array(["non-response", "response"])


def test_a_target_is_one_label_or_each_patients_own():
    own = ["response", "non-response", "response"]
    assert given_labels(None, 3, CLASSES) is None
    assert given_labels("response", 3, CLASSES) == ["response"] * 3
    assert given_labels(own, 3, CLASSES) == own
    assert given_labels(np.array(own), 3, CLASSES) == own


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("yes", "target must be one of .*, got 'yes'"),
        (["response", 1], "target must be one of"),
        (["response"], "1 labels, X has 2 patients; give"),
    ],
)
def test_other_targets_are_refused(target, message):
    with pytest.raises(ValueError, match=message):
        given_labels(target, 2, CLASSES)


def test_numbers_are_labels_too():
    assert given_labels(1, 2, np.array([0, 1])) == [1, 1]
    assert codes_of([5, 3, 5], np.array([3, 5])).tolist() == [1, 0, 1]


def test_score_of_a_network_alone_is_its_logit(plane_net, bags, labels):
    model = split_model(plane_net)
    items = model.items(bags)
    with computing(plane_net, gradients=True), torch.no_grad():
        score = make_score(model, items, labels.tolist())
        numbers = np.arange(len(items))
        found = score(items.batch(numbers), numbers)
        logits = plane_net.module_(items.batch(numbers))
    codes = np.searchsorted(CLASSES, labels)[items.rows]
    np.testing.assert_allclose(found, logits.numpy()[numbers, codes], rtol=1e-5)


def test_scores_of_a_patients_planes_are_linear_in_the_predictive_logit(
    plane_net, bags, labels
):
    features = plane_net.transform(bags)
    predictive = PredictiveNet(max_epochs=3, random_state=0).fit(features, labels)
    model = split_model(make_pipeline(plane_net, predictive))
    items = model.items(bags)
    with computing(plane_net, gradients=True):
        score = make_score(model, items, ["response"] * len(bags))
        numbers = np.flatnonzero(items.rows == 2)
        x = items.batch(numbers).requires_grad_(True)
        (found,) = torch.autograd.grad(score(x, numbers).sum(), x)
    x = torch.from_numpy(bags[2]).requires_grad_(True)
    with computing(plane_net, gradients=True), computing(predictive, gradients=True):
        mean = plane_net.module_.features(x).mean(0, keepdim=True)
        (wanted,) = torch.autograd.grad(predictive.module_(mean)[0, 1], x)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)
