"""Tiny cohorts that the checks run on."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy.signal import firwin, hilbert, lfilter

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.utils._room import check_room

_N_PATIENTS = 12
_MAP_CHANNELS = ("mbf", "si", "esd", "eac")


def make_check_cohort(
    kind: str = "maps", *, visits: tuple[str, ...] = ("pre",), image_size: int = 24
) -> tuple[pd.DataFrame, pd.Series]:
    """Make a tiny cohort of noise whose brightness tells the classes apart.

    Parameters
    ----------
    kind : {"rf", "envelope", "bmode", "maps"}, default="maps"
        Kind of the planes. RF planes are speckle of a pulse of 3 to 8 MHz, sampled
        at 40 MHz, 8 mm deep, with a pitch of 0.3 mm; envelopes are those of such RF.
    visits : tuple of str, default=("pre",)
        Visits; each becomes a column ``us_<visit>``.
    image_size : int, default=24
        Height and width of images and maps; lines of RF planes.

    Returns
    -------
    X : DataFrame of shape (12, 1 + n_visits)
        Cohort frame with one clinical column, ``age``; one to three planes a
        visit, each with a core outline.
    y : Series of shape (12,)
        ``"response"`` and ``"non-response"``, half of each.

    Examples
    --------
    >>> from sknac.testing import make_check_cohort
    >>> X, y = make_check_cohort("bmode")
    >>> X.shape, y.value_counts().tolist()
    ((12, 2), [6, 6])
    """
    rng, shape = np.random.default_rng(0), (image_size, image_size)
    check_room(f"image_size={image_size}", 128 * image_size**2, "give it in pixels")
    index = pd.Index([f"P{i:03d}" for i in range(_N_PATIENTS)], name="patient_id")
    y = pd.Series(["response", "non-response"] * (_N_PATIENTS // 2), index=index)
    X = pd.DataFrame({"age": rng.integers(30, 70, _N_PATIENTS)}, index=index)
    for visit in visits:
        cells = np.empty(_N_PATIENTS, dtype=object)
        for i, label in enumerate(y):
            level = 1.0 + (label == "response")
            n_planes = 1 + i % 3
            cells[i] = Study([_plane(kind, level, shape, rng) for _ in range(n_planes)])
        X[f"us_{visit}"] = cells
    return X, y


def _plane(kind, level, shape, rng):
    """Make one plane with a square core in its middle."""
    if kind == "rf":
        image = _speckle(level, shape[1], rng)
        plane = Plane.from_rf(image, fs_mhz=40.0, line_pitch_mm=0.3)
    elif kind == "envelope":
        image = np.abs(hilbert(_speckle(level, shape[1], rng), axis=0))
        plane = Plane(image.astype(np.float32), kind, (0.01925, 0.3))
    elif kind == "bmode":
        image = np.clip(60 * level + 15 * rng.standard_normal(shape), 0, 255)
        plane = Plane(image.astype(np.uint8), kind, (0.3, 0.3))
    elif kind == "maps":
        image = level + 0.3 * rng.standard_normal((4, *shape))
        plane = Plane(
            image.astype(np.float32), kind, (0.3, 0.3), channels=_MAP_CHANNELS
        )
    else:
        raise ValueError(f"kind must be rf, envelope, bmode or maps, got {kind!r}")
    corners = np.array([(0.3, 0.3), (0.3, 0.7), (0.7, 0.7), (0.7, 0.3)])
    last = np.subtract(plane.grid.shape, 1)
    core = PolygonOutline(plane.grid.to_points(corners * last))
    return plane.replace(core=core)


def _speckle(level, n_lines, rng):
    """Make RF lines of 416 samples: echoes of a pulse in a little noise."""
    pulse = firwin(31, (3.0, 8.0), fs=40.0, pass_zero=False)
    echoes, noise = rng.standard_normal((2, 416, n_lines))
    echoes = lfilter(pulse, 1.0, echoes, axis=0)
    return (2000 * level * echoes + 10 * noise).astype(np.int16)
