"""`EnvelopeMapper`: maps of the envelope's statistics, without a phantom."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from typing import Any

import pandas as pd

from sknac.cohort import Plane
from sknac.cohort.planes import check_kind, list_planes
from sknac.qus._checks import different_names
from sknac.qus._envelope import ENVELOPE_CAUSES, ENVELOPE_CHANNELS
from sknac.qus._envelope_job import make_envelope_job
from sknac.qus._map_step import MapStep
from sknac.qus._quality import windows_table


class EnvelopeMapper(MapStep):
    """Turn RF planes or envelopes into maps of the envelope's statistics.

    They need no reference phantom: how echo amplitudes are distributed within a
    window tells of the number and arrangement of scatterers, whatever the gain.

    Parameters
    ----------
    channels : tuple of str, default=("nakagami_m", "nakagami_omega", "envelope_snr")
        Maps to compute; they become the planes' ``channels``.
    window_mm : float or tuple of float, default=2.0
        Window side, or (axial, lateral), in mm.
    overlap : float or tuple of float, default=0.95
        Overlap of neighbouring windows in [0, 1), or (axial, lateral).
    pixel_mm : float or None, default=None
        Side of square pixels to which the finished maps are interpolated linearly;
        None keeps the window grid.
    min_valid_share : float, default=0.5
        Planes of which a map has a smaller share of valid windows are warned of, as
        are those with a map that has none. Nothing is left out.
    store : str, path-like, None or False, default="auto"
        Folder of computed maps, as of `QUSMapper`; mappers of both kinds may share it.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time, as in joblib; one inside a task of joblib or dask.
    timeout : float or None, default=None
        Seconds that a task of joblib may take (of 16 planes and more on a cluster);
        None waits as long as it takes.

    Attributes
    ----------
    quality_ : DataFrame of shape (n_planes, n_columns)
        How far the maps of the last `transform` (or ``fit_transform``) can be used,
        one row per plane: ``row`` (the patient's position, whose
        name is in `quality_table`), ``visit``, ``plane``, ``n_windows``, the
        share of valid ones per map (``valid_nakagami_m``, ...), how many have not all
        maps by first cause (``n_nonfinite``, ``n_saturated``, ``n_dead_line``,
        ``n_silent``, ``n_zeros``, ``n_no_spread``), and ``doubts``, warned of too.
    columns_ : tuple of str
        Ultrasound columns that are mapped.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    Raises
    ------
    ValueError
        If samples are no RF or no envelope (negative, or of 8 bits and
        log-compressed), or a window does not fit into the plane.

    Warns
    -----
    UserWarning
        If amplitudes of more than 8 bits look log-compressed (a median SNR above 3, an
        SD that grows as the mean to a power surely below 0.8, or zeros beside large
        amplitudes), or a window holds fewer than 20 independent samples; once a kind,
        with the number of planes and the first of them. If planes have few valid
        windows.

    See Also
    --------
    QUSMapper : Spectral maps, calibrated by a phantom.
    sknac.roi.ROIMasker : Cut core and margin out of the maps.

    Notes
    -----
    With amplitude A and power A^2 averaged over a window,

    ``nakagami_m``
        Shape of Nakagami's distribution, by maximum likelihood: the solution of
        ln m - psi(m) = ln<A^2> - <ln A^2> in the approximation of Greenwood and
        Durand (within 0.02 % for m above 0.06). 1 in fully developed speckle, less
        where scatterers are few or unlike, more where one echo dominates.
    ``nakagami_omega``
        Scale <A^2> as 10 log10, in dB re the square of the samples' unit. It holds
        gain, focus and attenuation: compare it within one setting and depth only.
    ``envelope_snr``
        <A> over the SD of A: 1.91 in fully developed speckle.

    Of 30 independent Rayleigh samples, maximum likelihood reads m 5 % high in the
    median (9 % in the mean) with an SD of 0.27, against 14 % (19 %) and 0.38 by the
    inverse normalised variance of the power; at m = 0.5 it is twice as precise. Of 20,
    50 and 100 samples it reads 7, 3 and 1 % high. It minds small amplitudes: zeros,
    which are amplitudes below half a digit, count as 0.3 of the smallest amplitude
    above zero, and where they are more than 5 % of a window, m is NaN.

    The envelope of RF is the magnitude of the analytic signal of each line, the offset
    removed. Windows with clipped, still or non-finite samples are NaN in every map. How
    many samples of a window are independent is told by their correlation along and
    across the lines; sides of three pulse lengths and beam widths are enough.

    References
    ----------
    P. M. Shankar, "A general statistical model for ultrasonic backscattering from
    tissues", IEEE Trans. UFFC 47:727-736, 2000.

    J. A. Greenwood, D. Durand, "Aids for fitting the gamma distribution by maximum
    likelihood", Technometrics 2:55-65, 1960.

    R. F. Wagner, S. W. Smith, J. M. Sandrik, H. Lopez, "Statistics of speckle in
    ultrasound B-scans", IEEE Trans. Sonics Ultrason. 30:156-163, 1983.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import EnvelopeMapper
    >>> cohort = make_rf_cohort(
    ...     n_patients=2, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> mapper = EnvelopeMapper(window_mm=3.0, overlap=0.5)
    >>> maps = mapper.fit_transform(cohort.X)["us_pre"].iloc[0].planes[0]
    >>> maps.channels, maps.image.shape
    (('nakagami_m', 'nakagami_omega', 'envelope_snr'), (3, 12, 10))
    """

    kinds = ("rf", "envelope")

    def __init__(
        self,
        *,
        channels: Any = ENVELOPE_CHANNELS,
        window_mm: Any = 2.0,
        overlap: Any = 0.95,
        pixel_mm: float | None = None,
        min_valid_share: float = 0.5,
        store: Any = "auto",
        columns: Any = None,
        n_jobs: int | None = None,
        timeout: float | None = None,
    ) -> None:
        self.channels = channels
        self.window_mm = window_mm
        self.overlap = overlap
        self.pixel_mm = pixel_mm
        self.min_valid_share = min_valid_share
        self.store = store
        self.columns = columns
        self.n_jobs = n_jobs
        self.timeout = timeout

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Check that windows fit into every plane; nothing is learnt.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        """
        self._begin_fit()
        settle = self._job_maker()
        for at in list_planes(X, self.columns_):
            with at.named() as plane:
                settle(plane)

    def transform_plane(self, plane: Plane) -> Plane:
        """Compute the maps of one plane; the step need not be fitted.

        Parameters
        ----------
        plane : Plane
            An RF plane or an envelope.

        Returns
        -------
        Plane
            Its maps, float32, NaN where invalid.

        Raises
        ------
        ValueError
            If the plane cannot be used.
        """
        self._validate_params()
        check_kind(self, plane)
        return self._map_plane(self._job_maker(self._open_store())(plane))

    def _settle(self, X):
        """Check the settings once; return what makes a job of a `PlaneAt`."""
        settle = self._job_maker(self._open_store())
        return lambda at: settle(at.plane)

    def _table(self, found, made):
        """Write the table of quality."""
        channels = made[0].plane.channels if made else ()
        return windows_table(found, made, channels, ENVELOPE_CAUSES)

    def _job_maker(self, store=None):
        """Check the names of the maps; return what makes a job of a plane."""
        return partial(
            make_envelope_job,
            channels=different_names("channels", self.channels, ENVELOPE_CHANNELS),
            window_mm=self.window_mm,
            overlap=self.overlap,
            pixel_mm=self.pixel_mm,
            store=store,
        )
