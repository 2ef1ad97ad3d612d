"""Numbers of planes become one row per patient."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.exceptions import CohortError
from sknac.features._plane_features import PlaneFeatures


class Brightness(PlaneFeatures):
    """Mean of a plane, and its highest value where it is above 5."""

    kinds = ("bmode",)

    def __init__(self, *, reduce="mean", columns=None, n_jobs=None):
        self.reduce = reduce
        self.columns = columns
        self.n_jobs = n_jobs

    def _plane_numbers(self, plane):
        image = plane.load()
        return [image.mean(), image.max() if image.max() > 5 else np.nan]

    def _plane_names(self):
        return ["mean", "highest"]


def study(*levels):
    return Study([Plane(np.full((4, 4), level), "bmode") for level in levels])


def frame(**columns):
    cells = {
        name: pd.Series(column, index=["P1", "P2"], dtype=object)
        for name, column in columns.items()
    }
    return pd.DataFrame(cells)


X = frame(
    us_pre=[study(1.0, 8.0), study(2.0)], us_post2=[study(6.0), study(9.0, 7.0, 2.0)]
)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_row_is_the_mean_over_planes_of_what_is_defined(n_jobs):
    step = Brightness(n_jobs=n_jobs).set_output(transform="pandas")
    expected = pd.DataFrame(
        {
            "us_pre__mean": [4.5, 2.0],
            "us_pre__highest": [8.0, np.nan],
            "us_post2__mean": [6.0, 6.0],
            "us_post2__highest": [6.0, 8.0],
        },
        index=X.index,
    )
    pd.testing.assert_frame_equal(step.fit_transform(X), expected)


def outlined(level, side, **settings):
    """A plane with a square core of so many pixels a side."""
    corners = [(0.6, 0.6), (0.6, 0.6 + side), (0.6 + side,) * 2, (0.6 + side, 0.6)]
    plane = Plane(np.full((16, 16), level), "bmode", **settings)
    if side:
        scale = settings.get("spacing_mm", (1, 1))
        plane = plane.replace(core=PolygonOutline(np.multiply(corners, scale)))
    return plane


def visit(*planes):
    """A cohort of one patient."""
    cells = pd.Series([Study(planes)], index=["P1"], dtype=object)
    return pd.DataFrame({"us_pre": cells})


def test_largest_is_the_plane_with_the_largest_core_in_mm2():
    coarse = {"spacing_mm": (0.3, 0.2)}
    planes = [outlined(1.0, 9, spacing_mm=(0.1, 0.1)), outlined(9.0, 4, **coarse)]
    step = Brightness(reduce="largest")
    assert step.fit_transform(visit(*planes)).tolist() == [[9.0, 9.0]]
    pixels = [outlined(1.0, 9), outlined(9.0, 4)]
    found = step.fit_transform(visit(*pixels))
    np.testing.assert_array_equal(found, [[1.0, np.nan]])
    assert Brightness(reduce="max").fit_transform(visit(*pixels))[0, 0] == 9.0


def test_largest_needs_outlines_in_one_unit_where_there_are_several_planes():
    step = Brightness(reduce="largest")
    assert step.fit_transform(visit(outlined(6.0, 0))).tolist() == [[6.0, 6.0]]
    with pytest.raises(CohortError, match="row P1, column us_pre, plane 1: the plane"):
        step.fit_transform(visit(outlined(6.0, 3), outlined(6.0, 0)))
    mixed = visit(outlined(6.0, 3), outlined(6.0, 3, spacing_mm=(0.1, 0.1)))
    message = "plane 1: reduce='largest' compares areas, .* in mm, that of plane 0 in"
    with pytest.raises(CohortError, match=message):
        step.fit_transform(mixed)
    with pytest.raises(ValueError, match="'reduce' parameter"):
        Brightness(reduce="median").fit(X)


def test_columns_are_those_asked_for():
    step = Brightness(columns="us_post2").fit(X)
    assert step.get_feature_names_out().tolist() == [
        "us_post2__mean",
        "us_post2__highest",
    ]


def test_missing_visit_and_other_kind_are_named():
    with pytest.raises(CohortError, match="P2"):
        Brightness().fit(frame(us_pre=[study(1.0), None]))
    maps = Study([Plane(np.ones((1, 4, 4)), "maps", channels=("mbf",))])
    other = frame(us_pre=[study(1.0), maps])
    step = Brightness().fit(frame(us_pre=[study(1.0), study(1.0)]))
    with pytest.raises(CohortError, match="row P2, column us_pre, plane 0: Brightness"):
        step.transform(other)


@pytest.mark.parametrize("method", ["_plane_numbers", "_plane_names"])
def test_part_that_is_not_written_is_named(method):
    args = [None] if method == "_plane_numbers" else []
    with pytest.raises(NotImplementedError, match=f"PlaneFeatures must write {method}"):
        getattr(PlaneFeatures(), method)(*args)


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_callbacks_hear_of_every_plane(n_jobs, listener):
    step = Brightness(n_jobs=n_jobs)
    expected = step.fit_transform(X)
    found = step.set_callbacks(listener).transform(X)
    np.testing.assert_array_equal(found, expected)
    assert listener.heard == ["Brightness plane"] * 7 + ["Brightness transform"]
    assert not [name for name in vars(step) if name.endswith("_ctx")]


def test_callbacks_of_a_pipeline_reach_the_step(listener):
    model = make_pipeline(Brightness(columns="us_post2"), LogisticRegression())
    model.set_callbacks(listener).fit(X, [0, 1])
    assert listener.heard.count("Brightness plane") == 4
