"""`QUSMapper`: parametric maps of every plane of a cohort."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import Plane
from sknac.cohort.planes import has_study, list_planes
from sknac.qus._cohort_band import common_band
from sknac.qus._estimates import CHANNELS
from sknac.qus._job import known_spectrum, make_job, make_recipe
from sknac.qus._map_step import MapStep
from sknac.qus._options import SpectralOptions
from sknac.qus._quality import quality_table
from sknac.qus._reference import ReferencePhantom
from sknac.utils._numbers import ATTENUATION_MEND, not_negative
from sknac.utils._row_attenuation import attenuation_column, attenuation_of_rows
from sknac.utils._sklearn import Interval, Real, StrOptions


class QUSMapper(MapStep):
    """Turn the RF planes of a cohort into quantitative-ultrasound maps.

    Maps cover the whole frame, so that regions can be searched later without
    computing them again.

    Parameters
    ----------
    reference : ReferencePhantom
        The phantom, scanned with the cohort's settings.
    attenuation_db_cm_mhz : float, str or callable
        The tissue's one-way attenuation in dB/(cm MHz^n), or the name of a column
        of the cohort frame that holds it per patient, or "estimate" (from each
        plane, see `estimate_attenuation`), or a function that is given each plane and
        returns a number or a map of one value per sample, (n_samples, n_lines); it
        must be importable where other processes are to call it. There is no default:
        it is the largest source of error (the user guide has a table of it).
    attenuation_layers : sequence of (float, float) or None, default=None
        Layers above that tissue, as in `qus_maps`, the same for every plane.
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band. "auto" settles one band in ``fit``, since maps of different
        bands cannot be compared: the part that the bands share which the reference
        has for the planes by the rule of `qus_maps`, each at its plane's focal depth.
    window_mm : float or tuple of float, default=2.0
        Window side, or (axial, lateral), in mm.
    overlap : float or tuple of float, default=0.95
        Overlap of neighbouring windows in [0, 1), or (axial, lateral).
    channels : tuple of str, default=("mbf", "ss", "si", "esd", "eac")
        Maps to compute; they become the planes' ``channels``.
    pixel_mm : float or None, default=None
        Side of square pixels to which the finished maps are interpolated
        linearly (0.1 is the published choice); None keeps the window grid.
    options : SpectralOptions or None, default=None
        Exponent of the attenuation, DFT length, taper, how scatterers are sized and
        least signal to noise. Each is a setting of its own too, e.g.
        ``options__min_snr_db``, for `set_params` and searches.
    min_valid_share : float, default=0.5
        Planes of which a map has a smaller share of valid windows are warned of, as
        are those with a map that has none. Nothing is left out.
    store : str, path-like, None or False, default="auto"
        Folder of computed maps (a cache that outlives the program). Maps found
        there are not computed again, others are written there, and the new
        planes hold handles to the files, so that memory does not grow with the
        cohort. "auto" and None keep the maps in memory, and a copy in a temporary
        folder of at most 4 GB until the program ends, so that a search computes each
        once; with False nothing is written.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time, as in joblib; one inside a task of joblib or dask.
    timeout : float or None, default=None
        Seconds that a task of joblib may take (of 16 planes and more on a cluster);
        None waits as long as it takes.

    Attributes
    ----------
    band_mhz_ : tuple of float
        The band, of these planes and any that are transformed later.
    reference_spectra_ : dict
        Log spectra of the reference per depth, for the settings met in ``fit``.
    quality_ : DataFrame of shape (n_planes, n_columns)
        How far the maps of the last `transform` (or ``fit_transform``) can be used,
        one row per plane: ``row`` (the patient's position, whose
        name is in `quality_table`), ``visit``, ``plane``; ``band_low_mhz`` and
        ``band_high_mhz``; ``n_windows``, the share of valid ones per map
        (``valid_mbf``, ...) and how many are invalid by first cause (``n_low_snr``,
        ..., see the guide); their median signal to noise in dB (NaN where the noise
        is unknown); the attenuation (mean of a map) and, where it was estimated, its
        standard error; and ``doubts``, what the samples say against the maps.
    columns_ : tuple of str
        Ultrasound columns that are mapped.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    qus_maps : The same for one plane, with the equations.
    EnvelopeMapper : Maps that need no phantom.
    sknac.roi.ROIMasker : Cut core and margin out of the maps.

    Notes
    -----
    Tissue speed, sampling frequency, pitch and first depth are those of each
    plane. Invalid windows are NaN. Spacing and origin of the new planes are those
    of the window centres, so a core outline in mm stays where it was.

    In a store, maps are found by the content of scan and reference and by every
    setting they depend on. A program that was killed goes on where it stopped; any
    number of them may share a store; each file is plain ``.npy`` and carries its
    checksum in its name, and so does the ``.json`` beside it that keeps the plane's
    row of ``quality_``. A damaged file is computed again with a warning, and
    raises `SknacFormatError` if it is damaged after `transform`. Files may be
    deleted at any time; then `transform` computes them again.

    What workers doubt, such as another gain than the phantom's, is warned of once a
    kind, with the number of planes and the first of them, and stands in ``quality_``.

    Progress: ``mapper.set_callbacks(sklearn.callback.ProgressBar())``.

    References
    ----------
    H. Taleghamar et al., "Deep learning of quantitative ultrasound multi-parametric
    images at pre-treatment to predict breast cancer response to chemotherapy",
    Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import QUSMapper
    >>> cohort = make_rf_cohort(
    ...     n_patients=2, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> mapper = QUSMapper(cohort.reference, attenuation_db_cm_mhz=0.7, overlap=0.5,
    ...                    channels=("mbf", "ss"))
    >>> maps = mapper.fit_transform(cohort.X)["us_pre"].iloc[0].planes[0]
    >>> maps.channels, maps.image.shape
    (('mbf', 'ss'), (2, 18, 15))
    """

    _parameter_constraints: dict = {
        **MapStep._parameter_constraints,
        "reference": [ReferencePhantom],
        "attenuation_db_cm_mhz": [
            Interval(Real, 0, None, closed="left"),
            str,
            callable,
            None,
        ],
        "attenuation_layers": ["array-like", None],
        "band_mhz": ["array-like", StrOptions({"auto"})],
        "options": [SpectralOptions, None],
    }

    kinds = ("rf",)

    def __init__(
        self,
        reference: Any,
        *,
        attenuation_db_cm_mhz: float | str | Callable[..., Any],
        attenuation_layers: Any = None,
        band_mhz: Any = (3.0, 8.0),
        window_mm: Any = 2.0,
        overlap: Any = 0.95,
        channels: Any = CHANNELS,
        pixel_mm: float | None = None,
        options: Any = None,
        min_valid_share: float = 0.5,
        store: Any = "auto",
        columns: Any = None,
        n_jobs: int | None = None,
        timeout: float | None = None,
    ) -> None:
        self.reference = reference
        self.attenuation_db_cm_mhz = attenuation_db_cm_mhz
        self.attenuation_layers = attenuation_layers
        self.band_mhz = band_mhz
        self.window_mm = window_mm
        self.overlap = overlap
        self.channels = channels
        self.pixel_mm = pixel_mm
        self.options = options
        self.min_valid_share = min_valid_share
        self.store = store
        self.columns = columns
        self.n_jobs = n_jobs
        self.timeout = timeout

    def get_params(self, deep: bool = True) -> dict:
        """Get the settings; those of `options` are there where it is None, too.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the settings of `options`.

        Returns
        -------
        dict
            Settings by name.
        """
        params = super().get_params(deep)
        if deep and self.options is None:
            defaults = SpectralOptions().get_params()
            params |= {f"options__{name}": value for name, value in defaults.items()}
        return params

    def set_params(self, **params: Any) -> Any:
        """Change settings; one of `options` makes `SpectralOptions` of None.

        Parameters
        ----------
        **params : object
            Settings by name, e.g. ``overlap`` or ``options__min_snr_db``.

        Returns
        -------
        self
            The mapper.
        """
        within = any(name.startswith("options__") for name in params)
        if within and params.get("options", self.options) is None:
            params["options"] = SpectralOptions()
        return super().set_params(**params)

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Compute the reference's spectra for the settings of these planes.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        """
        recipe = self._recipe(self.band_mhz)
        self._begin_fit()
        self._attenuations(X)
        found = list_planes(X, self.columns_)
        if isinstance(self.band_mhz, str):
            self.band_mhz_ = common_band(found, recipe, self.reference)
            recipe = self._recipe(self.band_mhz_)
        else:
            self.band_mhz_ = tuple(self.band_mhz)
        self.reference_spectra_ = {}
        for at in found:
            with at.named() as plane:
                known_spectrum(plane, recipe, self.reference, self.reference_spectra_)

    def transform_plane(self, plane: Plane) -> Plane:
        """Compute the maps of one plane.

        Parameters
        ----------
        plane : Plane
            An RF plane.

        Returns
        -------
        Plane
            Its maps, float32, NaN where invalid.

        Raises
        ------
        ValueError
            If the plane cannot be used, or no acquisition of the reference fits
            it, or the attenuation is per patient.
        """
        check_is_fitted(self)
        if attenuation_column(self.attenuation_db_cm_mhz) is not None:
            raise ValueError(
                "the attenuation comes from a column of the cohort frame; use transform"
            )
        return self._map_plane(self._job_maker()(plane, self.attenuation_db_cm_mhz))

    def _settle(self, X):
        """Check the settings once; return what makes a job of a `PlaneAt`."""
        attenuations, settle = self._attenuations(X), self._job_maker()
        return lambda at: settle(at.plane, attenuations[at.row])

    def _table(self, found, made):
        """Write the table of quality."""
        return quality_table(found, made, made[0].plane.channels if made else ())

    def _job_maker(self):
        """Check the settings once; return what makes a job of plane and attenuation."""
        return partial(
            make_job,
            recipe=self._recipe(self.band_mhz_),
            phantom=self.reference,
            spectra=dict(self.reference_spectra_),
            store=self._open_store(),
        )

    def _recipe(self, band_mhz):
        """Check the settings that all planes share."""
        return make_recipe(
            self.reference,
            band_mhz=band_mhz,
            window_mm=self.window_mm,
            overlap=self.overlap,
            channels=self.channels,
            options=self.options,
            pixel_mm=self.pixel_mm,
            layers=self.attenuation_layers,
        )

    def _attenuations(self, X):
        """Give each row's attenuation; those of a column are read and checked."""
        if self.attenuation_db_cm_mhz is None and self.attenuation_layers is None:
            not_negative("attenuation_db_cm_mhz", None, ATTENUATION_MEND)
        studies = X[list(self.columns_)].map(has_study).any(axis=1)
        return attenuation_of_rows(X, self.attenuation_db_cm_mhz, studies)
