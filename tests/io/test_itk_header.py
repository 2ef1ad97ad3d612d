"""Headers of NIfTI, NRRD and MetaImage, and what they may not claim."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import struct

import numpy as np
import pytest

from sknac.io._itk_header import read_claim

SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("packed", [False, True])
def test_the_claim_is_the_size_of_the_samples(tmp_path, seeds, suffix, packed):
    stack = seeds.speckle((3, 12, 10), "int16")
    path = seeds.write_itk(tmp_path, f"a{suffix}", stack, packed=packed)
    claim = read_claim(path)
    claim.check_samples()
    assert claim.n_bytes == stack.nbytes
    if claim.packed is None:
        with open(claim.path, "rb") as file:
            file.seek(claim.offset)
            assert np.frombuffer(file.read(), "<i2").tolist() == stack.ravel().tolist()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_packed_samples_that_are_cut_off_are_noticed(tmp_path, seeds, suffix):
    path = seeds.write_itk(tmp_path, f"a{suffix}", packed=True)
    os.truncate(path, path.stat().st_size - 20)
    with pytest.raises(ValueError, match=r"are needed|are there"):
        read_claim(path).check_samples()


@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".mha"])
def test_samples_that_are_cut_off_are_noticed(tmp_path, seeds, suffix):
    # ITK reads such a NIfTI without a word; its last rows are what memory held.
    path = seeds.write_itk(tmp_path, f"a{suffix}")
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(ValueError, match="the image takes 120 bytes, 119 are there"):
        read_claim(path)


def test_units_that_are_mm_or_no_length_pass(tmp_path, seeds):
    for units in (b'units: "mm" "mm"', b'units: "" "s"', b'space units: "mm" "mm"'):
        path = edited(tmp_path, seeds, ".nrrd", b"encoding", units + b"\nencoding")
        assert read_claim(path).n_bytes == 120


def edited(folder, seeds, suffix, old, new):
    """A header in which some text is replaced."""
    path = seeds.write_itk(folder, f"a{suffix}")
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("suffix", "old", "new", "cause"),
    [
        (".mhd", b"= a.raw", b"= /etc/passwd", "no single file beside it"),
        (".mhd", b"= a.raw", b"= ../a.raw", "no single file beside it"),
        (".mhd", b"= a.raw", b"= ..", "leads out of its folder"),
        (".mhd", b"= a.raw", b"= LIST", "no single file beside it"),
        (".mhd", b"= a.raw", b"= a%03d.raw 1 9 1", "no single file beside it"),
        (".mhd", b"= a.raw", b"= C:\\a.raw", "no single file beside it"),
        (".mhd", b"= a.raw", b"= b.raw", "b.raw, which is not there"),
        (".mha", b"= LOCAL", b"= /etc/passwd", "no single file beside it"),
        (".mha", b"= 10 12", b"= 10 -12", "sizes"),
        (".mha", b"= 10 12", b"= 0 12", "0 x 12 pixels"),
        (".mha", b"= 10 12", b"= 10 12 3", "3 sizes"),
        (".mha", b"= 10 12", b"= 1e1 12", "sizes"),
        (".mha", b"MET_UCHAR", b"MET_STRING", "of type 'MET_STRING'"),
        (".mha", b"BinaryData = True", b"BinaryData = False", "written as text"),
        (".mha", b"NDims", b"DimSize = 1 1\nNDims", "a header line"),
        (".mha", b"NDims", b"HeaderSize = -1\nNDims", "after another header"),
        (".nhdr", b": a.raw", b": /etc/passwd", "no single file beside it"),
        (".nhdr", b"data file: a.raw", b"Data File: /etc/passwd", "a header line"),
        (".nhdr", b"data file: a.raw", b"datafile: ../a.raw", "no single file"),
        (".nhdr", b"data file", b"datafile: a.raw\ndata file", "two files"),
        (".nrrd", b"encoding: raw", b"encoding: hex", "packed by 'hex'"),
        (
            ".nrrd",
            b"encoding: raw",
            b"byte skip: 9\nencoding: raw",
            "after a byte skip",
        ),
        # ITK reads the field; a mark behind it makes no remark of it.
        (".nrrd", b"encoding", b"byte skip: 9 :=\nencoding", "after a byte skip"),
        (".nrrd", b"type: unsigned char", b"type: block", "of type 'block'"),
        (".nrrd", b"dimension: 2", b"dimension: 3", "dimension '3' and 2 sizes"),
        (".nrrd", b"sizes: 10 12", b"sizes: nan 12", "sizes"),
        (".nrrd", b"NRRD0004", b"NRRD0009", "no NRRD header"),
        *(
            (".nrrd", b"encoding", b"%s\nencoding" % units, "and only mm are read")
            for units in (
                b'units: "cm" "cm"',
                b'space units: "mm" "m"',
                b'units: "Micrometers" "mm"',
                b'space units: "inch" "inch"',
            )
        ),
    ],
)
def test_headers_that_mislead_are_refused(tmp_path, seeds, suffix, old, new, cause):
    with pytest.raises(ValueError, match=cause):
        read_claim(edited(tmp_path, seeds, suffix, old, new))


def test_links_out_of_the_folder_are_not_followed(tmp_path, seeds):
    (tmp_path / "secret").write_bytes(bytes(120))
    (tmp_path / "x").mkdir()
    path = seeds.write_mhd(tmp_path / "x")
    (tmp_path / "x" / "a.raw").unlink()
    (tmp_path / "x" / "a.raw").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match="leads out of its folder"):
        read_claim(path)


@pytest.mark.parametrize(
    ("place", "data", "cause"),
    [
        (0, struct.pack("<i", 540), "no NIfTI-1 header"),
        (40, struct.pack("<h", 9), "an image of 9 dimensions"),
        (42, struct.pack("<h", -10), "an image of -10 x 12"),
        (42, struct.pack("<h", 32767), "bytes, 720 are there"),
        (70, struct.pack("<h", 1792), "of type 1792"),
        (72, struct.pack("<h", 8), "and 8 bits"),
        (108, struct.pack("<f", np.nan), "begin at nan"),
        (108, struct.pack("<f", 1e30), "begin at"),
        (344, b"ni1\0", "of one piece"),
        (80, struct.pack("<f", np.nan), "a spacing of"),
        (84, struct.pack("<f", 0), "a spacing of"),
        (88, struct.pack("<f", -1), "a spacing of"),
        (256, struct.pack("<f", 2), "a turn by the quaternion"),
        (268, struct.pack("<f", np.inf), "a turn by the quaternion"),
        (280, struct.pack("<f", 0), "not at right angles"),  # ITK would never end
        (280, struct.pack("<f", np.nan), "not at right angles"),
        (284, struct.pack("<f", 0.1), "not at right angles"),
    ],
)
def test_nifti_headers_that_mislead_are_refused(tmp_path, seeds, place, data, cause):
    path = seeds.write_nifti(tmp_path)
    header = bytearray(path.read_bytes())
    header[place : place + len(data)] = data
    path.write_bytes(header)
    with pytest.raises(ValueError, match=cause):
        read_claim(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("data", [b"", b"text", b"\xff" * 500, b"\n" * 70_000])
def test_other_files_are_refused(tmp_path, suffix, data):
    (tmp_path / f"a{suffix}").write_bytes(data)
    with pytest.raises((ValueError, OSError, EOFError)):
        read_claim(tmp_path / f"a{suffix}")
