"""The work on one plane: settled once, then carried to where it is done."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sknac.cohort import Plane
from sknac.qus._checks import check_attenuation, different_names, pair
from sknac.qus._engine import NEEDS_BSC, maps_of
from sknac.qus._estimates import CHANNELS, Media
from sknac.qus._form_factor import SizeFit
from sknac.qus._guards import floor_doubts, warn_all
from sknac.qus._layers import check_layers, layered
from sknac.qus._map_job import DTYPE, MapJob
from sknac.qus._map_key import map_key, write_settings
from sknac.qus._options import SpectralOptions, checked_fit
from sknac.qus._pixels import check_pixels
from sknac.qus._plan import WindowPlan, check_rf, make_plan
from sknac.qus._quality import PlaneQuality, quality_of
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_check import remembered_check
from sknac.qus._reference_memory import remembered_spectrum
from sknac.qus._reference_spectrum import ReferenceSpectrum, setting_of
from sknac.utils._doubts import kind_of
from sknac.utils._store import ArrayStore


@dataclass(frozen=True)
class Recipe:
    """Checked settings, and what is known of the phantom but its RF."""

    windows: dict  # what `make_plan` takes beside the plane
    media: dict  # what `Media` takes beside the plane's speed and attenuation
    bsc: Callable | None
    channels: tuple
    fit: SizeFit
    min_snr_db: float | None
    pixel_mm: float | None = None
    guards: bool = True
    layers: tuple | None = None
    correct_taper: bool = False

    @cached_property
    def written(self) -> str:
        """The settings as text, of which keys of stored maps are made."""
        return write_settings(self)

    @cached_property
    def _plans(self) -> dict:
        """Plans by what they depend on."""
        return {}

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_plans"}

    def plan(self, plane) -> WindowPlan:
        """Lay windows on a plane; planes of one geometry share a plan."""
        check_rf(plane)
        geometry = (
            plane.kind,
            plane.image.shape,
            plane.fs_mhz,
            plane.spacing_mm,
            plane.origin_mm[0],
            plane.speed_of_sound,
        )
        if geometry not in self._plans:
            plan = make_plan(plane, **self.windows)
            if self.pixel_mm is not None:
                n_maps = len(self.channels)
                check_pixels(plan, plane.image.shape, n_maps, self.pixel_mm)
            self._plans[geometry] = plan
        return self._plans[geometry]


@dataclass(frozen=True)
class PlaneJob(MapJob):
    """One plane, its windows on their band, media and the reference's spectrum."""

    recipe: Recipe
    plane: Plane
    plan: WindowPlan
    media: Media
    reference: ReferenceSpectrum
    store: ArrayStore | None = None
    key: str | None = None

    quality_type = PlaneQuality

    @property
    def channels(self) -> tuple:
        """Names of the maps."""
        return self.recipe.channels

    @property
    def pixel_mm(self) -> float | None:
        """Side of the pixels; None for the grid of the windows."""
        return self.recipe.pixel_mm

    def ready(self) -> "PlaneJob":
        """Return the job with what a function of the plane says of its attenuation."""
        if not callable(self.media.attenuation):
            return self
        return replace(self, media=called(self.media, self.plane)).with_key()

    def with_key(self) -> "PlaneJob":
        """Return the job with the key of its maps, where they are to be stored."""
        if self.store is None:
            return self
        parts = self.plane, self.plan, self.media, self.reference
        try:
            return replace(self, key=map_key(self.recipe, *parts))
        except Exception:
            # Of a model that cannot be written; without a folder nobody asked for it.
            if isinstance(self.store, ArrayStore):
                raise
            return self

    def compute(self) -> tuple:
        """Compute the maps, and sum up how far they can be used."""
        maps = maps_of(self, dtype=DTYPE)
        quality = quality_of(maps, self.channels, self.media.attenuation)
        return np.stack([getattr(maps, name) for name in self.channels]), quality

    def about(self) -> tuple:
        """Return the band, and what speaks against the reference."""
        return self.plan.band_mhz, self.reference.doubts


