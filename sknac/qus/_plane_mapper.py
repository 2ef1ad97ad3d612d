"""Map one plane: what is sent to the workers of `QUSMapper`."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sknac.cohort import InMemoryArray
from sknac.qus._checks import check_fit, rf_frame
from sknac.qus._engine import QUSMaps, maps_from_reference
from sknac.qus._form_factor import ScattererFit
from sknac.qus._maps import make_media, resolve_attenuation
from sknac.qus._pixels import square_pixels
from sknac.qus._plan import make_plan

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
    fit : {"least_squares", "masd"} or ScattererFit, default="least_squares"
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
    fit: str | ScattererFit = "least_squares"
    min_snr_db: float | None = 6.0


@dataclass(frozen=True)
class PlaneMapper:
    """Maps one plane; small enough to be sent to another process."""

    spectra: dict
    settings: dict
    media: dict
    bsc: Callable | None
    parameters: tuple
    fit: ScattererFit
    min_snr_db: float | None
    pixel_mm: float | None

    def __call__(self, plane):
        """Return the plane of maps."""
        plan = plan_of(plane, self.settings)
        maps = self.maps(plane, plan)
        stack = np.stack([getattr(maps, name) for name in self.parameters])
        depth_mm, lateral_mm = maps.depth_mm, maps.lateral_mm
        spacing = plan.spacing_mm
        if self.pixel_mm is not None:
            spacing = (self.pixel_mm, self.pixel_mm)
            stack, depth_mm, lateral_mm = square_pixels(
                stack, depth_mm, lateral_mm, self.pixel_mm
            )
        return plane.replace(
            image=InMemoryArray(stack),
            kind="maps",
            spacing_mm=spacing,
            origin_mm=(depth_mm[0], plane.origin_mm[1] + lateral_mm[0]),
            channels=self.parameters,
        )

    def maps(self, plane, plan) -> QUSMaps:
        """Compute the maps on the window grid."""
        rf = rf_frame(plane.load())
        check_fit(rf, plan)
        reference = self.spectra[setting_key(plane, plan)]
        common = {
            "plan": plan,
            "start_depth_mm": plane.origin_mm[0],
            "min_snr_db": self.min_snr_db,
        }
        media = make_media(speed_of_sound=plane.speed_of_sound, **self.media)
        media, _ = resolve_attenuation(media, rf, reference, **common)
        return maps_from_reference(
            rf,
            reference,
            media=media,
            reference_bsc=self.bsc,
            parameters=self.parameters,
            fit=self.fit,
            dtype=DTYPE,
            n_jobs=None,
            **common,
        )


def plan_of(plane, settings):
    """Plan the windows of an RF plane."""
    if plane.kind != "rf":
        raise ValueError(f"QUSMapper needs RF planes, got {plane.kind}")
    plan = make_plan(
        fs_mhz=plane.fs_mhz,
        line_pitch_mm=plane.spacing_mm[1],
        speed_of_sound=plane.speed_of_sound,
        **settings,
    )
    if not np.isclose(plan.sample_mm, plane.spacing_mm[0], rtol=1e-3):
        raise ValueError(
            f"axial spacing {plane.spacing_mm[0]:g} mm contradicts fs_mhz="
            f"{plane.fs_mhz:g} and speed_of_sound={plane.speed_of_sound:g} "
            f"({plan.sample_mm:g} mm): build the plane with Plane.from_rf"
        )
    return plan


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
