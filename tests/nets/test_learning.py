"""The tiny networks learn what there is, fast, and nothing from shuffled labels."""

import time

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score
from skorch.callbacks import LRScheduler

from sknac.nets import DLRClassifier, PlaneFeatureNet

N_TRAIN = 160


def textures(n, seed, side):
    """Fine and coarse Gaussian texture, alternating."""
    rng = np.random.default_rng(seed)
    images = [
        gaussian_filter(rng.standard_normal((side, side)), 1.4 if i % 2 else 1.0)
        for i in range(n)
    ]
    return np.stack([image / image.std() for image in images])[:, None]


def gaps_to_shuffled(make, X, y):
    """AUCs of true and shuffled labels over 4 seeds; CPU seconds of the longest fit."""
    true, shuffled, slowest = [], [], 0.0
    for seed in range(4):
        mixed = np.random.default_rng(seed).permutation(y)
        for labels, found in ((y, true), (mixed, shuffled)):
            start = time.process_time()  # of all threads: others may be busy too
            net = make(seed).fit(X[:N_TRAIN], labels[:N_TRAIN])
            slowest = max(slowest, time.process_time() - start)
            proba = net.predict_proba(X[N_TRAIN:])[:, 1]
            found.append(roc_auc_score(y[N_TRAIN:], proba))
    return np.array(true), np.array(shuffled), slowest


@pytest.mark.slow
@pytest.mark.parametrize("module", ["ran_tiny", "resnet_tiny"])
def test_feature_network_learns_texture_in_seconds(module):
    X, y = textures(260, 0, 48), np.arange(260) % 2

    def make(seed):
        return PlaneFeatureNet(
            module=module,
            lr=3e-3,
            batch_size=16,
            max_epochs=20,
            max_shift=0.125,
            callbacks=[LRScheduler("CosineAnnealingLR", T_max=20)],
            random_state=seed,
        )

    true, shuffled, slowest = gaps_to_shuffled(make, X, y)
    assert true.min() > 0.9
    assert (true - shuffled).mean() > 0.25
    assert slowest < 30


@pytest.mark.slow
@pytest.mark.parametrize("module", ["ran_tiny", "resnet_tiny"])
def test_dual_input_network_learns_the_change_in_seconds(module):
    y = np.arange(260) % 2
    before = textures(520, 1, 32)[::2]  # fine texture, whatever the class
    X = np.stack([before, textures(260, 2, 32)], axis=1)

    def make(seed):
        return DLRClassifier(
            module=module, lr=3e-3, batch_size=16, max_epochs=20, random_state=seed
        )

    true, shuffled, slowest = gaps_to_shuffled(make, X, y)
    assert true.min() > 0.9
    assert (true - shuffled).mean() > 0.25
    assert slowest < 30
