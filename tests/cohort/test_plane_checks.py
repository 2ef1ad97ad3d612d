"""Planes that cannot be are refused, each with what is wrong."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import ArrayRef, Grid, MaskOutline, Plane, PolygonOutline

PIXELS = Grid((8, 6), (1, 1), unit="px")
IMAGE = np.arange(48.0).reshape(8, 6)


def rf(**settings):
    """An RF plane of 8 samples and 6 lines."""
    defaults = {"fs_mhz": 40.0, "line_pitch_mm": 0.2}
    return Plane.from_rf(IMAGE, **{**defaults, **settings})


def bmode(image=IMAGE, **settings):
    """A B-mode plane of 8 x 6 pixels."""
    return Plane(image, "bmode", **settings)


def maps(**settings):
    """A plane of two maps."""
    image = np.stack([IMAGE, -IMAGE])
    return Plane(image, "maps", channels=("mbf", "esd"), **settings)


@pytest.mark.parametrize("kind", ["rf", "envelope", "bmode"])
def test_complex_samples_behind_a_handle_are_no_image(tmp_path, kind):
    # A .mat file of IQ has a handle; arrays in memory are refused before.
    path = tmp_path / "iq.h5"
    handle = ArrayRef(str(path), None, (8, 6), "complex64", "0" * 32, 1, 1)
    with pytest.raises(ValueError, match=r"must hold real numbers, got complex64, whi"):
        Plane(handle, kind, spacing_mm=(0.01925, 0.2), fs_mhz=40.0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Plane(IMAGE, "doppler"), "kind must be one of .*'doppler'"),
        (lambda: bmode(IMAGE[None]), r"must be \(height, width\), got shape"),
        (lambda: bmode(IMAGE[:0]), r"got shape \(0, 6\)"),
        (lambda: Plane(IMAGE, "maps"), r"must be \(n_maps, height, width\)"),
        (
            lambda: maps().replace(channels=("mbf",)),
            "channels must name each of 2 maps",
        ),
        (lambda: maps().replace(channels=("a", "a")), "channels must have different"),
        (
            lambda: rf().replace(fs_mhz=50),
            "0.01925 mm contradicts fs_mhz=50 .* make it 0.0154 mm; .*Plane.from_rf",
        ),
        (
            lambda: rf().replace(speed_of_sound=1480.0),
            "0.01925 mm contradicts fs_mhz=40 and speed_of_sound=1480",
        ),
        (
            lambda: Plane(IMAGE, "rf", spacing_mm=(1, 1)),
            "fs_mhz of an RF plane must be > 0, got None",
        ),
        (lambda: Plane(IMAGE, "rf", fs_mhz=40), "from_rf takes fs_mhz and line_pitch"),
        (lambda: rf(fs_mhz=0), "fs_mhz of an RF plane must be > 0, got 0"),
        (lambda: rf(fs_mhz=np.nan), "fs_mhz of an RF plane must be > 0, got nan"),
        (lambda: rf(fs_mhz=None), "fs_mhz is missing and not guessed; .*settings"),
        (lambda: rf(line_pitch_mm=None), "line_pitch_mm is missing .* data sheet"),
        (lambda: rf(line_pitch_mm=-0.2), "the line pitch must be 0.005 to 5 mm, got"),
        (
            lambda: rf(speed_of_sound=0.0),
            "speed_of_sound of an RF plane must be > 0, got 0",
        ),
        (lambda: rf(start_depth_mm=np.inf), "must be two finite"),
        (
            lambda: bmode(core=PolygonOutline([(9, 0), (10, 0), (10, 2)])),
            "core outline lies outside the 8x6 image: it spans 9 to 10 px in depth",
        ),
        (
            lambda: bmode(
                spacing_mm=(1, 1),
                core=MaskOutline(IMAGE > 3, PIXELS),
            ),
            "the mask is in px, the image in mm; give both a spacing, or none",
        ),
        (lambda: bmode().core_mask(), "the plane has no core outline"),
        (
            lambda: bmode(core=MaskOutline(IMAGE < 0, PIXELS)).core_mask(),
            "core outline covers no sample of the 8x6 image",
        ),
    ],
)
def test_impossible_planes_say_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("core", [np.ones((8, 6), bool), [(1, 1), (1, 3)], "core.png"])
def test_a_core_that_is_no_outline_is_told_what_is(core):
    with pytest.raises(TypeError, match="core must be a PolygonOutline or a MaskOutl"):
        Plane(np.zeros((8, 6), "uint8"), "bmode", core=core)


@pytest.mark.parametrize("n", [3, 4])
def test_colours_are_told_to_be_made_grey(n):
    with pytest.raises(ValueError, match=r"got shape \(8, 6, .\); make colours grey"):
        Plane(np.zeros((8, 6, n), "uint8"), "bmode")


def test_an_envelope_without_its_spacing_is_refused():
    with pytest.raises(ValueError, match="an envelope plane needs spacing_mm"):
        Plane(IMAGE, "envelope")
