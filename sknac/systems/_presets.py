"""Settings of the systems: as published, and small enough for a CPU."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def pick_preset(presets: dict, preset: str) -> dict:
    """Return one of the presets, or say which there are."""
    if preset not in presets:
        raise ValueError(f"preset must be one of {sorted(presets)}, got {preset!r}")
    return presets[preset]


def seeds(random_state, n: int) -> list:
    """Draw n seeds for the parts of a system; all None where there is none."""
    if random_state is None:
        return [None] * n
    return [int(s) for s in np.random.SeedSequence(random_state).generate_state(n)]
