"""Maps for other programs: images with spacing, and MATLAB files."""

# SPDX-License-Identifier: BSD-3-Clause

import tempfile
from pathlib import Path

import numpy as np

from sknac.utils._atomic import whole_file, write_whole
from sknac.utils._optional import import_optional

_IMAGES = (".nrrd", ".mha")  # ITK writes NaN as 0 into NIfTI
_AXES = ("depth_mm", "lateral_mm", "freqs_mhz")


def export_maps(path, fields, grid, channels):
    """Write maps by the suffix of the file."""
    name = Path(path).name
    if name.endswith(".mat"):
        _write_mat(path, fields, _chosen(fields, channels, n_dims=(2, 3)))
    elif name.endswith(_IMAGES):
        _write_image(path, grid, _chosen(fields, channels, n_dims=(2,)))
    else:
        raise ValueError(
            f"path must end in .mat, {' or '.join(_IMAGES)}, got {name!r}; save writes "
            ".npz, and NIfTI would turn NaN into 0"
        )


def _chosen(fields, channels, n_dims):
    """Take the maps that are asked for, or all."""
    known = {
        name: values
        for name, values in fields.items()
        if isinstance(values, np.ndarray) and values.ndim in n_dims
    }
    if channels is None:
        return known
    names = [channels] if isinstance(channels, str) else list(channels)
    if not names or any(name not in known for name in names):
        raise ValueError(
            f"channels must be maps out of {list(known)}, got {channels!r}"
        )
    return {name: known[name] for name in names}


def _write_mat(path, fields, maps):
    """Write maps and axes, each as a variable; a mask is of 8 bits, as MATLAB's."""
    from scipy.io import savemat

    extra = {name: fields[name] for name in _AXES}
    if fields["band_mhz"] is not None:
        extra["band_mhz"] = np.asarray(fields["band_mhz"], dtype=float)
    with whole_file(path) as file:
        savemat(file, maps | extra, oned_as="column", do_compression=True)


def _write_image(path, grid, maps):
    """Write one map as an image, several as slices of a stack."""
    sitk = import_optional("SimpleITK", "SimpleITK", extra="formats")
    if len(maps) == 1:
        (values,) = maps.values()
    else:
        values = np.stack([v.astype(np.float32, copy=False) for v in maps.values()])
    if values.dtype == bool:
        values = values.astype(np.uint8)
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    depth, lateral = ((grid.step[i], grid.origin[i]) for i in (0, 1))
    places = [lateral, depth] + [(1.0, 0.0)] * (values.ndim - 2)
    image.SetSpacing([float(step) for step, _ in places])
    image.SetOrigin([float(origin) for _, origin in places])
    image.SetMetaData("channels", ",".join(maps))
    with tempfile.TemporaryDirectory() as folder:  # ITK writes to names alone
        written = Path(folder) / Path(path).name
        sitk.WriteImage(image, str(written))
        write_whole(path, written.read_bytes())
