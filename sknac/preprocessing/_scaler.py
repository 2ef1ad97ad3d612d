"""Bring map values to 0..1 by the training set's limits."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from typing import Any

import numpy as np

from sknac.cohort import Plane, PlaneTransformer
from sknac.cohort.planes import check_kind, list_planes, over_parts, shared
from sknac.exceptions import CohortError
from sknac.utils._percentiles import percentiles_of_parts
from sknac.utils._sklearn import Interval, Real, StrOptions


class MapScaler(PlaneTransformer):
    """Scale each channel to 0..1 by limits learned from the training planes.

    Parameters
    ----------
    limits : tuple of (float, float), default=(1.0, 99.0)
        Percentiles of the training values that become 0 and 1; values beyond are
        clipped. ``(0, 100)`` is the QUS paper's minimum and maximum.
    keep : sequence of str, default=("core", "margin")
        Channels that are shares from 0 to 1 and stay as they are, such as the masks of
        `sknac.roi.RegionChannels`; those that the planes do not have do not count.
    fill : "median" or float in [0, 1], default="median"
        What an invalid value inside the region becomes, after scaling:
        the training median of its channel, or a number.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all. They share one set of limits.
    n_jobs : int or None, default=None
        Parts of the planes counted at a time in ``fit``; `transform` computes no
        pixels and is done in place.

    Attributes
    ----------
    channels_ : tuple of str
        Names of the channels; empty for B-mode images.
    low_, high_, median_ : ndarray of float of shape (n_channels,)
        Limits and median of the training values, in the map's unit.
    filled_share_ : ndarray of float of shape (n_channels,)
        Share of the training values inside the region that were invalid.
    columns_ : tuple of str
        Ultrasound columns that are scaled.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    PlaneResizer : Brings planes to one size; comes before this step.

    Notes
    -----
    Outside the region the result is 0, as in the paper. Percentiles are the
    default because heavy tails (the acoustic concentration reaches 150 dB where
    the diameter comes out small) flatten a map that is scaled by minimum and
    maximum. They are taken over all valid values of all training planes, each
    value counted once; they are exact (those of `numpy.percentile`), and found in
    two passes with one plane in memory at a time, in parts by `n_jobs` workers.
    Results are float32.

    References
    ----------
    .. [1] Taleghamar et al., Scientific Reports 12:2244, 2022 (limits of the
       training set, used for every set).

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.preprocessing import MapScaler
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> scaled = MapScaler().fit_transform(X).iloc[0]["us_pre"].planes[0].load()
    >>> float(scaled.min()), float(scaled.max())
    (0.0, 1.0)
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "limits": [tuple, list],
        "keep": ["array-like"],
        "fill": [StrOptions({"median"}), Interval(Real, 0, 1, closed="both")],
    }

    kinds = ("bmode", "maps")
    derives = True

    def __init__(
        self,
        *,
        limits: Any = (1.0, 99.0),
        keep: Any = ("core", "margin"),
        fill: Any = "median",
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.limits = limits
        self.keep = keep
        self.fill = fill
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X: Any) -> None:
        """Learn limits and medians.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.

        Raises
        ------
        ValueError
            If the limits are no percentiles, or a channel is constant, has no valid
            value, or is to be kept and no share.
        CohortError
            If planes have other channels than the first one.
        """
        lower, upper = _check_limits(self.limits)
        found = list_planes(X, self.columns_)
        if not found:
            raise CohortError(
                f"columns {list(self.columns_)} must hold a study to learn from"
            )
        self.channels_ = found[0].plane.channels
        kept = np.flatnonzero(np.isin(self.channels_, list(self.keep)))
        extremes = [0.0, 100.0] if kept.size else []
        for at in found:
            with at.named() as plane:
                _check_channels(plane, self.channels_)
        quantiles, n_finite, n_values = percentiles_of_parts(
            partial(_counted, found, self.n_jobs), [lower, 50.0, upper, *extremes]
        )
        if not n_finite.all():
            names = np.asarray(self.channels_ or ("image",))[n_finite == 0]
            raise ValueError(f"channel {names[0]} must have a valid value in training")
        self.low_, self.median_, self.high_ = quantiles[:3]
        self._keep(kept, *quantiles[3:])
        self.filled_share_ = 1.0 - n_finite / n_values
        if (self.high_ <= self.low_).any():
            raise ValueError(
                f"limits {self.limits} of the training values coincide at "
                f"{self.low_[self.high_ <= self.low_][0]:.4g}; leave out the channel, "
                "which is constant, or widen the limits"
            )

    def _keep(self, kept, lowest=(), highest=()):
        """Give the channels to be kept the limits 0 and 1; they must be shares."""
        for i in kept:
            if lowest[i] < 0 or highest[i] > 1:
                raise ValueError(
                    f"channel {self.channels_[i]} is in keep and must be a share, 0 to "
                    f"1, got {lowest[i]:.4g} to {highest[i]:.4g}; rename it, or leave "
                    "it out of keep"
                )
            self.low_[i], self.high_[i] = 0.0, 1.0

    def transform_plane(self, plane: Plane) -> Plane:
        """Scale one plane.

        Parameters
        ----------
        plane : Plane
            With the channels seen in ``fit``.

        Returns
        -------
        Plane
            Values in 0..1, without NaN.

        Raises
        ------
        ValueError
            If the channels differ from those seen in ``fit``, or one has no valid
            value inside the region.
        """
        check_kind(self, plane)
        _check_channels(plane, self.channels_)
        limits = (self.low_, self.median_, self.high_)
        return plane.derive(
            _scaled,
            plane.roi,
            plane.grid,
            shared(plane.channels),
            *(shared(tuple(limit.tolist())) for limit in limits),
            self.fill if self.fill == "median" else float(self.fill),
            shape=plane.image.shape,
            dtype=np.float32,
        )


