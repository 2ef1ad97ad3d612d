import numpy as np
import pytest

from sknac.inspection import prediction_difference
from sknac.nets import PlaneFeatureNet

ROWS, COLUMNS = slice(8, 20), slice(10, 22)


def simulate(n, rng):
    """Noise in two channels; a square of the first is striped this way or that.

    Mean and spread of the square do not depend on the class, so that only a network
    that knows the stripes can tell classes apart.
    """
    images = rng.random((n, 2, 32, 32), dtype=np.float32)
    labels = np.arange(n) % 2
    stripes = np.arange(12) // 2 % 2
    for image, label in zip(images, labels, strict=True):
        square = np.broadcast_to(np.roll(stripes, rng.integers(4)), (12, 12))
        square = square if label else square.T
        image[0, ROWS, COLUMNS] = 0.1 + 0.6 * square + 0.2 * rng.random((12, 12))
    return images, labels


def enrichment(net, images):
    """Share of the differences in the square, over its share of the patches."""
    total = sum(maps[0] for maps in prediction_difference(net, images))
    centre = 3.5 + 4 * np.arange(7)
    rows = (centre > ROWS.start) & (centre < ROWS.stop)
    columns = (centre > COLUMNS.start) & (centre < COLUMNS.stop)
    inside = rows[:, None] & columns
    return total[0, inside].sum() / total.sum() / (inside.sum() / total.size)


@pytest.mark.slow
def test_differences_lie_where_the_effect_is_and_go_with_the_weights():
    common = {"validation_fraction": None, "flip": False, "torch_threads": 1}
    trained, untrained = [], []
    for seed in range(4):
        images, labels = simulate(170, np.random.default_rng(seed))
        net = PlaneFeatureNet(
            module="resnet_tiny",
            lr=3e-3,
            max_epochs=12,
            batch_size=16,
            max_shift=0.0,
            random_state=seed,
            **common,
        ).fit(images[:150], labels[:150])
        assert (net.predict(images[150:]) == labels[150:]).mean() > 0.8
        # One step without length: the statistics of the data, weights at random.
        blank = PlaneFeatureNet(
            module="resnet_tiny",
            lr=1e-12,
            max_epochs=1,
            batch_size=-1,
            random_state=100 + seed,
            **common,
        ).fit(images[:150], labels[:150])
        trained.append(enrichment(net, images[150:]))
        untrained.append(enrichment(blank, images[150:]))
    assert np.mean(trained) > 3.0
    assert min(trained) > 1.5
    assert np.mean(untrained) < 1.3
