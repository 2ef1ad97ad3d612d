"""`QUSMapper(band_mhz="auto")` settles one band for all planes, by a stated rule."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.exceptions import CohortError
from sknac.qus import QUSMapper, ReferencePhantom, SpectralOptions, qus_maps

OPTIONS = SpectralOptions(min_snr_db=None)
SETTINGS = {"overlap": (0.5, 0.9), "channels": "mbf", "options": OPTIONS}
MEDIA = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1540.0}


def coloured(rng, centre_mhz, *, n_samples=800, half_mhz=2.0):
    """White noise under a power response 6 dB down at the centre -/+ `half_mhz`."""
    f = np.fft.rfftfreq(n_samples, 1 / 40)[:, None]
    power = 10 ** (-0.6 * ((f - centre_mhz) / half_mhz) ** 2)
    noise = np.fft.rfft(rng.normal(size=(n_samples, 60)), axis=0)
    return np.fft.irfft(noise * np.sqrt(power), n_samples, axis=0)


def scan(rf, **settings):
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25, **settings)


def cohort(*planes):
    cells = np.empty(len(planes), dtype=object)
    cells[:] = [Study([plane]) for plane in planes]
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(len(planes))])


def mapper(phantom, **settings):
    return QUSMapper(
        ReferencePhantom(phantom, **MEDIA),
        attenuation_db_cm_mhz=0.6,
        **{"band_mhz": "auto", **SETTINGS, **settings},
    )


def own_band(plane, fitted):
    """What "auto" is for one plane alone."""
    run = {"attenuation_db_cm_mhz": 0.6, "band_mhz": "auto", **SETTINGS}
    return qus_maps(plane, fitted.reference, **run).band_mhz


@pytest.fixture
def two_depths(rng):
    """A phantom whose deeper half peaks 1 MHz lower."""
    return np.vstack([coloured(rng, 6.5), coloured(rng, 5.5)])


def test_planes_of_two_lengths_and_foci_share_what_their_bands_share(two_depths):
    planes = [
        scan(two_depths, focus_mm=8.0),
        scan(two_depths, focus_mm=24.0),
        scan(two_depths[:900], focus_mm=8.0),
    ]
    fitted = mapper(scan(two_depths))
    fitted.fit_transform(cohort(*planes))
    lows, highs = zip(*(own_band(plane, fitted) for plane in planes), strict=True)
    assert len(set(lows)) > 1 or len(set(highs)) > 1
    assert fitted.band_mhz_ == (max(lows), min(highs))
    table = fitted.quality_
    assert set(table["band_low_mhz"]) == {max(lows)}
    assert set(table["band_high_mhz"]) == {min(highs)}


def test_planes_of_one_setting_have_the_band_that_one_of_them_has(rng):
    planes = [scan(coloured(rng, 5.5)) for _ in range(2)]
    fitted = mapper(scan(coloured(rng, 5.5)))
    maps = fitted.fit_transform(cohort(*planes))["us_pre"].iloc[1].planes[0]
    assert fitted.band_mhz_ == own_band(planes[1], fitted)
    run = {"attenuation_db_cm_mhz": 0.6, "band_mhz": "auto", **SETTINGS}
    expected = qus_maps(planes[1], fitted.reference, **run)
    np.testing.assert_array_equal(maps.load()[0], expected.mbf)


def test_planes_met_in_transform_get_the_band_of_fit(two_depths):
    fitted = mapper(scan(two_depths)).fit(cohort(scan(two_depths, focus_mm=8.0)))
    band, other = fitted.band_mhz_, scan(two_depths, focus_mm=24.0)
    assert own_band(other, fitted) != band
    maps = fitted.transform(cohort(other))["us_pre"].iloc[0].planes[0]
    expected = mapper(scan(two_depths), band_mhz=band)
    expected = expected.fit_transform(cohort(other))["us_pre"].iloc[0].planes[0]
    np.testing.assert_array_equal(maps.load(), expected.load())
    assert (fitted.quality_["band_low_mhz"].iloc[0], fitted.band_mhz_) == (
        band[0],
        band,
    )


def test_foci_without_a_common_band_are_refused(rng):
    frame = np.vstack([3 * coloured(rng, 9.0), coloured(rng, 4.0)])
    X = cohort(scan(frame, focus_mm=8.0), scan(frame, focus_mm=24.0))
    with pytest.raises(
        ValueError,
        match=r"no band that all planes share: .* row P0, .* row P1, .* give band_mhz",
    ):
        mapper(scan(frame)).fit(X)


def test_the_place_of_a_plane_without_a_band_is_named(rng):
    frame = coloured(rng, 5.5)
    X = cohort(scan(frame), scan(frame, focus_mm=90.0))
    with pytest.raises(CohortError, match=r"row P1, .*focus_mm=90 lies outside"):
        mapper(scan(frame)).fit(X)


def test_auto_needs_a_plane(rng):
    X = cohort(scan(coloured(rng, 5.5)))
    X["us_pre"] = pd.Series([None], index=X.index, dtype=object)
    with pytest.raises(ValueError, match="must have planes in fit"):
        mapper(scan(coloured(rng, 5.5))).fit(X)


def test_a_given_band_is_the_fitted_one(rng):
    frame = coloured(rng, 5.5)
    fitted = mapper(scan(frame), band_mhz=(4.0, 7.0)).fit(cohort(scan(frame)))
    assert fitted.band_mhz_ == (4.0, 7.0)
