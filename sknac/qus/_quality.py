"""How far the maps of a plane can be used: one record a plane, one table a cohort."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
import pandas as pd

from sknac.qus._layers import Layers
from sknac.utils._doubts import among, once_a_kind

CAUSES = (
    "nonfinite",
    "saturated",
    "dead_line",
    "reference",
    "silent",
    "reference_low_snr",
    "low_snr",
    "form_factor",
)


class PlaneQuality(NamedTuple):
    """What is known of one plane's maps beside their values."""

    n_windows: int
    valid: dict  # share of the windows, by map
    invalid: dict  # windows, by first cause
    median_snr_db: float | None
    attenuation: float | None
    attenuation_se: float | None
    doubts: list


class WindowsQuality(NamedTuple):
    """The same of maps that need neither a band nor a phantom."""

    n_windows: int
    valid: dict
    invalid: dict
    doubts: list


def quality_of(maps, channels, attenuation) -> PlaneQuality:
    """Sum up the maps of one plane, and the attenuation they were made with."""
    snr = maps.snr_db
    if snr is not None:
        snr = snr[np.isfinite(snr)]
    found = maps.attenuation
    if isinstance(attenuation, Layers):
        attenuation = attenuation.mean(maps.depth_mm)
    return PlaneQuality(
        n_windows=maps.valid.size,
        valid={name: float(maps.valid_of(name).mean()) for name in channels},
        invalid=dict(maps.invalid_counts),
        median_snr_db=float(np.median(snr)) if snr is not None and snr.size else None,
        attenuation=_number(np.mean(attenuation) if found is None else found.db_cm_mhz),
        attenuation_se=None if found is None else _number(found.standard_error),
        doubts=list(maps.doubts),
    )


def _number(value):
    """Write a number that is none as None, which every file can hold."""
    return float(value) if np.isfinite(value) else None


def windows_table(found, made, channels, causes) -> pd.DataFrame:
    """Return one row per plane: its windows, valid and not, and what is doubtful."""
    rows = [
        {
            "row": at.row,
            "visit": at.column.removeprefix("us_"),
            "plane": at.number,
            "n_windows": one.quality.n_windows,
            **{f"valid_{name}": one.quality.valid[name] for name in channels},
            **{f"n_{cause}": one.quality.invalid.get(cause, 0) for cause in causes},
            "doubts": " | ".join(one.doubts),
        }
        for at, one in zip(found, made, strict=True)
    ]
    return pd.DataFrame(rows)


def quality_table(found, made, channels) -> pd.DataFrame:
    """Return the table of windows, with what spectra have beside; see `QUSMapper`."""
    table = windows_table(found, made, channels, CAUSES)
    if not made:
        return table
    for place, (name, edge) in enumerate((("low", 0), ("high", 1)), start=3):
        table.insert(place, f"band_{name}_mhz", [one.band_mhz[edge] for one in made])
    for name, field in (
        ("median_snr_db", "median_snr_db"),
        ("attenuation_db_cm_mhz", "attenuation"),
        ("attenuation_se", "attenuation_se"),
    ):
        values = [getattr(one.quality, field) for one in made]
        table.insert(len(table.columns) - 1, name, np.array(values, dtype=float))
    return table


def cohort_doubts(found, made, min_valid_share) -> list[str]:
    """Say each kind of doubt once: of how many planes, and the first of them."""
    places = [at.place for at in found]
    said = once_a_kind(places, [one.quality.doubts for one in made])
    return said + _few_valid(found, made, min_valid_share)


def _few_valid(found, made, min_valid_share):
    """Say of how many planes too few windows are valid."""
    poor = []
    for at, one in zip(found, made, strict=True):
        name, share = min(one.quality.valid.items(), key=lambda item: item[1])
        if share < min_valid_share or share == 0:
            poor.append((at, name, share, one.quality.invalid))
    if not poor:
        return []
    n_empty = sum(share == 0 for *_, share, _ in poor)
    at, name, share, invalid = next((p for p in poor if p[2] == 0), poor[0])
    cause = max(invalid, key=invalid.get)
    empty = f", of {n_empty} none at all" if n_empty else ""
    return [
        f"less than {min_valid_share:.0%} of the windows of a map are valid in "
        f"{among(len(poor), len(found))}{empty}: first in {at.place}, where "
        f"{share:.0%} of {name} are (most others: {cause}); see quality_, mend the "
        "cause or leave such planes out"
    ]
