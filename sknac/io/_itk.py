"""NIfTI, NRRD and MetaImage, decoded by SimpleITK."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _grey
from sknac.io._damage import damage, damage_named
from sknac.io._info import ArrayInfo
from sknac.io._itk_header import read_claim
from sknac.utils._optional import import_optional

HAS_VARIABLES = True
_KIND = "NIfTI, NRRD or MetaImage"
_MEND = "save it again"
_SPEED_OF_SOUND = 1540.0  # m/s
_FS_MHZ = (0.5, 200.0)
_TYPES = {
    f"sitk{vector}{name}": code
    for vector in ("", "Vector")
    for name, code in {
        "UInt8": "u1",
        "Int8": "i1",
        "UInt16": "u2",
        "Int16": "i2",
        "UInt32": "u4",
        "Int32": "i4",
        "UInt64": "u8",
        "Int64": "i8",
        "Float32": "f4",
        "Float64": "f8",
    }.items()
}
# An image has no pixels as fine and as narrow as RF has samples.
_RF_MM = 0.06
_RF_RATIO = 2.0
_QUIET = threading.Lock()


def read_info(path, variable=None) -> ArrayInfo:
    """Tell what an image holds; ``depth=x`` or ``depth=y`` says that it is RF."""
    depth = _depth(path, variable)
    with damage_named(path, _KIND, _MEND):
        claim = read_claim(path)
        reader, _ = _reader(path)
        size, n_channels = reader.GetSize(), reader.GetNumberOfComponents()
        dtype = _dtype(reader, n_channels)
        n_bytes = math.prod(size) * n_channels * dtype.itemsize
        # NIfTI of scaled integers comes as floats.
        is_scaled = dtype.kind == "f" and _io_of(path) == "NiftiImageIO"
        if n_bytes != claim.n_bytes and not (is_scaled and n_bytes < 9 * claim.n_bytes):
            damage(f"two readings of its header, {n_bytes} and {claim.n_bytes} bytes")
        info = _describe(path, variable, reader, dtype)
    if depth is None:
        _check_no_rf(path, info, variable)
        return info
    return _as_rf(path, info, depth)


def read_frame(info, frame=None) -> np.ndarray:
    """Read an image, or one of a stack, as rows (y) and columns (x) of the file."""
    array, n_channels = _pixels(info, frame)
    if n_channels > 1:
        array = _grey.to_grey(array[..., :3])
    if _depth(info.path, info.variable) == "x":
        array = np.ascontiguousarray(array.swapaxes(-1, -2))
    return array


def coloured_pixels(info, frame=None, saturation=0.0) -> np.ndarray | None:
    """Tell which pixels are coloured."""
    array, n_channels = _pixels(info, frame)
    return _grey.is_coloured(array[..., :3], saturation) if n_channels > 1 else None


def _pixels(info, frame):
    """Read pixels as they are stored, and how many numbers each has."""
    with damage_named(info.path, _KIND, _MEND):
        read_claim(info.path).check_samples()
        reader, sitk = _reader(info.path)
        if reader.GetDimension() == 3 and (frame is not None or not info.is_stack):
            reader.SetExtractSize([*reader.GetSize()[:2], 0])
            reader.SetExtractIndex([0, 0, frame or 0])
        with _silent():
            image = reader.Execute()
        return sitk.GetArrayFromImage(image), image.GetNumberOfComponentsPerPixel()


def _depth(path, variable):
    """Tell the axis along which the depth runs, where the file is said to be RF."""
    if variable in (None, "image"):
        return None
    found = re.fullmatch(r"depth=([xy])", variable)
    if found is None:
        raise SknacFormatError(
            path,
            "variable must be 'image', or 'depth=x' or 'depth=y' for RF whose samples "
            f"follow one another along that axis, got {variable!r}",
        )
    return found[1]


@contextmanager
def _silent():
    """Keep what ITK's readers print on the terminal off it; they raise too."""
    with _QUIET:
        terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            os.close(nowhere)


def _reader(path):
    """Read the header by ITK."""
    sitk = import_optional("SimpleITK", "SimpleITK", extra="formats")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_io_of(path))
    with _silent():
        reader.ReadImageInformation()
    if not 2 <= reader.GetDimension() <= 4:
        damage(f"an image of {reader.GetDimension()} dimensions")
    return reader, sitk


