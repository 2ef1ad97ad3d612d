"""`QUSMapper`: parametric maps of every plane of a cohort."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from functools import partial

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import Plane, PlaneTransformer
from sknac.cohort.planes import has_study, list_planes
from sknac.exceptions import CohortError
from sknac.qus._checks import not_negative
from sknac.qus._estimates import CHANNELS
from sknac.qus._form_factor import scatterer_fit
from sknac.qus._map_key import map_key
from sknac.qus._maps import check_channels, check_snr
from sknac.qus._media import ATTENUATION_MEND, ESTIMATE
from sknac.qus._plane_mapper import (
    DTYPE,
    PlaneMapper,
    SpectralOptions,
    plan_of,
    setting_key,
)
from sknac.qus._reference import ReferencePhantom, first_sample
from sknac.qus._reference_spectrum import reference_spectrum
from sknac.utils._sklearn import Interval, Real, StrOptions
from sknac.utils._store import ArrayStore

_DEFAULT = SpectralOptions()


class QUSMapper(PlaneTransformer):
    """Turn the RF planes of a cohort into quantitative-ultrasound maps.

    Maps cover the whole frame, so that regions can be searched later without
    computing them again.

    Parameters
    ----------
    reference : ReferencePhantom
        The phantom, scanned with the cohort's settings.
    attenuation_db_cm_mhz : float or str
        The tissue's one-way attenuation in dB/(cm MHz^n), or the name of a column
        of the cohort frame that holds it per patient, or "estimate" (from each
        plane, see `estimate_attenuation`). There is no default: it is
        the largest source of error (0.1 dB/cm/MHz too low moves MBF by about
        -2.7 dB and ESD by +14 um over 3-47 mm).
    band_mhz : tuple of float or "auto", default=(3.0, 8.0)
        Analysis band. "auto" takes it from the reference, as in `qus_maps`, at the
        plane's focal depth.
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
        Exponent of the attenuation, DFT length, taper, fit of the scatterers and
        least signal to noise.
    store : str, path-like or None, default=None
        Folder of computed maps (a cache that outlives the program). Maps found
        there are not computed again, others are written there, and the new
        planes hold handles to the files, so that memory does not grow with the
        cohort. None keeps the maps in memory.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time, as in joblib.

    Attributes
    ----------
    reference_spectra_ : dict
        Log spectra of the reference per depth, for the settings met in ``fit``.
    columns_ : tuple of str
        Ultrasound columns that are mapped.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    qus_maps : The same for one array, with the equations.
    sknac.roi.ROIMasker : Cut core and margin out of the maps.

    Notes
    -----
    Tissue speed, sampling frequency, pitch and first depth are those of each
    plane. Invalid windows are NaN. Spacing and origin of the new planes are those
    of the window centres, so a core outline in mm stays where it was.

    In a store, maps are found by the content of scan and reference and by every
    setting they depend on. A program that was killed goes on where it stopped; any
    number of them may share a store; each file is plain ``.npy`` and carries its
    checksum in its name. A damaged file is computed again with a warning, and
    raises `SknacFormatError` if it is damaged after `transform`. Files may be
    deleted at any time; then `transform` computes them again.

    Progress: ``mapper.set_callbacks(sklearn.callback.ProgressBar())``.

    References
    ----------
    H. Taleghamar et al., "Deep learning of quantitative ultrasound multi-parametric
    images at pre-treatment to predict breast cancer response to chemotherapy",
    Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import Plane, Study
    >>> from sknac.qus import QUSMapper, ReferencePhantom
    >>> rng = np.random.default_rng(0)
    >>> def scan():
    ...     rf = rng.normal(size=(500, 32))
    ...     return Plane.from_rf(rf, fs_mhz=40, line_pitch_mm=0.2)
    >>> X = pd.DataFrame({"us_pre": [Study([scan()]), None]}, index=["P1", "P2"])
    >>> phantom = ReferencePhantom(
    ...     scan(), attenuation_db_cm_mhz=0.5, speed_of_sound=1540)
    >>> mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, overlap=0.5,
    ...                    channels=("mbf", "ss"))
    >>> maps = mapper.fit_transform(X).loc["P1", "us_pre"].planes[0]
    >>> maps.channels, maps.image.shape
    (('mbf', 'ss'), (2, 8, 5))
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "reference": [ReferencePhantom],
        "attenuation_db_cm_mhz": [Interval(Real, 0, None, closed="left"), str],
        "band_mhz": ["array-like", StrOptions({"auto"})],
        "window_mm": [Interval(Real, 0, None, closed="neither"), "array-like"],
        "overlap": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "channels": ["array-like", str],
        "pixel_mm": [Interval(Real, 0, None, closed="neither"), None],
        "options": [SpectralOptions, None],
        "store": [str, os.PathLike, None],
    }

    kinds = ("rf",)

    def __init__(
        self,
        reference,
        *,
        attenuation_db_cm_mhz,
        band_mhz=(3.0, 8.0),
        window_mm=2.0,
        overlap=0.95,
        channels=CHANNELS,
        pixel_mm=None,
        options=None,
        store=None,
        columns=None,
        n_jobs=None,
    ):
        self.reference = reference
        self.attenuation_db_cm_mhz = attenuation_db_cm_mhz
        self.band_mhz = band_mhz
        self.window_mm = window_mm
        self.overlap = overlap
        self.channels = channels
        self.pixel_mm = pixel_mm
        self.options = options
        self.store = store
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Compute the reference's spectra for the settings of these planes.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        """
        self._mapper()  # checks the settings
        self._attenuations(X)
        found = list_planes(X, self.columns_)
        self.reference_spectra_ = self._spectra(found, {})

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
        if self._attenuation_column() is not None:
            raise ValueError(
                "the attenuation comes from a column of the cohort frame: use transform"
            )
        mapper = self._mapper()
        spectra = dict(self.reference_spectra_)
        work = self._work(plane, mapper, spectra, self.attenuation_db_cm_mhz)
        return work if isinstance(work, Plane) else work(plane)

    def plane_jobs(self, X, found) -> list:
        """Find each plane's maps in the store, or say what computes them.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        found : list of PlaneAt
            Its planes.

        Returns
        -------
        list of callable or Plane
            The stored planes, and what makes the others.
        """
        attenuations = self._attenuations(X)
        spectra = self._spectra(found, self.reference_spectra_)
        mapper = self._mapper()
        work = []
        for at in found:
            attenuation = self.attenuation_db_cm_mhz
            if attenuations is not None:
                attenuation = attenuations[at.row]
            with at.named() as plane:
                work.append(self._work(plane, mapper, spectra, attenuation))
        return work

    def _work(self, plane, mapper, spectra, attenuation):
        """Find one plane's maps in the store, or say what computes them."""
        reference, key = self._spectrum(plane, spectra), None
        if mapper.store is not None:
            plan = plan_of(plane, mapper.settings).on_band(reference.band_mhz)
            acquisitions = self.reference.match(plane)
            key = map_key(plane, acquisitions, mapper, plan.freqs_mhz, attenuation)
            stored = mapper.find(plane, key)
            if stored is not None:
                return stored
        return partial(mapper, reference=reference, attenuation=attenuation, key=key)

    def _attenuations(self, X):
        """Read the attenuation of each patient; None if one number serves all."""
        column = self._attenuation_column()
        if column is None:
            return None
        if column not in X.columns:
            raise CohortError(
                f"column {column} (attenuation_db_cm_mhz) is missing; there are "
                f"{list(X.columns)}"
            )
        values = []
        for patient, value in X[column].items():
            if any(has_study(X.at[patient, us]) for us in self.columns_):
                try:
                    value = not_negative(column, value, ATTENUATION_MEND)
                except ValueError as error:
                    place = f"row {patient}, column {column}"
                    raise CohortError(f"{place}: {error}") from error
            values.append(value)
        return values

    def _attenuation_column(self):
        """Return the column that holds the attenuation, or None."""
        named = isinstance(self.attenuation_db_cm_mhz, str)
        if named and self.attenuation_db_cm_mhz != ESTIMATE:
            return self.attenuation_db_cm_mhz
        return None

    def _spectra(self, found, known):
        """Reference spectra for the planes found; errors name the place."""
        spectra = dict(known)
        for at in found:
            with at.named() as plane:
                self._spectrum(plane, spectra)
        return spectra

    def _spectrum(self, plane, spectra):
        """Reference spectrum for one plane's settings, computed once."""
        plan = plan_of(plane, self._settings())
        key = setting_key(plane, plan)
        if key not in spectra:
            n_samples = plane.image.shape[0]
            frames = []
            for scan in self.reference.match(plane):
                first = first_sample(plane, scan)
                frames.append(scan.load()[first : first + n_samples])
            spectra[key] = reference_spectrum(
                frames,
                plan,
                n_samples,
                DTYPE,
                start_depth_mm=plane.origin_mm[0],
                focus_mm=plane.focus_mm,
            )
        return spectra[key]

    def _settings(self):
        """Gather what a plan needs."""
        options = self.options or _DEFAULT
        band = self.band_mhz
        return {
            "band_mhz": band if isinstance(band, str) else tuple(band),
            "window_mm": self.window_mm,
            "overlap": self.overlap,
            "n_fft": options.n_fft,
            "taper": options.taper,
        }

    def _mapper(self):
        """Pack what mapping one plane needs, without the reference's RF."""
        phantom, options = self.reference, self.options or _DEFAULT
        store = None if self.store is None else ArrayStore(self.store)
        if store is not None:
            store.prepare()
        return PlaneMapper(
            settings=self._settings(),
            media={
                "attenuation_power": options.attenuation_power,
                "reference_speed_of_sound": phantom.speed_of_sound,
                "reference_attenuation": phantom.attenuation_db_cm_mhz,
                "reference_attenuation_power": phantom.attenuation_power,
            },
            bsc=phantom.bsc,
            channels=check_channels(self.channels, phantom.bsc),
            fit=scatterer_fit(options.size_fit),
            min_snr_db=check_snr(options.min_snr_db),
            pixel_mm=self.pixel_mm,
            store=store,
        )
