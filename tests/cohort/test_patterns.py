"""Patterns read names in one way, or say that there are two."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import pytest

from sknac.cohort._patterns import read_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{patient_id}/{visit}/*.dcm", "P_1/pre/a.b.dcm", ("P_1", "pre")),
        ("{patient_id}/{visit}/*.dcm", "P1/pre/A.DCM", ("P1", "pre")),
        ("{patient_id}_{visit}.png", "P1_pre.png", ("P1", "pre")),
        ("{patient_id}_{visit:pre|post2}.png", "P_1_post2.png", ("P_1", "post2")),
        ("**/{patient_id}/{visit}.png", "a/b/P1/pre.png", ("P1", "pre")),
        ("**/{patient_id}/{visit}.png", "P1/pre.png", ("P1", "pre")),
        ("./{patient_id}\\{visit}.png", "P1/pre.png", ("P1", "pre")),
        (
            "{patient_id}/{visit}/{patient_id}_*.png",
            "P_1/pre/P_1_x.png",
            ("P_1", "pre"),
        ),
        ("img (1)+{patient_id}.{visit}", "img (1)+P1.pre", ("P1", "pre")),
    ],
)
def test_fields_are_read(pattern, path, fields):
    found, _ = read_pattern(pattern, "pattern").match(path)
    assert (found["patient_id"], found["visit"]) == fields


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{patient_id}/{visit}/*.dcm", "P1/a.dcm"),
        ("{patient_id}/{visit}/*.dcm", "P1/pre/x/a.dcm"),
        ("{patient_id}/{visit}/*.dcm", "P1/pre/a.png"),
        ("{patient_id}_{visit:pre|post2}.png", "P1_late.png"),
        ("{patient_id}/{patient_id}.png", "P1/P2.png"),
        ("a.{patient_id}", "abP1"),
    ],
)
def test_other_paths_do_not_match(pattern, path):
    assert read_pattern(pattern, "pattern").match(path) is None


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{patient_id}_{visit}.png", "P_1_pre.png"),
        ("{patient_id}_*.png", "P_1_a.png"),
        ("*_{patient_id}.png", "a_b_P1.png"),
        ("{patient_id} {plane}.png", "1 2 3.png"),
    ],
)
def test_a_path_that_can_be_read_in_two_ways_shows_both(pattern, path):
    with pytest.raises(ValueError, match=r"can be read as patient_id '.*' and as pati"):
        read_pattern(pattern, "pattern").match(path)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{patient_id}{visit}.png", "{patient_id} and {visit} side by side"),
        ("{patient_id}*.png", "{patient_id} and * side by side"),
        ("*{patient_id}.png", "* and {patient_id} side by side"),
        ("{patient id}.png", "a field must be a name such as {visit}"),
        ("{}.png", "a field must be a name"),
        ("{patient_id.png", "a brace too many"),
        ("patient_id}.png", "a brace too many"),
        ("/data/{patient_id}.png", "leads out of root; give its first folders as root"),
        ("../{patient_id}.png", "leads out of root"),
        ("C:\\data\\{patient_id}.png", "leads out of root"),
    ],
)
def test_patterns_that_cannot_be_read_are_refused(pattern, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read_pattern(pattern, "pattern")
