"""The phantom is matched by settings, and says which one differs."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import numpy as np
import pytest
from sklearn.base import clone

from sknac.cohort import Plane
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom

RF = np.random.default_rng(0).normal(size=(300, 12))
KNOWN = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}


def scan(n_samples=300, *, fs_mhz=40.0, line_pitch_mm=0.25, **settings):
    return Plane.from_rf(
        RF[:n_samples], fs_mhz=fs_mhz, line_pitch_mm=line_pitch_mm, **settings
    )


@pytest.mark.parametrize(
    ("plane", "message"),
    [
        (scan(fs_mhz=25.0), "fs_mhz is 25.0 here and 40.0 there"),
        (scan(line_pitch_mm=0.3), r"line pitch \(mm\) is 0.3 here and 0.25 there"),
        (scan(focus_mm=30.0), "focus_mm is 30.0 here and 15.0, 20.0 there"),
        (scan(start_depth_mm=1.0), "300 samples, the reference 248 from the same"),
    ],
)
def test_no_match_names_the_setting_that_differs(plane, message):
    phantom = ReferencePhantom([scan(focus_mm=15.0), scan(focus_mm=20.0)], **KNOWN)
    with pytest.raises(ValueError, match=message):
        phantom.match(plane)


def test_settings_within_a_tenth_of_a_percent_fit():
    phantom = ReferencePhantom(scan(line_pitch_mm=0.25004), **KNOWN)
    assert len(phantom.match(scan())) == 1


def test_focus_selects_the_acquisition():
    near, far = scan(focus_mm=15.0), scan(focus_mm=20.0)
    phantom = ReferencePhantom([near, far], **KNOWN)
    assert phantom.match(scan(focus_mm=20.2)) == (far,)
    assert phantom.match(scan()) == (near, far)


def test_name_selects_the_acquisition():
    one, two = scan(reference="one"), scan(reference="two")
    phantom = ReferencePhantom([one, two], **KNOWN)
    assert phantom.match(scan(reference="two")) == (two,)
    with pytest.raises(ValueError, match="name is three here and one, two there"):
        phantom.match(scan(reference="three"))


def test_acquisitions_that_are_too_shallow_are_left_out():
    shallow, deep = scan(200), scan(300)
    phantom = ReferencePhantom([shallow, deep], **KNOWN)
    assert phantom.match(scan(250)) == (deep,)
    assert phantom.match(scan(150)) == (shallow, deep)


@pytest.mark.parametrize("start_mm", [0.5, 2.0, 40.0])
def test_a_reference_that_begins_deeper_is_refused(start_mm):
    deeper = scan(300).replace(origin_mm=(start_mm, 0.0))
    phantom = ReferencePhantom([deeper], **KNOWN)
    said = f"the plane begins at 0 mm, the reference at {start_mm:g} mm; correct"
    with pytest.raises(ValueError, match=said):
        phantom.match(scan(150))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"acquisitions": ()}, "at least one"),
        ({"acquisitions": [RF]}, "acquisition 0 of the reference is ndarray"),
        ({"acquisitions": Plane(RF, "bmode")}, "is bmode, not an RF plane"),
        ({"attenuation_db_cm_mhz": -1}, "negative"),
        ({"speed_of_sound": None}, "speed_of_sound"),
        ({"bsc": 3.0}, "callable"),
    ],
)
def test_impossible_phantoms_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ReferencePhantom(**{"acquisitions": scan()} | KNOWN | settings)


def test_clone_keeps_the_phantom_itself():
    phantom = ReferencePhantom(scan(), bsc=PowerLaw(1e-6, 4), **KNOWN)
    assert copy.deepcopy(phantom) is phantom
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.5)
    assert clone(mapper).reference is phantom
    assert hash(phantom) == hash(
        ReferencePhantom([scan()], bsc=PowerLaw(1e-6, 4), **KNOWN)
    )


def test_glass_beads_are_the_published_phantom():
    phantom = ReferencePhantom.glass_beads(scan())
    assert phantom.attenuation_db_cm_mhz == 0.576
    assert phantom.speed_of_sound == 1488.0
    assert phantom.bsc(5.0) > 0
