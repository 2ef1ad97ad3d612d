"""The base of steps that map planes to planes."""

# SPDX-License-Identifier: BSD-3-Clause

from threading import Lock

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sknac.cohort import Plane, PlaneTransformer, Study
from sknac.exceptions import CohortError


class Scale(PlaneTransformer):
    """Multiply samples; an illustration."""

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "factor": [int],
    }

    def __init__(self, *, factor=2, columns=None, n_jobs=None):
        self.factor = factor
        self.columns = columns
        self.n_jobs = n_jobs

    def transform_plane(self, plane):
        """Multiply one plane."""
        return plane.replace(image=plane.load() * self.factor)


@pytest.fixture
def X():
    """Two patients, two visits, one of them missing."""
    cells = [Study([Plane(np.full((4, 3), k), "bmode")]) for k in (1, 2, 3)]
    frame = pd.DataFrame({"age": [40, 50], "us_pre": cells[:2]}, index=["P1", "P2"])
    frame["us_post2"] = pd.Series([None, cells[2]], index=frame.index, dtype=object)
    return frame


def test_every_visit_is_mapped_and_the_frame_kept(X):
    step = Scale(factor=3).fit(X)
    out = step.transform(X)
    assert out["us_pre"].iloc[1].planes[0].load().tolist() == [[6] * 3] * 4
    assert out["us_post2"].iloc[0] is None
    assert step.columns_ == ("us_pre", "us_post2")
    assert step.get_feature_names_out().tolist() == X.columns.tolist()
    pd.testing.assert_index_equal(out.index, X.index)
    assert out["age"].tolist() == [40, 50]


def test_columns_asked_for_are_mapped_alone(X):
    out = Scale(columns=["us_post2"]).fit_transform(X)
    assert out["us_pre"].tolist() == X["us_pre"].tolist()
    assert out["us_post2"].iloc[1] != X["us_post2"].iloc[1]


def test_one_column_may_be_named_alone(X):
    alone = Scale(columns="us_post2").fit(X)
    assert alone.columns_ == ("us_post2",)
    pd.testing.assert_frame_equal(
        alone.transform(X), Scale(columns=["us_post2"]).fit_transform(X)
    )


def test_other_kinds_are_refused_before_the_work_with_their_place(X):
    class OnlyMaps(Scale):
        kinds = ("maps",)

        def fit_planes(self, X):
            raise AssertionError("the work has begun")

    refusal = "row P1, column us_pre, plane 0: OnlyMaps needs maps, got bmode; put a"
    with pytest.raises(CohortError, match=refusal):
        OnlyMaps().fit(X)


def test_jobs_may_depend_on_the_row_or_be_done(X):
    class ByAge(Scale):
        def plane_jobs(self, X, found):
            ages = X["age"].to_numpy()
            return [
                at.plane
                if at.column == "us_post2"
                else lambda plane, age=ages[at.row]: plane.replace(
                    image=plane.load() * age
                )
                for at in found
            ]

    out = ByAge().fit(X).transform(X)
    values = [study.planes[0].load()[0, 0] for study in out["us_pre"]]
    assert values == [1 * 40, 2 * 50]
    assert out["us_post2"].iloc[1] == X["us_post2"].iloc[1]


def test_steps_chain_under_set_output(X):
    pipeline = make_pipeline(Scale(), Scale(factor=5)).set_output(transform="pandas")
    out = clone(pipeline).fit(X).transform(X)
    assert out["us_pre"].iloc[0].planes[0].load()[0, 0] == 10


def test_misuse_is_refused(X):
    with pytest.raises(NotFittedError):
        Scale().transform(X)
    with pytest.raises(CohortError, match="column us_post2 is missing"):
        Scale().fit(X).transform(X.drop(columns="us_post2"))
    with pytest.raises(ValueError, match="'factor' parameter"):
        Scale(factor="a").fit(X)


class Listener:
    """A callback that writes down what it hears."""

    max_propagation_depth = None

    def __init__(self):
        self.heard = []
        self.lock = Lock()  # cannot be sent to a worker

    def setup(self, estimator, context):
        self.heard.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.heard.append(f"begin {context.estimator_name} {context.task_name}")

    def on_fit_task_end(self, estimator, context):
        self.heard.append(f"end {context.estimator_name} {context.task_name}")

    def teardown(self, estimator, context):
        self.heard.append("teardown")


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_callbacks_hear_of_every_plane(X, n_jobs):
    listener = Listener()
    step = Scale(n_jobs=n_jobs).set_callbacks(listener).fit(X)
    step.transform(X)
    planes = ["begin Scale plane", "end Scale plane"] * 3
    whole = ["begin Scale transform", *planes, "end Scale transform"]
    assert listener.heard == ["setup", *whole, "teardown"]
    assert not [name for name in vars(step) if name.endswith("_ctx")]


def test_callbacks_of_a_pipeline_reach_the_step(X):
    listener = Listener()
    make_pipeline(Scale(), Scale(factor=3)).set_callbacks(listener).fit_transform(X)
    assert listener.heard.count("end Scale plane") == 6


def test_callbacks_are_put_away_after_an_error(X):
    class Refusing(Scale):
        def transform_plane(self, plane):
            raise ValueError("no")

    listener = Listener()
    step = Refusing().set_callbacks(listener).fit(X)
    with pytest.raises(CohortError, match="row P1, column us_pre, plane 0: no"):
        step.transform(X)
    assert listener.heard == ["setup", "begin Refusing transform", "teardown"]


def test_progress_bar_of_scikit_learn_shows_the_planes(X, capsys):
    pipeline = make_pipeline(Scale(), Scale(factor=3))
    pipeline.set_callbacks(ProgressBar(max_propagation_depth=None)).fit_transform(X)
    assert "100%" in capsys.readouterr().out


class Bare(PlaneTransformer):
    """A step that writes nothing but what the guide asks for."""

    def transform_plane(self, plane):
        """Negate one plane."""
        return plane.replace(image=-plane.load())


class OwnSettings(PlaneTransformer):
    """A step whose __init__ leaves columns and n_jobs out."""

    def __init__(self, factor=3):
        self.factor = factor

    def transform_plane(self, plane):
        """Multiply one plane."""
        return plane.replace(image=plane.load() * self.factor)


class OnlyColumns(PlaneTransformer):
    """A step whose __init__ leaves n_jobs out."""

    def __init__(self, columns="us_post2"):
        self.columns = columns

    def transform_plane(self, plane):
        """Negate one plane."""
        return plane.replace(image=-plane.load())


@pytest.mark.parametrize(
    ("step", "first", "last"),
    [
        (Bare(), -1, -3),
        (Bare(columns="us_pre", n_jobs=2), -1, 3),
        (OwnSettings(), 3, 9),
        (OnlyColumns(), 1, -3),
    ],
)
def test_a_step_needs_no_more_than_transform_plane(step, first, last, X):
    out = clone(step).fit_transform(X)
    assert out["us_pre"].iloc[0].planes[0].load()[0, 0] == first
    assert out["us_post2"].iloc[1].planes[0].load()[0, 0] == last


def test_a_bare_step_has_the_settings_of_every_step():
    assert Bare(n_jobs=2).get_params() == {"columns": None, "n_jobs": 2}
    assert OwnSettings().get_params() == {"factor": 3}
