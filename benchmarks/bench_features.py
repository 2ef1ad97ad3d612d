"""Time the texture of one plane against scikit-image's on the same levels.

Run: ``python benchmarks/bench_features.py``. The plane is 512 x 512 pixels of 4 maps;
texture is taken at 3 distances and 4 angles with 32 levels. Entries run in turn, and
CPU time is counted on one thread, so that a busy machine slows neither. Goal: 60 ms.
"""

# SPDX-License-Identifier: BSD-3-Clause

import statistics
import time

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.features import Texture
from sknac.features._glcm import ANGLES, to_levels

SIDE, CHANNELS, LEVELS = 512, ("mbf", "si", "esd", "eac"), 32
DISTANCES = (1, 2, 4)
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation")


def make_plane():
    """Return maps of smooth noise with a round core of half the plane's width."""
    rng = np.random.default_rng(0)
    maps = gaussian_filter(rng.normal(size=(4, SIDE, SIDE)), (0, 3, 3))
    turn = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    core = 0.1 * SIDE * (0.5 + 0.25 * np.column_stack([np.sin(turn), np.cos(turn)]))
    return Plane(maps, "maps", (0.1, 0.1), core=PolygonOutline(core), channels=CHANNELS)


def make_texture(plane, **settings):
    """Return a fitted step and the frame of the plane."""
    X = pd.DataFrame({"us_pre": pd.Series([Study([plane])], dtype=object)})
    step = Texture(
        levels=LEVELS, distances=DISTANCES, properties=PROPERTIES, **settings
    )
    return step.fit(X), X


def of_scikit_image(plane, step):
    """Features of the whole plane by graycomatrix and graycoprops."""
    from skimage.feature import graycomatrix, graycoprops

    found = []
    whole = np.ones((SIDE, SIDE), dtype=bool)
    for image, low, high in zip(plane.load(), step.low_, step.high_, strict=True):
        levels = to_levels(image, whole, low, high, LEVELS).astype(np.uint8)
        matrices = graycomatrix(
            levels,
            DISTANCES,
            np.deg2rad(ANGLES),
            levels=LEVELS,
            symmetric=True,
            normed=True,
        )
        found += [graycoprops(matrices, name).mean(axis=1) for name in PROPERTIES]
    return np.concatenate(found)


def cpu_ms(work):
    """Milliseconds of CPU of one call."""
    start = time.process_time()
    work()
    return 1e3 * (time.process_time() - start)


def main(n_rounds=7):
    """Print the median of each entry and the ratio."""
    plane = make_plane()
    whole, X = make_texture(plane, regions=["roi"])
    parts, _ = make_texture(plane, regions=["core", "margin"])
    theirs = of_scikit_image(plane, whole)
    np.testing.assert_allclose(whole.transform(X)[0], theirs, 1e-12, 1e-12)
    entries = {
        "whole plane": lambda: whole.transform(X),
        "core and margin": lambda: parts.transform(X),
        "scikit-image, whole plane": lambda: of_scikit_image(plane, whole),
        "fit (limits), core and margin": lambda: parts.fit(X),
    }
    times = {name: [] for name in entries}
    for _ in range(n_rounds):
        for name, work in entries.items():
            times[name].append(cpu_ms(work))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.1f} ms")
    ratio = medians["scikit-image, whole plane"] / medians["whole plane"]
    print(f"scikit-image over sknac: {ratio:.1f}")


if __name__ == "__main__":
    main()
