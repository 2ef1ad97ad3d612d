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


def test_only_the_items_of_a_changed_image_change():
    encoder = Encoder(square_sum)
    coder = Coder((encoder, encoder), lambda a, b: 2 * a + 3 * b)
    pre = [torch.full((1, 1, 2, 2), v) for v in (1.0, 2.0)]
    post = [torch.full((1, 1, 2, 2), v) for v in (3.0, 4.0, 5.0)]
    images = {(0, k): one for k, one in enumerate(pre)}
    images |= {(1, k): one for k, one in enumerate(post)}
    score = PatientScore(coder, images, [(0, 0), (1, 1), (0, 2)])
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
    items = [(k,) for k in range(len(row))]
    images = {(0, k): torch.from_numpy(one)[None] for k, one in enumerate(row)}
    if kind == "pair_net":
        items = [(0, 0)]
        images = {(k, 0): torch.from_numpy(one) for k, one in enumerate(row)}
    with computing(net):
        score = PatientScore(make_coder(model), images, items)
    X = [bags[2]] if kind == "plane_net" else pairs[2:3]
    np.testing.assert_allclose(score.unchanged, net.predict_proba(X), rtol=1e-6)


def test_a_missing_visit_has_no_vector():
    def join(a, b, c):
        return a + (0 if b is None else 10 * b) + (0 if c is None else 100 * c)

    coder = Coder((Encoder(square_sum),) * 3, join)
    images = {(k, 0): torch.full((1, 1, 1, 1), 1.0 + k) for k in (0, 2)}
    images[1, 1] = torch.full((1, 1, 1, 1), 2.0)
    score = PatientScore(coder, images, [(0, None, 0), (0, 1, None)])
    np.testing.assert_allclose(score.unchanged, [[(301 + 21) / 2, (901 + 41) / 2]])
    zero = Batch(torch.zeros(1, 1, 1, 1), (0, 1), (0, 1))
    np.testing.assert_allclose(score.around(2, 0)(zero), [[(1 + 21) / 2, 21]])
    np.testing.assert_allclose(score.around(1, 1)(zero), [[(301 + 1) / 2, 451]])


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
