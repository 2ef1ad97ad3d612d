import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import ExtraTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknac.nets import PlaneFeatureNet, PredictiveNet, SeedEnsemble

NET = PredictiveNet(module="mlp_tiny", max_epochs=2, torch_threads=1)
SGD = SGDClassifier(loss="log_loss", max_iter=30, tol=None)


@pytest.fixture
def fitted(table):
    X, y = table
    return SeedEnsemble(NET, n_seeds=3, random_state=0).fit(X, y)


@parametrize_with_checks([SeedEnsemble(SGD, n_seeds=2, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_probabilities_are_the_mean_and_spread_of_members_fitted_by_hand(table, fitted):
    X, y = table
    each = [
        clone(NET).set_params(random_state=int(seed)).fit(X, y).predict_proba(X)
        for seed in fitted.seeds_
    ]
    np.testing.assert_array_equal(fitted.predict_proba(X), np.mean(each, axis=0))
    spread = fitted.predict_proba_std(X)
    np.testing.assert_allclose(spread, np.std(each, axis=0, ddof=1))
    assert spread.min() > 0
    expected = fitted.classes_[np.mean(each, axis=0).argmax(axis=1)]
    np.testing.assert_array_equal(fitted.predict(X), expected)


def test_the_first_members_are_the_same_however_many_there_are(table, fitted):
    more = SeedEnsemble(SGD, n_seeds=6, random_state=0).fit(*table)
    np.testing.assert_array_equal(more.seeds_[:3], fitted.seeds_)
    other = SeedEnsemble(SGD, n_seeds=3, random_state=1).fit(*table)
    assert set(other.seeds_).isdisjoint(more.seeds_)


def test_all_seeds_inside_a_member_are_one_and_the_original_is_not_touched(table):
    """Networks in a row hold out the same patients only with the same seed."""
    first = PredictiveNet(module="mlp_tiny", random_state=5)
    model = make_pipeline(StandardScaler(), GridSearchCV(first, {"lr": [0.01]}))
    ensemble = SeedEnsemble(make_pipeline(model, MLPClassifier()), n_seeds=2)
    names = [n for n in ensemble.get_params() if n.endswith("random_state")]
    assert len(names) == 3  # two inside, and its own
    two = SeedEnsemble(make_pipeline(StandardScaler(), SGD), n_seeds=2).fit(*table)
    seeds = [member["sgdclassifier"].random_state for member in two.estimators_]
    assert seeds == two.seeds_.tolist()
    assert SGD.random_state is None


def test_networks_in_a_row_hold_out_the_same_patients(bags):
    X, y = bags
    quick = {"max_epochs": 1, "torch_threads": 1}
    model = make_pipeline(
        PlaneFeatureNet(module="resnet_tiny", **quick),
        PredictiveNet(module="mlp_tiny", **quick),
    )
    ensemble = SeedEnsemble(model, n_seeds=2, random_state=0).fit(X[:12], y[:12])
    held_out = [
        [net.validation_rows_ for _, net in m.steps] for m in ensemble.estimators_
    ]
    for first, second in held_out:
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(held_out[0][0], held_out[1][0])


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianNB(),
        make_pipeline(StandardScaler(), GaussianNB()),
        FrozenEstimator(GaussianNB().fit([[0.0], [1.0]], [0, 1])),
    ],
)
def test_what_has_no_seed_is_refused(table, estimator):
    with pytest.raises(ValueError, match=r"has no random_state, so seeds would change"):
        SeedEnsemble(estimator).fit(*table)


def test_what_gives_no_probabilities_is_refused(table):
    with pytest.raises(ValueError, match="'estimator' parameter of SeedEnsemble"):
        SeedEnsemble(LinearSVC(random_state=0)).fit(*table)


def test_seeds_that_change_nothing_are_said(table):
    with pytest.warns(UserWarning, match="same probabilities: random_state may change"):
        SeedEnsemble(LogisticRegression(), n_seeds=2).fit(*table)
    # Trees are sure of all training patients, whatever their seed.
    SeedEnsemble(ExtraTreeClassifier(), n_seeds=2).fit(*table)


def test_one_member_has_no_spread(table):
    X, y = table
    alone = SeedEnsemble(ExtraTreeClassifier(), n_seeds=1, random_state=0).fit(X, y)
    assert alone.predict_proba(X).shape == (80, 2)
    with pytest.raises(ValueError, match="two members or more, got one; raise n_seeds"):
        alone.predict_proba_std(X)


def test_groups_and_weights_reach_the_members_by_request(table):
    X, y = table
    groups, weights = np.arange(80) // 2, np.linspace(1, 2, 80)
    with config_context(enable_metadata_routing=True):
        net = clone(NET).set_fit_request(sample_weight=True, groups=True)
        model = SeedEnsemble(net, n_seeds=2, random_state=0)
        model.fit(X, y, groups=groups, sample_weight=weights)
        seed = int(model.seeds_[1])
        alone = clone(net).set_params(random_state=seed)
        alone.fit(X, y, groups=groups, sample_weight=weights)
    held_out = model.estimators_[1].validation_rows_
    assert set(groups[held_out]).isdisjoint(np.delete(groups, held_out))
    np.testing.assert_array_equal(
        model.estimators_[1].predict_proba(X), alone.predict_proba(X)
    )
    with pytest.raises(ValueError, match="only with metadata routing"):
        SeedEnsemble(net, n_seeds=2).fit(X, y, groups=groups)


def test_members_fitted_at_the_same_time_are_the_same(table, fitted):
    X, y = table
    with parallel_config(backend="threading"):
        twin = clone(fitted).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))


def test_a_search_reaches_into_it(table):
    model = SeedEnsemble(make_pipeline(StandardScaler(), SGD), random_state=0)
    grid = {"estimator__sgdclassifier__alpha": [1e-4, 1.0], "n_seeds": [2]}
    folds = StratifiedKFold(2)
    best = GridSearchCV(model, grid, cv=folds).fit(*table).best_estimator_
    assert len(best.estimators_) == 2


def test_it_comes_back_from_files(table, fitted):
    X, _ = table
    data = skops.io.dumps(fitted)
    asked = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("sknac.") for name in asked)
    for again in (
        pickle.loads(pickle.dumps(fitted)),
        skops.io.loads(data, trusted=asked),
    ):
        np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_cohort_frames_keep_their_names(cohort):
    X, y = cohort
    net = PlaneFeatureNet(
        module="ran_tiny", columns="us_pre", max_epochs=1, torch_threads=1
    )
    model = SeedEnsemble(net, n_seeds=2, random_state=0).fit(X, y)
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.predict(X).shape == y.shape
    with pytest.raises(ValueError, match="other row names"):
        model.fit(X, y=pd.Series(y, index=X.index[::-1]))


def test_callbacks_set_on_it_follow_every_member(table, capsys):
    model = SeedEnsemble(NET, n_seeds=2, random_state=0).set_callbacks(ProgressBar())
    model.fit(*table)
    printed = capsys.readouterr().out
    assert "SeedEnsemble" in printed
    assert "PredictiveNet - fit #1" in printed
    assert not any("_skl_callbacks" in vars(member) for member in model.estimators_)
    assert not hasattr(model, "_callback_fit_ctx")
