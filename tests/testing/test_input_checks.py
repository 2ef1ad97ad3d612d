"""Checks of what comes in catch steps that take anything."""

import pytest

from sknac.cohort import check_cohort
from sknac.roi import ROIMasker


class _WorksUnfitted(ROIMasker):
    """Needs no fit."""

    def transform(self, X):
        return X.copy()


class _FailsUnfitted(ROIMasker):
    """Trips over what fit would have set."""

    def transform(self, X):
        return X[list(self.columns_)]


class _ChangesX(ROIMasker):
    """Writes into X."""

    def transform(self, X):
        X["age"] = X["age"] + 1
        return super().transform(X)


class _ChangesY(ROIMasker):
    """Writes into y."""

    def fit(self, X, y=None):
        super().fit(X)
        y.iloc[0] = "non-response"
        return self


class _ChecksNothing(ROIMasker):
    """Neither looks at X in fit nor later."""

    def fit(self, X, y=None):
        self.columns_ = ()
        return self

    def transform(self, X):
        return X.copy()


class _FillsVisits(ROIMasker):
    """Invents a visit that did not happen."""

    def transform(self, X):
        out = super().transform(X)
        cells = [c if c is not None else out["us_pre"].iloc[0] for c in out["us_pre"]]
        return out.assign(us_pre=cells)


class _ChangesSamples(ROIMasker):
    """Writes into the arrays that planes hold in memory."""

    def transform(self, X):
        for cell in X["us_pre"].dropna():
            samples = cell.planes[0].load()
            samples.setflags(write=True)
            samples[:] = 0
        return super().transform(X)


class _DropsPatients(ROIMasker):
    """Leaves out who was not there."""

    def transform(self, X):
        return super().transform(X.dropna())


class _NeedsVisits(ROIMasker):
    """Refuses a missing visit and does not say whose."""

    def transform(self, X):
        if X["us_pre"].isna().any():
            raise ValueError("a visit is missing; leave the patient out")
        return super().transform(X)


class _WantsOneSize(ROIMasker):
    """Fails on planes of other sizes, and does not say where."""

    def fit(self, X, y=None):
        check_cohort(self, X, reset=True)
        sizes = {p.image.shape for cell in X["us_pre"] if cell for p in cell.planes}
        if len(sizes) > 1:
            raise ValueError("planes differ in size; resize them")
        return super().fit(X)


class _DropsOddSizes(ROIMasker):
    """Leaves out patients whose planes are of another size."""

    def transform(self, X):
        sizes = [cell.planes[0].image.shape for cell in X["us_pre"]]
        return super().transform(X[[size == sizes[0] for size in sizes]])


class _TakesOtherKinds(ROIMasker):
    """Says that it takes maps, and takes anything."""

    def fit(self, X, y=None):
        self.columns_ = check_cohort(self, X, reset=True)
        return self

    def transform(self, X):
        return X.copy()


@pytest.mark.parametrize(
    ("estimator", "check", "mend"),
    [
        (_WorksUnfitted(), "check_unfitted_raises", "; call check_is_fitted"),
        (_FailsUnfitted(), "check_unfitted_raises", "AttributeError.*; call"),
        (_ChangesX(), "check_input_not_mutated", "X was changed; work on X.copy"),
        (_ChangesSamples(), "check_input_not_mutated", "X was changed; work on X.cop"),
        (_ChangesY(), "check_input_not_mutated", "y was changed; work on a copy"),
        (_ChecksNothing(), "check_missing_column_is_named", "; call .*check_cohort"),
        (_FillsVisits(), "check_missing_visit", "filled; leave None"),
        (_DropsPatients(), "check_missing_visit", "is gone; keep the row"),
        (_NeedsVisits(), "check_missing_visit", "not name .*P003.*us_pre.*; say"),
        (_WantsOneSize(), "check_ragged_planes", "not name .*P003.*; say which"),
        (_DropsOddSizes(), "check_ragged_planes", "gone; give one row per patient"),
        (_ChecksNothing(), "check_duplicate_patient_is_named", "; call .*check_cohort"),
        (_ChecksNothing(), "check_foreign_cell_is_named", "; call .*check_cohort"),
        (_TakesOtherKinds(), "check_other_kinds_are_refused", "refuse .* among kinds"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_is_caught_and_its_mend_said(complaint, estimator, check, mend):
    # ROIMasker itself passes every check: what these add to it is what is caught.
    with pytest.raises(AssertionError, match=mend):
        raise AssertionError(complaint(estimator, check))
