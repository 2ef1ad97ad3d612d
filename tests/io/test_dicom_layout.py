"""Pixels whose header contradicts them, or whose values are not what they seem."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

pydicom = pytest.importorskip("pydicom")

GREY = np.arange(12 * 10, dtype="uint8").reshape(12, 10)
COLOUR = np.arange(12 * 10 * 3, dtype="uint16").reshape(12, 10, 3).astype("uint8")


def refused(seeds, folder, cause, pixels=GREY, **tags):
    """Write a file and see it refused."""
    path = seeds.write_dicom(folder / "scan.dcm", pixels, **tags)
    for read in (read_info, read_array):
        with pytest.raises(SknacFormatError, match=cause):
            read(path)


@pytest.mark.parametrize(
    ("tags", "needed"),
    [
        ({"Rows": 13}, 130),
        ({"Rows": 11}, 110),
        ({"Columns": 9}, 108),
        ({"NumberOfFrames": 2}, 240),
        ({"Rows": 65535, "Columns": 65535, "NumberOfFrames": 10000}, 42948362250000),
    ],
)
def test_pixels_must_be_as_many_as_the_header_says(seeds, tmp_path, tags, needed):
    cause = f"need {needed} bytes, its pixels have 120; export it again"
    refused(seeds, tmp_path, cause, **tags)


def test_an_odd_number_of_bytes_is_padded(seeds, tmp_path):
    path = seeds.write_dicom(tmp_path / "scan.dcm", GREY[:11, :9])
    np.testing.assert_array_equal(read_array(path), GREY[:11, :9])


@pytest.mark.parametrize(
    ("tags", "cause"),
    [
        ({"BitsAllocated": 32}, "BitsAllocated must be 8 or 16, got 32"),
        ({"BitsAllocated": 1}, "BitsAllocated must be 8 or 16, got 1"),
        ({"BitsStored": 9, "HighBit": 8}, "BitsStored must be a number from 1 to 8"),
        ({"BitsStored": 6, "HighBit": 7}, "HighBit must be BitsStored - 1 = 5, got 7"),
        ({"RescaleSlope": 0}, "RescaleSlope must not be 0"),
        ({"PhotometricInterpretation": "RGB"}, "must be one of MONOCHROME1, "),
        ({"PhotometricInterpretation": "CMYK"}, "must be one of MONOCHROME1, "),
        ({"SamplesPerPixel": 2}, "must be one of MONOCHROME1, .*for pixels of 2"),
        ({"PixelPresentation": "COLOR"}, "grey values stand for colours .*; export"),
        ({"PixelPresentation": "MIXED"}, "grey values stand for colours .*; export"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette is missing, or in"),
    ],
)
def test_grey_that_cannot_be_told_is_refused(seeds, tmp_path, tags, cause):
    refused(seeds, tmp_path, cause, **tags)


@pytest.mark.parametrize(
    ("tags", "cause"),
    [
        ({"PlanarConfiguration": None}, "PlanarConfiguration must be a number"),
        ({"PlanarConfiguration": 2}, "PlanarConfiguration must be a number"),
        ({"PhotometricInterpretation": "MONOCHROME2"}, "must be one of RGB, YBR_FULL"),
        ({"PhotometricInterpretation": "YBR_RCT"}, "compressed as JPEG 2000"),
        ({"BitsStored": 7}, "RGB samples must fill 8 or 16 bits, got 7 of 8"),
        ({"PixelRepresentation": 1}, "RGB pixels must not be signed"),
        ({"PhotometricInterpretation": "YBR_FULL_422"}, "need 240 bytes, its .* 360"),
        (
            {"PhotometricInterpretation": "YBR_FULL_422", "Columns": 9},
            "must lie in pairs",
        ),
    ],
)
def test_colour_that_cannot_be_told_is_refused(seeds, tmp_path, tags, cause):
    refused(seeds, tmp_path, cause, COLOUR, **tags)


def test_modality_table_is_refused(seeds, tmp_path):
    table = pydicom.Dataset()
    refused(seeds, tmp_path, "a modality table", ModalityLUTSequence=[table])
