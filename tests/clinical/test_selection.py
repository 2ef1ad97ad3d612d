"""How often a term is chosen again: by hand, by seed, and where resamples fail."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import StepwiseLogisticRegression
from sknac.utils._draws import draw_patients

MODEL = StepwiseLogisticRegression(direction="forward", pos_label="yes")


@pytest.fixture(scope="module")
def patients():
    """Give 60 patients, one strong predictor, one weak, one of noise, a factor."""
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes"])[np.arange(60) % 2]
    up = (y == "yes").astype(float)
    X = pd.DataFrame(
        {
            "strong": rng.normal(size=60) + 1.5 * up,
            "weak": rng.normal(size=60) + 0.4 * up,
            "arm": np.array(["A", "B"])[rng.integers(2, size=60)],
        },
        index=[f"P{i}" for i in range(60)],
    )
    return X, pd.Series(y, index=X.index)


@pytest.fixture(scope="module")
def found(patients):
    model = StepwiseLogisticRegression(**MODEL.get_params()).fit(*patients)
    return model, model.selection_frequency(*patients, n_resamples=8, random_state=5)


def test_terms_are_counted_over_the_resamples(patients, found):
    X, y = patients
    chosen = []
    for number in range(8):
        rows = draw_patients(np.arange(60), 5, number).rows
        part = X.iloc[rows].reset_index(drop=True)
        again = StepwiseLogisticRegression(**MODEL.get_params())
        chosen += again.fit(part, y.to_numpy()[rows]).selected_
    want = {name: chosen.count(name) for name in X}
    assert found[1].table["n_chosen"].to_dict() == want
    assert found[1].table["chosen"]["strong"] == 1.0
    assert found[1].models["share"].sum() == pytest.approx(1)


def test_the_shares_stand_beside_the_summary(found):
    model, frequency = found
    coefficients = frequency.coefficients
    pd.testing.assert_frame_equal(coefficients[model.summary_.columns], model.summary_)
    assert np.isnan(coefficients["chosen"]["(Intercept)"])
    assert coefficients["chosen"]["strong"] == 1.0
    text = repr(frequency)
    for part in (
        "8 resamples",
        "pos_label='yes'",
        "n=60 patients",
        "not selected: ",
        "covered 55 %",
    ):
        assert part in text


def test_seed_repeats_the_resamples(patients, found):
    model, frequency = found
    given = {"n_resamples": 8, "random_state": frequency.seed}
    again = model.selection_frequency(*patients, **given)
    pd.testing.assert_frame_equal(again.table, frequency.table)


def test_other_patients_are_refused(patients, found):
    X, y = patients
    X = X.assign(strong=X["strong"].to_numpy()[::-1])
    with pytest.raises(ValueError, match="pass the patients of fit"):
        found[0].selection_frequency(X, y, n_resamples=2)
    with pytest.raises(ValueError, match="n_resamples must be a whole number >= 2"):
        found[0].selection_frequency(X, y, n_resamples=1)
    with pytest.raises(ValueError, match="y has other row names than X"):
        found[0].selection_frequency(X, y[::-1])


def test_separated_and_failed_resamples_are_told():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(14, 1))
    y = np.array([0] * 12 + [1] * 2)
    X[12:] += 1.5
    model = StepwiseLogisticRegression(entry=0.5, removal=0.6).fit(X, y)
    with pytest.warns(UserWarning, match=r"of 16 resamples .*one class only"):
        frequency = model.selection_frequency(X, y, n_resamples=16, random_state=2)
    assert frequency.failures["one class only"] > 0
    assert frequency.n_separated > 0
    assert f"{frequency.n_separated} separated" in repr(frequency)
