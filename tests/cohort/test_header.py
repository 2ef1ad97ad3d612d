"""What is said of RF is held against its file's header, by table and by hand alike."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import re

import numpy as np
import pytest

from sknac.cohort import ArrayRef, Plane, _header
from sknac.cohort._header import agreed
from sknac.io import read_info

STATED = {"fs_mhz": 38.5, "line_pitch_mm": 0.26, "start_depth_mm": 2.0}
TOLD = {
    "signal": "rf",
    "fs_mhz": 38.5,
    "spacing_mm": (0.02, 0.26),
    "start_depth_mm": 2.0,
    "focus_mm": 20.0,
    "transmit_mhz": 9.5,
    "gain_db": 30.0,
    "probe": "L15 HD3",
}


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build the RF plane of a file that says some things."""
    path = tmp_path / "a.npy"
    np.save(path, np.arange(400 * 100.0).reshape(400, 100))

    def built(told, **stated):
        def read(path, variable=None, reader=None):
            return dataclasses.replace(read_info(path), **told)

        monkeypatch.setattr(_header, "read_info", read)
        return Plane.from_rf(ArrayRef.from_file(path), **{**STATED, **stated})

    return built


@pytest.mark.parametrize(
    ("told", "stated"),
    [
        ({}, {}),
        (TOLD, {}),
        (TOLD | {"fs_mhz": None}, {}),
        (TOLD, {"fs_mhz": 38.52, "start_depth_mm": 1.996, "probe": "l15hd3"}),
        (TOLD, {"focus_mm": 20.0, "gain_db": 30.05, "transmit_mhz": 9.5}),
    ],
)
def test_what_agrees_is_built_as_stated(build, told, stated):
    plane, expected = build(told, **stated), {**STATED, **stated}
    assert plane.fs_mhz == expected["fs_mhz"]
    assert plane.origin_mm == (expected["start_depth_mm"], 0.0)
    assert (plane.focus_mm, plane.probe) == (
        stated.get("focus_mm"),
        stated.get("probe"),
    )


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"fs_mhz": 40.0}, "fs_mhz: 40.0 MHz contradicts the file's header, 38.5 MHz"),
        ({"line_pitch_mm": 0.3}, "line_pitch_mm: 0.3 mm contradicts"),
        ({"line_pitch_mm": 0.026}, "line_pitch_mm: 0.026 mm contradicts"),
        ({"start_depth_mm": 0.0}, "start_depth_mm: 0.0 mm contradicts"),
        ({"speed_of_sound": 1480.0, "fs_mhz": 37.0}, "fs_mhz: 37.0 MHz contradicts"),
        ({"focus_mm": 25.0}, "focus_mm: 25.0 mm contradicts the file's header, 20.0"),
        ({"transmit_mhz": 5.0}, "transmit_mhz: 5.0 MHz contradicts"),
        ({"gain_db": 40.0}, "gain_db: 40.0 dB contradicts"),
        (
            {"probe": "C3 HD3"},
            "probe: 'C3 HD3' contradicts the file's header, 'L15 HD3'",
        ),
    ],
)
def test_what_the_header_contradicts_is_refused(build, stated, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}.*; correct one of them$"):
        build(TOLD, **stated)


def test_axial_spacing_alone_tells_the_sampling_frequency(build):
    with pytest.raises(
        ValueError, match=r"fs_mhz: 77 MHz at 1540 m/s makes samples of"
    ):
        build(TOLD | {"fs_mhz": None}, fs_mhz=77.0)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"signal": "bmode"}, "'rf' contradicts the file: a.npy holds a B-mode image"),
        ({"signal": "envelope"}, "a.npy holds an envelope, which has no spectrum"),
        ({"signal": "iq"}, "a.npy holds IQ, which has lost its carrier"),
        ({"header": {"no_grid": "the C3 is curved"}}, "a.npy: the C3 is curved, so"),
    ],
)
def test_file_of_something_else_is_refused(build, told, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        build(told)


def test_file_that_is_gone_is_said_where_it_is_read(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((400, 100)))
    handle = ArrayRef.from_file(path)
    path.unlink()
    plane = Plane.from_rf(handle, **STATED)
    with pytest.raises(FileNotFoundError, match=r"a\.npy is gone"):
        plane.load()


def test_arrays_in_memory_have_no_header():
    assert Plane.from_rf(np.ones((400, 100)), **STATED).fs_mhz == 38.5


def test_rates_near_zero_have_no_room():
    assert agreed("gain_db", 0.05, 0.0, "dB") == 0.0
    with pytest.raises(ValueError, match=r"spacing: 0\.05 mm contradicts"):
        agreed("spacing", 0.05, 0.051, "mm", positive=True)
