"""One plane's envelope statistics: keys, causes and shares."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane, PolygonOutline
from sknac.qus._envelope import ENVELOPE_CAUSES, ENVELOPE_CHANNELS
from sknac.qus._envelope_job import make_envelope_job
from sknac.utils._store import ArrayStore


def envelope(seed=0, **settings):
    image = np.hypot(*np.random.default_rng(seed).normal(size=(2, 400, 40)))
    return Plane(image, "envelope", (0.02, 0.2), **settings)


def job(plane=None, channels=ENVELOPE_CHANNELS, store=None, **settings):
    settings = {"window_mm": 2.0, "overlap": 0.5, **settings}
    return make_envelope_job(plane or envelope(), channels, store=store, **settings)


def key(tmp_path, **settings):
    return job(store=ArrayStore(tmp_path), **settings).key


def test_everything_that_maps_depend_on_is_in_the_key(tmp_path):
    rf = Plane.from_rf(envelope().load(), fs_mhz=38.5, line_pitch_mm=0.2)
    different = [
        {},
        {"plane": envelope(1)},
        {"plane": envelope().replace(spacing_mm=(0.021, 0.2))},
        {"plane": rf},
        {"plane": rf.replace(fs_mhz=77.0, spacing_mm=(0.01, 0.2))},
        {"window_mm": 2.2},
        {"window_mm": (2.0, 3.0)},
        {"overlap": 0.6},
        {"channels": ("nakagami_m",)},
        {"channels": ENVELOPE_CHANNELS[::-1]},
        {"pixel_mm": 0.5},
    ]
    assert len({key(tmp_path, **one) for one in different}) == len(different)


def test_what_maps_do_not_depend_on_is_not_in_the_key(tmp_path):
    outlined = envelope(core=PolygonOutline([(1, 1), (1, 3), (3, 3)]))
    same = [
        {"plane": outlined},
        {"plane": envelope(origin_mm=(3.0, 1.0))},
        {"window_mm": (2, 2.0)},
        {"overlap": np.float64(0.5)},
    ]
    assert {key(tmp_path, **one) for one in same} == {key(tmp_path)}


def spoil(image, cause):
    """Spoil the upper half of an image."""
    top = image[:200]
    if cause == "nonfinite":
        top[:, :20] = np.nan
    elif cause == "dead_line":
        top[:, :20] = 1.5
    elif cause == "zeros":
        top.flat[::7] = 0.0
    else:  # amplitudes that hardly differ
        top[:] = 1 + 1e-4 * (np.arange(200)[:, None] % 2)


@pytest.mark.parametrize("cause", ["nonfinite", "dead_line", "zeros", "no_spread"])
def test_windows_without_values_are_counted_by_cause(cause):
    image = envelope().load().copy()
    spoil(image, cause)
    made = job(Plane(image, "envelope", (0.02, 0.2)))()
    maps = made.plane.load()
    spoilt = np.isnan(maps).any(axis=0)
    assert made.quality.invalid == {cause: np.count_nonzero(spoilt)}
    assert 0 < spoilt.sum() < spoilt.size
    assert cause in ENVELOPE_CAUSES
    for name, values in zip(ENVELOPE_CHANNELS, maps, strict=True):
        assert made.quality.valid[name] == np.isfinite(values).mean()


def test_sound_plane_has_nothing_invalid():
    quality = job()().quality
    assert (quality.invalid, quality.doubts) == ({}, [])
    assert set(quality.valid.values()) == {1.0}
    assert quality.n_windows == 7 * 7
