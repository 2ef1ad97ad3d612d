"""Checks of settings and state catch estimators that keep, forget or hide things."""

import numpy as np
import pytest

from sknac.roi import ROIMasker


class _ChangesSetting(ROIMasker):
    """Writes into its settings."""

    def fit(self, X, y=None):
        self.n_jobs = 1
        return super().fit(X)


class _ReturnsNothing(ROIMasker):
    """Cannot be chained."""

    def fit(self, X, y=None):
        super().fit(X)


class _TakesAnyMargin(ROIMasker):
    """Lets the margin be anything, and works with what it makes of it."""

    _parameter_constraints: dict = {
        **ROIMasker._parameter_constraints,
        "margin_mm": "no_validation",
    }


class _NeverChecks(ROIMasker):
    """States what is valid and does not look."""

    def fit(self, X, y=None):
        self.columns_ = ("us_pre",)
        return self


class _ChecksTypesOnly(ROIMasker):
    """Refuses a margin that is no number, and takes a negative one."""

    def fit(self, X, y=None):
        kept = self.margin_mm
        if isinstance(kept, float):
            self.margin_mm = abs(kept)
        super().fit(X)
        self.margin_mm = kept
        return self


class _Nameless(ROIMasker):
    """Refuses without saying what."""

    def fit(self, X, y=None):
        try:
            return super().fit(X)
        except ValueError:
            raise ValueError("a setting is wrong; mend it") from None


class _ForgetsState(ROIMasker):
    """Loses what it learned in a pickle."""

    def fit(self, X, y=None):
        self.level_ = 1.0
        return super().fit(X)

    def transform_plane(self, plane):
        return plane.replace(image=plane.load() + getattr(self, "level_", 0.0))

    def __getstate__(self):
        return {k: v for k, v in super().__getstate__().items() if k != "level_"}


class _Random(ROIMasker):
    """Draws noise without a seed."""

    def fit(self, X, y=None):
        self.noise_ = np.random.default_rng().normal()
        return super().fit(X)

    def transform_plane(self, plane):
        return plane.replace(image=plane.load() + self.noise_)


class _Accumulates(ROIMasker):
    """Goes on from the fit before."""

    def fit(self, X, y=None):
        self.n_seen_ = getattr(self, "n_seen_", 0) + len(X)
        return super().fit(X)

    def transform_plane(self, plane):
        return plane.replace(image=plane.load() * self.n_seen_)


class _CountsItself(ROIMasker):
    """Writes into an array of its own, in place, whenever it is used."""

    def fit(self, X, y=None):
        self.uses_ = np.zeros(1)
        return super().fit(X)

    def transform(self, X):
        self.uses_ += 1
        return super().transform(X)


class _ShowsWorkers(ROIMasker):
    """Gives other numbers on other machines."""

    def transform(self, X):
        return super().transform(X).assign(age=self.n_jobs)


class _SpellsColumns(ROIMasker):
    """Takes a name for a sequence of letters."""

    def transform(self, X):
        named = self.columns is None or isinstance(self.columns, list)
        return super().transform(X) if named else X


class _Undocumented(ROIMasker):
    """Leaves a number that nobody explains."""

    def fit(self, X, y=None):
        self.level_ = 1.0
        return super().fit(X)


class _PromisesMore(ROIMasker):
    """Documents what it does not leave.

    Attributes
    ----------
    depth_ : float
        Depth of the core.
    """


@pytest.mark.parametrize(
    ("estimator", "check", "mend"),
    [
        (_ChangesSetting(), "check_clone_keeps_parameters", "n_jobs.*; write to"),
        (_ReturnsNothing(), "check_fit_returns_self", "; return self"),
        (_NeverChecks(), "check_invalid_settings_are_refused", "; refuse columns="),
        (_ChecksTypesOnly(), "check_invalid_settings_are_refused", "margin_mm=-1e-06"),
        (_Nameless(), "check_invalid_settings_are_refused", "does not name .*; refuse"),
        (_ForgetsState(), "check_pickle_round_trip", "; keep all state"),
        (_Random(), "check_same_seed_same_output", "; draw all .* random_state"),
        (_Accumulates(), "check_refit_starts_anew", "other patients.*; start from"),
        (_CountsItself(), "check_use_leaves_state", "uses_.*; write .* in fit"),
        (_ShowsWorkers(), "check_n_jobs_leaves_output", "; let each plane's work"),
        (_SpellsColumns(), "check_one_column_by_name", "columns=.* must do what"),
        (_Undocumented(), "check_fitted_attributes_are_documented", "level_.*; add"),
        (_PromisesMore(), "check_fitted_attributes_are_documented", "depth_.*; set"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_is_caught_and_its_mend_said(complaint, estimator, check, mend):
    # ROIMasker itself passes every check: what these add to it is what is caught.
    with pytest.raises(AssertionError, match=mend):
        raise AssertionError(complaint(estimator, check))


def test_what_asks_for_no_validation_is_not_tried(complaint):
    assert complaint(_TakesAnyMargin(), "check_invalid_settings_are_refused") is None
