"""`RegionSpectrum`: the spectral parameters of a region as features."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort.planes import check_kind, has_study, list_planes
from sknac.features._plane_features import PlaneFeatures
from sknac.qus import ReferencePhantom, SpectralOptions, roi_spectrum
from sknac.utils._doubts import gathered, kind_of, once_a_kind
from sknac.utils._row_attenuation import attenuation_of_rows
from sknac.utils._sklearn import Interval, Real, StrOptions
from sknac.utils._warnings import warn_user

_PARAMETERS = ("mbf", "ss", "si", "esd", "eac")
_VALID = "valid_share"
_OF_PLANE, _OF_REFERENCE = "the plane: ", "the reference: "


class RegionSpectrum(PlaneFeatures):
    """Spectral parameters of one region per plane, averaged over a patient's planes.

    Power is averaged over the region before it is fitted, so that no window is lost
    whose own spectrum fits no scatterer.

    Parameters
    ----------
    reference : ReferencePhantom
        The phantom, scanned with the cohort's settings.
    attenuation_db_cm_mhz : float, str or callable
        The tissue's one-way attenuation in dB/(cm MHz^n); there is no default, as in
        `sknac.qus.QUSMapper`. The name of a column of the cohort frame that holds it
        per patient, or "estimate" (from each plane); or a function that is given each
        plane and returns a number or a map of one value per sample.
    attenuation_layers : sequence of (float, float) or None, default=None
        Layers above that tissue, as in `sknac.qus.qus_maps`, the same for every plane.
    region : {"core", "all"}, default="core"
        The outlined core, or the whole frame.
    parameters : sequence of str, default=("mbf", "ss", "si")
        Out of ``"mbf"``, ``"ss"``, ``"si"``, ``"esd"``, ``"eac"`` and
        ``"valid_share"``; ESD and EAC need the phantom's ``bsc``.
    band_mhz : tuple of float, default=(3.0, 8.0)
        Band of the fits.
    window_mm : float, default=2.0
        Length of a gate in mm.
    overlap : float, default=0.75
        Overlap of gates that follow each other in [0, 1).
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper, how scatterers are sized, least
        signal to noise.
    reduce : {"mean", "max", "largest"}, default="mean"
        What becomes of a visit's planes, as in `MapStatistics`.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are read.
    parameters_ : tuple of str
        The parameters.
    reference_doubts_ : tuple of str
        What speaks against the phantom, as ``fit`` warned of.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    sknac.qus.roi_spectrum : The spectrum of one plane, with the equations.
    MapStatistics : Statistics of windows' maps instead.

    Notes
    -----
    A feature is the mean over the planes of a visit unless `reduce` says otherwise.
    Where no scatterer size fits a plane's region, its ESD and EAC are left out; where
    none fits, the feature is NaN, with a warning.

    References
    ----------
    F. L. Lizzi, M. Ostromogilsky, E. J. Feleppa, M. C. Rorke, M. M. Yaremko,
    "Relationship of ultrasonic spectral parameters to features of tissue
    microstructure", IEEE Trans. UFFC 34:319-329, 1987.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.features import RegionSpectrum
    >>> cohort = make_rf_cohort(n_patients=4, n_planes=1, depth_mm=30, width_mm=24,
    ...                         random_state=0)
    >>> table = RegionSpectrum(cohort.reference, attenuation_db_cm_mhz=0.6,
    ...                        parameters=["mbf", "ss"])
    >>> table.set_output(transform="pandas").fit_transform(cohort.X).columns.tolist()
    ['us_pre__mbf', 'us_pre__ss']
    """

    _parameter_constraints: dict = {
        **PlaneFeatures._parameter_constraints,
        "reference": [ReferencePhantom],
        "attenuation_db_cm_mhz": [
            Interval(Real, 0, None, closed="left"),
            str,
            callable,
            None,
        ],
        "attenuation_layers": ["array-like", None],
        "region": [StrOptions({"core", "all"})],
        "parameters": ["array-like", str],
        "band_mhz": ["array-like"],
        "window_mm": [Interval(Real, 0, None, closed="neither")],
        "overlap": [Interval(Real, 0, 1, closed="left")],
        "options": [SpectralOptions, None],
    }

    kinds = ("rf",)

    def __init__(
        self,
        reference: Any,
        *,
        attenuation_db_cm_mhz: float | str | Callable[..., Any],
        attenuation_layers: Any = None,
        region: str = "core",
        parameters: Any = ("mbf", "ss", "si"),
        band_mhz: Any = (3.0, 8.0),
        window_mm: float = 2.0,
        overlap: float = 0.75,
        options: Any = None,
        reduce: str = "mean",
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.reference = reference
        self.attenuation_db_cm_mhz = attenuation_db_cm_mhz
        self.attenuation_layers = attenuation_layers
        self.region = region
        self.parameters = parameters
        self.band_mhz = band_mhz
        self.window_mm = window_mm
        self.overlap = overlap
        self.options = options
        self.reduce = reduce
        self.columns = columns
        self.n_jobs = n_jobs

    def _fit_frame(self, X: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Check that the phantom fits the planes, and the settings on the first one."""
        self.parameters_ = _check_parameters(self.parameters, self.reference.bsc)
        found = list_planes(X, columns)
        for at in found:
            with at.named() as plane:
                check_kind(self, plane)
                self.reference.match(plane)
        of_plane, theirs = self._settle(X, columns), ()
        for at in found[:1]:  # the phantom then remembers what all planes need of it
            _, doubts = of_plane(at)
            theirs = tuple(one for one in doubts if one.startswith(_OF_REFERENCE))
        self.reference_doubts_ = theirs
        for doubt in theirs:
            warn_user(doubt)

    def _settle(self, X, columns):
        # What a plane is told is gathered, and said once for all in `_look_at`.
        studies = X[list(columns)].map(has_study).any(axis=1)
        values = attenuation_of_rows(X, self.attenuation_db_cm_mhz, studies)

        def of_plane(at):
            with gathered() as doubts:
                numbers = self._of_plane(at, values[at.row])
            return numbers, doubts

        return of_plane

    def _look_at(self, found, numbers):
        # The reference's doubts were said in fit.
        said = {kind_of(doubt) for doubt in self.reference_doubts_}
        doubts = [
            [one.removeprefix(_OF_PLANE) for one in doubts if kind_of(one) not in said]
            for _, doubts in numbers
        ]
        for doubt in once_a_kind([at.place for at in found], doubts):
            warn_user(doubt)
        return [of_plane for of_plane, _ in numbers]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the features of each patient.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            One column per visit and parameter, in this order.

        Raises
        ------
        CohortError
            If a visit is missing, or a plane cannot be used; it names the place.

        Warns
        -----
        UserWarning
            If no scatterer size fits any plane of a visit: ESD and EAC are NaN. Of
            what `roi_spectrum` warns of: once a kind, with the number of planes and
            the first of them.
        """
        table = super().transform(X)
        lost = X.index[np.isnan(table).any(axis=1)]
        if len(lost):
            warn_user(
                f"no scatterer size fits the region of {len(lost)} patients, the first "
                f"is {lost[0]}; their esd and eac are NaN, impute them or leave both "
                "out of parameters"
            )
        return table

    def _plane_numbers(self, plane, attenuation) -> list[float]:
        """Compute one plane's numbers: the parameters of its region."""
        found = roi_spectrum(
            plane,
            self.reference,
            region=self.region,
            attenuation_db_cm_mhz=attenuation,
            attenuation_layers=self.attenuation_layers,
            band_mhz=self.band_mhz,
            window_mm=self.window_mm,
            overlap=self.overlap,
            options=self.options,
            standard_errors=False,
        )
        return [getattr(found, name) for name in self.parameters_]

    def _plane_names(self) -> list[str]:
        """Name the numbers of a plane: its parameters."""
        return list(self.parameters_)


def _check_parameters(parameters, bsc):
    """Check the names, and that those asked for can be had."""
    parameters = (parameters,) if isinstance(parameters, str) else tuple(parameters)
    known = (*_PARAMETERS, _VALID)
    unknown = [name for name in parameters if name not in known]
    if unknown or not parameters or len(set(parameters)) < len(parameters):
        raise ValueError(
            f"parameters must be different names out of {known}, got {parameters!r}"
        )
    need = [name for name in parameters if name in ("esd", "eac")]
    if need and bsc is None:
        raise ValueError(
            f"parameters {need} need the phantom's backscatter coefficient; give the "
            "ReferencePhantom its bsc"
        )
    return parameters
