"""Checks of what comes out catch rows, labels and frames that went astray."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import check_cohort
from sknac.roi import ROIMasker


class _RowPerPlane(ROIMasker):
    """Gives a row for each plane."""

    def transform(self, X):
        out = super().transform(X)
        return out.loc[out.index.repeat([len(c.planes) for c in out["us_pre"]])]


class _LooksAtOthers(ROIMasker):
    """Takes the first row's study for everyone."""

    def transform(self, X):
        out = super().transform(X)
        out["us_pre"] = [out["us_pre"].iloc[0]] * len(out)
        return out


class _ForgetsNames(ROIMasker):
    """Does not keep the columns of fit."""

    def fit(self, X, y=None):
        super().fit(X)
        del self.feature_names_in_
        return self


class _LosesIndex(ROIMasker):
    """Forgets who is who."""

    def transform(self, X):
        return super().transform(X).reset_index(drop=True)


class _ChangesAge(ROIMasker):
    """Scales what is none of its business."""

    def transform(self, X):
        return super().transform(X).assign(age=X["age"] / 10)


class _OtherFitTransform(ROIMasker):
    """Takes a short cut where it is trained."""

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X).assign(age=0)


class _Table(TransformerMixin, BaseEstimator):
    """The number of each patient's planes."""

    kinds = ("maps",)

    def fit(self, X, y=None):
        self.columns_ = check_cohort(self, X, reset=True)
        return self

    def transform(self, X):
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        return np.array([[len(cell.planes)] for cell in X["us_pre"]])

    def get_feature_names_out(self, input_features=None):
        return np.array(["n_planes"])


class _FlatTable(_Table):
    """Gives a number, not a row of numbers."""

    def set_output(self, *, transform=None):
        return self

    def transform(self, X):
        return super().transform(X).ravel()


class _OtherNames(_Table):
    """Names columns otherwise than they come out."""

    def set_output(self, *, transform=None):
        return self

    def transform(self, X):
        import pandas as pd

        return pd.DataFrame(super().transform(X), index=X.index, columns=["planes"])


class _Constant(ClassifierMixin, BaseEstimator):
    """Decides for the class that comes first in the alphabet."""

    kinds = ("maps",)

    def fit(self, X, y):
        self.columns_ = check_cohort(self, X, reset=True)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("y has one class; give two")
        return self

    def predict(self, X):
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        return np.repeat(self.classes_[:1], len(X))


class _Codes(_Constant):
    """Answers in codes of its own."""

    def predict(self, X):
        return np.zeros(len(super().predict(X)))


class _Recodes(_Constant):
    """Keeps classes as numbers."""

    def fit(self, X, y):
        super().fit(X, y)
        self.classes_ = np.arange(2)
        return self


class _HalfProba(_Constant):
    """Gives the probability of one class."""

    def predict_proba(self, X):
        return np.full((len(X), 1), 0.5)


class _TakesOneClass(_Constant):
    """Learns from a single class."""

    def fit(self, X, y):
        self.columns_ = check_cohort(self, X, reset=True)
        self.classes_ = np.unique(y)
        return self


@pytest.mark.parametrize(
    ("estimator", "check", "mend"),
    [
        (_RowPerPlane(), "check_one_output_row_per_patient", "give one per patient"),
        (_LooksAtOthers(), "check_rows_are_independent", "; use each patient's own"),
        (_ForgetsNames(), "check_feature_names_in", "; check_cohort.*sets it"),
        (_LosesIndex(), "check_frame_steps_keep_the_frame", "; change its cells only"),
        (_ChangesAge(), "check_frame_steps_keep_the_frame", "; change ultrasound"),
        (_OtherFitTransform(), "check_fit_transform", "; let one call the others"),
        (_LosesIndex(), "check_pandas_output", "must be a DataFrame on X.index"),
        (_OtherNames(), "check_pandas_output", "must be those of get_feature_names"),
        (_FlatTable(), "check_frame_steps_keep_the_frame", "; give .n_patients"),
        (_Codes(), "check_label_types", "; index classes_"),
        (_Recodes(), "check_label_types", "; keep them as given"),
        (_HalfProba(), "check_label_types", "must give a column per class"),
        (_TakesOneClass(), "check_one_class_raises", "; say in fit"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_is_caught_and_its_mend_said(complaint, estimator, check, mend):
    with pytest.raises(AssertionError, match=mend):
        raise AssertionError(complaint(estimator, check))


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (_Table(), "check_pandas_output"),
        (_Table(), "check_frame_steps_keep_the_frame"),
        (_Constant(), "check_label_types"),
        (_Constant(), "check_one_class_raises"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_broken_ones_derive_from_passes(complaint, estimator, check):
    assert complaint(estimator, check) is None
