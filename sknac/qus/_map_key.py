"""The key under which a plane's maps are stored: all that they depend on."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import asdict
from numbers import Real

import numpy as np

from sknac.qus._engine import NEEDS_BSC
from sknac.qus._layers import Layers
from sknac.utils._handle import digest_of

# Raise it with every change that gives other maps of the same input: stored maps
# of an older format are then not found, and computed again.
MAPS_FORMAT = 2
ENVELOPE_FORMAT = 1
_FORM_FACTOR_AT = tuple(np.linspace(0.02, 6.0, 300).tolist())


def map_key(recipe, plane, plan, media, reference) -> str:
    """Hash the contents of scan and reference, and every setting.

    The core is not among them: a redrawn outline finds the same maps.
    """
    scan = (
        plane.image.digest,
        plane.fs_mhz,
        plane.spacing_mm,
        plane.origin_mm[0],
        plane.speed_of_sound,
        plane.focus_mm,
    )
    attenuation = media.attenuation
    if isinstance(attenuation, Layers):
        attenuation = (attenuation.to_mm, attenuation.db_cm_mhz)
    elif np.ndim(attenuation):
        attenuation = digest_of(np.ascontiguousarray(attenuation).tobytes())
    bsc = None
    if any(name in NEEDS_BSC for name in recipe.channels):
        bsc = digest_of(_values(recipe.bsc, plan.freqs_mhz).tobytes())
    parts = ("qus maps", MAPS_FORMAT, scan, reference.sources, attenuation, bsc)
    return digest_of(*(repr(_plain(part)) for part in parts), recipe.written)


def envelope_key(plane, settings) -> str:
    """Hash the content of an RF plane or envelope, its steps, and every setting."""
    scan = (plane.image.digest, plane.kind, plane.fs_mhz, plane.spacing_mm)
    return digest_of(repr(_plain(("envelope maps", ENVELOPE_FORMAT, scan, settings))))


def write_settings(recipe) -> str:
    """Write the settings that all planes share, equal ones alike."""
    fit = asdict(recipe.fit)
    if callable(fit["form_factor"]):
        fit["form_factor"] = _values(fit["form_factor"], _FORM_FACTOR_AT)
    settings = (
        recipe.windows,
        recipe.media,
        recipe.channels,
        recipe.min_snr_db,
        recipe.guards,  # of the doubts that are noted beside the maps
        recipe.pixel_mm,
        recipe.correct_taper,
        fit,
    )
    return repr(_plain(settings))


def _values(function: Callable, at):
    """Describe a function by its values, which any process writes alike."""
    return np.asarray(function(np.asarray(at, dtype=float)), dtype=float)


def _plain(value):
    """Write equal settings alike: 2 and 2.0, tuples, lists and arrays."""
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, dict):
        return tuple((name, _plain(value[name])) for name in sorted(value))
    return tuple(_plain(item) for item in value)
