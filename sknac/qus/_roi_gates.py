"""Which gates of a region are used: those that lie in it, and can be heard."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort import MaskOutline, PolygonOutline
from sknac.qus._condition import bad_lines, count_in_windows, first_causes
from sknac.qus._noise import noise_floor, snr_db


class RegionGates:
    """Gates (n_rows, n_lines) of a region, and why some of them are left out.

    The noise is held against the mean power of a depth's gates: single ones are left
    out by speckle, the faint ones only.
    """

    def __init__(self, inside, data, job, ln_reference):
        self.inside, self.floor = inside, None
        plan, reference = job.plan, job.reference
        self._causes = {
            name: marks & inside for name, marks in bad_lines(data, plan).items()
        }
        n_rows = len(inside)
        self._add_rows("reference", np.isnan(ln_reference).any(axis=1))
        self._low = np.zeros(n_rows, dtype=bool)
        self.snr_db = np.full(n_rows, np.nan)
        self._min_snr_db = min_snr_db = job.recipe.min_snr_db
        if min_snr_db is not None and reference.ln_floor is not None:
            self.floor = noise_floor(data, plan)
            theirs = snr_db(reference.ln_power[:n_rows], reference.ln_floor[:n_rows])
            self._add_rows("reference_low_snr", theirs < min_snr_db)
        self.usable = inside & ~first_causes(self._causes, inside.shape)[0]

    def _add_rows(self, name, rows):
        """Add a cause that holds for all lines of a depth."""
        self._causes[name] = self.inside & rows[:, None]

    def hears(self, power, row):
        """Tell whether the mean power (n_freqs,) of a row stands above the noise."""
        if self.floor is None:
            return True
        with np.errstate(divide="ignore"):
            snr = snr_db(np.log(power)[None], self.floor[row])[0]
        self.snr_db[row], self._low[row] = snr, snr < self._min_snr_db
        return not self._low[row]

    def counts(self):
        """Count the gates that are left out by their first cause."""
        self._add_rows("low_snr", self._low)
        found = first_causes(self._causes, self.inside.shape)[1]
        return {name: n for name, n in found.items() if n}

    def median_snr_db(self):
        """Median signal to noise of the depths used; None where noise is unknown."""
        heard = np.isfinite(self.snr_db) & ~self._low
        return float(np.median(self.snr_db[heard])) if heard.any() else None


def gates_of(region, plane, plan):
    """Mark the gates (n_rows, n_lines) that lie wholly in the region."""
    shape = plane.image.shape
    if isinstance(region, str) and region == "all":
        mask = np.ones(shape, dtype=bool)
    elif isinstance(region, str) and region == "core":
        mask = plane.core_mask()
    elif isinstance(region, PolygonOutline | MaskOutline):
        mask = region.to_mask(plane.grid)
    else:
        mask = np.asarray(region)
        if mask.dtype != bool or mask.shape != shape:
            raise ValueError(
                'region must be "core", "all", an outline or a mask of bool of shape '
                f"{shape}, got {mask.dtype} of shape {mask.shape}"
            )
    inside = count_in_windows(mask, plan) == plan.n_samples
    if not inside.any():
        raise ValueError(
            f"the region holds no whole gate of {plan.n_samples * plan.sample_mm:.2g} "
            "mm; shorten window_mm, or draw a larger region"
        )
    return inside
