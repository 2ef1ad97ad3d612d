"""Vectors of visits are fused by rule, and what is missing has no part in it."""

import itertools

import pytest
import torch

from sknac.nets._visits import FUSIONS, Fusion, VisitAttention, happened

NAN = float("nan")


def test_a_visit_is_missing_where_its_image_is_nan_all_over():
    x = torch.zeros(2, 3, 1, 2, 2)
    x[0, 1] = NAN
    x[1, 2, 0, 0] = NAN  # half of it
    assert happened(x).tolist() == [[True, False, True], [True] * 3]


def fuse(kind, vectors, here=None):
    """Fuse vectors of one item; 0 stands where a visit is missing."""
    vectors = torch.tensor(vectors)
    here = torch.tensor([[True] * len(vectors)] if here is None else [here])
    fusion = Fusion(kind, vectors.shape[1], len(vectors))
    fused = fusion(vectors[None] * here[..., None], here)[0]
    assert len(fused) == fusion.feature_dim
    return fused.tolist()


THREE = [[1.0, 2.0], [4.0, 6.0], [9.0, 12.0]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("concat", [1, 2, 4, 6, 9, 12]),
        ("diff", [3, 4, 8, 10]),
        ("concat_diff", [1, 2, 4, 6, 9, 12, 3, 4, 8, 10]),
        ("mean", [14 / 3, 20 / 3]),
    ],
)
def test_three_visits_are_fused_by_hand(kind, expected):
    assert fuse(kind, THREE) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("concat", [1, 2, 0, 0, 18, 24]),
        ("diff", [0, 0, 16, 20]),
        ("concat_diff", [1, 2, 0, 0, 18, 24, 0, 0, 16, 20]),
        ("mean", [5, 7]),
    ],
)
def test_without_a_visit_the_others_count_for_more(kind, expected):
    assert fuse(kind, THREE, [True, False, True]) == pytest.approx(expected)


def test_masked_parts_are_on_average_those_of_all_visits():
    vectors = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    fusion, found = Fusion("diff", 4, 5), []
    for pair in itertools.combinations(range(1, 5), 2):
        here = torch.zeros(1, 5, dtype=bool)
        here[0, [0, *pair]] = True
        found.append(fusion(vectors[None] * here[..., None], here))
    whole = fusion(vectors[None], torch.ones(1, 5, dtype=bool))
    torch.testing.assert_close(torch.stack(found).mean(0), whole)


@pytest.mark.parametrize("kind", ["concat", "diff", "concat_diff"])
@pytest.mark.parametrize("here", [[False, True, True], [True, False, False]])
def test_what_cannot_be_compared_is_nan(kind, here):
    assert any(value != value for value in fuse(kind, THREE, here))


@pytest.mark.parametrize("kind", FUSIONS)
def test_no_visit_at_all_is_nan(kind):
    assert all(v != v for v in fuse(kind, THREE, [False] * 3)[-2:])


def test_attention_begins_near_each_visit_and_with_its_neighbours():
    net = VisitAttention(3, 3)
    vectors = torch.randn(1, 3, 3)
    away = torch.tensor([[0.0, 2, 4], [2, 0, 2], [4, 2, 0]])
    found = net(vectors, torch.ones(1, 3, dtype=bool))[0]
    torch.testing.assert_close(found, (-away).softmax(1))
    without = net(vectors, torch.tensor([[True, True, False]]))[0]
    assert not without[:, 2].any()
    torch.testing.assert_close(without.sum(1), torch.ones(3))
    assert without[2, 1] > without[2, 0]


def test_attention_learns_from_vectors_and_knows_the_order():
    torch.manual_seed(0)
    net = Fusion("attention", 3, 3)
    with torch.no_grad():
        net.weigh.queries.normal_()
    vectors, here = torch.randn(1, 3, 3), torch.ones(1, 3, dtype=bool)
    # by hand, one question after the other
    keys = vectors[0] @ net.weigh.keys.weight.T
    for number, query in enumerate(net.weigh.queries):
        weights = (keys @ query / 4 + net.weigh.order[number]).softmax(0)
        expected = weights @ vectors[0]
        found = net(vectors, here)[0, 3 * number : 3 * number + 3]
        torch.testing.assert_close(found, expected)
    assert not torch.allclose(net(vectors.flip(1), here), net(vectors, here))
    mean = Fusion("mean", 3, 3)
    torch.testing.assert_close(mean(vectors.flip(1), here), mean(vectors, here))


@pytest.mark.parametrize("kind", FUSIONS)
def test_no_gradient_comes_from_a_missing_visit(kind):
    torch.manual_seed(0)
    fusion = Fusion(kind, 3, 4)
    here = torch.tensor([[True, True, False, True]])
    vectors = (torch.randn(1, 4, 3) * here[..., None]).requires_grad_()
    fusion(vectors, here).square().sum().backward()
    assert vectors.grad.isfinite().all()
    assert not vectors.grad[0, 2].any()
    assert vectors.grad[0, 3].any()


@pytest.mark.parametrize("kind", FUSIONS)
def test_half_precision_stays_what_it_is(kind):
    fusion = Fusion(kind, 3, 3).bfloat16()
    vectors = torch.ones(1, 3, 3, dtype=torch.bfloat16)
    found = fusion(vectors, torch.tensor([[True, False, True]]))
    assert found.dtype == torch.bfloat16
