"""Map one plane: what is sent to the workers of `QUSMapper`."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sknac.cohort import InMemoryArray
from sknac.qus._attenuation import resolve_attenuation
from sknac.qus._checks import check_fit, rf_frame
from sknac.qus._engine import maps_from_reference
from sknac.qus._form_factor import ScattererFit
from sknac.qus._media import make_media
from sknac.qus._pixels import square_pixels
from sknac.qus._plan import make_plan
from sknac.utils._store import ArrayStore

DTYPE = np.dtype(np.float32)


@dataclass(frozen=True)
class SpectralOptions:
    """Rarely changed settings of the spectra.

    Parameters
    ----------
    attenuation_power : float, default=1.0
        Exponent n of the tissue's attenuation in dB/(cm MHz^n).
    n_fft : int or None, default=None
        DFT length; None means the next power of two of the window's samples.
    taper : str or tuple, default="hann"
        Taper as `scipy.signal.get_window` names it.
    size_fit : {"least_squares", "masd"} or ScattererFit, default="least_squares"
        How ESD and EAC are fitted, as in `qus_maps`.
    min_snr_db : float or None, default=6.0
        Least signal to noise of a window, as in `qus_maps`.

    Examples
    --------
    >>> from sknac.qus import SpectralOptions
    >>> SpectralOptions(attenuation_power=1.2).min_snr_db
    6.0
    """

    attenuation_power: float = 1.0
    n_fft: int | None = None
    taper: str | tuple = "hann"
    size_fit: str | ScattererFit = "least_squares"
    min_snr_db: float | None = 6.0


@dataclass(frozen=True)
class PlaneMapper:
    """Maps one plane; small enough to be sent to another process."""

    settings: dict
    media: dict
    bsc: Callable | None
    channels: tuple
    fit: ScattererFit
    min_snr_db: float | None
    pixel_mm: float | None
    store: ArrayStore | None

    def __call__(self, plane, *, reference, attenuation, key):
        """Return the plane of maps; with a store they are written there."""
        plan = plan_of(plane, self.settings)
        stack = self._stack(plane, plan, reference, attenuation)
        if self.store is None:
            return self._placed(plane, plan, InMemoryArray(stack))
        return self._placed(plane, plan, self.store.put(key, stack))

    def find(self, plane, key):
        """Return the plane of maps if they are stored, else None."""
        handle = None if self.store is None else self.store.get(key)
        if handle is None:
            return None
        return self._placed(plane, plan_of(plane, self.settings), handle)

    def _stack(self, plane, plan, reference, attenuation):
        """Compute the maps, (n_maps, height, width)."""
        rf = rf_frame(plane.load())
        check_fit(rf, plan)
        common = {
            "plan": plan,
            "start_depth_mm": plane.origin_mm[0],
            "min_snr_db": self.min_snr_db,
        }
        media = make_media(
            attenuation=attenuation, speed_of_sound=plane.speed_of_sound, **self.media
        )
        media, _ = resolve_attenuation(media, rf, reference, **common)
        maps = maps_from_reference(
            rf,
            reference,
            media=media,
            reference_bsc=self.bsc,
            channels=self.channels,
            fit=self.fit,
            dtype=DTYPE,
            n_jobs=None,
            **common,
        )
        stack = np.stack([getattr(maps, name) for name in self.channels])
        if self.pixel_mm is None:
            return stack
        return square_pixels(stack, maps.depth_mm, maps.lateral_mm, self.pixel_mm)[0]

    def _placed(self, plane, plan, image):
        """Put the maps where their first window lies."""
        spacing = plan.spacing_mm
        if self.pixel_mm is not None:
            spacing = (self.pixel_mm, self.pixel_mm)
        start_mm, left_mm = plane.origin_mm
        origin = (plan.depth_mm(1, start_mm)[0], left_mm + plan.lateral_mm(1)[0])
        return plane.replace(
            image=image,
            kind="maps",
            spacing_mm=spacing,
            origin_mm=origin,
            channels=self.channels,
        )


def plan_of(plane, settings):
    """Plan the windows of an RF plane."""
    if plane.kind != "rf":
        raise ValueError(f"QUSMapper needs RF planes, got {plane.kind}")
    return make_plan(
        fs_mhz=plane.fs_mhz,
        line_pitch_mm=plane.spacing_mm[1],
        speed_of_sound=plane.speed_of_sound,
        **settings,
    )


def setting_key(plane, plan):
    """Everything of a plane that its reference spectrum depends on."""
    return (
        plane.reference,
        plane.focus_mm,
        plane.spacing_mm[1],
        plane.origin_mm[0] / plane.speed_of_sound,
        plane.image.shape[0],
        plan.spectral_key,
    )
