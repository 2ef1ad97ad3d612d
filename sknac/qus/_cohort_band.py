"""One band for all planes of a cohort: that which the bands of their settings share."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.qus._plan import make_plan
from sknac.qus._reference_spectrum import auto_band, frames_for, setting_of


def common_band(found, recipe, phantom) -> tuple[float, float]:
    """Settle "auto": the part that the reference's bands for all planes share.

    Each setting (focus, depth, sampling, ...) has the band that `qus_maps` would
    take; within their common part none is more than 6 dB below its peak.
    """
    bands = {}
    for at in found:
        with at.named() as plane:
            plan = make_plan(plane, **recipe.windows)
            setting = setting_of(plane, plan)
            if setting not in bands:
                bands[setting] = _band_of(plane, plan, phantom), at.place
    if not bands:
        raise ValueError(
            'band_mhz="auto" must have planes in fit, from whose reference it is '
            "taken, got none"
        )
    (low, _), where_low = max(bands.values(), key=lambda one: one[0][0])
    (_, high), where_high = min(bands.values(), key=lambda one: one[0][1])
    if not low < high:
        raise ValueError(
            f'band_mhz="auto" finds no band that all planes share: the reference\'s '
            f"begins at {low:g} MHz for {where_low}, and ends at {high:g} MHz for "
            f"{where_high}; give band_mhz as (low, high), or map planes of such "
            "different settings by themselves"
        )
    return low, high


def _band_of(plane, plan, phantom):
    """Band that the reference offers one plane."""
    frames = frames_for(plane, phantom.match(plane))
    n_samples = plane.image.shape[0]
    return auto_band(frames, plan, n_samples, plane.origin_mm[0], plane.focus_mm)