def make_recipe(
    phantom,
    *,
    band_mhz,
    window_mm,
    overlap,
    channels,
    options,
    pixel_mm=None,
    layers=None,
    known=CHANNELS,
) -> Recipe:
    """Check the settings that all planes share."""
    if not isinstance(phantom, ReferencePhantom):
        kind = type(phantom).__name__
        raise ValueError(f"reference must be a ReferencePhantom, got {kind}")
    options = SpectralOptions() if options is None else options
    fit = checked_fit(options)
    return Recipe(
        windows={
            "band_mhz": band_mhz,
            "window_mm": window_mm,
            "overlap": overlap,
            "n_fft": options.n_fft,
            "taper": options.taper,
            "noise_band_mhz": options.noise_band_mhz,
        },
        media={
            "attenuation_power": float(options.attenuation_power),
            "reference_speed_of_sound": phantom.speed_of_sound,
            "reference_attenuation": phantom.attenuation_db_cm_mhz,
            "reference_attenuation_power": phantom.attenuation_power,
        },
        bsc=phantom.bsc,
        channels=_check_channels(channels, phantom.bsc, known),
        fit=fit,
        min_snr_db=options.min_snr_db,
        pixel_mm=pixel_mm,
        guards=options.guards,
        layers=check_layers(layers),
        correct_taper=options.correct_taper,
    )


def make_job(
    plane, attenuation, recipe, phantom, spectra, store=None, **precision
) -> PlaneJob:
    """Settle once what one plane needs."""
    plan, reference = known_spectrum(plane, recipe, phantom, spectra, **precision)
    if plan.bins is None:
        plan = plan.on_band(reference.band_mhz)
    if recipe.layers is None or attenuation is not None:
        attenuation = check_attenuation(attenuation, plane.image.shape)
    if recipe.layers is not None:
        attenuation = layered(recipe.layers, attenuation, plane)
    media = Media(plane.speed_of_sound, attenuation, **recipe.media)
    job = PlaneJob(recipe, plane, plan, media, reference, store)
    # What a function of the plane says is known when it is called, by `ready`.
    return job if callable(media.attenuation) else job.with_key()


def called(media, plane):
    """Put what a function of the plane returns in its place; the job keeps it small."""
    if not callable(media.attenuation):
        return media
    value = media.attenuation(plane)
    if callable(value) or isinstance(value, str):
        raise ValueError(
            "attenuation_db_cm_mhz as a function must return a number or a map of the "
            f"plane's samples, got {value!r}"
        )
    return replace(media, attenuation=check_attenuation(value, plane.image.shape))


def known_spectrum(plane, recipe, phantom, spectra, dtype=DTYPE, n_jobs=None):
    """Plan a plane; look its reference's spectrum up, or add it to those known."""
    plan = recipe.plan(plane)
    setting = setting_of(plane, plan)
    if setting not in spectra:
        found = remembered_spectrum(plane, plan, phantom, dtype, n_jobs, recipe.guards)
        if recipe.guards:
            known = {kind_of(d) for other in spectra.values() for d in other.doubts}
            doubts, said = _reference_doubts(found, recipe, phantom)
            new = [d for d in doubts if kind_of(d) not in known and d not in said]
            warn_all(new, "the reference")
            found = replace(found, doubts=doubts)
        spectra[setting] = found
    return plan, spectra[setting]


def _reference_doubts(found, recipe, phantom):
    """Gather what speaks against a reference, and which of it was said before.

    Its spectrum does, and the phantom's check, which warns once in its life.
    """
    doubts = list(found.doubts)
    if recipe.min_snr_db is not None:
        doubts += floor_doubts(found.ln_floor, doubts)
    window_mm = pair("window_mm", recipe.windows["window_mm"])[0]
    check, new = remembered_check(phantom, recipe.windows["band_mhz"], window_mm)
    return (*doubts, *check.warnings), () if new else check.warnings


def _check_channels(channels, bsc, known):
    """Check the names of the maps, and that those asked for can be had."""
    channels = different_names("channels", channels, known)
    need = [name for name in channels if name in NEEDS_BSC]
    if need and bsc is None:
        raise ValueError(
            f"channels {need} need the phantom's backscatter coefficient; give the "
            "ReferencePhantom a model of sknac.qus as bsc, or leave them out"
        )
    return channels
