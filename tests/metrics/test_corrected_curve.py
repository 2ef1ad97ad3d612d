"""Corrected decision curves: noise is worth nothing, others' optimism is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from sknac.metrics import decision_curve, optimism
from sknac.metrics._indices import newton

CUTS = [f"net_benefit@{cut}" for cut in (0.2, 0.3, 0.4, 0.5, 0.6)]


class Newton(ClassifierMixin, BaseEstimator):
    """Unpenalised logistic regression, quicker than scikit-learn's."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        design = np.column_stack([X, np.ones(len(X))])
        target = (np.asarray(y) == self.classes_[1]).astype(float)
        self.coef_ = newton(design, target, np.ones(len(y)))
        return self

    def predict_proba(self, X):
        p = expit(np.column_stack([X, np.ones(len(X))]) @ self.coef_)
        return np.column_stack([1 - p, p])


def study(seed, effect, n=60, p=6):
    """Return predictors and an outcome that depends on the first one."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, (rng.random(n) < expit(effect * X[:, 0])).astype(int)


def corrected(seed, effect, metrics=CUTS, n_resamples=25, **settings):
    """Return the decision curve of a model on its own patients, with optimism."""
    X, y = study(seed, effect)
    about = {"n_resamples": n_resamples, "random_state": seed}
    found = optimism(Newton(), X, y, metrics, **about)
    prob = Newton().fit(X, y).predict_proba(X)[:, 1]
    return decision_curve(y, prob, optimism=found, **settings), found


def test_noise_is_worth_no_more_than_treating_all_or_none():
    apparent, mended = [], []
    for seed in range(5):
        curve, _ = corrected(seed, effect=0.0, n_resamples=12)
        plain = np.maximum(curve.treat_all, 0)
        apparent.append(curve.net_benefit["model"] - plain)
        mended.append(curve.corrected["model"].net_benefit - plain)
    assert (np.mean(apparent, axis=0)[1:] > 0.01).all()
    assert (np.mean(mended, axis=0) <= 0).all()


def test_a_signal_keeps_its_worth():
    curve, _ = corrected(0, effect=2.0)
    found = curve.corrected["model"]
    assert (found.net_benefit < curve.net_benefit["model"]).all()
    assert (found.net_benefit > np.maximum(curve.treat_all, 0))[2:4].all()


def test_it_is_the_apparent_curve_less_the_optimism():
    curve, found = corrected(1, effect=1.0)
    table = found.table
    np.testing.assert_array_equal(curve.thresholds, [0.2, 0.3, 0.4, 0.5, 0.6])
    gap = curve.net_benefit["model"] - table["optimism"].to_numpy()
    np.testing.assert_allclose(curve.corrected["model"].net_benefit, gap, atol=1e-12)
    frame = curve.to_frame()
    drawn = curve.acted["model"] >= 10
    assert drawn.any()
    np.testing.assert_array_equal(frame["corrected_low"].notna(), drawn)
    np.testing.assert_allclose(frame["corrected_high"][drawn], table["high"][drawn])
    assert "'model' corrected for optimism (harrell, 25 resamples)" in repr(curve)


def test_some_of_the_thresholds_are_enough():
    curve, found = corrected(1, effect=1.0, thresholds=[0.1 * 3, 0.5])
    want = found.table.loc[["net_benefit@0.3", "net_benefit@0.5"], "corrected"]
    np.testing.assert_array_equal(curve.corrected["model"].net_benefit, want)


def test_shares_of_the_largest_benefit():
    curve, found = corrected(1, effect=1.0, standardised=True)
    share = curve.n_pos / curve.n
    got = curve.corrected["model"].net_benefit * share
    np.testing.assert_allclose(got, found.table["corrected"])


def test_models_without_optimism_have_none():
    X, y = study(2, effect=1.0)
    found = optimism(Newton(), X, y, CUTS, n_resamples=5, random_state=0)
    prob = Newton().fit(X, y).predict_proba(X)[:, 1]
    both = {"own": prob, "other": prob[::-1]}
    curve = decision_curve(y, both, optimism={"own": found})
    assert list(curve.corrected) == ["own"]
    frame = curve.to_frame().set_index("model")
    assert frame.loc["other", "corrected"].isna().all()
    with pytest.raises(ValueError, match=r"which of the models \['own', 'other'\]"):
        decision_curve(y, both, optimism=found)
    with pytest.raises(ValueError, match="by the names of the models"):
        decision_curve(y, both, optimism={"mine": found})
    with pytest.raises(ValueError, match="must be a result of"):
        decision_curve(y, both, optimism={"own": 0.1})


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (
            lambda y, p: (y, p[::-1]),
            {},
            "another model or other patients .* net benefit",
        ),
        (lambda y, p: (y[:-1], p[:-1]), {}, r"other patients \(n"),
        (lambda y, p: (1 - y, p), {}, "n_pos|net benefit"),
        (lambda y, p: (y, p), {"pos_label": 0}, "pos_label"),
        (lambda y, p: (y, p), {"groups": np.arange(60) // 2}, r"patients \(n_groups\)"),
        (lambda y, p: (y, p), {"thresholds": [0.7]}, "at the thresholds 0.7; give"),
    ],
)
def test_the_optimism_of_others_is_refused(change, settings, message):
    X, y = study(3, effect=1.0)
    found = optimism(Newton(), X, y, CUTS, n_resamples=3, random_state=0)
    prob = Newton().fit(X, y).predict_proba(X)[:, 1]
    with pytest.raises(ValueError, match=message):
        decision_curve(*change(y, prob), optimism=found, **settings)


def test_optimism_without_net_benefit_is_refused():
    with pytest.raises(ValueError, match="holds no net benefit; compute it with"):
        corrected(3, effect=1.0, metrics=["brier"], thresholds=[0.5])
