"""What a user says of a scan, and what its file says, must agree."""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

from sknac.cohort._handles import ArrayRef
from sknac.io import ArrayInfo, read_info

# Numbers of users are rounded: they agree with a file's to one part in a thousand, or
# by this much where they may be near zero, as depths and gains may. Pixel sizes may
# not: 0.01 mm is a fifth of some.
RELATIVE, _ABSOLUTE = 1e-3, {"mm": 0.01, "dB": 0.1}
_SIGNALS = {
    "rf": "RF",
    "envelope": "an envelope, which has no spectrum and is not log-compressed",
    "bmode": "a B-mode image",
}


def check_rf_file(plane) -> None:
    """Hold what is said of an RF plane against its file's header, where that is there.

    Raises
    ------
    ValueError
        If the file holds something else than RF, its lines are not parallel, or it
        states another number.
    """
    image = plane.image
    if not isinstance(image, ArrayRef) or not Path(image.path).is_file():
        return
    info = read_info(image.path, image.variable, reader=image.read_by)
    if info.signal == "iq":
        refuse_iq(info)
    check_signal("rf", info)
    check_parallel(info)
    axial, pitch = info.spacing_mm or (None, None)
    for name, stated, header, unit in (
        ("fs_mhz", plane.fs_mhz, info.fs_mhz, "MHz"),
        ("line_pitch_mm", plane.spacing_mm[1], pitch, "mm"),
        ("transmit_mhz", plane.transmit_mhz, info.transmit_mhz, "MHz"),
    ):
        agreed(name, stated, header, unit, positive=True)
    if info.fs_mhz is None and axial is not None:
        check_axial("fs_mhz", plane.fs_mhz, plane.speed_of_sound, axial)
    agreed("start_depth_mm", plane.origin_mm[0], info.start_depth_mm, "mm")
    agreed("focus_mm", plane.focus_mm, info.focus_mm, "mm")
    agreed("gain_db", plane.gain_db, info.gain_db, "dB")
    check_probe("probe", plane.probe, info)


def refuse_iq(info: ArrayInfo) -> None:
    """Say what becomes of IQ, which is no plane."""
    raise ValueError(
        f"{Path(info.path).name} holds IQ, which has lost its carrier, and is no "
        "plane; restore a fixed carrier with sknac.io.rf_from_iq and save the RF as "
        '.npy, or take its magnitude with variable="envelope"'
    )


def check_signal(kind: str, info: ArrayInfo) -> None:
    """Refuse a file that holds another kind of samples."""
    if info.signal not in (None, kind):
        raise ValueError(
            f"{kind!r} contradicts the file: {Path(info.path).name} holds "
            f"{_SIGNALS[info.signal]}; write {info.signal}, or name the right file"
        )


def check_parallel(info: ArrayInfo) -> None:
    """Refuse a place in mm for lines that do not stand side by side."""
    reason = info.header.get("no_grid")
    if reason:
        raise ValueError(
            f"{Path(info.path).name}: {reason}, so that its samples have no "
            "rectangular grid in mm; capture it with parallel lines, or read it as "
            "bmode without a spacing where it is an image"
        )


def check_axial(name: str, fs_mhz: float, speed: float, axial_mm: float) -> None:
    """Refuse a sampling frequency that makes other samples than the file has."""
    computed = speed / (2000.0 * fs_mhz)
    if abs(computed - axial_mm) > RELATIVE * axial_mm:
        raise ValueError(
            f"{name}: {fs_mhz:g} MHz at {speed:g} m/s makes samples of {computed:g} "
            f"mm, which contradicts the file's header, {axial_mm:g} mm; correct one of "
            "them"
        )


def check_probe(name: str, probe: str | None, info: ArrayInfo) -> None:
    """Refuse a probe's name that differs from the file's by more than blanks."""
    if None not in (probe, info.probe) and _plain(probe) != _plain(info.probe):
        raise ValueError(
            f"{name}: {probe!r} contradicts the file's header, {info.probe!r}; correct "
            "one of them"
        )


def _plain(text):
    """Leave case and blanks out of a name."""
    return "".join(str(text).split()).lower()


def agreed(name: str, stated, header, unit: str, *, positive: bool = False):
    """Return the value that user and file agree on, the file's where it has one.

    `positive` is for sizes and rates, which are never near zero.

    Raises
    ------
    ValueError
        If they disagree by more than rounding; it shows both.
    """
    if stated is None or header is None:
        return header if stated is None else stated
    room = 0.0 if positive else _ABSOLUTE[unit]
    if abs(stated - header) > max(RELATIVE * abs(header), room):
        raise ValueError(
            f"{name}: {stated} {unit} contradicts the file's header, "
            f"{header} {unit}; correct one of them"
        )
    return header
