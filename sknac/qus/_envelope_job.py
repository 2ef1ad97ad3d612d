"""The work of `EnvelopeMapper` on one plane: its windows, its key, its quality."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sknac.cohort import Plane
from sknac.qus._envelope import envelope_maps
from sknac.qus._map_job import MapJob
from sknac.qus._map_key import envelope_key
from sknac.qus._pixels import check_pixels
from sknac.qus._plan import WindowPlan, window_hops, window_lengths
from sknac.qus._quality import WindowsQuality
from sknac.utils._store import ArrayStore


@dataclass(frozen=True)
class EnvelopeJob(MapJob):
    """One RF plane or envelope, and its windows."""

    plane: Plane
    plan: WindowPlan
    channels: tuple
    pixel_mm: float | None = None
    store: ArrayStore | None = None
    key: str | None = None

    quality_type = WindowsQuality

    def compute(self) -> tuple:
        """Compute the maps, and sum up how far they can be used."""
        found = envelope_maps(self.plane, self.plan, self.channels)
        stack = np.stack(list(found.maps.values()))
        n_windows = stack[0].size
        quality = WindowsQuality(
            n_windows=n_windows,
            valid={
                name: np.count_nonzero(np.isfinite(values)) / n_windows
                for name, values in found.maps.items()
            },
            invalid=found.invalid,
            doubts=found.doubts,
        )
        return stack, quality


def make_envelope_job(
    plane, channels, *, window_mm, overlap, pixel_mm=None, store=None
) -> EnvelopeJob:
    """Lay windows on a plane; settle once what it needs."""
    lengths = window_lengths(window_mm, plane.spacing_mm, plane)
    hops = window_hops(overlap, lengths)
    plan = WindowPlan(
        fs_mhz=plane.fs_mhz,
        line_pitch_mm=plane.spacing_mm[1],
        sample_mm=plane.spacing_mm[0],
        n_samples=lengths[0],
        n_lines=lengths[1],
        hop_samples=hops[0],
        hop_lines=hops[1],
        n_fft=lengths[0],
        band_mhz=None,
        bins=None,
        taper="boxcar",
    )
    if pixel_mm is not None:
        check_pixels(plan, plane.image.shape, len(channels), pixel_mm)
    key = None
    if store is not None:
        key = envelope_key(plane, (lengths, hops, channels, pixel_mm))
    return EnvelopeJob(plane, plan, channels, pixel_mm, store, key)
