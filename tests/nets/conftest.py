import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from sknac.cohort import Plane, Study


def draw_texture(rng, coarse, size=32):
    """One channel of Gaussian texture whose grain tells the class."""
    image = gaussian_filter(rng.standard_normal((size, size)), 1.4 if coarse else 1.0)
    return (image / image.std()).astype(np.float32)[None]


@pytest.fixture(scope="session")
def bags():
    """90 bags of 1-3 texture planes and their labels."""
    rng = np.random.default_rng(0)
    coarse = np.arange(90) % 2
    X = [
        np.stack([draw_texture(rng, k) for _ in range(rng.integers(1, 4))])
        for k in coarse
    ]
    return X, np.where(coarse, "response", "non-response")


@pytest.fixture(scope="session")
def pairs():
    """140 pairs whose second image is coarser in responders; labels."""
    rng = np.random.default_rng(0)
    coarse = np.arange(140) % 2
    X = np.stack(
        [np.stack([draw_texture(rng, 0), draw_texture(rng, k)]) for k in coarse]
    )
    return X, np.where(coarse, "response", "non-response")


@pytest.fixture(scope="session")
def table():
    """80 patients with 5 features, two of them informative; labels."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = rng.standard_normal((80, 5))
    X[:, :2] += 2.0 * y[:, None]
    return X, np.where(y, "response", "non-response")


@pytest.fixture(scope="session")
def cohort():
    """A cohort frame of 8 patients: two visits of 1-3 small map planes; labels."""
    rng = np.random.default_rng(0)

    def study(n):
        channels = ("mbf", "esd")
        images = rng.random((n, 2, 16, 16)).astype(np.float32)
        return Study(
            [Plane(im, "maps", (0.5, 0.5), channels=channels) for im in images]
        )

    pre = [study(1 + i % 3) for i in range(8)]
    post = [study(1 + i % 2) for i in range(8)]
    index = pd.Index([f"P{i:03}" for i in range(8)], name="patient_id")
    frame = {"age": np.arange(8) + 40.0}
    X = pd.DataFrame(frame, index=index)
    X["us_pre"] = pd.Series(pre, index=index, dtype=object)
    X["us_post2"] = pd.Series(post, index=index, dtype=object)
    return X, np.where(np.arange(8) % 2, "response", "non-response")
