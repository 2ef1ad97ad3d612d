"""The planes of a cohort frame as a table."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study, planes_table


@pytest.fixture
def X():
    """Three patients, two visits, one of them missing."""
    one = Study([Plane(np.full((6, 4), value), "bmode") for value in (1.0, 2.0)])
    other, third = (Study([Plane(np.full((6, 4), v), "bmode")]) for v in (3.0, 4.0))
    return pd.DataFrame(
        {"us_pre": [one, other, third], "us_post2": [None, other, third]},
        index=pd.Index(["P1", "P2", "P3"], name="patient_id"),
    )


def test_planes_table_has_a_row_for_each_plane(X):
    core_image = np.zeros((2, 9, 7))
    X.at["P3", "us_post2"] = Study(
        [Plane(core_image, "maps", spacing_mm=(0.5, 0.2), channels=("a", "b"))]
    )
    table = planes_table(X)
    assert table["patient_id"].tolist() == ["P1", "P1", "P2", "P3", "P2", "P3"]
    assert table["visit"].tolist() == ["pre"] * 4 + ["post2"] * 2
    assert table["plane"].tolist() == [0, 1, 0, 0, 0, 0]
    last = table.iloc[-1].to_dict()
    assert (last["kind"], last["height"], last["width"]) == ("maps", 9, 7)
    assert (last["spacing_axial_mm"], last["spacing_lateral_mm"]) == (0.5, 0.2)
    assert not last["has_core"]
    assert np.isnan(last["fs_mhz"])
    assert last["digest"] == X.at["P3", "us_post2"].planes[0].digest


def test_planes_table_without_a_visit_is_empty(X):
    assert planes_table(X[["us_post2"]][:1]).shape == (0, 12)
    assert planes_table(X, pixels=False).shape[1] == 11


def test_planes_table_tells_the_same_pixels_by_one_digest(X):
    image = np.arange(12.0).reshape(3, 4)
    X.at["P1", "us_pre"] = Study([Plane(image, "bmode"), Plane(image + 1, "bmode")])
    X.at["P2", "us_pre"] = Study([Plane(image, "bmode", spacing_mm=(1, 1))])
    table = planes_table(X).set_index(["patient_id", "visit", "plane"])["pixels"]
    assert table["P1", "pre", 0] == table["P2", "pre", 0] != table["P1", "pre", 1]
