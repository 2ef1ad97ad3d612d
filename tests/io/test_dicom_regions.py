"""One region of a scanner's screen: what it is, its spacing, its depth."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.exceptions import SknacFormatError
from sknac.io._dicom_header import Fields
from sknac.io._dicom_regions import box_in, fits, read_regions

pydicom = pytest.importorskip("pydicom")


def read_one(seeds, *args, **tags):
    """Read one region from a data set in memory."""
    data = pydicom.Dataset()
    data.SequenceOfUltrasoundRegions = [
        seeds._as_item(seeds.dicom_region(*args, **tags))
    ]
    return read_regions(Fields("scan.dcm", data))[0]


@pytest.mark.parametrize(
    ("kind", "contents", "name", "is_image"),
    [
        (1, 1, "2-D", True),
        (1, 2, "2-D", True),  # colour flow lies in the image
        (1, 15, "2-D", True),
        (1, 13, "2-D", False),  # a scale
        (2, 1, "M-mode", False),
        (3, 3, "spectral", False),
        (4, 10, "waveform", False),
        (5, 0, "graphics", False),
        (0, 1, "other", False),
        (77, 1, "other", False),
    ],
)
def test_only_2d_regions_are_images(seeds, kind, contents, name, is_image):
    region = read_one(seeds, (0, 0, 9, 9), kind=kind, contents=contents)
    assert (region.kind, region.is_image) == (name, is_image)
    assert (region.spacing_mm is not None) == is_image


def test_spacing_is_y_then_x_in_mm(seeds):
    # 0.02622878766196998 cm, the C5-1 probe of pydicom's palette example.
    region = read_one(seeds, (0, 0, 9, 9), cm=(0.02622878766196998, 0.05))
    assert region.spacing_mm == pytest.approx((0.2622878766, 0.5))


@pytest.mark.parametrize(
    ("khz", "mhz"), [(7500, 7.5), (500, 0.5), (0, None), (7, None), (7_500_000, None)]
)
def test_transmit_frequency_is_khz_or_none(seeds, khz, mhz):
    region = read_one(seeds, (0, 0, 9, 9), TransducerFrequency=khz)
    assert region.transmit_mhz == mhz


def test_reference_pixel_counts_from_the_box(seeds):
    # Zero depth at row 60 + 36, as in that example.
    region = read_one(
        seeds,
        (60, 120, 518, 800),
        cm=(0.02, 0.02),
        ReferencePixelY0=36,
        ReferencePixelPhysicalValueY=0.0,
    )
    assert region.top_depth_mm == pytest.approx(-(60 + 36) * 0.2)


@pytest.mark.parametrize(
    ("box", "is_in"),
    [
        ((0, 0, 19, 9), True),
        ((0, 0, 20, 10), True),  # one beyond, which some write
        ((0, 0, 21, 9), False),
        ((0, 0, 19, 11), False),
        ((5, 0, 5, 9), False),
        ((9, 0, 5, 9), False),
    ],
)
def test_box_must_lie_in_the_image(seeds, box, is_in):
    region = read_one(seeds, box)
    assert fits(region, (20, 10)) == is_in
    if is_in:
        rows, columns = box_in("scan.dcm", region, (20, 10))
        assert (rows.stop, columns.stop) == (20, 10)
    else:
        with pytest.raises(SknacFormatError, match=r"leave out variable='region\[0\]'"):
            box_in("scan.dcm", region, (20, 10))


def test_region_without_its_box_is_an_error(seeds):
    with pytest.raises(SknacFormatError, match="RegionLocationMaxX1 must be a number"):
        read_one(seeds, (0, 0, 9, None))
