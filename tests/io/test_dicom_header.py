"""Headers of DICOM files that are damaged, or claim too much."""

# SPDX-License-Identifier: BSD-3-Clause

import logging
import struct
import threading
import time
import warnings

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info
from sknac.io._dicom_header import _KEYWORDS, _Clamped, guarded

pytest.importorskip("pydicom")

GREY = np.arange(12 * 10, dtype="uint8").reshape(12, 10)


@pytest.fixture
def scan(seeds, tmp_path):
    """A valid file."""
    return seeds.write_dicom(tmp_path / "scan.dcm", GREY)


def damaged(path, data):
    """Write other bytes, read them, and return the cause."""
    path.write_bytes(data)
    with pytest.raises(SknacFormatError) as caught:
        read_info(path)
    assert str(path) in str(caught.value)
    return caught.value.cause


@pytest.mark.parametrize("kept", [0, 1, 127, 131])
def test_file_without_the_mark_is_not_dicom(scan, kept):
    assert "no DICM mark" in damaged(scan, scan.read_bytes()[:kept])


def test_every_cut_is_an_error(scan):
    data = scan.read_bytes()
    for kept in range(132, len(data), 7):
        assert damaged(scan, data[:kept])


def test_no_transfer_syntax_is_not_guessed(scan):
    data = scan.read_bytes()
    for other in (b"1.2.840.10008.1.7.1", b"1.2.840.99998.1.2.1", b"x" * 19):
        cause = damaged(scan, data.replace(b"1.2.840.10008.1.2.1", other))
        assert cause.startswith("no transfer syntax that the standard knows; ")
        assert other.decode() not in cause


def test_objects_without_an_image_are_said_to_be(scan, seeds):
    data = scan.read_bytes()
    at = data.index(b"\xe0\x7f\x10\x00OB")
    assert damaged(scan, data[:at]) == "holds no image; export the B-mode image"
    floats = data[:at] + b"\xe0\x7f\x08\x00OF" + data[at + 6 :]
    assert "floating-point" in damaged(scan, floats)
    assert "VR OB or OW" in damaged(scan, data[:at] + data[at:].replace(b"OB", b"UT"))


@pytest.mark.parametrize("length", [0xFFFFFFF0, 0x7FFFFFFF])
def test_lengths_beyond_the_file_take_no_room(scan, length, peak_bytes):
    # A wanted tag (TransducerData) and a foreign one (text of 4 GB).
    data = scan.read_bytes()
    at = data.index(b"\x28\x00\x02\x00US")
    for tag in (b"\x18\x00\x10\x50", b"\x18\x00\x05\x00"):
        claim = tag + b"UT\0\0" + struct.pack("<L", length)
        assert damaged(scan, data[:at] + claim + data[at:])
    assert peak_bytes() < 10_000_000


def test_no_more_is_read_than_is_there(tmp_path, peak_bytes):
    (tmp_path / "a").write_bytes(b"abc")
    with open(tmp_path / "a", "rb") as file:
        clamped = _Clamped(file)
        assert clamped.read(1 << 40) == b"abc"
        clamped.seek(1)
        assert clamped.read() == b"bc"
        clamped.seek(9)
        assert clamped.read(5) == b""
    assert peak_bytes() < 1_000_000


def test_deep_sequences_end_soon(seeds, tmp_path):
    path = seeds.write_dicom_nested(tmp_path)
    start = time.perf_counter()
    with pytest.raises(SknacFormatError):
        read_info(path)
    assert time.perf_counter() - start < 5


def test_deflated_file_is_unpacked_to_a_limit(seeds, tmp_path, monkeypatch):
    path = tmp_path / "deflated.dcm"
    seeds.write_dicom(path, GREY, syntax="DeflatedExplicitVRLittleEndian")
    np.testing.assert_array_equal(read_array(path), GREY)
    assert "cut off" in damaged(path, path.read_bytes()[:-20])
    seeds.write_dicom(path, GREY, syntax="DeflatedExplicitVRLittleEndian")
    monkeypatch.setattr("sknac.io._dicom_header._MOST_INFLATED", 200)
    with pytest.raises(SknacFormatError, match=r"unpacks to more than .* save it with"):
        read_info(path)


def test_whatever_a_reader_raises_is_one_error_without_its_text(scan):
    def fails(file):
        logging.getLogger("pydicom").error("Mary Smith")
        warnings.warn("Mary Smith; born 1937", stacklevel=1)
        raise OSError("Mary Smith")

    with pytest.raises(SknacFormatError) as caught:
        guarded(scan, fails)
    assert caught.value.cause == "damaged DICOM file (OSError); export it again"
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert not logging.getLogger("pydicom").disabled


def test_modules_of_pydicom_are_silent_too(scan, caplog):
    def fails(file):
        logging.getLogger("pydicom.pixels.decoders.base").error("Mary Smith")

    guarded(scan, fails)
    assert caplog.text == ""
    logging.getLogger("pydicom.pixels").error("after it")
    assert "after it" in caplog.text


def test_threads_leave_warnings_and_logs_as_they_were(scan):
    before = list(warnings.filters)
    first, second = threading.Event(), threading.Event()

    def slow(file):  # ends after the other one has begun, and before that ends
        first.set()
        second.wait(5)

    def slower(file):
        second.set()
        worker.join(5)

    worker = threading.Thread(target=guarded, args=(scan, slow))
    worker.start()
    first.wait(5)
    guarded(scan, slower)
    assert warnings.filters == before
    assert not logging.getLogger("pydicom").disabled
    assert logging.getLogger("pydicom").propagate


def test_only_numbers_and_defined_words_are_read_at_all():
    # No name, date, time, identifier or prose; probes have their codes in an LO.
    from pydicom.datadict import dictionary_VR

    kinds = {keyword: dictionary_VR(keyword) for keyword in _KEYWORDS}
    assert {kinds.pop("TransducerData")} == {"LO"}
    assert set(kinds.values()) <= {"CS", "DS", "IS", "US", "US or SS", "OW", "SQ"}


def test_missing_file_stays_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_info(tmp_path / "absent.dcm")


@pytest.mark.parametrize(
    ("tags", "cause"),
    [
        ({"Rows": None}, "Rows must be a number from 1 to 65535, got none"),
        ({"Columns": 0}, "Columns must be a number from 1 to 65535, got 0"),
        ({"NumberOfFrames": 0}, "NumberOfFrames must be a number from 1 to 1000000"),
        ({"NumberOfFrames": -3}, "got -3"),
        ({"SamplesPerPixel": None}, "SamplesPerPixel must be a number from 1 to 3"),
        ({"PixelSpacing": [1, 2, 3]}, "PixelSpacing must be 2 finite numbers, got 1 x"),
        ({"PixelRepresentation": 2}, "PixelRepresentation must be a number from 0 to"),
    ],
)
def test_numbers_that_cannot_be_are_named(seeds, tmp_path, tags, cause):
    path = seeds.write_dicom(tmp_path / "scan.dcm", GREY, **tags)
    with pytest.raises(SknacFormatError, match=cause):
        read_info(path)


def test_more_regions_than_any_screen_shows_are_refused(seeds, tmp_path):
    regions = [seeds.dicom_region((0, 0, 11, 9))] * 65
    path = seeds.write_dicom(tmp_path / "scan.dcm", GREY, regions=regions)
    with pytest.raises(SknacFormatError, match="must be a sequence of 64 at most"):
        read_info(path)
