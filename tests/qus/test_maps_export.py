"""Exported maps, as sknac's own readers read them."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
import os

import numpy as np
import pytest

from sknac.io import read_array, read_info
from sknac.qus import QUSMaps

FLAT = ("valid", "mbf", "ss")


@pytest.fixture
def maps(rng):
    mbf, ss = rng.normal(size=(2, 6, 5)).astype(np.float32)
    mbf[2, 3] = np.nan
    return QUSMaps(
        valid=np.isfinite(mbf),
        depth_mm=1.5 + 0.4 * np.arange(6),
        lateral_mm=0.9 + 0.3 * np.arange(5),
        freqs_mhz=np.arange(3, 8.0),
        mbf=mbf,
        ss=ss,
        bsc=rng.random((6, 5, 5)),
        band_mhz=(3.0, 8.0),
    )


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_an_image_keeps_values_spacing_and_origin(maps, tmp_path, suffix):
    path = tmp_path / f"mbf{suffix}"
    maps.export(path, channels="mbf")
    info = read_info(path)
    assert info.spacing_mm == pytest.approx((0.4, 0.3))
    assert info.header["origin_mm"] == pytest.approx((1.5, 0.9))
    assert info.dtype == np.float32
    np.testing.assert_array_equal(read_array(path), maps.mbf)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("channels", [None, ["ss", "mbf"]])
def test_several_maps_are_slices_of_a_stack(maps, tmp_path, suffix, channels):
    path = tmp_path / f"maps{suffix}"
    maps.export(path, channels=channels)
    stack = read_array(path)
    for values, name in zip(stack, channels or FLAT, strict=True):
        np.testing.assert_array_equal(values, getattr(maps, name))
    assert read_info(path).spacing_mm == pytest.approx((0.4, 0.3))


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_the_names_of_a_stack_stand_in_its_header(maps, tmp_path, suffix):
    sitk = pytest.importorskip("SimpleITK")
    maps.export(str(tmp_path / f"maps{suffix}"))
    image = sitk.ReadImage(str(tmp_path / f"maps{suffix}"))
    assert image.GetMetaData("channels") == "valid,mbf,ss"


def test_a_mat_file_holds_maps_and_axes(maps, tmp_path):
    path = tmp_path / "maps.mat"
    maps.export(path)
    for name in ("valid", "mbf", "ss"):
        values = read_array(path, variable=name)
        np.testing.assert_array_equal(values, getattr(maps, name))
    for name in ("depth_mm", "lateral_mm", "freqs_mhz", "band_mhz"):
        values = read_array(path, variable=name)
        np.testing.assert_array_equal(values.ravel(), getattr(maps, name))
    # MATLAB's last axis counts frames.
    bsc = np.moveaxis(read_array(path, variable="bsc"), 0, -1)
    np.testing.assert_array_equal(bsc, maps.bsc)


@pytest.mark.parametrize("channels", ["esd", ["mbf", "depth_mm"], [], "bsc", "doubts"])
def test_what_is_no_image_is_refused(maps, tmp_path, channels):
    with pytest.raises(ValueError, match="channels must be maps out of"):
        maps.export(tmp_path / "maps.nrrd", channels=channels)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["maps", "maps.npz", "maps.png", "mat", "maps.nii.gz"])
def test_other_formats_are_refused(maps, tmp_path, name):
    with pytest.raises(
        ValueError, match=r"must end in \.mat, \.nrrd or .*; save writes"
    ):
        maps.export(tmp_path / name)


def test_without_simpleitk_the_extra_is_named(maps, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "SimpleITK", None)
    with pytest.raises(ImportError, match=r"pip install 'sknac\[formats\]'"):
        maps.export(tmp_path / "maps.nrrd")


@pytest.mark.parametrize("suffix", [".nrrd", ".mat"])
def test_an_export_that_fails_leaves_the_earlier_file(
    maps, tmp_path, monkeypatch, suffix
):
    path = tmp_path / f"maps{suffix}"
    maps.export(path, channels=["mbf"])
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"maps.* could not be written .*; make room"):
        maps.export(path, channels=["ss"])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
