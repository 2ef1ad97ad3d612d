"""Scorers of skorch see labels, and who goes by a score goes the right way."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    get_scorer,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    PrintLog,
)

from sknac.metrics import clinical_scorers
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.nets._monitors import rank

LABELS = {
    "0 and 1": np.array([0, 1]),
    "1 and 2": np.array([1, 2]),
    "2 and 1": np.array([2, 1]),
    "words": np.array(["non-response", "response"]),
    "objects": np.array(["non-response", "response"], dtype=object),
    "bool": np.array([False, True]),
    "1.0 and 0.0": np.array([1.0, 0.0]),
}
ONE = {"module": "mlp_tiny", "max_epochs": 1, "random_state": 0, "lr": 0.01}


def labelled(table, names):
    """The table's patients, with labels of another kind."""
    X, y = table
    return X, LABELS[names][(y == "response").astype(int)]


@pytest.mark.parametrize("on_train", [False, True], ids=["valid", "train"])
@pytest.mark.parametrize("use_caching", [True, False], ids=["cached", "again"])
@pytest.mark.parametrize("names", LABELS)
def test_epoch_scores_are_those_of_scikit_learn(table, names, use_caching, on_train):
    X, y = labelled(table, names)
    settings = {"use_caching": use_caching, "on_train": on_train}
    scorings = {
        "auc": "roc_auc",
        "accuracy": accuracy_score,
        "own": None,
        "balanced": make_scorer(balanced_accuracy_score),
        "loss": lambda net, X, y: log_loss(y, net.predict_proba(X)),
    }
    callbacks = [EpochScoring(v, name=k, **settings) for k, v in scorings.items()]
    # Next to no learning, and no dropout: the scores in training are those after.
    still = {"lr": 1e-30, "module__dropout": 0.0}
    net = PredictiveNet(**{**ONE, **still}, callbacks=callbacks).fit(X, y)
    rows = net.validation_rows_
    if on_train:
        rows = np.setdiff1d(np.arange(len(y)), rows)
    found = net.training_curve_.iloc[-1]
    expected = {
        "auc": get_scorer("roc_auc")(net, X[rows], y[rows]),
        "accuracy": net.score(X[rows], y[rows]),
        "own": net.score(X[rows], y[rows]),
        "balanced": balanced_accuracy_score(y[rows], net.predict(X[rows])),
        "loss": log_loss(y[rows], net.predict_proba(X[rows])),
    }
    assert found[list(expected)].to_dict() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("use_caching", [True, False], ids=["cached", "again"])
@pytest.mark.parametrize("names", LABELS)
def test_batch_scores_are_the_mean_over_batches(table, names, use_caching):
    X, y = labelled(table, names)
    scoring = BatchScoring("accuracy", name="acc", use_caching=use_caching)
    net = PredictiveNet(**ONE, batch_size=7, callbacks=[scoring]).fit(X, y)
    rows = net.validation_rows_
    expected = net.score(X[rows], y[rows])
    assert net.training_curve_["acc"].item() == pytest.approx(expected)


@pytest.mark.parametrize("use_caching", [True, False], ids=["cached", "again"])
def test_clinical_scorers_count_the_class_that_they_name(table, use_caching):
    scorers = clinical_scorers(pos_label="non-response")
    callbacks = [
        EpochScoring(scorer, name=name, use_caching=use_caching)
        for name, scorer in scorers.items()
    ]
    net = PredictiveNet(**ONE, callbacks=callbacks).fit(*table)
    X, y = (part[net.validation_rows_] for part in table)
    for name, scorer in scorers.items():
        found = net.training_curve_[name].item()
        assert found == pytest.approx(scorer(net, X, y), abs=1e-6)


def test_three_classes_are_scored_by_their_labels(table):
    X, _ = table
    y = np.array([3, 5, 9])[np.arange(80) % 3]
    callbacks = [EpochScoring("accuracy", name="acc"), EpochScoring("roc_auc_ovr")]
    net = PredictiveNet(**ONE, callbacks=callbacks).fit(X, y)
    rows = net.validation_rows_
    expected = roc_auc_score(y[rows], net.predict_proba(X[rows]), multi_class="ovr")
    found = net.training_curve_.iloc[0]
    assert found["acc"] == pytest.approx(net.score(X[rows], y[rows]))
    assert found["roc_auc_ovr"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["planes", "pairs"])
@pytest.mark.parametrize("use_caching", [True, False], ids=["cached", "again"])
def test_image_networks_are_scored_by_labels(bags, pairs, kind, use_caching):
    X, y = bags if kind == "planes" else pairs
    make = PlaneFeatureNet if kind == "planes" else DLRClassifier
    settings = {"lower_is_better": False, "use_caching": use_caching}
    callbacks = [
        EpochScoring("roc_auc", name="auc", **settings),
        BatchScoring("accuracy", name="acc", **settings),
    ]
    net = make(
        module="resnet_tiny", max_epochs=1, random_state=0, callbacks=callbacks
    ).fit(X[:24], y[:24])
    # Of planes, each with its patient's label.
    rows = net.validation_rows_
    single = [X[i][j : j + 1] for i in rows for j in range(len(X[i]))]
    labels = np.repeat(y[rows], [len(X[i]) for i in rows])
    if kind == "pairs":
        single, labels = X[rows], y[rows]
    expected = get_scorer("roc_auc")(net, single, labels)
    found = net.training_curve_.iloc[0]
    assert found["auc"] == pytest.approx(expected, abs=1e-6)
    assert found["acc"] == pytest.approx(net.score(single, labels))


