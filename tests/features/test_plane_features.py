"""Numbers of planes become one row per patient."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.exceptions import CohortError
from sknac.features._plane_features import PlaneFeatures


class Brightness(PlaneFeatures):
    """Mean of a plane, and its highest value where it is above 5."""

    kinds = ("bmode",)

    def __init__(self, *, columns=None, n_jobs=None):
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
