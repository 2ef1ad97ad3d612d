"""Numbers of a closed curve: sizes, and shape whatever the size."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from sknac.features._outline_trace import signed_area

_RADII = 1024  # along the curve, for the variation of the radius
_DEEP = 0.05  # a concavity's depth, as a share of the equivalent diameter


class Curve:
    """A closed curve (n_points, 2) of (axial, lateral), with a positive area.

    What several numbers need is computed once.
    """

    def __init__(self, ring: np.ndarray):
        ring = ring - ring.mean(axis=0)  # far from the origin, hulls lose their digits
        self.ring = ring
        self.area = signed_area(ring)
        self.sides = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
        self.perimeter = self.sides.sum()
        self.diameter = np.sqrt(4 / np.pi * self.area)
        self.height, self.width = np.ptp(ring, axis=0)
        hull = ConvexHull(ring)
        self.corners = np.sort(hull.vertices)  # in the order of a simple curve
        self.hull_perimeter, self.hull_area = hull.area, hull.volume
        self.centre, self.spread = _moments(ring, self.area)


def _moments(ring, area):
    """Centre and covariance of the area inside, by Green's theorem."""
    origin = ring[0]
    here = ring - origin
    there = np.roll(here, -1, axis=0)
    cross = here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1]
    centre = ((here + there) * cross[:, None]).sum(axis=0) / (6 * area)
    both = here + there
    products = (
        here[:, :, None] * here[:, None]
        + there[:, :, None] * there[:, None]
        + both[:, :, None] * both[:, None]
    )
    second = (products * cross[:, None, None]).sum(axis=0) / (24 * area)
    return origin + centre, second - np.outer(centre, centre)


def _axes(curve):
    """Variances along the minor and the major axis, and the major axis."""
    variances, axes = np.linalg.eigh(curve.spread)
    return *variances, axes[:, 1]


def axis_ratio(curve: Curve) -> float:
    """Minor over major axis of the ellipse of equal second moments."""
    minor, major, _ = _axes(curve)
    return np.sqrt(minor / major)


def eccentricity(curve: Curve) -> float:
    """Eccentricity of that ellipse: 0 for a circle."""
    return np.sqrt(1 - axis_ratio(curve) ** 2)


def orientation(curve: Curve) -> float:
    """Angle of the major axis with the surface, in degrees from 0 to 90."""
    axial, lateral = np.abs(_axes(curve)[2])
    return np.degrees(np.arctan2(axial, lateral))


def radial_sd(curve: Curve) -> float:
    """SD of the radius along the curve, over its highest value."""
    ends = np.r_[0, curve.sides.cumsum()]
    at = (np.arange(_RADII) + 0.5) / _RADII * ends[-1]
    closed = np.vstack([curve.ring, curve.ring[:1]])
    points = np.stack([np.interp(at, ends, side) for side in closed.T], axis=1)
    highest = np.hypot(*(curve.ring - curve.centre).T).max()
    return np.hypot(*(points - curve.centre).T).std() / highest


def n_concavities(curve: Curve) -> float:
    """Count the bays between the curve and its hull that are deep enough."""
    start = curve.corners[0]
    ring = np.roll(curve.ring, -start, axis=0)
    starts = curve.corners - start
    lengths = np.diff(starts, append=len(ring))
    sides = ring[np.roll(starts, -1)] - ring[starts]
    side, first = (np.repeat(each, lengths, axis=0) for each in (sides, ring[starts]))
    away = ring - first
    depth = np.abs(side[:, 0] * away[:, 1] - side[:, 1] * away[:, 0])
    deepest = np.maximum.reduceat(depth, starts) / np.hypot(*sides.T)
    return float((deepest > _DEEP * curve.diameter).sum())


SHAPES: Mapping[str, Callable[[Curve], float]] = {
    "height_width_ratio": lambda curve: curve.height / curve.width,
    "axis_ratio": axis_ratio,
    "orientation_deg": orientation,
    "circularity": lambda curve: 4 * np.pi * curve.area / curve.perimeter**2,
    "solidity": lambda curve: curve.area / curve.hull_area,
    "convexity": lambda curve: curve.hull_perimeter / curve.perimeter,
    "extent": lambda curve: curve.area / (curve.height * curve.width),
    "radial_sd": radial_sd,
    "n_concavities": n_concavities,
    "eccentricity": eccentricity,
}
SIZES: Mapping[str, Callable[[Curve], float]] = {
    "area_mm2": lambda curve: curve.area,
    "perimeter_mm": lambda curve: curve.perimeter,
    "equivalent_diameter_mm": lambda curve: curve.diameter,
    "height_mm": lambda curve: curve.height,
    "width_mm": lambda curve: curve.width,
    "longest_diameter_mm": lambda curve: pdist(curve.ring[curve.corners]).max(),
}
