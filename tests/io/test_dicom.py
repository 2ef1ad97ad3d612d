"""DICOM as a user meets it: spacing, frames, regions, what is told and what is not."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import sys
import traceback

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import (
    ArrayRef,
    Plane,
    cohort_from_folder,
    cohort_from_table,
    planes_table,
)
from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info
from sknac.io._dicom_header import _KEYWORDS

pydicom = pytest.importorskip("pydicom")

GREY = np.arange(40 * 30, dtype="uint8").reshape(40, 30)


@pytest.fixture
def dicom(seeds, tmp_path):
    """Write a file of these pixels, regions and tags."""

    def write(pixels=GREY, name="scan.dcm", **tags):
        return seeds.write_dicom(tmp_path / name, pixels, **tags)

    return write


def test_frames_of_a_cine_lie_along_the_first_axis(dicom):
    cine = np.arange(5 * 12 * 10, dtype="uint8").reshape(5, 12, 10)
    path = dicom(cine)
    info = read_info(path)
    assert (info.format, info.shape, info.n_frames) == ("dicom", (12, 10), 5)
    assert (info.dtype, info.signal) == (np.uint8, "bmode")
    for frame in range(5):
        np.testing.assert_array_equal(read_array(path, frame), cine[frame])
    with pytest.raises(ValueError, match="holds 5 frames; say which one with frame=0"):
        read_array(path)


def test_one_frame_of_a_large_cine_is_read_alone(dicom, peak_bytes):
    path = dicom(np.zeros((100, 400, 500), "uint8"))
    before = peak_bytes()
    handle = ArrayRef.from_file(path, frame=99)
    assert handle.load().shape == (400, 500)
    assert peak_bytes() - before < 4_000_000


@pytest.mark.parametrize("name", ["scan.DCM", "scan.dicom", "IM0001", "1.2.840.77"])
def test_dicom_is_known_by_suffix_or_mark(dicom, name):
    assert read_info(dicom(name=name)).format == "dicom"


def test_centimetres_of_a_2d_region_become_mm(dicom, seeds):
    # Y is axial: 0.02 cm; X is lateral: 0.03 cm.
    info = read_info(dicom(regions=[seeds.dicom_region((0, 0, 39, 29))]))
    assert info.spacing_mm == pytest.approx((0.2, 0.3))
    assert info.header["spacing_source"] == "region[0]"


@pytest.mark.parametrize(
    "other",
    [
        {"units": (4, 3)},
        {"units": (3, 0)},
        {"units": (0, 0)},
        {"kind": 2},
        {"kind": 3},
        {"contents": 10},
        {"contents": 14},
    ],
)
def test_what_is_no_2d_region_in_cm_gives_no_spacing(dicom, seeds, other):
    region = seeds.dicom_region((0, 0, 39, 29), **other)
    assert read_info(dicom(regions=[region])).spacing_mm is None


def test_doppler_strip_beside_the_image_does_not_count(dicom, seeds):
    regions = [
        seeds.dicom_region((20, 0, 39, 29), cm=(5.0, 0.01), kind=3, contents=3),
        seeds.dicom_region((0, 0, 19, 29)),
        seeds.dicom_region((0, 0, 19, 2), cm=(0.0, 0.0), kind=5, contents=13),
    ]
    info = read_info(dicom(regions=regions))
    assert info.spacing_mm == pytest.approx((0.2, 0.3))
    kinds = [region["kind"] for region in info.header["regions"]]
    assert kinds == ["spectral", "2-D", "graphics"]


def test_mmode_strip_alone_has_no_spacing_even_with_pixel_spacing(dicom, seeds):
    regions = [seeds.dicom_region((0, 0, 39, 29), kind=2)]
    info = read_info(dicom(regions=regions, PixelSpacing=[0.1, 0.1]))
    assert (info.spacing_mm, info.signal) == (None, None)
    assert "regions of other kinds are shown (M-mode)" in info.header["doubts"][0]


@pytest.fixture
def two_images(dicom, seeds):
    """Two 2-D images side by side, of different magnification, and a trace."""
    return dicom(
        regions=[
            seeds.dicom_region(
                (0, 0, 29, 14),
                ReferencePixelY0=5,
                ReferencePixelX0=7,
                ReferencePixelPhysicalValueY=0.1,
            ),
            seeds.dicom_region((30, 0, 39, 29), kind=2),
            seeds.dicom_region((4, 15, 29, 29), cm=(0.01, 0.01)),
        ]
    )


def test_two_magnifications_are_never_averaged(two_images):
    cause = (
        r"different pixels \(region\[0\] 0.2 x 0.3 mm, region\[2\] 0.1 x 0.1 mm\); "
        r"name one with variable='region\[0\]'"
    )
    for read in (read_info, read_array):
        with pytest.raises(SknacFormatError, match=cause):
            read(two_images)


def test_variable_crops_to_a_region_of_its_own_spacing(two_images):
    info = read_info(two_images, "region[2]")
    assert (info.shape, info.spacing_mm) == ((26, 15), pytest.approx((0.1, 0.1)))
    np.testing.assert_array_equal(
        read_array(two_images, variable="region[2]"), GREY[4:30, 15:30]
    )
    # The path says the same, and the handle keeps it.
    handle = ArrayRef.from_file(f"{two_images}::region[0]")
    np.testing.assert_array_equal(handle.load(), GREY[:30, :15])
    assert handle.digest != ArrayRef.from_file(f"{two_images}::region[2]").digest


@pytest.mark.parametrize("variable", ["region[1]", "region[3]", "region", "0", "[0]"])
def test_other_regions_are_refused_by_name(two_images, variable):
    cause = r"must name one of its 2-D regions \(region\[0\], region\[2\]\); leave it"
    with pytest.raises(SknacFormatError, match=cause):
        read_info(two_images, variable)


def test_depth_of_the_first_row_follows_from_the_reference_pixel(dicom, seeds):
    # Row 10 + 5 lies 2 mm deep and rows are 0.2 mm apart.
    region = seeds.dicom_region(
        (10, 0, 39, 29), ReferencePixelY0=5, ReferencePixelPhysicalValueY=0.2
    )
    path = dicom(regions=[region])
    assert read_info(path).start_depth_mm == pytest.approx(2 - 15 * 0.2)
    assert read_info(path, "region[0]").start_depth_mm == pytest.approx(2 - 5 * 0.2)


def test_depth_is_not_said_where_regions_disagree_or_are_silent(dicom, seeds):
    silent = seeds.dicom_region((0, 0, 39, 14))
    first, second = (
        seeds.dicom_region(box, ReferencePixelY0=0, ReferencePixelPhysicalValueY=0.0)
        for box in ((0, 0, 39, 14), (10, 15, 39, 29))
    )
    for regions in ([silent], [first, second], [first, silent]):
        assert read_info(dicom(regions=regions)).start_depth_mm is None
    assert read_info(dicom(regions=[first])).start_depth_mm == 0.0


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing"])
def test_pixel_spacing_is_rows_then_columns_in_mm(dicom, keyword):
    info = read_info(dicom(**{keyword: [0.2, 0.1]}))
    assert info.spacing_mm == (0.2, 0.1)
    assert info.header["spacing_source"] == keyword
    assert info.start_depth_mm is None


def test_pixel_spacing_goes_before_that_of_the_detector(dicom):
    info = read_info(
        dicom(
            PixelSpacing=[0.2, 0.1],
            ImagerPixelSpacing=[0.4, 0.3],
            PixelSpacingCalibrationType="FIDUCIAL",
        )
    )
    assert info.spacing_mm == (0.2, 0.1)
    assert info.header["spacing_calibration"] == "FIDUCIAL"


def test_a_placeholder_for_a_spacing_is_doubted(dicom, seeds):
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        (doubt,) = read_info(dicom(**{keyword: [1, 1]})).header["doubts"]
        assert doubt.startswith(f"{keyword} of exactly 1 x 1 mm is often a placeholder")
    for spacing in ([1, 0.5], [0.999, 1]):
        assert read_info(dicom(PixelSpacing=spacing)).header["doubts"] == ()


def test_region_goes_before_a_contradicting_pixel_spacing_which_is_said(dicom, seeds):
    regions = [seeds.dicom_region((0, 0, 39, 29))]
    info = read_info(dicom(regions=regions, PixelSpacing=[0.3, 0.2]))
    assert info.spacing_mm == pytest.approx((0.2, 0.3))
    assert "PixelSpacing says 0.3 x 0.2 mm" in info.header["doubts"][0]
    info = read_info(dicom(regions=regions, PixelSpacing=[0.20004, 0.3]))
    assert info.header["doubts"] == ()


@pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRBigEndian"])
def test_regions_are_read_in_every_syntax(dicom, seeds, syntax):
    info = read_info(dicom(regions=[seeds.dicom_region((0, 0, 39, 29))], syntax=syntax))
    assert info.spacing_mm == pytest.approx((0.2, 0.3))
    assert info.header["regions"][0]["box_px"] == (0, 0, 39, 29)


def test_region_without_a_box_has_a_spacing_and_no_crop(dicom, seeds):
    region = seeds.dicom_region((0, 0, 39, 29))
    region = {key: value for key, value in region.items() if "Location" not in key}
    path = dicom(regions=[region])
    assert read_info(path).spacing_mm == pytest.approx((0.2, 0.3))
    with pytest.raises(SknacFormatError, match="does not say where it lies"):
        read_info(path, "region[0]")


@pytest.mark.parametrize(
    ("data", "probe"),
    [
        (["C5-1", "UNUSED", "UNUSED"], "C5-1"),
        (["9L-D", "SN 123"], "9L-D"),
        (["50.80.103.002", "", ""], "50.80.103.002"),
        ("Dr Smith's linear probe 2", None),
        ("LINEAR", None),
        ("P_1234", None),
    ],
)
def test_probe_is_a_makers_code_and_no_prose(dicom, data, probe):
    assert read_info(dicom(TransducerData=data)).probe == probe


def test_missing_pydicom_names_the_extra(dicom, monkeypatch):
    path = dicom()
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImportError, match=r"pydicom is not .*sknac\[formats\]"):
        read_info(path)


def test_changed_file_is_read_anew(dicom):
    path = dicom(GREY)
    os.utime(path, (1, 1))  # long settled
    assert read_info(path).shape == (40, 30)
    dicom(GREY[:20])
    os.utime(path, (2, 2))
    assert read_info(path).shape == (20, 30)
    assert read_array(path).shape == (20, 30)


def test_file_rewritten_within_a_tick_is_read_anew(dicom):
    path = dicom(GREY)
    now = os.stat(path).st_mtime_ns
    assert read_info(path).shape == (40, 30)
    dicom(GREY.reshape(20, 60))  # as many bytes
    os.utime(path, ns=(now, now))
    assert read_info(path).shape == (20, 60)


def test_no_spacing_is_no_spacing(dicom):
    info = read_info(dicom())
    assert (info.spacing_mm, info.start_depth_mm) == (None, None)
    assert Plane(ArrayRef.from_info(info), "bmode").grid.unit == "px"


@pytest.mark.parametrize("spacing", [[0, 0.1], [0.1, -0.1], [0.1, 0]])
def test_spacing_that_no_image_has_is_refused(dicom, seeds, spacing):
    region = seeds.dicom_region((0, 0, 39, 29), cm=spacing)
    for tags in ({"PixelSpacing": spacing}, {"regions": [region]}):
        with pytest.raises(SknacFormatError, match=r"must be positive, got .* mm"):
            read_info(dicom(**tags))


@pytest.mark.parametrize("delta", [np.nan, np.inf])
def test_spacing_that_is_no_number_is_refused(dicom, seeds, delta):
    region = seeds.dicom_region((0, 0, 39, 29), cm=(0.1, delta))
    with pytest.raises(SknacFormatError, match="PhysicalDeltaX must be a finite"):
        read_info(dicom(regions=[region]))


def test_region_beyond_the_image_is_said_and_not_cropped(dicom, seeds):
    # A resized image under an old header: one of pydicom's examples is such a file.
    path = dicom(regions=[seeds.dicom_region((0, 0, 79, 59))])
    info = read_info(path)
    assert info.spacing_mm == pytest.approx((0.2, 0.3))
    assert "does not lie in the image of 40 x 30" in info.header["doubts"][0]
    with pytest.raises(SknacFormatError, match="cropped or resized after the scan; "):
        read_info(path, "region[0]")


def test_box_may_end_one_beyond_the_last_pixel(dicom, seeds):
    path = dicom(regions=[seeds.dicom_region((10, 10, 40, 30))])
    assert read_info(path).header["doubts"] == ()
    assert read_array(path, variable="region[0]").shape == (30, 20)


def test_settings_of_the_acquisition_are_told(dicom, seeds):
    region = seeds.dicom_region((0, 0, 39, 29), TransducerFrequency=7500)
    path = dicom(
        regions=[region],
        FocusDepth="25.0",
        TransducerData=["L12-3", "UNUSED", ""],
        TransducerType="LINEAR",
    )
    info = read_info(path)
    assert (info.probe, info.focus_mm, info.transmit_mhz) == ("L12-3", 25.0, 7.5)
    assert info.header["transducer_type"] == "LINEAR"


def test_colour_is_told_by_the_header_and_counted_in_the_pixels(dicom, seeds):
    assert read_info(dicom()).coloured_share() == 0.0
    colour = np.repeat(GREY[..., None], 3, axis=-1)
    colour[:10, :, 0] = 255
    colour[:10, :, 1:] = 0
    info = read_info(dicom(colour))
    assert info.header["colour"]
    assert info.coloured_share() == 0.25
    palette = seeds.dicom_palette([[v, v, v] for v in range(200)] + [[255, 0, 0]] * 56)
    info = read_info(dicom(PhotometricInterpretation="PALETTE COLOR", **palette))
    assert info.coloured_share() == pytest.approx(np.mean(GREY >= 200))
    np.testing.assert_array_equal(info.coloured_pixels(), GREY >= 200)


def test_cohort_of_dicom_cines_reads_frames_one_by_one(dicom, tmp_path):
    cine = np.arange(3 * 12 * 10, dtype="uint8").reshape(3, 12, 10)
    rows = [
        {"patient_id": "P1", "visit": "pre", "path": "cine.dcm", "kind": "bmode"}
        | {"frame": frame}
        for frame in (0, 2)
    ]
    dicom(cine, "cine.dcm")
    planes = cohort_from_table(pd.DataFrame(rows), root=tmp_path).at["P1", "us_pre"]
    for plane, frame in zip(planes.planes, (0, 2), strict=True):
        np.testing.assert_array_equal(plane.load(), cine[frame])


@pytest.fixture
def table(tmp_path):
    """A table of one plane of scan.dcm."""

    def table(**columns):
        row = {"patient_id": "P1", "visit": "pre", "path": "scan.dcm"} | columns
        return cohort_from_table(pd.DataFrame([row]), root=tmp_path)

    return table


def test_what_the_file_says_reaches_the_plane(dicom, seeds, table):
    region = seeds.dicom_region(
        (0, 0, 39, 29),
        ReferencePixelY0=5,
        ReferencePixelPhysicalValueY=0.0,
        TransducerFrequency=7500,
    )
    dicom(regions=[region], TransducerData="L12-3", FocusDepth="25.0")
    plane = table().at["P1", "us_pre"].planes[0]
    assert plane.kind == "bmode"
    assert plane.spacing_mm == pytest.approx((0.2, 0.3))
    assert plane.origin_mm == pytest.approx((-1.0, 0.0))
    assert (plane.probe, plane.focus_mm, plane.transmit_mhz) == ("L12-3", 25.0, 7.5)
    with pytest.raises(ValueError, match=r"0.5 mm contradicts the file's header, 0\.2"):
        table(spacing_axial_mm=0.5, spacing_lateral_mm=0.3)


@pytest.mark.parametrize(
    "tags",
    [
        {"box": (0, 0, 79, 59)},  # resized
        {"box": (0, 0, 39, 29), "PixelSpacing": [0.4, 0.6]},
    ],
)
def test_doubtful_pixel_size_warns_until_the_table_settles_it(
    dicom, seeds, table, tags
):
    region = seeds.dicom_region(tags.pop("box"))
    dicom(regions=[region], **tags)
    with pytest.warns(UserWarning, match=r"pixel size of 1 of 1 planes is in doubt; "):
        plane = table().at["P1", "us_pre"].planes[0]
    assert plane.spacing_mm == pytest.approx((0.2, 0.3))
    with pytest.warns(UserWarning, match="is in doubt"):  # the file's own, copied
        table(spacing_axial_mm=0.2, spacing_lateral_mm=0.3)
    settled = table(spacing_axial_mm=0.4, spacing_lateral_mm=0.6)
    assert settled.at["P1", "us_pre"].planes[0].spacing_mm == (0.4, 0.6)


def test_doubt_of_a_file_is_told_by_way_of_a_folder_too(dicom, seeds, tmp_path):
    (tmp_path / "P1" / "pre").mkdir(parents=True)
    dicom(name="P1/pre/a.dcm", regions=[seeds.dicom_region((0, 0, 79, 59))])
    table = cohort_from_folder("{patient_id}/{visit}/*.dcm", root=tmp_path)
    with pytest.warns(UserWarning, match=r"pixel size of 1 of 1 planes is in doubt"):
        cohort_from_table(table, root=tmp_path)


# Privacy

MARK = "ZQX"


def filled(path, seeds):
    """Write a file in which every tag that may name somebody holds a marked value."""
    from pydicom.datadict import DicomDictionary, keyword_dict
    from pydicom.dataset import Dataset

    seeds.write_dicom(path, GREY, regions=[seeds.dicom_region((0, 0, 39, 29))])
    data = pydicom.dcmread(path)
    texts = dict.fromkeys(
        ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"), f"{MARK}TEXT"
    )
    marked = texts | {
        "AS": "077Y",
        "DA": "19370707",
        "DT": "19370708010203",
        "TM": "070707.77",
        "UI": "1.2.777.777",
        "IS": "7770777",
        "DS": "7771.777",
        "FD": 7772.777,
        "FL": 7773.75,
        "SL": -777477,
        "UL": 777577,
        "SS": -7776,
        "US": 57777,
        "OB": f"{MARK}OBOB".encode(),
        "OW": f"{MARK}OWOW".encode(),
        "UN": f"{MARK}UNUN".encode(),
    }
    # Those that are read, and what says how the rest is written.
    kept = {*_KEYWORDS, "PixelData", "SOPClassUID", "SpecificCharacterSet"}
    for tag, (vr, vm, _, retired, keyword) in DicomDictionary.items():
        if tag < 0x00080000 or retired or keyword in kept or keyword in data:
            continue
        value = marked.get(vr)
        if value is not None and vm[0] in "1" and keyword_dict.get(keyword) == tag:
            data.add_new(tag, vr, value)
    inner = Dataset()
    inner.PatientName = f"{MARK}^INNER"
    data.ReferencedImageSequence = [inner]
    data.SequenceOfUltrasoundRegions[0].PatientName = f"{MARK}^REGION"
    data.add_new(0x00091001, "LO", f"{MARK}PRIVATE")
    data.save_as(path)
    return path


FOUND = (MARK, "19370707", "19370708", "070707", "1.2.777", "7770777", "7771.7")
FOUND += ("7772.7", "7773.75", "777477", "777577", "7776", "57777", "077Y")


def leaks(text):
    """List the marked values in a text or in bytes."""
    text = text if isinstance(text, bytes) else str(text).encode()
    return [mark for mark in FOUND if mark.encode() in text]


def test_no_tag_but_geometry_and_settings_leaves_the_file(seeds, tmp_path):
    path = filled(tmp_path / "scan.dcm", seeds)
    assert len(pydicom.dcmread(path)) > 1500
    assert len(leaks(path.read_bytes())) >= 7  # numbers are written in binary
    info = read_info(path)
    table = pd.DataFrame(
        {"patient_id": ["P1"], "visit": ["pre"], "path": [path], "kind": ["bmode"]}
    )
    X = cohort_from_table(table)
    plane = X.at["P1", "us_pre"].planes[0]
    for shown in (info, vars(info), plane.image, plane, vars(plane), X.to_dict()):
        assert leaks(repr(shown)) == []
    assert leaks(planes_table(X).to_dict()) == []
    for thing in (info, plane.image, plane, plane.load(), X):
        assert leaks(pickle.dumps(thing)) == []


@pytest.mark.parametrize(
    "tags",
    [
        {"Rows": f"{MARK}^"},
        {"NumberOfFrames": f"{MARK}1"},
        {"PixelSpacing": [f"{MARK}", "1"]},
        {"FocusDepth": MARK},
        {"PhotometricInterpretation": MARK},
        {"RescaleSlope": MARK},
        {"PixelRepresentation": b"ZQ"},
        {"SequenceOfUltrasoundRegions": MARK},
    ],
    ids=lambda tags: next(iter(tags)),
)
def test_errors_do_not_quote_what_they_stumble_over(dicom, tags, caplog, capfd):
    path = dicom()
    with pydicom.config.disable_value_validation():
        data = pydicom.dcmread(path)
        data.PhotometricInterpretation = "MONOCHROME2"
        for keyword, value in tags.items():
            data.add_new(keyword, "OW" if isinstance(value, bytes) else "LO", value)
        data.save_as(path)
    with pytest.raises(SknacFormatError) as caught:
        read_info(path)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + caplog.text
    assert leaks(shown.replace(str(path), "")) == []
    assert (error.__cause__, error.__context__) == (None, None)
    assert "".join(capfd.readouterr()) == ""


# pydicom's own examples, which its wheel ships

EXAMPLES = [
    # name, shape, frames, spacing, probe
    ("examples_palette.dcm", (350, 800), 1, 0.2622878766, "C5-1"),
    ("examples_ybr_color.dcm", (240, 320), 30, 0.5104970559, "50.80.103.002"),
    ("examples_rgb_color.dcm", (240, 320), 1, None, None),
    ("examples_jpeg2k.dcm", (480, 640), 1, None, None),
    ("ExplVR_BigEnd.dcm", (60, 80), 1, None, None),
]


def example(name):
    """Where pydicom's example lies, without asking the net for it."""
    from pydicom.data import get_testdata_file

    path = get_testdata_file(name, download=False)
    return path or pytest.skip(f"this pydicom does not ship {name}")


def shown(path, frame):
    """What a viewer shows in grey, by pydicom's own decoding and Pillow's luma."""
    from pydicom.pixels import apply_color_lut, pixel_array

    data = pydicom.dcmread(path)
    colours = pixel_array(path, index=frame)
    if data.PhotometricInterpretation == "PALETTE COLOR":
        colours = (apply_color_lut(colours, data) >> 8).astype("uint8")
    return np.asarray(Image.fromarray(colours).convert("L"))


@pytest.mark.parametrize(("name", "shape", "n_frames", "spacing", "probe"), EXAMPLES)
def test_examples_of_pydicom_open(name, shape, n_frames, spacing, probe):
    path = example(name)
    info = read_info(path)
    assert (info.shape, info.n_frames, info.probe) == (shape, n_frames, probe)
    expected = None if spacing is None else pytest.approx((spacing, spacing))
    assert info.spacing_mm == expected
    for frame in {0, n_frames // 2, n_frames - 1}:
        grey = read_array(path, frame)
        np.testing.assert_array_equal(grey, shown(path, frame))
        assert len(np.unique(grey)) > 50
