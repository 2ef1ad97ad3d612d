"""A breast with a tumour, as levels of echogenicity and shadow for B-mode.

From the probe down: skin, subcutaneous fat with bright septa, glandular tissue,
the fascia, and the pectoral muscle with its fibres.  The layers undulate; they are
those of one patient at all visits, seen a little differently each time.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from sknac.datasets._speckle import smooth_field

# Level of each layer in dB below full scale, before speckle.
_SKIN, _FAT, _GLAND, _MUSCLE, _FASCIA, _SEPTUM = (
    -12.0,
    -30.0,
    -22.0,
    -32.0,
    -14.0,
    -20.0,
)
_SKIN_MM = 1.6


@dataclass(frozen=True)
class Breast:
    """Depths of a patient's layers, as shares of the image, and their waves."""

    fat: float
    muscle: float
    waves: np.ndarray
    septa: np.ndarray


@dataclass(frozen=True)
class Lesion:
    """A tumour at one visit.

    `level_db` is its echogenicity against the glandular tissue, `texture_db` the SD
    of its internal texture, `shadow_db` the loss behind it (negative: enhancement),
    `halo_db` the rim of bright tissue round it.
    """

    vertices: np.ndarray
    level_db: float
    texture_db: float
    shadow_db: float
    halo_db: float


def draw_breast(rng):
    """Draw the layers of one patient."""
    return Breast(
        fat=rng.uniform(0.17, 0.28),
        muscle=rng.uniform(0.78, 0.9),
        waves=rng.normal(size=(2, 3, 2)),
        septa=rng.uniform(size=(5, 4)),
    )


def level_map(breast, lesion, core, grid, rng):
    """Echo level of each pixel in dB re full scale.

    `core` is the mask of the tumour on `grid`.
    """
    level = _layers(breast, grid, rng)
    spacing = grid.spacing_mm
    outside = distance_transform_edt(~core, sampling=spacing)
    inside = distance_transform_edt(core, sampling=spacing)
    texture = lesion.texture_db * smooth_field(core.shape, 0.7 / np.array(spacing), rng)
    tumour = _GLAND + lesion.level_db + texture
    # The border is blurred over about half a millimetre.
    share = 1 / (1 + np.exp(-(inside - outside) / 0.25))
    level += share * (tumour - level)
    level += lesion.halo_db * np.exp(-(((outside - 0.8) / 0.6) ** 2)) * ~core
    return level - _shadow(lesion, core, grid) - 0.12 * grid.axial[:, None]


def _layers(breast, grid, rng):
    """Echo levels of the healthy breast."""
    depth = grid.axial[:, None]
    size = np.multiply(grid.shape, grid.spacing_mm)
    across = grid.lateral / size[1]
    fat = breast.fat * size[0] + 1.3 * _wave(breast.waves[0], across)
    muscle = breast.muscle * size[0] + 0.7 * _wave(breast.waves[1], across)
    spacing = np.array(grid.spacing_mm)
    patchy = smooth_field(grid.shape, [0.5, 2.0] / spacing, rng)
    patchy = 0.7 * (patchy + smooth_field(grid.shape, [1.6, 4.0] / spacing, rng))
    fibres = smooth_field(grid.shape, [0.25, 4.0] / spacing, rng)
    level = np.where(depth < fat, _FAT + 1.2 * patchy, _GLAND + 3.2 * patchy)
    level = np.where(depth > muscle, _MUSCLE + 4.0 * fibres, level)
    level = _bright_line(level, depth - muscle, 0.5, _FASCIA + 2 * patchy)
    level = _bright_line(level, depth - fat, 0.3, _SEPTUM + 2 * patchy)
    for x, slope, start, bend in breast.septa:
        line = (
            x
            + 0.25 * (slope - 0.5) * (depth / fat)
            + 0.1 * (bend - 0.5) * (depth / fat) ** 2
        )
        strand = _bright_line(
            level, (across - line) * size[1], 0.3, _SEPTUM + 4 - 2 * start
        )
        level = np.where(depth < fat, strand, level)
    skin = _SKIN - 5 * (np.abs(depth - _SKIN_MM / 2) < _SKIN_MM / 4)
    return np.where(depth < _SKIN_MM, skin, level)


def _wave(coefficients, across):
    """Undulation of a layer's border, mm."""
    order = np.arange(1, 1 + len(coefficients))[:, None]
    sine, cosine = coefficients.T[:, :, None] / order
    angle = np.pi * order * across
    return 0.9 * np.sum(sine * np.sin(angle) + cosine * np.cos(angle), axis=0)


def _bright_line(level, distance, width, bright):
    """Lay a bright line over a map, at zero distance."""
    return level + np.exp(-((distance / width) ** 2)) * np.maximum(bright - level, 0)


def _shadow(lesion, core, grid):
    """Loss behind the tumour in dB, in proportion to the tumour passed through."""
    passed = np.cumsum(core, axis=0) * grid.spacing_mm[0]
    behind = np.where(core, 0.0, passed)
    height = max(float(np.ptp(lesion.vertices[:, 0])), 1.0)
    loss = lesion.shadow_db * behind / height
    return gaussian_filter(loss, [0, 0.8 / grid.spacing_mm[1]], mode="nearest")
