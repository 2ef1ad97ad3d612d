"""Settings of the systems: as published, and small enough for a CPU."""

# SPDX-License-Identifier: BSD-3-Clause


def pick_preset(presets: dict, preset: str) -> dict:
    """Return one of the presets, or say which there are."""
    if preset not in presets:
        raise ValueError(f"preset must be one of {sorted(presets)}, got {preset!r}")
    return presets[preset]
