import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, LRScheduler
from torch import nn

from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet

PLAIN = {
    "module__dropout": 0.0,
    "optimizer": "sgd",
    "lr": 0.1,
    "validation_fraction": None,
    "max_epochs": 1,
    "random_state": 0,
    "torch_threads": 1,
}


class Groupwise(nn.Module):
    """A small image network whose normalisation does not see the batch."""

    def __init__(self, in_channels, n_classes, sizes=None):
        super().__init__()
        self.sizes = sizes
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 8, 3, stride=2), nn.GroupNorm(2, 8), nn.ReLU()
        )
        self.classify = nn.Linear(8, n_classes)

    def features(self, x):
        if self.sizes is not None and self.training and torch.is_grad_enabled():
            self.sizes.append(len(x))
        return self.body(x).mean((-2, -1))

    def forward(self, x):
        return self.classify(self.features(x))


# A step's sums in another order, in float32; the step itself is above 0.01.
ROUNDING = {"rtol": 0, "atol": 1e-5}


class Watch(Callback):
    """Reads a batch normalisation's statistics before the first step."""

    def __init__(self):
        self.found = []

    def on_train_begin(self, net, **kwargs):
        norm = net.module_.backbone.bn1
        self.found += [norm.num_batches_tracked.item()]
        self.found += [norm.running_mean.abs().max().item()]
        self.found += [norm.running_var.max().item()]


def weights(net):
    """All weights of a fitted network in one vector."""
    return np.concatenate(
        [p.detach().numpy().ravel() for p in net.module_.parameters()]
    )


@pytest.mark.parametrize("micro", [4, 7, 1])
def test_accumulated_parts_take_the_step_of_the_whole_batch(table, micro):
    X, y = table
    settings = {"batch_size": 28, "class_weight": {"non-response": 5.0}, **PLAIN}
    row_weights = np.random.default_rng(0).random(80)
    whole = PredictiveNet(**settings).fit(X, y, sample_weight=row_weights)
    parts = PredictiveNet(micro_batch_size=micro, **settings)
    parts.fit(X, y, sample_weight=row_weights)
    start = PredictiveNet(**{**settings, "lr": 1e-30}).fit(X, y)
    assert np.abs(weights(whole) - weights(start)).max() > 0.01
    np.testing.assert_allclose(weights(parts), weights(whole), **ROUNDING)
    losses = [net.training_curve_["train_loss"].item() for net in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_accumulation_works_on_augmented_planes_part_by_part(bags):
    X, y = bags
    settings = {**PLAIN, "module": Groupwise, "batch_size": 8}
    del settings["module__dropout"]
    sizes = []
    whole = PlaneFeatureNet(**settings).fit(X[:20], y[:20])
    parts = PlaneFeatureNet(micro_batch_size=2, module__sizes=sizes, **settings)
    parts.fit(X[:20], y[:20])
    assert max(sizes) <= 3
    assert sum(sizes) == sum(map(len, X[:20]))
    np.testing.assert_allclose(weights(parts), weights(whole), **ROUNDING)


def test_batch_normalisation_sees_the_parts(pairs):
    """The documented exception: its statistics are those of each part."""
    X, y = pairs
    settings = {**PLAIN, "module": "resnet_tiny", "batch_size": 8}
    nets = [
        DLRClassifier(micro_batch_size=micro, **settings).fit(X[:8], y[:8])
        for micro in (None, 4)
    ]
    assert not np.allclose(weights(nets[0]), weights(nets[1]), atol=1e-6)


def test_cosine_schedule_ends_where_it_should(table):
    schedule = LRScheduler("CosineAnnealingLR", T_max=4)
    net = PredictiveNet(lr=0.1, max_epochs=4, patience=None, callbacks=[schedule])
    found = net.fit(*table).training_curve_["lr"]
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(4) / 4))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_schedule_is_reachable_by_name(table):
    schedule = ("schedule", LRScheduler("StepLR", step_size=1, gamma=0.5))
    net = PredictiveNet(lr=0.1, max_epochs=3, callbacks=[schedule])
    net.set_params(callbacks__schedule__gamma=0.1)
    found = net.fit(*table).training_curve_["lr"]
    np.testing.assert_allclose(found, [0.1, 0.01, 0.001], rtol=1e-12)


def test_batch_of_one_that_normalisation_cannot_take_is_refused():
    net = PlaneFeatureNet(module="resnet_tiny", batch_size=1, random_state=0)
    with pytest.raises(ValueError, match=r"cannot be trained on batches of 1 item"):
        net.fit(np.zeros((8, 1, 32, 32)), [0, 1] * 4)
    assert not hasattr(net, "module_")


def test_trying_the_network_leaves_its_statistics_alone(bags):
    X, y = bags
    watch = Watch()
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, callbacks=[watch])
    net.fit(X[:8], y[:8])
    assert watch.found == [0, 0.0, 1.0]
