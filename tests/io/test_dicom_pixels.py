"""Grey values of each kind of pixels, against pydicom's decoding and closed forms."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from PIL import Image

from sknac.io import read_array, read_info

pydicom = pytest.importorskip("pydicom")

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (12, 10, 3), dtype=np.uint8)


@pytest.fixture
def read(seeds, tmp_path):
    """Write pixels and read them, of the type that the header's reading says."""

    def read(pixels, frame=None, **tags):
        path = seeds.write_dicom(tmp_path / "scan.dcm", pixels, **tags)
        array = read_array(path, frame)
        assert array.dtype == read_info(path).dtype
        assert array.flags.c_contiguous
        assert array.dtype.isnative
        return array

    return read


def luma(rgb):
    """Pillow's grey."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


LITTLE = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian"]
SYNTAXES = [*LITTLE, "ExplicitVRBigEndian"]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int8", "int16"])
def test_grey_is_kept_as_it_is(read, syntax, dtype):
    limits = np.iinfo(dtype)
    pixels = RNG.integers(limits.min, limits.max, (3, 12, 10), dtype, endpoint=True)
    array = read(pixels, 2, syntax=syntax)
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, pixels[2])


def test_sixteen_bits_are_not_squeezed(read):
    pixels = np.linspace(0, 65535, 120).astype("uint16").reshape(12, 10)
    np.testing.assert_array_equal(read(pixels), pixels)


@pytest.mark.parametrize(("stored", "kind"), [(12, "u"), (12, "i"), (10, "u")])
def test_bits_beyond_those_stored_are_no_values(read, stored, kind):
    # Overlays were once put there.
    values = RNG.integers(-(1 << stored - 1), 1 << stored - 1, (12, 10))
    values = values if kind == "i" else values + (1 << stored - 1)
    rest = RNG.integers(0, 1 << 16 - stored, (12, 10)) << stored
    pixels = ((values & (1 << stored) - 1) | rest).astype("uint16").view(f"{kind}2")
    np.testing.assert_array_equal(read(pixels, BitsStored=stored), values)


@pytest.mark.parametrize(
    ("dtype", "stored", "white"),
    [("uint8", 8, 255), ("uint8", 6, 63), ("uint16", 12, 4095), ("int16", 16, -1)],
)
def test_monochrome1_is_turned(read, dtype, stored, white):
    # MONOCHROME1 shows its lowest value white.
    low = -(1 << stored - 1) if dtype[0] == "i" else 0
    pixels = np.array([[low, low + 1, low + (1 << stored) - 1, low + 5]], dtype)
    array = read(pixels, BitsStored=stored, PhotometricInterpretation="MONOCHROME1")
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, white - pixels.astype(int))


@pytest.mark.parametrize(
    ("slope", "intercept"), [(2.0, -1024.0), (0.5, 0.0), (1.0, 3.0)]
)
def test_rescaled_values_are_floats(read, slope, intercept):
    pixels = RNG.integers(0, 4096, (12, 10), "uint16")
    array = read(pixels, RescaleSlope=slope, RescaleIntercept=intercept)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, pixels * slope + intercept)


def test_rescale_of_nothing_changes_no_type(read):
    pixels = RNG.integers(0, 256, (12, 10), "uint8")
    assert read(pixels, RescaleSlope=1, RescaleIntercept=0).dtype == np.uint8


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("planar", [0, 1])
def test_colours_become_luma_however_they_lie(read, syntax, planar):
    frames = np.stack([COLOUR, COLOUR[::-1]])
    laid = frames if planar == 0 else np.moveaxis(frames, -1, 1).reshape(frames.shape)
    array = read(laid, 1, syntax=syntax, PlanarConfiguration=planar)
    np.testing.assert_array_equal(array, luma(COLOUR[::-1]))


def test_bytes_in_big_endian_words_are_put_in_order(read):
    swapped = COLOUR.reshape(-1, 2)[:, ::-1].reshape(COLOUR.shape)
    array = read(swapped, syntax="ExplicitVRBigEndian", vr="OW")
    np.testing.assert_array_equal(array, luma(COLOUR))
    array = read(COLOUR, syntax="ExplicitVRBigEndian", vr="OB")
    np.testing.assert_array_equal(array, luma(COLOUR))


def test_colours_of_sixteen_bits_keep_them(read):
    colour = RNG.integers(0, 65536, COLOUR.shape, "uint16")
    array = read(colour)
    assert array.dtype == np.uint16
    np.testing.assert_allclose(array, colour @ [0.299, 0.587, 0.114], atol=2)


def to_ybr(rgb):
    """pydicom's YCbCr of RGB, for whole files."""
    from pydicom.pixels import convert_color_space

    return convert_color_space(rgb, "RGB", "YBR_FULL")


def test_ybr_becomes_the_grey_of_its_colours(read):
    from pydicom.pixels import convert_color_space

    ybr = to_ybr(COLOUR)
    array = read(ybr, PhotometricInterpretation="YBR_FULL")
    expected = convert_color_space(ybr, "YBR_FULL", "RGB")
    np.testing.assert_array_equal(array, luma(expected))
    # And that is the luma of the colours before, to one or two levels of rounding.
    assert np.abs(array.astype(int) - luma(COLOUR)).max() <= 2


def test_ybr_in_pairs_is_spread_out(read):
    # Two pixels Y1 Y2 Cb Cr; grey pixels have no colour that is shared.
    grey = RNG.integers(0, 256, (12, 10), dtype=np.uint8)
    pairs = np.full((12, 5, 4), 128, "uint8")
    pairs[..., :2] = grey.reshape(12, 5, 2)
    array = read(
        pairs.reshape(12, 20),
        Columns=10,
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="YBR_FULL_422",
    )
    np.testing.assert_array_equal(array, grey)
