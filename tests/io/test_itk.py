"""NIfTI, NRRD and MetaImage, written by SimpleITK and read back."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import _itk, read_array, read_info

SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"]
TURNED = (0.0, 1.0, 1.0, 0.0)
FLIPPED = (1.0, 0.0, 0.0, -1.0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_are_y_and_columns_are_x(tmp_path, seeds, suffix):
    path = seeds.write_itk(tmp_path, f"a{suffix}", Origin=(3.0, 5.0))
    info = read_info(path)
    assert (info.shape, info.n_frames, info.dtype) == ((12, 10), 1, np.uint8)
    assert info.spacing_mm == pytest.approx((0.2, 0.1))
    assert info.header["origin_mm"] == (5.0, 3.0)
    assert read_array(path).tolist() == seeds.speckle((12, 10)).tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("packed", [False, True])
def test_slices_of_a_stack_are_frames(tmp_path, seeds, suffix, packed):
    stack = seeds.speckle((4, 12, 10), "float32")
    path = seeds.write_itk(tmp_path, f"a{suffix}", stack, packed=packed)
    info = read_info(path)
    assert (info.n_frames, info.frame_shape(2), info.is_stack) == (4, (12, 10), True)
    assert read_array(path, 2).tolist() == stack[2].tolist()
    assert read_array(path).tolist() == stack.tolist()


def test_a_single_slice_is_an_image(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.nrrd", seeds.speckle((1, 12, 10)))
    assert (read_info(path).shape, read_info(path).n_frames) == ((12, 10), 1)
    assert read_array(path).shape == read_array(path, 0).shape == (12, 10)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_types_are_kept(tmp_path, seeds, dtype):
    path = seeds.write_itk(tmp_path, "a.mha", seeds.speckle((12, 10), dtype))
    assert read_info(path).dtype == read_array(path).dtype == dtype


def test_colours_are_grey(tmp_path, seeds):
    rgb = seeds.speckle((12, 10, 3))
    path = seeds.write_itk(tmp_path, "a.nrrd", rgb, is_vector=True)
    luma = rgb @ [0.299, 0.587, 0.114]  # ITU-R 601
    assert read_info(path).shape == (12, 10)
    np.testing.assert_allclose(read_array(path), luma, atol=0.51)
    share = np.mean(np.ptp(rgb.astype(int), axis=-1) > 16)
    assert read_info(path).coloured_share() == pytest.approx(share)


@pytest.mark.parametrize(
    ("array", "is_vector", "cause"),
    [
        (np.zeros((5, 4), "c8"), False, "complex.*, numbers or colours are needed"),
        (np.zeros((5, 4, 2), "u1"), True, "2 numbers a pixel"),
        (np.zeros((5, 4, 3), "f4"), True, "3 numbers a pixel"),
    ],
)
def test_other_pixels_are_refused(tmp_path, seeds, array, is_vector, cause):
    path = seeds.write_itk(tmp_path, "a.nrrd", array, is_vector=is_vector)
    with pytest.raises(SknacFormatError, match=cause):
        read_info(path)


def test_a_spacing_of_exactly_1_is_a_placeholder(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.nii", spacing=(1.0, 1.0))
    assert read_info(path).spacing_mm is None
    path = seeds.write_itk(tmp_path, "b.nii", spacing=(1.0, 0.5))
    assert read_info(path).spacing_mm == (0.5, 1.0)


def test_pixels_stay_in_the_order_of_the_file(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.nrrd", Direction=FLIPPED)
    assert read_array(path).tolist() == seeds.speckle((12, 10)).tolist()
    assert read_info(path).header["direction"] == FLIPPED


def test_turned_images_are_refused(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.nrrd", Direction=TURNED)
    with pytest.raises(SknacFormatError, match="rows and columns turned"):
        read_info(path)


def test_what_c_code_prints_is_kept_off_the_terminal(capfd):
    with _itk._silent():
        os.write(2, b"from C")
    os.write(2, b"later")
    assert capfd.readouterr().err == "later"


RF = np.arange(2 * 6 * 12, dtype="i4").reshape(2, 6, 12)  # frames, lines, samples


@pytest.mark.parametrize("depth", ["x", "y"])
def test_rf_opens_by_the_axis_of_its_depth(tmp_path, seeds, depth):
    stored = RF if depth == "x" else RF.swapaxes(1, 2)
    spacing = (0.0128417, 0.1) if depth == "x" else (0.1, 0.0128417)
    path = seeds.write_itk(tmp_path, "a.mha", stored, spacing)
    info = read_info(path, f"depth={depth}")
    assert (info.signal, info.shape, info.n_frames) == ("rf", (2, 12, 6), 2)
    assert info.fs_mhz == pytest.approx(59.961, abs=5e-4)  # c / 2 dz at 1540 m/s
    assert info.spacing_mm == pytest.approx((0.0128417, 0.1))
    assert read_array(f"{path}::depth={depth}", 1).tolist() == RF[1].T.tolist()
    assert read_array(path, variable=info.variable).shape == (2, 12, 6)


def test_what_looks_like_rf_must_be_said_to_be(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.mha", RF, (0.0128, 0.1))
    with pytest.raises(SknacFormatError, match="look like RF; say variable='depth=x'"):
        read_info(path)
    assert read_info(path, "image").signal is None


@pytest.mark.parametrize(
    ("settings", "variable", "cause"),
    [
        ({"spacing": (0.0128, 0.1)}, "depth=y", "say variable='depth=x'"),
        ({"spacing": (0.0128, 0.1)}, "depth=z", "variable must be 'image', or"),
        ({"spacing": (1e-5, 0.1)}, "depth=x", "which must be in mm"),
        ({"Direction": FLIPPED}, "depth=x", "the first sample may be the deepest"),
    ],
)
def test_rf_that_cannot_be_is_refused(tmp_path, seeds, settings, variable, cause):
    path = seeds.write_itk(tmp_path, "a.mha", RF[0], **settings)
    with pytest.raises(SknacFormatError, match=cause):
        read_info(path, variable)


def test_rf_without_a_spacing_has_no_sampling_rate(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.mha", RF[0], (1.0, 1.0))
    info = read_info(path, "depth=x")
    assert (info.fs_mhz, info.spacing_mm, info.shape) == (None, None, (12, 6))


def test_scaled_integers_are_floats(tmp_path, seeds):
    path = seeds.write_itk(tmp_path, "a.nii", seeds.speckle((12, 10), "int16"))
    header = bytearray(path.read_bytes())
    header[112:120] = np.array([0.5, 3.0], "<f4").tobytes()  # slope and intercept
    path.write_bytes(header)
    assert read_info(path).dtype == read_array(path).dtype
    np.testing.assert_allclose(read_array(path), seeds.speckle((12, 10)) * 0.5 + 3)
