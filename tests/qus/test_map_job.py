"""The base of planes' jobs: where maps are put, and what is noted of them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus._map_job import MadePlane, MapJob
from sknac.qus._plan import make_plan
from sknac.qus._quality import WindowsQuality
from sknac.utils._store import ArrayStore


@dataclass
class Ramp(MapJob):
    """Maps that rise by one a row."""

    plane: Plane
    channels: tuple = ("a", "b")
    pixel_mm: float | None = None
    store: ArrayStore | None = None
    key: str | None = None

    quality_type = WindowsQuality

    @property
    def plan(self):
        return make_plan(self.plane, band_mhz=(3, 8), window_mm=2.0, overlap=0.5)

    def compute(self):
        shape = self.plan.n_rows(400), self.plan.n_columns(40)
        rows = np.broadcast_to(np.arange(shape[0])[:, None], shape)
        quality = WindowsQuality(rows.size, {"a": 1.0, "b": 1.0}, {}, ["odd"])
        return np.stack([rows, -rows]).astype(np.float32), quality


@pytest.fixture
def plane():
    rf = np.zeros((400, 40))
    return Plane.from_rf(rf, fs_mhz=38.5, line_pitch_mm=0.25, start_depth_mm=3.0)


def test_maps_lie_at_the_centre_of_the_first_window(plane):
    made = Ramp(plane)().plane
    assert (made.kind, made.channels) == ("maps", ("a", "b"))
    assert made.origin_mm == pytest.approx((3.0 + 99 / 2 * 0.02, 7 / 2 * 0.25))
    assert made.spacing_mm == pytest.approx((1.0, 1.0))


def test_pixels_interpolate_between_windows(plane):
    maps = Ramp(plane, pixel_mm=0.25)().plane.load()
    np.testing.assert_allclose(maps[0, :, 0], np.arange(maps.shape[1]) / 4, atol=1e-6)


@pytest.mark.parametrize("pixel_mm", [None, 0.3])
def test_bytes_are_known_before_the_maps_are(plane, pixel_mm):
    job = Ramp(plane, pixel_mm=pixel_mm)
    assert job().plane.load().nbytes == pytest.approx(job.n_bytes, rel=0.1)


def test_stored_maps_come_with_what_was_noted_of_them(plane, tmp_path):
    store = ArrayStore(tmp_path)
    store.prepare()
    job = Ramp(plane, store=store, key="0" * 32)
    assert job.stored() is None
    made, found = job(), job.stored()
    assert found.plane == made.plane
    assert found.quality == made.quality


def test_doubts_are_of_the_scan_and_of_its_reference(plane):
    quality = WindowsQuality(1, {}, {}, ["too loud"])
    made = MadePlane(plane, quality, (3, 8), ("too narrow",))
    assert made.doubts == ["too loud", "the reference: too narrow"]


def test_what_a_job_must_write_is_named():
    with pytest.raises(NotImplementedError, match="MapJob must write compute"):
        MapJob()()
