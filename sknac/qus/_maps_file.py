"""Fields of a result in one ``.npz`` file, without pickled objects."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.qus._log_difference import AttenuationEstimate
from sknac.utils._atomic import whole_file
from sknac.utils._result import plain
from sknac.utils._room import check_room

_FORMAT = "sknac QUSMaps 1"
_NOTES = "notes"  # what is no array, as JSON
_TUPLES = ("band_mhz", "doubts")
_NO_MAPS = (
    *("depth_mm", "lateral_mm", "freqs_mhz"),
    *("invalid_counts", "band_mhz", "attenuation", "doubts"),
)
_MEND = "save maps by QUSMaps.save again"
_DAMAGE = (
    *(ValueError, KeyError, TypeError, AttributeError, EOFError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
)


def save_fields(path, fields: dict) -> None:
    """Write arrays as arrays, and the rest as one text."""
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(
            f"path must end in .npz, got {path}; export writes other formats"
        )
    arrays = {n: v for n, v in fields.items() if isinstance(v, np.ndarray)}
    notes = {n: plain(v) for n, v in fields.items() if n not in arrays}
    text = json.dumps({"format": _FORMAT, "fields": notes})
    with whole_file(path) as file:
        np.savez(file, allow_pickle=False, **arrays, **{_NOTES: np.array(text)})


def load_fields(path, names) -> dict:
    """Read the fields that `save_fields` wrote, and check that they fit together."""
    path = Path(path)
    check_room(f"{path}", path.stat().st_size, "take a file of maps")
    data = path.read_bytes()
    try:
        found = _fields(data, path)
    except _DAMAGE as error:
        raise SknacFormatError(path, f"damaged ({error}); {_MEND}") from error
    if found.keys() != set(names) or not _fit(found):
        raise SknacFormatError(path, f"its fields are not those of maps; {_MEND}")
    return found


def _fields(data, path):
    """Read arrays and notes."""
    with zipfile.ZipFile(BytesIO(data)) as file:
        n_bytes = sum(entry.file_size for entry in file.infolist())
        check_room(f"{path}", n_bytes, "take a file of maps")
        found = {
            name.removesuffix(".npy"): _array(file.read(name))
            for name in file.namelist()
        }
    notes = json.loads(str(found.pop(_NOTES)))
    if notes["format"] != _FORMAT:
        raise ValueError(f"its format must be {_FORMAT!r}, got {notes['format']!r}")
    found |= notes["fields"]
    found |= {n: tuple(found[n]) for n in _TUPLES if found[n] is not None}
    if found["attenuation"] is not None:
        depths = tuple(found["attenuation"].pop("depth_range_mm"))
        found["attenuation"] = AttenuationEstimate(
            **found["attenuation"], depth_range_mm=depths
        )
    return found


def _array(data):
    """Read an ``.npy`` file; its header cannot ask for more than the file holds."""
    file = BytesIO(data)
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, by_column, dtype = read(file)
    values = np.frombuffer(data, dtype, offset=file.tell())  # refuses objects
    return values.reshape(shape, order="F" if by_column else "C").copy()


def _fit(found):
    """Tell whether all maps lie on their axes."""
    axes = [np.shape(found[name]) for name in ("depth_mm", "lateral_mm", "freqs_mhz")]
    if any(len(shape) != 1 for shape in axes):
        return False
    (n_rows,), (n_columns,), (n_freqs,) = axes
    maps = {n: np.shape(found[n]) for n in found if n not in _NO_MAPS}
    is_mask = np.asarray(found["valid"]).dtype.kind == "b"
    return (
        is_mask
        and isinstance(found["invalid_counts"], dict)
        and all(
            found[name] is None
            or shape == (n_rows, n_columns, n_freqs)[: 3 if name == "bsc" else 2]
            for name, shape in maps.items()
        )
    )
