"""`EnvelopeMapper`: maps lie where their windows do, in a cohort and alone."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane
from sknac.exceptions import CohortError
from sknac.features import MapStatistics
from sknac.qus import EnvelopeMapper
from sknac.roi import ROIMasker
from sknac.testing import make_check_cohort


@pytest.fixture
def plane(rng):
    image = np.hypot(*rng.normal(size=(2, 400, 30)))
    return Plane(image, "envelope", (0.02, 0.2), origin_mm=(5.0, -3.0))


def test_maps_lie_at_their_windows_centres(plane):
    maps = EnvelopeMapper(overlap=0.5).transform_plane(plane)
    assert maps.origin_mm == pytest.approx((5 + 0.02 * 49.5, -3 + 0.2 * 4.5))
    assert maps.spacing_mm == pytest.approx((1.0, 1.0))
    assert maps.image.shape == (3, 7, 5)
    assert maps.image.dtype == np.float32


@pytest.mark.parametrize("channels", ["envelope_snr", ["nakagami_omega", "nakagami_m"]])
def test_channels_are_those_asked_for(plane, channels):
    every = EnvelopeMapper(overlap=0.5).transform_plane(plane)
    some = EnvelopeMapper(overlap=0.5, channels=channels).transform_plane(plane)
    for name, values in zip(some.channels, some.load(), strict=True):
        expected = every.load()[every.channels.index(name)]
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("channels", [["m"], [], ["nakagami_m"] * 2, "mbf"])
def test_unknown_channels_are_refused_in_fit(channels):
    X, _ = make_check_cohort("envelope")
    with pytest.raises(ValueError, match="channels must be different names out of"):
        EnvelopeMapper(channels=channels).fit(X)


@pytest.mark.parametrize("kind", ["rf", "envelope"])
def test_maps_go_on_to_regions_and_features(kind):
    X, _ = make_check_cohort(kind)
    steps = EnvelopeMapper(overlap=0.5), ROIMasker(margin_mm=1.0), MapStatistics()
    table = make_pipeline(*steps).set_output(transform="pandas").fit_transform(X)
    assert "us_pre__nakagami_m_mean" in table
    assert table["us_pre__nakagami_m_mean"].between(0.8, 1.2).all()


def test_rf_and_its_envelope_have_the_same_maps():
    rf, envelope = (
        EnvelopeMapper(overlap=0.5).fit_transform(make_check_cohort(kind)[0])
        for kind in ("rf", "envelope")
    )
    one, two = (X["us_pre"].iloc[0].planes[0].load() for X in (rf, envelope))
    # At the frame's end the offset is less certain.
    np.testing.assert_allclose(one[:, 1:], two[:, 1:], rtol=0.01, atol=0.01)


def test_windows_that_do_not_fit_are_named_in_fit():
    X, _ = make_check_cohort("envelope")
    for window_mm, said in ((0.1, "at least 8 are needed"), (9.0, "larger than the")):
        with pytest.raises(CohortError, match=f"row P000, column us_pre.*{said}"):
            EnvelopeMapper(window_mm=window_mm).fit(X)


def test_what_is_doubtful_is_warned_of(plane):
    log = 60 + 20 * np.log10(plane.load() + 1e-3)
    with pytest.warns(
        UserWarning, match="the plane: the amplitudes look log-compressed"
    ):
        EnvelopeMapper(overlap=0.8).transform_plane(plane.replace(image=log))


@pytest.mark.parametrize("kind", ["bmode", "maps"])
def test_images_and_maps_are_refused(kind):
    X, _ = make_check_cohort(kind)
    with pytest.raises(CohortError, match=f"EnvelopeMapper needs .*, got {kind}; "):
        EnvelopeMapper().fit(X)


def test_envelopes_given_as_rf_are_refused():
    X, _ = make_check_cohort("rf")
    plane = X["us_pre"].iloc[0].planes[0]
    with pytest.raises(ValueError, match="the samples are no RF"):
        EnvelopeMapper().transform_plane(plane.replace(image=np.abs(plane.load())))
