"""`QUSMaps`: the maps of one frame, as `qus_maps` returns them."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import pandas as pd

from sknac.cohort import Grid
from sknac.qus._estimates import CHANNELS
from sknac.qus._log_difference import AttenuationEstimate
from sknac.qus._maps_export import export_maps
from sknac.qus._maps_file import load_fields, save_fields
from sknac.utils._result import Result


@dataclass(frozen=True, repr=False)
class QUSMaps(Result):
    """Parametric maps of one frame, their grid and what could not be estimated.

    Maps have shape (n_axial_windows, n_lateral_windows); each value belongs to
    its window's centre. Maps that were not asked for are None.

    Parameters
    ----------
    valid : ndarray of bool
        False where any map that was asked for is NaN. A mean of ``ss`` over it leaves
        out what ESD alone cannot have, which biases it: see `valid_of`.
    depth_mm : ndarray of shape (n_axial_windows,)
        Depth of the window centres.
    lateral_mm : ndarray of shape (n_lateral_windows,)
        Lateral position of the window centres, from the first line.
    freqs_mhz : ndarray of shape (n_freqs,)
        Frequency bins used.
    invalid_counts : dict of str to int
        Invalid windows by their first cause: "nonfinite", "saturated",
        "dead_line", "reference" (none at that depth), "silent" (no power in the
        band), "reference_low_snr", "low_snr" (too close to the noise floor) and
        "form_factor" (no scatterer size fits, e.g. the spectrum rises too fast
        for any Gaussian scatterer: ESD and EAC alone are NaN).
    mbf, ss, si : ndarray or None
        Mid-band fit (dB), spectral slope (dB/MHz), intercept at 0 MHz (dB).
    esd, eac : ndarray or None
        Effective scatterer diameter (um) and acoustic concentration
        (dB re 1 cm^-3).
    bsc : ndarray of shape (n_axial_windows, n_lateral_windows, n_freqs) or None
        Backscatter coefficient at `freqs_mhz`, 1/(cm sr).
    snr_db : ndarray or None
        Signal to noise of each window in the poorest quarter of the band, dB; None
        where the noise floor is unknown or was not asked for.
    band_mhz : tuple of float or None
        Band used.
    attenuation : AttenuationEstimate or None
        The tissue's attenuation, where it was estimated.
    doubts : tuple of str
        What the samples say against the maps, such as another gain than the
        reference's; they were warned of.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import qus_maps
    >>> cohort = make_rf_cohort(
    ...     n_patients=1, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> plane = cohort.X["us_pre"].iloc[0].planes[0]
    >>> maps = qus_maps(plane, cohort.reference, attenuation_db_cm_mhz=0.5,
    ...                 overlap=0.5, channels=("mbf",))
    >>> maps.mbf.shape, maps.depth_mm.shape, maps.lateral_mm.shape
    ((18, 15), (18,), (15,))

    A file holds all of them:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sknac.qus import QUSMaps
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     maps.save(Path(folder) / "maps.npz")
    ...     QUSMaps.load(Path(folder) / "maps.npz")
    QUSMaps(mbf; 18 x 15 windows, ... invalid)
    """

    valid: np.ndarray
    depth_mm: np.ndarray
    lateral_mm: np.ndarray
    freqs_mhz: np.ndarray
    invalid_counts: dict = field(default_factory=dict)
    mbf: np.ndarray | None = None
    ss: np.ndarray | None = None
    si: np.ndarray | None = None
    esd: np.ndarray | None = None
    eac: np.ndarray | None = None
    bsc: np.ndarray | None = None
    snr_db: np.ndarray | None = None
    band_mhz: tuple | None = None
    attenuation: AttenuationEstimate | None = None
    doubts: tuple = ()

    @property
    def grid(self) -> Grid:
        """Where the window centres lie in the scan, in mm."""
        steps = [
            float(places[1] - places[0]) if len(places) > 1 else 1.0
            for places in (self.depth_mm, self.lateral_mm)
        ]
        origin = (float(self.depth_mm[0]), float(self.lateral_mm[0]))
        return Grid(self.valid.shape, tuple(steps), origin)

    def valid_of(self, name: str) -> np.ndarray:
        """Tell where one map has values, whatever the others have.

        Parameters
        ----------
        name : str
            A map that was asked for, e.g. "ss".

        Returns
        -------
        ndarray of bool of shape (n_axial_windows, n_lateral_windows)
            True where it is finite; of "bsc", at every frequency.

        Raises
        ------
        ValueError
            If there is no such map.
        """
        shape = self.valid.shape
        maps = {f.name: getattr(self, f.name) for f in fields(self)}
        maps = {n: m for n, m in maps.items() if n != "valid" and np.ndim(m) >= 2}
        if name not in maps:
            raise ValueError(f"name must be one of the maps {list(maps)}, got {name!r}")
        return np.isfinite(maps[name].reshape(*shape, -1)).all(axis=-1)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per window: where it lies, its values, whether valid.

        Returns
        -------
        DataFrame of shape (n_windows, n_columns)
            The windows, row by row; "bsc", a spectrum per window, is left out.
        """
        depth, lateral = np.meshgrid(self.depth_mm, self.lateral_mm, indexing="ij")
        columns = {"depth_mm": depth, "lateral_mm": lateral}
        columns |= {n: getattr(self, n) for n in (*CHANNELS, "snr_db", "valid")}
        known = {n: values for n, values in columns.items() if values is not None}
        return pd.DataFrame({n: values.ravel() for n, values in known.items()})

    def save(self, path: str | os.PathLike) -> None:
        """Write everything into a file that `load` reads.

        Parameters
        ----------
        path : str or path-like
            A file ``.npz``, NumPy's own format without pickled objects. One that is
            there is replaced.

        Raises
        ------
        ValueError
            If the name does not end in ``.npz``.
        """
        save_fields(path, {f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        QUSMaps
            The maps.

        Raises
        ------
        SknacFormatError
            If it is damaged, or no such file.
        """
        return cls(**load_fields(path, [f.name for f in fields(cls)]))

    def export(
        self,
        path: str | os.PathLike,
        *,
        channels: str | Sequence[str] | None = None,
    ) -> None:
        """Write maps for other programs.

        Parameters
        ----------
        path : str or path-like
            The suffix says the format. ``.mat`` is a MATLAB file of one variable per
            map and axis; ``.nrrd`` and ``.mha`` are images with spacing and origin in
            mm, written by SimpleITK (extra ``formats``).
        channels : str, sequence of str or None, default=None
            Maps to write, ``"snr_db"`` and ``"valid"`` among them; None takes all. In
            images one map is an image, and several are slices of a stack in this
            order, whose names are in the header's "channels".

        Raises
        ------
        ValueError
            If the suffix is another, or there is no such map, or "bsc", which is a
            spectrum per window, is to be an image.
        ImportError
            If SimpleITK is needed and not there.
        """
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        export_maps(path, known, self.grid, channels)

    def __repr__(self):
        names = (*CHANNELS, "bsc")
        names = ", ".join(n for n in names if getattr(self, n) is not None)
        n_invalid = sum(self.invalid_counts.values())
        return (
            f"QUSMaps({names}; {self.valid.shape[0]} x {self.valid.shape[1]} windows, "
            f"{n_invalid} invalid)"
        )