class Watched(Callback):
    """A score of one's own: the best epoch is the third of six."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record("mine", -abs(len(net.history) - 3))


STOPPERS = {
    "own": {
        "callbacks": [
            EarlyStopping("auc", 99, load_best=True, lower_is_better=False),
            EpochScoring("roc_auc", name="auc", lower_is_better=False),
        ]
    },
    "default": {
        "callbacks": [EpochScoring("roc_auc", name="auc", lower_is_better=False)],
        "callbacks__early_stopping__monitor": "auc",
        "callbacks__early_stopping__lower_is_better": False,
    },
}


@pytest.mark.parametrize("names", ["0 and 1", "1 and 2", "words", "bool"])
@pytest.mark.parametrize("how", STOPPERS)
def test_the_epoch_of_the_best_recorded_score_is_kept(table, how, names):
    X, y = labelled(table, names)
    X = np.column_stack([X[:, 2:], 0.3 * X[:, :2]])  # hard enough to go up and down
    settings = {**ONE, "max_epochs": 12, "patience": None, "lr": 0.05}
    net = PredictiveNet(**settings, **STOPPERS[how]).fit(X, y)
    curve = net.training_curve_["auc"]
    rows = net.validation_rows_
    found = get_scorer("roc_auc")(net, X[rows], y[rows])
    assert net.best_epoch_ == curve.idxmax()
    assert found == pytest.approx(curve.max(), abs=1e-6)
    assert curve.nunique() > 1


@pytest.mark.parametrize("by", ["setting", "callback"])
def test_a_callbacks_own_score_can_be_monitored(table, by):
    stopper = {"monitor": "mine", "lower_is_better": False}
    if by == "setting":
        settings = {f"callbacks__early_stopping__{k}": v for k, v in stopper.items()}
        settings["callbacks"] = [Watched()]
    else:
        settings = {"callbacks": [EarlyStopping(load_best=True, **stopper), Watched()]}
    net = PredictiveNet(**{**ONE, "max_epochs": 6}, patience=9, **settings)
    assert net.fit(*table).best_epoch_ == 3


def test_a_checkpoint_can_keep_the_best_epoch(table, tmp_path):
    callbacks = [
        EpochScoring("neg_log_loss", name="fit", lower_is_better=False),
        Checkpoint("fit_best", load_best=True, dirname=str(tmp_path)),
    ]
    settings = {**ONE, "max_epochs": 8, "lr": 0.3, "patience": None}
    X, y = table
    net = PredictiveNet(**settings, callbacks=callbacks).fit(X, y)
    rows = net.validation_rows_
    found = -log_loss(y[rows], net.predict_proba(X[rows]))
    assert found == pytest.approx(max(net.history[:, "fit"]), abs=1e-6)
    assert net.best_epoch_ == np.argmax(net.history[:, "fit"]) + 1


def test_without_a_keeper_the_last_epoch_is_kept(table):
    net = PredictiveNet(**{**ONE, "max_epochs": 4}, validation_fraction=None)
    assert net.fit(*table).best_epoch_ == 4


@pytest.mark.parametrize(
    "callbacks",
    [
        [EpochScoring("roc_auc"), EarlyStopping("roc_auc", load_best=True)],
        [EarlyStopping("auc"), EpochScoring(make_scorer(accuracy_score), name="auc")],
        [BatchScoring("accuracy"), Checkpoint("accuracy_best")],
        [EpochScoring(None, name="own"), EarlyStopping("own")],
        [
            EpochScoring(lambda net, X, y: 0.5, name="cost"),
            EarlyStopping("cost", lower_is_better=False),
        ],
        [EarlyStopping("valid_loss", lower_is_better=False)],
    ],
)
def test_a_direction_that_keeps_the_worst_epoch_is_refused(table, callbacks, tmp_path):
    for callback in callbacks:
        if isinstance(callback, Checkpoint):
            callback.dirname = str(tmp_path)
    with pytest.raises(ValueError, match=r"keep the worst epoch: .* lower_is_better="):
        PredictiveNet(**ONE, callbacks=callbacks).fit(*table)


def test_a_monitored_score_that_is_never_a_number_is_refused(table):
    callbacks = [
        EpochScoring(lambda net, X, y: np.nan, name="odd"),
        EarlyStopping("odd", load_best=True),
    ]
    with pytest.raises(ValueError, match="no epoch has a number for 'odd'"):
        PredictiveNet(**ONE, callbacks=callbacks).fit(*table)


def test_scores_are_recorded_before_anyone_looks():
    kinds = [PrintLog, EarlyStopping(), Watched(), EpochScoring("accuracy")]
    assert [rank(kind) for kind in kinds] == [3, 2, 1, 0]
