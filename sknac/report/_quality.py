"""Section on maps: how far those that a model read can be used."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.report._parts import Options, Section, Table
from sknac.report._system import System
from sknac.report._text import plural
from sknac.utils._text import ABSENT, number

_MOST_PLANES = 20
_USABLE = 0.5
_SNR = "median_snr_db"


def quality_section(system: System, options: Options) -> Section | None:
    """Show the quality tables of fitted mappers, by visit and of the poorest planes."""
    if not system.quality:
        return None
    tables, numbers = [], {}
    for model, cohorts in system.quality.items():
        parts = [
            _named(table, cohort, sample, options)
            for cohort, sample in system.cohorts()
            if (table := cohorts.get(cohort)) is not None
        ]
        planes = pd.concat(parts, ignore_index=True) if parts else None
        if planes is None or planes.empty:
            continue
        tables.append(_by_visit(model, planes))
        tables.append(_poorest(model, planes))
        numbers[model] = planes
    if not numbers:
        return None
    text = (
        "Valid shares are of all windows of a plane's maps, not of its tumour alone. "
        "Windows too close to the noise, beyond the phantom's echoes, or of which no "
        "scatterer size fits the spectrum, have no value.",
    )
    return Section(
        "map-quality",
        "Quality of the maps",
        text,
        tuple(tables),
        (),
        {"map_quality": numbers},
    )


def _named(table, cohort, sample, options):
    """Keep a cohort's own patients, by number unless identifiers are asked for."""
    index = sample.y.index
    kept = table[table["patient_id"].isin(index)]
    names = kept["patient_id"].astype(str)
    if not options.show_ids:
        rows = index.get_indexer(kept["patient_id"])
        names = [f"{cohort} patient {row + 1}" for row in rows]
    found = kept.drop(columns="patient_id")
    found.insert(0, "patient", names)
    found.insert(0, "cohort", cohort)
    return found


def _shares(planes):
    """Return the columns of valid shares."""
    return [name for name in planes if name.startswith("valid_")]


def _by_visit(model, planes):
    """Return what is known of the planes of each cohort and visit."""
    rows = {}
    for (cohort, visit), group in planes.groupby(["cohort", "visit"], sort=False):
        shares = group[_shares(planes)]
        rows[f"{cohort}, {visit}"] = {
            "Planes": str(len(group)),
            **_band(group),
            **{
                f"Valid, {name.removeprefix('valid_')}": _spread(100 * shares[name], 0)
                for name in shares
            },
            f"Below {_USABLE:.0%}": str(int((shares.min(axis=1) < _USABLE).sum())),
            **_spectral(group),
            "Doubted": str(int((group["doubts"] != "").sum())),
        }
    note = (
        "Median [least, most] over the planes; valid windows in %, attenuation in "
        "dB/(cm MHz). Doubts stand in the numbers of this report."
    )
    return Table.of("Cohort, visit", f"{model}: maps by visit", rows, note)


def _poorest(model, planes):
    """Return the planes with the least valid maps, and why."""
    shares, causes = _shares(planes), [n for n in planes if n.startswith("n_")]
    causes.remove("n_windows")
    least = planes[shares].min(axis=1).sort_values(kind="stable")
    rows = {}
    for at in least.index[:_MOST_PLANES]:
        row = planes.loc[at]
        lost = row[causes].astype(float)
        cause = lost.idxmax().removeprefix("n_") if lost.any() else ABSENT
        place = f"{row['patient']}, {row['visit']}, plane {row['plane']}"
        rows[place] = {
            "Least valid map": row[shares].astype(float).idxmin().split("_", 1)[1],
            "Valid (%)": number(100 * least[at], 0),
            "Most others": cause,
            **({"SNR (dB)": number(row[_SNR], 0)} if _SNR in row else {}),
            "Doubts": "\n".join(row["doubts"].split(" | ")) or ABSENT,
        }
    caption = f"{model}: planes with the least valid maps"
    note = f"{plural(len(planes), 'plane')} in all." if len(planes) > len(rows) else ""
    return Table.of("Plane", caption, rows, note)


def _band(group):
    """Write the band of maps of spectra; those of envelopes have none."""
    if _SNR not in group:
        return {}
    return {"Band (MHz)": _range(group["band_low_mhz"], group["band_high_mhz"])}


def _spectral(group):
    """Write what else only maps of spectra have."""
    if _SNR not in group:
        return {}
    return {
        "SNR (dB)": _spread(group[_SNR], 0),
        "Attenuation": _spread(group["attenuation_db_cm_mhz"], 2),
    }


def _range(low, high):
    """Write a band, or the span of several."""
    return f"{number(low.min(), 1)} to {number(high.max(), 1)}"


def _spread(values, digits):
    """Write median and range, or a dash."""
    values = values.dropna()
    if values.empty:
        return ABSENT
    middle, low, high = (
        number(v, digits) for v in (values.median(), values.min(), values.max())
    )
    return middle if low == high else f"{middle} [{low}, {high}]"
