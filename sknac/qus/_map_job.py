"""What the work on one plane of a mapper is: maps computed, or found in a store."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np

from sknac.cohort import InMemoryArray, Plane
from sknac.qus._pixels import check_pixels, square_pixels
from sknac.utils._session_store import SessionStore
from sknac.utils._store import ArrayStore

DTYPE = np.dtype(np.float32)


class MadePlane(NamedTuple):
    """A plane of maps and what is known of them."""

    plane: Plane
    quality: NamedTuple
    band_mhz: tuple | None = None
    reference_doubts: tuple = ()

    @property
    def doubts(self) -> list:
        """All that speaks against the maps."""
        theirs = (f"the reference: {doubt}" for doubt in self.reference_doubts)
        return [*self.quality.doubts, *theirs]


class MapJob:
    """Base of one plane's work: settled once, then carried to where it is done.

    A subclass has `plane`, `plan` (its windows), `channels`, `pixel_mm`, `store` and
    `key`, names the `quality_type` that it notes beside stored maps, and computes.
    """

    quality_type: type
    store = key = None

    @property
    def gives_handles(self) -> bool:
        """Whether it may be sent: the maps stay in the store."""
        return isinstance(self.store, ArrayStore)

    def ready(self) -> "MapJob":
        """Return the job with all that its key depends on; itself by default."""
        return self

    def compute(self) -> tuple:
        """Compute the maps (n_maps, n_rows, n_columns), and their quality."""
        raise NotImplementedError(f"{type(self).__name__} must write compute")

    def about(self) -> tuple:
        """Return the band of the maps, and what speaks against their reference."""
        return None, ()

    def __call__(self, _=None) -> MadePlane:
        """Make the plane of maps; with a store they are written there.

        Another process may have been faster: then they are taken from there.
        """
        job = self.ready()
        return job.stored() or job._compute_and_keep()

    def stored(self, *, listed=False) -> MadePlane | None:
        """Return the plane of maps if they and their quality are stored, else None.

        No pixel is read; see `ArrayStore.find` for `listed`.
        """
        if self.store is None or self.key is None:
            return None
        if isinstance(self.store, SessionStore):
            image, note = self.store.find(self.key)
        else:
            note = self.store.note(self.key, listed=listed)
            image = None if note is None else self.store.find(self.key, listed=listed)
        if image is None or set(note) != set(self.quality_type._fields):
            return None
        return self._made(image, self.quality_type(**note))

    @property
    def n_bytes(self) -> int:
        """Bytes of the plane of maps."""
        shape, n_maps = self.plane.image.shape, len(self.channels)
        if self.pixel_mm is not None:
            return check_pixels(self.plan, shape, n_maps, self.pixel_mm)
        n_windows = self.plan.n_rows(shape[0]) * self.plan.n_columns(shape[1])
        return DTYPE.itemsize * n_maps * n_windows

    def _compute_and_keep(self):
        """Compute the maps; what rotted is not stored under the digest of what was."""
        if self.store is not None:
            self.plane.image.check_content()
        stack, quality = self.compute()
        if self.pixel_mm is not None:
            depth_mm = self.plan.depth_mm(stack.shape[1], self.plane.origin_mm[0])
            lateral_mm = self.plan.lateral_mm(stack.shape[2])
            stack = square_pixels(stack, depth_mm, lateral_mm, self.pixel_mm)[0]
        image = stack
        if self.store is not None and self.key is not None:
            image = self.store.put(self.key, stack, note=quality._asdict())
        return self._made(image, quality)

    def _made(self, image, quality):
        """Put maps, or a handle to them, and what is known of them together."""
        if isinstance(image, np.ndarray):
            image = InMemoryArray(image)
        return MadePlane(self._placed(image), quality, *self.about())

    def _placed(self, image):
        """Put the maps where their first window lies."""
        plane, plan, pixel_mm = self.plane, self.plan, self.pixel_mm
        start_mm, left_mm = plane.origin_mm
        return plane.replace(
            image=image,
            kind="maps",
            spacing_mm=plan.spacing_mm if pixel_mm is None else (pixel_mm, pixel_mm),
            origin_mm=(
                plan.depth_mm(1, start_mm)[0],
                left_mm + plan.lateral_mm(1)[0],
            ),
            channels=self.channels,
        )
