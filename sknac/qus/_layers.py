"""Tissue in layers: attenuation piece by piece over depth."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sknac.utils._bounds import check_bounds
from sknac.utils._numbers import not_negative
from sknac.utils._row_attenuation import ESTIMATE

_MEND = "give layers as [(to_mm, dB/(cm MHz^n)), ...], from the probe downwards"


@dataclass(frozen=True)
class Layers:
    """Layers from the probe downwards; the last one has no end."""

    to_mm: tuple
    db_cm_mhz: tuple

    def loss(self, depth_mm):
        """One-way path loss from the probe to some depths, dB/MHz^n."""
        top = np.concatenate([[0.0], self.to_mm[:-1]])
        within = np.clip(
            np.subtract.outer(depth_mm, top), 0.0, np.diff([0, *self.to_mm])
        )
        return within @ np.array(self.db_cm_mhz) / 10

    def mean(self, depth_mm):
        """Mean of the attenuation at some depths."""
        layer = np.searchsorted(self.to_mm, depth_mm)
        return float(np.mean(np.array(self.db_cm_mhz)[layer]))


def check_layers(layers):
    """Return layers as a tuple of pairs, or None."""
    if layers is None:
        return None
    try:
        pairs = [(float(to), alpha) for to, alpha in layers]
    except (TypeError, ValueError):
        raise ValueError(
            f"attenuation_layers must be pairs (to_mm, dB/(cm MHz^n)), got {layers!r}"
        ) from None
    if not pairs:
        raise ValueError(f"attenuation_layers must be at least one, got none; {_MEND}")
    ends = [to for to, _ in pairs]
    if not all(low < high for low, high in pairwise(ends)):
        raise ValueError(f"attenuation_layers must end ever deeper, got to_mm={ends}")
    checked = []
    for number, (to, alpha) in enumerate(pairs):
        name = f"attenuation_layers[{number}]"
        if to != np.inf or number < len(pairs) - 1:
            check_bounds(f"to_mm of {name}", to, "layer_mm")
        alpha = not_negative(f"attenuation of {name}", alpha, _MEND)
        check_bounds(f"attenuation of {name}", alpha, "attenuation_db_cm_mhz")
        checked.append((to, alpha))
    return tuple(checked)


def layered(pairs, below, plane) -> Layers:
    """Put checked layers above tissue of one attenuation, for one plane."""
    ends, values = zip(*pairs, strict=True)
    if below is None:
        bottom_mm = float(plane.grid.axial[-1])
        if ends[-1] < bottom_mm:
            raise ValueError(
                f"attenuation_layers end at {ends[-1]:g} mm and the plane at "
                f"{bottom_mm:.1f} mm; give attenuation_db_cm_mhz of the tissue below"
            )
        return Layers((*ends[:-1], np.inf), values)
    if np.ndim(below) or callable(below) or below == ESTIMATE:
        raise ValueError(
            "attenuation_db_cm_mhz must be one number, of the tissue below the layers, "
            "where attenuation_layers are given"
        )
    return Layers((*ends, np.inf), (*values, below))
