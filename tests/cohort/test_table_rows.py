"""What a file says reaches its plane, and must agree with the table."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import _table_rows, cohort_from_table
from sknac.exceptions import CohortError
from sknac.io import read_info

TOLD = {
    "focus_mm": 20.0,
    "probe": "L15 HD3",
    "transmit_mhz": 9.5,
    "gain_db": 30.0,
    "tgc": ((0.0, 5.0), (30.0, 12.5)),
    "start_depth_mm": 2.0,
}


@pytest.fixture
def plane(tmp_path, monkeypatch):
    """Build the plane of a row whose file says some things."""
    np.save(tmp_path / "a.npy", np.arange(400 * 100).reshape(400, 100) % 251)

    def build(told, **row):
        def read(path, variable=None):
            return dataclasses.replace(read_info(path), variable=variable, **told)

        monkeypatch.setattr(_table_rows, "read_info", read)
        row = {"patient_id": "P1", "visit": "pre", "path": "a.npy"} | row
        X = cohort_from_table(pd.DataFrame([row]), root=tmp_path, duplicates="ignore")
        return X.iat[0, 0].planes[0]

    return build


def test_what_a_file_says_of_rf_need_not_be_typed(plane):
    told = TOLD | {"signal": "rf", "fs_mhz": 15.0, "spacing_mm": (0.0513333, 0.26)}
    built = plane(told)
    assert built.kind == "rf"
    assert built.fs_mhz == 15.0
    assert built.spacing_mm == pytest.approx((1540 / 30e3, 0.26))
    assert built.origin_mm == (2.0, 0.0)
    assert {k: getattr(built, k) for k in TOLD if k != "start_depth_mm"} == {
        k: v for k, v in TOLD.items() if k != "start_depth_mm"
    }


def test_sampling_frequency_of_rf_follows_from_its_spacing(plane):
    built = plane({"signal": "rf", "spacing_mm": (0.0128417, 0.1)})
    assert built.fs_mhz == pytest.approx(1540 / 2000 / 0.0128417)
    assert built.spacing_mm == pytest.approx((0.0128417, 0.1))


def test_what_a_file_says_of_an_image_need_not_be_typed(plane):
    built = plane(TOLD | {"signal": "bmode", "spacing_mm": (0.5105, 0.4)})
    assert (built.kind, built.spacing_mm) == ("bmode", (0.5105, 0.4))
    assert (built.origin_mm, built.gain_db) == ((2.0, 0.0), 30.0)


@pytest.mark.parametrize(
    ("told", "row"),
    [
        ({"spacing_mm": (0.1, 0.3)}, {}),
        ({"fs_mhz": 7.7, "spacing_mm": (0.1, 0.3)}, {}),
        ({"fs_mhz": 7.7}, {"line_pitch_mm": 0.3}),
        ({}, {"fs_mhz": 7.7, "line_pitch_mm": 0.3}),
        ({}, {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.3}),
    ],
)
def test_envelopes_take_their_spacing_from_file_or_table(plane, told, row):
    built = plane({"signal": "envelope"} | told, **row)
    assert built.kind == "envelope"
    assert built.spacing_mm == pytest.approx((0.1, 0.3))


def test_envelopes_without_a_spacing_are_refused(plane):
    with pytest.raises(CohortError, match="column line_pitch_mm: the value is missing"):
        plane({"signal": "envelope"}, fs_mhz=7.7)
    with pytest.raises(CohortError, match="column fs_mhz: the value is missing"):
        plane({"signal": "envelope"})


def test_the_table_alone_says_it_where_the_file_does_not(plane):
    row = {"focus_mm": 25, "probe": "L14-5", "transmit_mhz": 6.6, "gain_db": -3}
    built = plane({}, kind="bmode", **row)
    assert {name: getattr(built, name) for name in row} == row


@pytest.mark.parametrize(
    ("told", "row"),
    [
        (
            {"spacing_mm": (0.51048, 0.5)},
            {"spacing_axial_mm": 0.5105, "spacing_lateral_mm": 0.5},
        ),
        ({"start_depth_mm": 1.996}, {"start_depth_mm": 2}),
        ({"gain_db": 30.04}, {"gain_db": 30}),
        ({"probe": "L15 HD3"}, {"probe": "l15HD3"}),
    ],
)
def test_rounded_values_agree_and_the_files_are_kept(plane, told, row):
    built = plane(told, kind="bmode", **row)
    for name, value in told.items():
        kept = built.origin_mm[0] if name == "start_depth_mm" else getattr(built, name)
        assert kept == value


CONTRADICTIONS = [
    ({"spacing_mm": (0.5, 0.4)}, {"spacing_axial_mm": 0.05}, "0.05 mm", "0.5 mm"),
    ({"spacing_mm": (0.5, 0.4)}, {"spacing_lateral_mm": 0.5}, "0.5 mm", "0.4 mm"),
    # Rounding is of a thousandth; 0.005 mm are a tenth of a fine pixel.
    ({"spacing_mm": (0.05, 0.05)}, {"spacing_axial_mm": 0.055}, "0.055 mm", "0.05 mm"),
    ({"spacing_mm": (0.5, 0.05)}, {"spacing_lateral_mm": 0.051}, "0.051 mm", "0.05 mm"),
    ({"start_depth_mm": 2.0}, {"start_depth_mm": 0}, "0.0 mm", "2.0 mm"),
    ({"focus_mm": 20.0}, {"focus_mm": 30}, "30.0 mm", "20.0 mm"),
    ({"transmit_mhz": 9.5}, {"transmit_mhz": 5}, "5.0 MHz", "9.5 MHz"),
    ({"gain_db": 30.0}, {"gain_db": 40}, "40.0 dB", "30.0 dB"),
    ({"probe": "L15 HD3"}, {"probe": "C3 HD3"}, "'C3 HD3'", "'L15 HD3'"),
]


@pytest.mark.parametrize(("told", "row", "stated", "header"), CONTRADICTIONS)
def test_what_table_and_file_disagree_on_is_shown_with_both(
    plane, told, row, stated, header
):
    (column,) = row
    said = f"column {column}: {stated} contradicts the file's header, {header}; corre"
    with pytest.raises(CohortError, match=re.escape(said)):
        plane(told, kind="bmode", **row)


@pytest.mark.parametrize(
    ("told", "row", "said"),
    [
        (
            {"fs_mhz": 15.0},
            {"fs_mhz": 40},
            "40.0 MHz contradicts the file's header",
        ),
        ({"spacing_mm": (0.05, 0.2)}, {"line_pitch_mm": 0.3}, "0.3 mm contradicts"),
        ({"spacing_mm": (0.05, 0.2)}, {"line_pitch_mm": 0.208}, "0.208 mm contradicts"),
        ({"spacing_mm": (0.05, 0.2)}, {"fs_mhz": 40}, "0.01925 mm, which contradicts"),
    ],
)
def test_rf_that_table_and_file_disagree_on_is_refused(plane, told, row, said):
    with pytest.raises(CohortError, match=re.escape(said)):
        plane({"signal": "rf"} | told, **row)


@pytest.mark.parametrize("kind", ["rf", "bmode", "envelope", None])
def test_iq_is_no_plane(plane, kind):
    with pytest.raises(CohortError, match=r'holds IQ.*rf_from_iq.*variable="envelope"'):
        plane({"signal": "iq"}, kind=kind)


@pytest.mark.parametrize(
    ("signal", "kind", "holds"),
    [
        ("envelope", "rf", "an envelope, which has no spectrum"),
        ("bmode", "rf", "a B-mode image"),
        ("envelope", "bmode", "an envelope"),
        ("rf", "bmode", "RF"),
        ("rf", "maps", "RF"),
    ],
)
def test_a_kind_that_the_file_does_not_hold_is_refused(plane, signal, kind, holds):
    said = f"column kind: '{kind}' contradicts the file: a.npy holds {holds}"
    with pytest.raises(CohortError, match=said):
        plane({"signal": signal}, kind=kind, fs_mhz=40, line_pitch_mm=0.2)


def test_a_kind_that_nobody_says_is_asked_for(plane):
    with pytest.raises(CohortError, match="kind: the value is missing, and a"):
        plane({})


@pytest.mark.parametrize("named", [{"variable": "x"}, {"path": "a.npy::x"}])
def test_a_file_of_one_array_has_no_variable(tmp_path, named):
    np.save(tmp_path / "a.npy", np.eye(9))
    row = {"patient_id": "P1", "visit": "pre", "path": "a.npy", "kind": "bmode"} | named
    with pytest.raises(ValueError, match="holds one array; leave out variable='x'"):
        cohort_from_table(pd.DataFrame([row]), root=tmp_path)


FANNED = {"header": {"no_grid": "the C3 HD3 is curved, its lines fan out"}}


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "rf", "fs_mhz": 40.0, "line_pitch_mm": 0.3},
        {"kind": "envelope", "fs_mhz": 40.0, "line_pitch_mm": 0.3},
        {"kind": "bmode", "spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.1},
    ],
)
def test_lines_that_fan_out_have_no_place_in_mm(plane, row):
    with pytest.raises(CohortError, match=r"a\.npy: the C3 HD3 is curved.*grid in mm"):
        plane(FANNED, **row)


def test_lines_that_fan_out_make_an_image_of_pixels(plane):
    assert plane(FANNED, kind="bmode").spacing_mm is None


def test_a_depth_in_mm_is_no_place_in_pixels(plane):
    told = {"signal": "bmode", "start_depth_mm": 0.82}
    assert plane(told).origin_mm == (0.0, 0.0)
    sides = {"spacing_axial_mm": 0.05, "spacing_lateral_mm": 0.16}
    assert plane(told, **sides).origin_mm == (0.82, 0.0)


@pytest.mark.parametrize("kind", ["rf", "envelope", "bmode"])
def test_a_frame_of_a_stack_is_asked_for(plane, tmp_path, kind):
    np.save(tmp_path / "a.npy", np.zeros((3, 40, 30), "int16"))
    with pytest.raises(CohortError, match=r"column frame: the value is missing.*3, or"):
        plane({}, kind=kind, fs_mhz=40.0, line_pitch_mm=0.3)


@pytest.mark.parametrize(
    ("told", "kind"), [({}, "iq"), ({"signal": "iq"}, "iq"), ({"signal": "iq"}, "rf")]
)
def test_iq_is_told_how_to_become_a_plane(plane, told, kind):
    with pytest.raises(CohortError, match=r"lost its carrier.*rf_from_iq"):
        plane(told, kind=kind)
