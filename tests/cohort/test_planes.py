"""Listing planes, naming them in errors, and putting new ones in their place."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.cohort._jobs import run_jobs
from sknac.cohort.planes import (
    annotated_pixels,
    check_kind,
    list_planes,
    put_planes,
)
from sknac.exceptions import CohortError, SknacFormatError, StaleFileError

CHANNELS = ("grey",)  # one tuple for all planes, as a step would have it


def study(*values):
    """A study of one constant plane for each value."""
    shape = (6, 4)
    planes = [
        Plane(np.full(shape, float(v)), "bmode", channels=CHANNELS) for v in values
    ]
    return Study(planes)


@pytest.fixture
def X():
    """Three patients, two visits, one of them missing."""
    index = pd.Index(["P1", "P2", "P3"], name="patient_id")
    frame = pd.DataFrame({"age": [40, 50, 60]}, index=index)
    frame["us_pre"] = [study(1, 2), study(3), study(4)]
    frame["us_post2"] = pd.Series([None, study(5), study(6)], index, dtype=object)
    return frame


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        (ValueError("no"), CohortError, "row P1, column us_pre, plane 0: no"),
        (
            SknacFormatError("a.png", "damaged"),
            SknacFormatError,
            "a.png: damaged (row P1, column us_pre, plane 0)",
        ),
        (
            StaleFileError("a.png changed"),
            StaleFileError,
            "row P1, column us_pre, plane 0: a.png changed",
        ),
    ],
)
def test_what_is_wrong_with_a_plane_is_said_with_its_place(X, error, raised, said):
    (at, *_) = list_planes(X, ["us_pre"])
    with pytest.raises(raised, match=re.escape(said)) as caught, at.named():
        raise error
    assert type(caught.value) is raised


def double(plane):
    """Double the samples."""
    return plane.replace(image=plane.load() * 2)


def map_planes(X, columns, function, **settings):
    """Replace every plane by what a function makes of it, as the steps do."""
    found = list_planes(X, columns)
    return put_planes(X, columns, run_jobs(found, [function] * len(found), **settings))


def test_map_replaces_every_plane_and_nothing_else(X):
    before, cells = X.copy(), X.to_numpy().tolist()
    mapped = map_planes(X, ["us_pre", "us_post2"], double)
    values = [[p.load()[0, 0] for p in s.planes] for s in mapped["us_pre"]]
    assert values == [[2, 4], [6], [8]]
    assert mapped["us_post2"].tolist() == [None, study(10), study(12)]
    pd.testing.assert_index_equal(mapped.index, before.index)
    pd.testing.assert_index_equal(mapped.columns, before.columns)
    assert mapped["age"].tolist() == [40, 50, 60]
    assert X.to_numpy().tolist() == cells
    pd.testing.assert_frame_equal(X, before)


def test_map_leaves_other_columns(X):
    mapped = map_planes(X, ["us_pre"], double)
    assert mapped["us_post2"].tolist() == X["us_post2"].tolist()


def test_writing_to_the_mapped_frame_leaves_the_input(X):
    mapped = map_planes(X, ["us_pre"], double)
    mapped["age"] = 0
    mapped["us_pre"] = None
    assert X["age"].tolist() == [40, 50, 60]
    assert X["us_pre"].notna().all()


def test_function_that_returns_no_plane_is_placed(X):
    with pytest.raises(
        CohortError, match=r"^row P1, column us_pre: a study must hold planes.*ndarray"
    ):
        map_planes(X, ["us_pre"], lambda plane: plane.load())


@pytest.mark.parametrize(
    ("kinds", "kind", "mend"),
    [
        ({"bmode"}, "maps", "use ROIMasker"),
        ({"maps", "bmode"}, "rf", "put a QUSMapper before"),
        ({"bmode"}, "rf", "use sknac.qus.bmode_from_rf first"),
        ({"rf"}, "bmode", "give the RF that it was made of"),
        ({"rf", "envelope"}, "bmode", "give the RF that it was made of"),
        ({"maps"}, "envelope", "put an EnvelopeMapper before"),
        ({"rf"}, "envelope", "give it a plane of another kind"),
    ],
)
def test_planes_of_another_kind_are_refused_with_a_mend(kinds, kind, mend):
    class Step:
        pass

    Step.kinds = kinds
    planes = {
        "maps": Plane(np.ones((1, 4, 4)), "maps", channels=("mbf",)),
        "rf": Plane.from_rf(np.ones((4, 4)), fs_mhz=40, line_pitch_mm=0.2),
        "bmode": Plane(np.ones((4, 4)), "bmode"),
        "envelope": Plane(np.ones((4, 4)), "envelope", (0.1, 0.2)),
    }
    with pytest.raises(ValueError, match=f"Step needs .*, got {kind}; {mend}"):
        check_kind(Step(), planes[kind])


def test_names_of_planes_stand_before_what_is_wrong(X):
    at = list_planes(X, ["us_post2"])[1]
    with at.named() as plane:
        assert plane is X.at["P3", "us_post2"].planes[0]
    refusal = r"^row P3, column us_post2, plane 0: odd; mend$"
    with pytest.raises(CohortError, match=refusal), at.named():
        raise ValueError("odd; mend")


def test_strokes_are_annotated_pixels_by_contrast():
    image = np.full((40, 40), 50, "uint8")
    image[10:30, 20] = 150
    image[0, 0] = 255  # the range
    plane = Plane(image, "bmode")
    found = annotated_pixels(plane)
    assert found[10:30, 20].all()
    assert found.sum() == 24 * 5
    assert not annotated_pixels(plane, contrast=0.6).any()
