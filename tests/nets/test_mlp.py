import torch

from sknac.nets import PredictiveMLP


def test_default_is_256_100_2():
    shapes = [tuple(p.shape) for p in PredictiveMLP().parameters()]
    assert shapes == [(100, 256), (100,), (2, 100), (2,)]


def test_evaluation_is_two_layers_with_a_rectifier():
    torch.manual_seed(0)
    net = PredictiveMLP(5, hidden=4).eval()
    w1, b1, w2, b2 = net.parameters()
    x = torch.randn(3, 5)
    torch.testing.assert_close(net(x), torch.relu(x @ w1.T + b1) @ w2.T + b2)


def test_dropout_follows_both_layers():
    first, second = PredictiveMLP(dropout=(0.3, 0.7)).layers[0::3]
    assert (first.p, second.p) == (0.3, 0.7)
