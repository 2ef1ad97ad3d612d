"""How wide a frame of RF would be: a pitch in another unit is told by that."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.utils._warnings import warn_user

_LEAST_MM, _MOST_MM = 2.0, 300.0  # of linear and curved arrays; parts may be less
_NARROW_MM = 4.0
_ALL, _MANY, _SOME = 128, 64, 16  # lines
# Lines in samples: of real frames 2.4 (many lines, slowly sampled) and more, mostly 5
# to 14; probes above 30 MHz, whose frames are narrow, have 7.
_CLOSEST, _CLOSE = 1.5, 5.0


def check_field(plane) -> None:
    """Refuse RF of an impossible width; warn of lines closer than samples.

    Raises
    ------
    ValueError
        If the frame is wider than 300 mm, or its 128 lines or more lie within 2 mm.

    Warns
    -----
    UserWarning
        If 16 lines or more are less than 1.5 samples apart, or 64 less than 5 and all
        within 4 mm.
    """
    axial_mm, pitch_mm = plane.spacing_mm
    n_lines = plane.image.shape[1]
    width_mm = n_lines * pitch_mm
    if width_mm > _MOST_MM or (width_mm < _LEAST_MM and n_lines >= _ALL):
        raise ValueError(
            f"line_pitch_mm must make a frame {_LEAST_MM:g} to {_MOST_MM:g} mm wide, "
            f"got {pitch_mm:g}, which makes its {n_lines} lines (the second axis) "
            f"{width_mm:.3g} mm wide"
        )
    closest = _CLOSEST if n_lines < _MANY or width_mm >= _NARROW_MM else _CLOSE
    if n_lines >= _SOME and pitch_mm < closest * axial_mm:
        warn_user(
            f"lines of {pitch_mm:g} mm lie close beside samples of {axial_mm:.3g} mm, "
            f"and the frame would be {width_mm:.3g} mm wide; check fs_mhz and "
            f"line_pitch_mm ({pitch_mm:g} cm would be {10 * pitch_mm:g} mm)"
        )
