"""Palettes, against pydicom's own and colours that are looked up by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from PIL import Image

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

pydicom = pytest.importorskip("pydicom")

RNG = np.random.default_rng(0)
LITTLE = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian"]
SYNTAXES = [*LITTLE, "ExplicitVRBigEndian"]


@pytest.fixture
def read(seeds, tmp_path):
    """Write pixels of a palette and read their grey."""

    def read(pixels, **tags):
        tags["PhotometricInterpretation"] = "PALETTE COLOR"
        return read_array(seeds.write_dicom(tmp_path / "scan.dcm", pixels, **tags))

    return read


def luma(rgb):
    """Pillow's grey."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("n_entries", [256, 200, 65536])
def test_palette_is_looked_up_and_luma_taken(seeds, tmp_path, syntax, n_entries):
    from pydicom.pixels import apply_color_lut

    entries = RNG.integers(0, 65536, (n_entries, 3))
    tags = seeds.dicom_palette(entries)
    dtype = "uint8" if n_entries <= 256 else "uint16"
    pixels = RNG.integers(0, np.iinfo(dtype).max, (12, 10), dtype, endpoint=True)
    tags["PhotometricInterpretation"] = "PALETTE COLOR"
    if syntax == "ExplicitVRBigEndian":
        for name in ("Red", "Green", "Blue"):
            key = f"{name}PaletteColorLookupTableData"
            tags[key] = np.frombuffer(tags[key], "<u2").byteswap().tobytes()
    path = seeds.write_dicom(tmp_path / "a.dcm", pixels, syntax=syntax, **tags)
    colours = entries[np.minimum(pixels, n_entries - 1)]
    if syntax in LITTLE:  # pydicom reads those as little endian, whatever the file
        data = pydicom.dcmread(path)
        np.testing.assert_array_equal(apply_color_lut(pixels, data), colours)
    array = read_array(path)
    assert array.dtype == read_info(path).dtype == dtype
    if dtype == "uint8":
        np.testing.assert_array_equal(array, luma((colours >> 8).astype("uint8")))
    else:
        np.testing.assert_allclose(array, colours @ [0.299, 0.587, 0.114], atol=2)


def test_palette_may_start_late_and_have_eight_bits(read, seeds):
    entries = RNG.integers(0, 256, (101, 3))
    tags = seeds.dicom_palette(entries, bits=8, first=50)
    for name in ("Red", "Green", "Blue"):
        tags[f"{name}PaletteColorLookupTableData"] += b"\0"
    pixels = np.arange(240, dtype="uint8").reshape(12, 20)
    array = read(pixels, **tags)
    index = np.clip(pixels.astype(int) - 50, 0, 100)
    np.testing.assert_array_equal(array, luma(entries[index].astype("uint8")))


def test_palette_of_eight_bits_in_sixteen_is_not_black(read, seeds):
    # Some write entries of 0 to 255 where 0 to 65535 are announced.
    entries = np.repeat(np.arange(256)[:, None], 3, axis=1)
    pixels = np.arange(120, dtype="uint8").reshape(12, 10)
    array = read(
        pixels,
        PhotometricInterpretation="PALETTE COLOR",
        **seeds.dicom_palette(entries),
    )
    np.testing.assert_array_equal(array, pixels)


@pytest.mark.parametrize("missing", [2, 100])
def test_palette_that_is_cut_off_is_refused(read, seeds, missing):
    tags = seeds.dicom_palette(np.zeros((256, 3)))
    tags["BluePaletteColorLookupTableData"] = bytes(512 - missing)
    with pytest.raises(SknacFormatError, match="blue palette must have 256 entries"):
        read(np.zeros((12, 10), "uint8"), **tags)


@pytest.mark.parametrize("bits", [0, 4, 12])
def test_palette_of_other_bits_is_refused(read, seeds, bits):
    tags = seeds.dicom_palette(np.zeros((256, 3)))
    tags["RedPaletteColorLookupTableDescriptor"] = [256, 0, bits]
    with pytest.raises(SknacFormatError, match="entries must have 8 or 16 bits"):
        read(np.zeros((12, 10), "uint8"), **tags)