def _io_of(path):
    """Name ITK's reader by the suffix: no other is asked."""
    name = str(path).lower()
    if name.endswith((".nii", ".nii.gz")):
        return "NiftiImageIO"
    return "NrrdImageIO" if name.endswith((".nrrd", ".nhdr")) else "MetaImageIO"


def _dtype(reader, n_channels):
    """Tell the type of the samples as they are read."""
    import SimpleITK as sitk

    code = next(
        (
            code
            for name, code in _TYPES.items()
            if getattr(sitk, name) == reader.GetPixelID()
        ),
        None,
    )
    if code is None:
        damage(
            f"its pixels are of {sitk.GetPixelIDValueAsString(reader.GetPixelID())}, "
            "numbers or colours are needed"
        )
    dtype = np.dtype(code)
    if n_channels != 1 and not (n_channels in (3, 4) and dtype in ("u1", "u2")):
        damage(f"{n_channels} numbers a pixel, 1 or a colour are needed")
    return dtype


def _describe(path, variable, reader, dtype):
    """Tell what an image holds, in rows and columns."""
    (width, height, *rest), spacing = reader.GetSize(), reader.GetSpacing()
    n_frames = math.prod(rest)
    if len(rest) > 1:
        damage("an image of more than three dimensions")
    if not all(math.isfinite(side) and side > 0 for side in spacing):
        damage(f"a spacing of {spacing} mm")
    direction, n_dims = reader.GetDirection(), reader.GetDimension()
    plane = direction[0], direction[1], direction[n_dims], direction[n_dims + 1]
    if n_dims == 2 and not np.allclose(np.abs(plane), (1, 0, 0, 1), atol=1e-6):
        damage(f"rows and columns turned by the direction {plane}")
    is_stack, is_placeholder = n_frames > 1, spacing[:2] == (1.0, 1.0)
    origin = reader.GetOrigin()
    return ArrayInfo(
        str(path),
        "itk",
        (n_frames, height, width) if is_stack else (height, width),
        dtype,
        n_frames,
        header={
            "origin_mm": (origin[1], origin[0], *origin[2:]),
            "direction": tuple(float(cosine) + 0.0 for cosine in direction),
        },
        is_stack=is_stack,
        spacing_mm=None if is_placeholder else (spacing[1], spacing[0]),
        variable=variable,
    )


def _check_no_rf(path, info, variable):
    """Refuse as an image what is sampled as RF is, until it is said which it is."""
    if variable == "image" or info.spacing_mm is None or info.dtype == np.uint8:
        return
    fine, coarse = sorted(info.spacing_mm)
    if fine < _RF_MM and coarse > _RF_RATIO * fine:
        axis = "y" if fine == info.spacing_mm[0] else "x"
        raise SknacFormatError(
            path,
            f"samples of {fine:.4g} mm along {axis} and {coarse:.4g} mm across look "
            f"like RF; say variable='depth={axis}', or variable='image'",
        )


def _as_rf(path, info, depth):
    """Turn what is said of an image into what is said of RF."""
    n_dims = 3 if info.is_stack or len(info.header["direction"]) == 9 else 2
    if not np.allclose(info.header["direction"], np.eye(n_dims).ravel(), atol=1e-6):
        raise SknacFormatError(
            path,
            "its axes are turned or flipped by its direction, so that the first sample "
            "may be the deepest; save RF with the identity as direction",
        )
    shape, spacing = info.shape, info.spacing_mm
    if depth == "x":
        shape = (*shape[:-2], shape[-1], shape[-2])
        spacing = spacing and spacing[::-1]
    fs_mhz = spacing and _SPEED_OF_SOUND / (2000 * spacing[0])
    if spacing and spacing[0] > spacing[1]:
        other = "y" if depth == "x" else "x"
        raise SknacFormatError(
            path,
            f"along {depth} the samples are {spacing[0]:.4g} mm apart and across "
            f"{spacing[1]:.4g} mm, but RF is finer along the depth; say "
            f"variable='depth={other}'",
        )
    if fs_mhz and not _FS_MHZ[0] <= fs_mhz <= _FS_MHZ[1]:
        raise SknacFormatError(
            path,
            f"samples of {spacing[0]:.4g} mm are a sampling rate of {fs_mhz:.4g} MHz; "
            "correct the spacing, which must be in mm",
        )
    return replace(info, shape=shape, spacing_mm=spacing, fs_mhz=fs_mhz, signal="rf")
