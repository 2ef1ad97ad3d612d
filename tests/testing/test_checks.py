"""The cohort checks catch estimators that break the contract."""

import numpy as np
import pytest

from sknac.cohort import PlaneTransformer
from sknac.testing import estimator_cohort_checks, make_check_cohort


class _Good(PlaneTransformer):
    """Keeps every rule."""

    def __init__(self, *, columns=None, n_jobs=None):
        self.columns = columns
        self.n_jobs = n_jobs


class _ChangesX(_Good):
    """Writes into X."""

    def transform(self, X):
        X["age"] = X["age"] + 1
        return super().transform(X)


class _LosesIndex(_Good):
    """Forgets who is who."""

    def transform(self, X):
        return super().transform(X).reset_index(drop=True)


class _ChangesParameter(_Good):
    """Writes into its settings."""

    def fit(self, X, y=None):
        self.n_jobs = 1
        return super().fit(X, y)


class _LooksAtOthers(_Good):
    """Takes the first row's study for everyone."""

    def transform(self, X):
        out = super().transform(X)
        out["us_pre"] = [out["us_pre"].iloc[0]] * len(out)
        return out


class _FillsVisits(_Good):
    """Invents a visit that did not happen."""

    def transform(self, X):
        out = super().transform(X)
        cells = [c if c is not None else out["us_pre"].iloc[0] for c in out["us_pre"]]
        return out.assign(us_pre=cells)


class _Random(_Good):
    """Draws noise without a seed."""

    def fit(self, X, y=None):
        self.noise_ = np.random.default_rng().normal()
        return super().fit(X, y)

    def transform_plane(self, plane):
        return plane.replace(image=plane.load() + self.noise_)


class _ForgetsState(_Good):
    """Loses what it learned in a pickle."""

    def fit(self, X, y=None):
        self.level_ = 1.0
        return super().fit(X, y)

    def transform_plane(self, plane):
        return plane.replace(image=plane.load() + getattr(self, "level_", 0.0))

    def __getstate__(self):
        return {k: v for k, v in super().__getstate__().items() if k != "level_"}


def _failures(estimator):
    """Names of the checks that fail."""
    failed = set()
    for name, check in estimator_cohort_checks(estimator, kind="maps"):
        try:
            check(estimator)
        except (AssertionError, Warning):
            failed.add(name)
    return failed


@pytest.mark.parametrize(
    ("estimator", "caught_by"),
    [
        (_ChangesX(), "check_input_not_mutated"),
        (_LosesIndex(), "check_frame_steps_keep_the_frame"),
        (_ChangesParameter(), "check_clone_keeps_parameters"),
        (_LooksAtOthers(), "check_rows_are_independent"),
        (_FillsVisits(), "check_missing_visit"),
        (_Random(), "check_same_seed_same_output"),
        (_ForgetsState(), "check_pickle_round_trip"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_a_broken_estimator_is_caught(estimator, caught_by):
    assert caught_by in _failures(estimator)


def test_a_good_estimator_passes():
    assert _failures(_Good()) == set()


@pytest.mark.parametrize("kind", ["rf", "bmode", "maps"])
def test_check_cohort_is_the_same_each_time(kind):
    first, second = (make_check_cohort(kind)[0] for _ in range(2))
    assert first.equals(second)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be"):
        make_check_cohort("mri")
