"""Clarius raw captures: ``.raw`` beside ``.yml``, or a ``.tar`` of both."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
import struct
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._clarius_yml import read_capture, read_frame_gains
from sknac.io._damage import damage, damage_named
from sknac.io._info import ArrayInfo
from sknac.io._tar import Part, members

HAS_VARIABLES = True
_HEADER = struct.Struct("<5I")  # id, frames, lines, samples, bytes of a sample
_STAMP_BYTES = 8
_SPEED_OF_SOUND = 1540.0  # m/s, which the scanner takes
_MOST_FRAMES = 100_000
_MOST_TEXT = 4_000_000
_MEND = "export the capture again"
# What is stored -> (type of the numbers, numbers of a sample).
_STORED = {"rf": ("<i2", 1), "iq": ("<i2", 2), "env": ("u1", 1)}
_SIGNALS = {"rf": "rf", "iq": "iq", "env": "bmode"}


def read_info(path, variable=None) -> ArrayInfo:
    """Tell what a capture holds; header, ``.yml`` and size of the file agree."""
    _refuse_packed(path)
    with damage_named(path, "Clarius", _MEND):
        parts = _parts(path)
        stem, capture = _choose(path, parts, variable)
        raw = parts[f"{stem}.raw"]
        _check_size(raw, capture)
        if capture.kind == "rf" and capture.no_grid:
            raise SknacFormatError(
                path,
                f"{capture.no_grid}, so that RF has no rectangular grid; capture it "
                "with parallel lines",
            )
        return _describe(path, variable, raw, capture, _gains(parts, stem, capture))


def read_frame(info, frame=None) -> np.ndarray:
    """Read one frame as (n_samples, n_lines)."""
    stored, n_numbers = _STORED[info.header["stored"]]
    stored = np.dtype(stored)
    n_samples, n_lines = info.shape
    count = n_samples * n_lines * n_numbers
    step = _STAMP_BYTES + count * stored.itemsize
    offset = info.header["offset"] + _HEADER.size + (frame or 0) * step + _STAMP_BYTES
    data = np.fromfile(info.path, stored, count=count, offset=offset)
    if n_numbers == 2:
        data = data.astype("f4").view("c8")
    data = np.ascontiguousarray(data.reshape(n_lines, n_samples).T)
    return np.abs(data) if info.signal == "envelope" else data.astype(info.dtype)


def _refuse_packed(path):
    """Refuse what the scanner packed, with the command that unpacks it."""
    if str(path).lower().endswith(".lzo"):
        raise SknacFormatError(
            path, f"packed by LZO; unpack it: lzop -d {Path(path).name}"
        )


def _parts(path):
    """List the files of the capture."""
    if str(path).lower().endswith(".tar"):
        return members(path)
    stem = str(path)[: -len(".raw")]
    names = {".raw": str(path), ".yml": f"{stem}.yml", ".tgc": f"{stem}.tgc"}
    return {
        stem + suffix: Part(name, 0, os.stat(name).st_size)
        for suffix, name in names.items()
        if os.path.isfile(name)
    }


def _choose(path, parts, variable):
    """Find the capture that is meant among those of the file."""
    stems = [name[: -len(".raw")] for name in parts if name.endswith(".raw")]
    if not stems:
        packed = [name for name in parts if name.endswith(".lzo")]
        cause = "no .raw member" + (", they are packed by LZO" if packed else "")
        name = Path(path).name
        raise SknacFormatError(
            path, f"{cause}; unpack it: tar -xf {name}, then lzop -d on each .lzo"
        )
    captures = {stem: _capture(path, parts, stem) for stem in stems}
    wanted = [
        stem
        for stem, capture in captures.items()
        if variable in (None, stem, Path(stem).name, capture.kind)
    ]
    if variable == "envelope":
        wanted = [stem for stem, capture in captures.items() if capture.kind == "iq"]
    if len(wanted) == 1:
        return wanted[0], captures[wanted[0]]
    there = ", ".join(f"{Path(s).name} ({c.kind})" for s, c in captures.items())
    if variable == "envelope":
        raise SknacFormatError(
            path,
            f"variable='envelope' is the magnitude of IQ, and it holds {there}; leave "
            "it out, or name one of them",
        )
    which = f" for variable={variable!r}" if variable else ""
    count = "several captures" if wanted else "no capture"
    raise SknacFormatError(
        path, f"{count}{which}, it holds {there}; name one with variable="
    )


def _capture(path, parts, stem):
    """Read the settings of one capture."""
    yml = parts.get(f"{stem}.yml")
    if yml is None:
        raise SknacFormatError(
            path,
            f"no {Path(stem).name}.yml beside it, which says what it holds; put it "
            "there (of a MetaImage open the .mhd, not its .raw)",
        )
    return read_capture(yml.read(_MOST_TEXT).decode("utf-8", errors="replace"))


def _check_size(raw, capture):
    """Refuse a capture whose header, settings and size tell different sizes."""
    if raw.size < _HEADER.size:
        damage(f"its header of {_HEADER.size} bytes is cut off")
    _, *header = _HEADER.unpack(raw._replace(size=_HEADER.size).read(_HEADER.size))
    said = [capture.n_frames, capture.n_lines, capture.n_samples, capture.sample_bytes]
    if header != said:
        damage(
            "frames, lines, samples and bytes of a sample are "
            f"{header} in the .raw and {said} in the .yml"
        )
    stored, n_numbers = _STORED[capture.kind]
    if capture.sample_bytes != np.dtype(stored).itemsize * n_numbers:
        damage(f"{capture.sample_bytes} bytes of a sample for {capture.kind}")
    if capture.n_frames > _MOST_FRAMES:
        damage(f"{capture.n_frames} frames")
    expected = _HEADER.size + header[0] * (_STAMP_BYTES + math.prod(header[1:]))
    if raw.size != expected:
        damage(f"its header asks for {expected} bytes, the file has {raw.size}")


def _gains(parts, stem, capture):
    """Tell the gain curve of each frame where they differ, and that of all."""
    tgc = parts.get(f"{stem}.tgc")
    if tgc is None:
        return capture.tgc, None
    curves = read_frame_gains(tgc.read(_MOST_TEXT).decode("utf-8", errors="replace"))
    if len(curves) != capture.n_frames:  # none, or those of a longer capture
        return capture.tgc, None
    if len(set(curves)) == 1:
        return curves[0], None
    return (), tuple(curves)


def _describe(path, variable, raw, capture, gains):
    """Tell what a capture holds."""
    axial_mm = _SPEED_OF_SOUND / (2000 * capture.fs_mhz)
    pitch_mm = None if capture.no_grid else capture.line_pitch_mm
    signal = "envelope" if variable == "envelope" else _SIGNALS[capture.kind]
    dtypes = {"envelope": "f4", "rf": "i2", "iq": "c8", "bmode": "u1"}
    return ArrayInfo(
        str(path),
        "clarius",
        (capture.n_samples, capture.n_lines),
        np.dtype(dtypes[signal]),
        capture.n_frames,
        capture.fs_mhz,
        {
            "stored": capture.kind,
            "offset": raw.offset,
            "no_grid": capture.no_grid,
            "elements_per_line": capture.elements_per_line,
            "tgc_of_frames": gains[1],
        },
        signal=signal,
        spacing_mm=None if pitch_mm is None else (axial_mm, pitch_mm),
        start_depth_mm=capture.delay_samples * axial_mm,
        focus_mm=capture.focus_mm,
        probe=capture.probe,
        transmit_mhz=capture.transmit_mhz,
        tgc=gains[0],
        variable=variable,
    )
