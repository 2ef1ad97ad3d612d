"""A patient's mean with one image changed is the mean of all images computed anew."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from torch import nn

from sknac.inspection._difference_score import Coder, Encoder, PatientScore, make_coder
from sknac.inspection._occlusion import Batch
from sknac.nets.split import computing, split_model


def square_sum(x):
    """A vector of two numbers per image."""
    return torch.stack([x.sum((1, 2, 3)), (x**2).sum((1, 2, 3))], 1)


def test_pairs_start_again_with_the_shorter_visit_and_only_theirs_change():
    encoder = Encoder(square_sum)
    coder = Coder((encoder, encoder), lambda a, b: 2 * a + 3 * b)
    pre = [torch.full((1, 1, 2, 2), v) for v in (1.0, 2.0)]
    post = [torch.full((1, 1, 2, 2), v) for v in (3.0, 4.0, 5.0)]
    score = PatientScore(coder, [pre, post])
    # Pairs (1, 3), (2, 4), (1, 5): sums of four pixels and of their squares.
    sums = 2 * np.array([4, 8, 4]) + 3 * np.array([12, 16, 20])
    squares = 2 * np.array([4, 16, 4]) + 3 * np.array([36, 64, 100])
    np.testing.assert_allclose(score.unchanged, [[sums.mean(), squares.mean()]])
    zero = Batch(torch.zeros(1, 1, 1, 2), (0, 1), (0, 2))  # the upper row
    changed = score.around(0, 0)(zero)
    np.testing.assert_allclose(changed[0, 0], sums.mean() - 2 * 2 * 2 / 3)
    alone = score.around(1, 1)(zero)
    np.testing.assert_allclose(alone[0, 1], squares.mean() - 3 * 2 * 16 / 3)


@pytest.mark.parametrize("kind", ["plane_net", "pair_net"])
def test_the_unchanged_mean_is_what_the_network_predicts(kind, request, bags, pairs):
    net = request.getfixturevalue(kind)
    model = split_model(net)
    row = bags[2] if kind == "plane_net" else pairs[2][:, None]
    images = [[torch.from_numpy(one)[None] for one in row]]
    if kind == "pair_net":
        images = [[torch.from_numpy(one)] for one in row]
    with computing(net):
        score = PatientScore(make_coder(model), images)
    X = [bags[2]] if kind == "plane_net" else pairs[2:3]
    np.testing.assert_allclose(score.unchanged, net.predict_proba(X), rtol=1e-6)


def test_a_network_that_says_nothing_of_itself_gets_whole_images(plane_net, bags):
    class Unknown(nn.Module):
        """Looks like the network, and says nothing."""

        def __init__(self, module):
            super().__init__()
            self.inner = module

        def forward(self, x):
            return self.inner(x)

    known = split_model(plane_net)
    (encoder,) = make_coder(known).encoders
    assert encoder.split is not None
    plane_net.module_, module = Unknown(plane_net.module_), plane_net.module_
    try:
        (blind,) = make_coder(known).encoders
        assert blind.split is None
        image = torch.from_numpy(bags[0][:1])
        batch = Batch(torch.zeros(2, 2, 8, 8), (4, 12), (0, 8))
        with computing(plane_net):
            np.testing.assert_allclose(
                blind.around(image)(batch), encoder.around(image)(batch), atol=1e-6
            )
    finally:
        plane_net.module_ = module