def _scaled(image, roi, grid, channels, low, median, high, fill):
    """Scale an image's channels; fill what is invalid in its region."""
    scaled = _stack(image)
    region = np.ones(scaled.shape[1:], dtype=bool)
    if roi is not None:
        region = roi.to_mask(grid)
    _check_valid(scaled, region, channels)
    low, median, high = (
        np.asarray(limit).astype(np.float32)[:, None, None]
        for limit in (low, median, high)
    )
    if fill == "median":
        fill = np.clip((median - low) / (high - low), 0.0, 1.0)
    scaled -= low
    scaled /= high - low
    np.clip(scaled, 0.0, 1.0, out=scaled)
    np.copyto(scaled, fill, where=np.isnan(scaled))
    scaled[:, ~region] = 0.0
    return scaled.reshape(image.shape)


def _stack(image):
    """Copy an image as float32, (n_channels, height, width)."""
    return image.reshape(-1, *image.shape[-2:]).astype(np.float32)


def _check_valid(image, region, channels):
    """Refuse a plane of whose map nothing is known: all of it would be filled."""
    known = (np.isfinite(image) & region).any(axis=(1, 2))
    for name, is_known in zip(channels or ("image",), known, strict=True):
        if not is_known:
            raise ValueError(
                f"map {name} has no valid value in its region; leave the plane out"
            )


def _check_limits(limits):
    """Check two increasing percentiles."""
    if len(limits) != 2 or not 0 <= limits[0] < limits[1] <= 100:
        raise ValueError(
            f"limits must be percentiles 0 <= low < high <= 100, got {limits}"
        )
    if limits[1] <= 1:
        low, high = (float(f"{100 * limit:.12g}") for limit in limits)
        raise ValueError(
            f"limits must be percentiles, of 100, but {limits} looks like shares; "
            f"write ({low:g}, {high:g})"
        )
    return limits


def _check_channels(plane, channels):
    """Refuse a plane whose channels are not those of the training planes."""
    if plane.channels != channels:
        raise ValueError(
            f"channels must be those of fit, {channels}, got {plane.channels}"
        )


def _counted(found, n_jobs, count):
    """Count the values of all planes in parts, which other processes may do."""
    return over_parts(partial(_count_part, count), found, n_jobs=n_jobs)


def _count_part(count, found):
    """Count the values of some planes."""
    return count(map(_values, found))


def _values(at):
    """Read a plane's values inside its region, (n_channels, n_values)."""
    with at.named() as plane:
        image = _stack(plane.load())
        if plane.roi is None:
            return image.reshape(len(image), -1)
        return image[:, plane.roi.to_mask(plane.grid)]
