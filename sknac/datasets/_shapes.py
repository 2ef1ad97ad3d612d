"""Irregular, lobulated tumour outlines."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

_N_VERTICES = 96


@dataclass(frozen=True)
class Lobes:
    """Shape of a tumour, free of size and place.

    `amplitudes` and `phases` are those of the outline's harmonics 2, 3, ...;
    `aspect` is width over height.
    """

    amplitudes: np.ndarray
    phases: np.ndarray
    aspect: float

    def jitter(self, rng, share=0.25):
        """Return the same tumour cut or seen a little differently."""
        n = self.amplitudes.size
        return Lobes(
            self.amplitudes * (1 + share * rng.standard_normal(n)),
            self.phases + share * rng.standard_normal(n),
            self.aspect * np.exp(0.3 * share * rng.standard_normal()),
        )

    def outline(self, centre_mm, radius_mm):
        """Return vertices (axial, lateral) in mm, of area pi radius_mm**2."""
        theta = np.linspace(0, 2 * np.pi, _N_VERTICES, endpoint=False)
        order = np.arange(2, 2 + self.amplitudes.size)[:, None]
        waves = self.amplitudes[:, None] * np.cos(order * theta + self.phases[:, None])
        # The floor keeps the outline star-shaped, hence free of crossings.
        radius = np.maximum(1 + waves.sum(axis=0), 0.35)
        unit = np.column_stack([np.sin(theta), np.cos(theta)]) * radius[:, None]
        unit *= [self.aspect**-0.5, self.aspect**0.5]
        return np.asarray(centre_mm) + unit * (radius_mm / np.sqrt(_area(unit) / np.pi))


def draw_lobes(rng, *, irregularity=0.14, n_harmonics=7):
    """Draw the shape of one tumour."""
    order = np.arange(2, 2 + n_harmonics)
    amplitudes = irregularity * rng.standard_normal(n_harmonics) * (2 / order) ** 0.6
    phases = rng.uniform(0, 2 * np.pi, n_harmonics)
    return Lobes(amplitudes, phases, float(np.exp(rng.normal(0.2, 0.15))))


def fit_inside(vertices, size_mm, clearance_mm):
    """Move, and where it must be shrink, an outline to keep clear of the edges."""
    room = np.asarray(size_mm, float) - 2 * clearance_mm
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    scale = min(1.0, *(room / (high - low)))
    half = scale * (high - low) / 2
    target = np.clip(middle, clearance_mm + half, clearance_mm + room - half)
    return target + scale * (vertices - middle)


def _area(vertices):
    """Area of a polygon by the shoelace formula."""
    y, x = vertices.T
    return 0.5 * abs(np.dot(y, np.roll(x, -1)) - np.dot(x, np.roll(y, -1)))
