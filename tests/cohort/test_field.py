"""The width of RF frames: right ones pass, pitches in other units do not."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest

from sknac.cohort import Plane

# fs_mhz, line pitch in mm and number of lines of scanners and public sets
REAL = [
    (40.0, 0.148, 256),
    (40.0, 0.234, 256),
    (59.96, 0.1, 128),
    (15.0, 0.26, 192),
    (7.5, 0.26, 192),
    (40.0, 0.0745, 510),
    (25.0, 0.0745, 510),
    (20.0, 0.47, 192),
    (62.5, 0.3, 96),
    (180.0, 0.03, 256),
]


def plane(fs_mhz, pitch_mm, n_lines):
    return Plane.from_rf(
        np.ones((2, n_lines), "int8"), fs_mhz=fs_mhz, line_pitch_mm=pitch_mm
    )


@pytest.mark.parametrize(("fs_mhz", "pitch_mm", "n_lines"), REAL)
@pytest.mark.parametrize("part", [1, 4, 16])  # a crop is narrower, not closer
def test_real_frames_and_their_parts_pass(fs_mhz, pitch_mm, n_lines, part):
    assert plane(fs_mhz, pitch_mm, n_lines // part).spacing_mm[1] == pitch_mm


@pytest.mark.parametrize(("fs_mhz", "pitch_mm", "n_lines"), REAL)
def test_pitch_in_cm_is_said(fs_mhz, pitch_mm, n_lines):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            plane(fs_mhz, pitch_mm / 10, n_lines)
        except ValueError as error:
            assert "pitch" in str(error)  # noqa: PT017
            return
    (text,) = (str(one.message) for one in seen)
    assert f"{pitch_mm / 10:g} cm would be {pitch_mm:g} mm" in text


@pytest.mark.parametrize(
    ("pitch_mm", "n_lines", "said"),
    [
        (
            0.01,
            128,
            "got 0.01, which makes its 128 lines .the second axis. 1.28 mm wide",
        ),
        (2.34, 256, "got 2.34, which makes its 256 lines .* 599 mm wide"),
        (234.0, 256, "the line pitch must be 0.005 to 5 mm, got 234 .*looks like um"),
    ],
)
def test_width_that_no_array_has_is_refused(pitch_mm, n_lines, said):
    with pytest.raises(ValueError, match=said):
        plane(40.0, pitch_mm, n_lines)


def test_sampling_frequency_a_tenth_of_the_right_one_is_said():
    with pytest.warns(UserWarning, match="check fs_mhz and line_pitch_mm"):
        plane(4.0, 0.234, 256)
