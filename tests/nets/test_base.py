import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from sklearn import config_context
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import StratifiedGroupKFold, cross_validate
from skorch.callbacks import Callback, EpochScoring, LRScheduler
from torch import nn

from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet

STILL = {"lr": 1e-30, "module__dropout": 0.0, "validation_fraction": None}


class Recorder(Callback):
    """Keeps the first pixel of every training and validation item."""

    def __init__(self, seen):
        self.seen = seen

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        first = batch[0]["x"].flatten(1)[:, 0].tolist()
        self.seen[training] = self.seen.get(training, set()) | set(first)


class Raiser(Callback):
    """Raises in the second epoch."""

    def __init__(self, error):
        self.error = error

    def on_batch_end(self, net, **kwargs):
        if len(net.history) == 2:
            raise self.error


@pytest.mark.parametrize("batch_size", [-1, 7])
def test_loss_is_the_weighted_cross_entropy_whatever_the_batches(table, batch_size):
    X, y = table
    X, y = X[:71], y[:71]  # the last batch is short
    weights = np.random.default_rng(0).random(71)
    net = PredictiveNet(
        batch_size=batch_size,
        class_weight={"non-response": 5},
        max_epochs=1,
        random_state=0,
        **STILL,
    ).fit(X, y, sample_weight=weights)
    proba = net.predict_proba(X)  # as before training: lr is next to nothing
    every = -np.log(proba[np.arange(71), (y == "response").astype(int)])
    total = weights * np.where(y == "response", 1, 5)
    expected = (total * every).sum() / total.sum()
    assert net.history[0, "train_loss"] == pytest.approx(expected, rel=1e-5)


def test_balanced_weights_are_those_of_scikit_learn(table):
    X, y = table
    X, y = X[:60], np.sort(y)[:60]  # 40 and 20
    settings = {"max_epochs": 1, "random_state": 0, **STILL}
    net = PredictiveNet(class_weight="balanced", **settings).fit(X, y)
    weights = np.where(y == "response", 2.0, 1.0)
    expected = log_loss(y, net.predict_proba(X), sample_weight=weights)
    assert net.history[0, "train_loss"] == pytest.approx(expected, rel=1e-5)


def test_early_stopping_restores_the_best_epoch(table):
    X, y = table
    net = PredictiveNet(max_epochs=60, lr=0.05, patience=5, random_state=0).fit(X, y)
    losses = net.history[:, "valid_loss"]
    rows = net.validation_rows_
    found = log_loss(y[rows], net.predict_proba(X[rows]))
    assert found == pytest.approx(min(losses), rel=1e-5)
    assert net.best_epoch_ == np.argmin(losses) + 1
    assert len(losses) == net.best_epoch_ + 5 < 60


def test_without_patience_all_epochs_run_and_the_best_is_kept(table):
    X, y = table
    settings = {"max_epochs": 30, "lr": 0.05, "random_state": 0}
    net = PredictiveNet(patience=None, **settings).fit(X, y)
    losses = net.history[:, "valid_loss"]
    rows = net.validation_rows_
    assert len(losses) == 30
    assert min(losses) < losses[-1]
    assert log_loss(y[rows], net.predict_proba(X[rows])) == pytest.approx(
        min(losses), rel=1e-5
    )


def test_no_plane_of_a_validation_patient_is_trained_on():
    rng = np.random.default_rng(0)
    X = [np.full((rng.integers(1, 5), 1, 32, 32), i) for i in range(20)]
    seen = {}
    net = PlaneFeatureNet(
        module="resnet_tiny",
        max_epochs=1,
        flip=False,
        max_shift=0.0,
        callbacks=[Recorder(seen)],
    ).fit(X, np.arange(20) % 2)
    assert seen[False] == set(net.validation_rows_)
    assert seen[True] == set(range(20)) - seen[False]


def test_no_group_is_on_both_sides_of_the_validation_split():
    groups = np.arange(48) // 4
    X = np.broadcast_to(np.arange(48.0)[:, None, None, None], (48, 1, 32, 32))
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, random_state=0)
    net.fit(X, groups % 2, groups=groups)
    valid = set(groups[net.validation_rows_])
    assert len(valid) == 3
    assert set(np.flatnonzero(np.isin(groups, list(valid)))) == set(
        net.validation_rows_
    )


def test_groups_are_routed_to_fit_by_nested_validation(table):
    X, y = table
    groups = np.arange(80) // 2
    with config_context(enable_metadata_routing=True):
        found = cross_validate(
            PredictiveNet(max_epochs=1, random_state=0),
            X,
            y[groups],
            cv=StratifiedGroupKFold(2),
            params={"groups": groups},
            return_estimator=True,
            return_indices=True,
        )
    net, train = found["estimator"][0], found["indices"]["train"][0]
    inner = groups[train]
    valid = set(inner[net.validation_rows_])
    assert not valid & set(np.delete(inner, net.validation_rows_))


def test_same_seed_same_probabilities_and_the_callers_generators_untouched(bags):
    X, y = bags
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=2, random_state=3)
    first, second = (net.fit(X[:20], y[:20]).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_other_seed_other_probabilities(table):
    X, y = table
    a, b = (
        PredictiveNet(max_epochs=1, random_state=s).fit(X, y).predict_proba(X)
        for s in (0, 1)
    )
    assert not np.allclose(a, b)


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_error_in_mid_fit_leaves_the_estimator_unfitted(table, error):
    X, y = table
    net = PredictiveNet(max_epochs=3, random_state=0).fit(X, y)
    net.set_params(callbacks=[Raiser(error)])
    with pytest.raises(type(error)):
        net.fit(X, y)
    with pytest.raises(NotFittedError):
        net.predict(X)
    assert not [name for name in vars(net) if name.endswith("_")]
    net.set_params(callbacks=None).fit(X, y)


def test_users_callbacks_are_not_changed_by_fitting(table):
    scorer = EpochScoring("roc_auc", lower_is_better=False)
    before = dict(vars(scorer))
    PredictiveNet(max_epochs=2, callbacks=[scorer]).fit(*table)
    assert vars(scorer) == before


def test_scoring_callbacks_of_skorch_work_with_string_labels(table):
    scorers = [
        EpochScoring("roc_auc", name="auc", lower_is_better=False),
        EpochScoring("accuracy", name="acc", lower_is_better=False),
    ]
    net = PredictiveNet(max_epochs=3, lr=0.01, patience=None, callbacks=scorers)
    net.set_params(random_state=0).fit(*table)
    X, y = table
    rows = net.validation_rows_
    last = net.history[net.best_epoch_ - 1]
    assert last["acc"] == pytest.approx(net.score(X[rows], y[rows]))
    assert 0 <= last["auc"] <= 1


def test_learning_rate_schedules_of_skorch_work(table):
    schedule = LRScheduler("StepLR", step_size=1, gamma=0.5)
    net = PredictiveNet(lr=0.1, max_epochs=3, patience=None, callbacks=[schedule])
    net.fit(*table)
    assert net.optimizer_.param_groups[0]["lr"] == pytest.approx(0.1 / 8)


class TaskLog:
    """A callback of scikit-learn that writes down tasks, and stops after three."""

    def __init__(self):
        self.log = []

    def setup(self, estimator, context):
        self.log.append(("setup", context.max_subtasks))

    def on_fit_task_begin(self, estimator, context):
        self.log.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context):
        self.log.append(("end", context.task_name))
        return context.task_name == "epoch" and context.task_id == 2

    def teardown(self, estimator, context):
        self.log.append(("teardown", None))


def test_scikit_learn_callbacks_see_every_epoch_and_can_stop(table):
    calls = TaskLog()
    net = PredictiveNet(max_epochs=9, patience=None, random_state=0)
    net.set_callbacks(calls).fit(*table)
    epoch = [("begin", "epoch"), ("end", "epoch")]
    assert calls.log == [
        ("setup", 9),
        ("begin", "fit"),
        *epoch * 3,
        ("end", "fit"),
        ("teardown", None),
    ]
    assert len(net.history) == 3


def test_every_callback_sees_the_epoch_that_early_stopping_ends(table):
    calls = TaskLog()
    net = PredictiveNet(max_epochs=9, patience=1, lr=0.5, random_state=0)
    net.set_callbacks(calls).fit(*table)
    assert calls.log.count(("end", "epoch")) == len(net.history) < 9
    assert "dur" in net.history[-1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"module__dropuot": 0.5}, "did you mean module__dropout"),
        ({"optimizer__wieght_decay": 0.5}, "did you mean optimizer__weight_decay"),
        ({"callbacks__stopper__patience": 2}, "no callback"),
        ({"max_epoch": 5}, "no setting 'max_epoch'"),
        ({"module": "vgg"}, "module must be one of"),
        ({"lr": -1.0}, "lr"),
        ({"class_weight": {"nonresponse": 5}}, "class_weight names"),
    ],
)
def test_misspelt_settings_are_refused_before_training(table, settings, message):
    net = PredictiveNet(**settings)
    with pytest.raises(ValueError, match=message):
        net.fit(*table)
    assert not hasattr(net, "module_")


def test_unknown_setting_is_refused_by_set_params():
    with pytest.raises(ValueError, match="no setting 'learning_rate'"):
        PredictiveNet().set_params(learning_rate=0.1)


def test_changed_setting_waits_for_the_next_fit(table):
    X, y = table
    net = PredictiveNet(max_epochs=2, random_state=0).fit(X, y)
    expected = net.predict_proba(X)
    net.set_params(module__hidden=3, lr=0.5)
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.fit(X, y).module_.layers[1].out_features == 3


def test_diverged_training_is_an_error(table):
    X, y = table
    net = PredictiveNet(
        lr=1e38, optimizer="sgd", max_epochs=9, validation_fraction=None
    )
    with pytest.raises(ValueError, match="training diverged"):
        net.fit(X, y)


def test_missing_label_is_named(table):
    X, y = table
    y = y.astype(object)
    y[4] = None
    with pytest.raises(ValueError, match=r"row 4 of y|NaN"):
        PredictiveNet().fit(X, y)


def test_weights_of_nothing_are_refused(table):
    X, y = table
    nothing = {"response": 0, "non-response": 0}
    with pytest.raises(ValueError, match="leave nothing to fit"):
        PredictiveNet(class_weight=nothing).fit(X, y)


def test_images_smaller_than_the_net_takes_are_refused_before_training():
    with pytest.raises(ValueError, match=r"RAN cannot take items of shape \(1, 4, 4\)"):
        PlaneFeatureNet(module="ran_tiny").fit(np.zeros((8, 1, 4, 4)), [0, 1] * 4)


@pytest.mark.parametrize("shape", [(32, 32, 3), (40, 32, 1)])
def test_channels_that_come_last_are_told_to_come_first(shape):
    with pytest.raises(ValueError, match=r"move the channels, which come first, np\.m"):
        PlaneFeatureNet(module="ran_tiny").fit(np.zeros((8, *shape)), [0, 1] * 4)


def test_own_module_works_by_class(table):
    class Linear(nn.Module):
        def __init__(self, in_features, n_classes):
            super().__init__()
            self.layer = nn.Linear(in_features, n_classes)

        def forward(self, x):
            return self.layer(x)

    net = PredictiveNet(module=Linear, lr=0.1, random_state=0).fit(*table)
    assert net.score(*table) > 0.8


def test_module_with_wrong_output_is_refused(table):
    with pytest.raises(ValueError, match=r"must return logits .* = \(1, 2\)"):
        PredictiveNet(module=nn.Identity).fit(*table)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_scoring_monitor_sees_labels_after_every_epoch(table, weighted):
    X, y = table
    weights = np.linspace(0.1, 2, len(y)) if weighted else None
    monitor = ScoringMonitor(scoring=["roc_auc", "accuracy"])
    settings = {"patience": None, "validation_fraction": None, "random_state": 0}
    net = PredictiveNet(max_epochs=3, lr=0.01, **settings).set_callbacks(monitor)
    net.fit(X, y, sample_weight=weights)
    log = monitor.get_logs().data_as_pandas
    log = log[log["task_name"] == "epoch"].sort_values("task_id")
    for n_epochs, row in enumerate(log.to_dict("records"), start=1):
        alone = PredictiveNet(max_epochs=n_epochs, lr=0.01, **settings)
        alone.fit(X, y, sample_weight=weights)
        for name in ("roc_auc", "accuracy"):
            expected = get_scorer(name)(alone, X, y, sample_weight=weights)
            assert row[name] == pytest.approx(expected, abs=1e-12)
    assert n_epochs == 3


@pytest.mark.parametrize("how", ["pickle", "skops"])
def test_the_records_of_a_scoring_monitor_are_saved(pairs, how):
    X, y = pairs
    monitor = ScoringMonitor(scoring="accuracy")
    net = DLRClassifier(module="ran_tiny", max_epochs=2, random_state=0)
    net.set_callbacks(monitor).fit(X[:16], y[:16])
    data = pickle.dumps(net) if how == "pickle" else skops.io.dumps(net)
    if how == "pickle":
        again = pickle.loads(data)
    else:
        asked = skops.io.get_untrusted_types(data=data)
        again = skops.io.loads(data, trusted=asked)
    (kept,) = again._skl_callbacks
    assert kept.get_logs().data == monitor.get_logs().data
    assert len(kept.get_logs().data) == 3  # two epochs, and the end
    assert "_task" not in vars(net)


def test_a_monitored_training_is_the_same_as_another(table):
    X, y = table
    quiet = PredictiveNet(max_epochs=4, random_state=0).fit(X, y)
    watched = PredictiveNet(max_epochs=4, random_state=0)
    watched.set_callbacks(ScoringMonitor(scoring="roc_auc")).fit(X, y)
    np.testing.assert_array_equal(watched.predict_proba(X), quiet.predict_proba(X))


def _named(table, cohort, kind):
    """A network, and rows with names; labels as a list."""
    if kind == "table":
        index = [f"P{i}" for i in range(len(table[1]))]
        return PredictiveNet(max_epochs=1), pd.DataFrame(table[0], index), table[1]
    net = PlaneFeatureNet(module="ran_tiny", columns="us_pre", max_epochs=1)
    return net, cohort[0], cohort[1]


@pytest.mark.parametrize("name", ["y", "sample_weight", "groups"])
@pytest.mark.parametrize("kind", ["table", "cohort"])
def test_rows_in_another_order_are_refused(table, cohort, kind, name):
    net, X, y = _named(table, cohort, kind)
    given = {"y": pd.Series(y, X.index)}
    given["sample_weight"] = given["groups"] = pd.Series(np.arange(len(X)), X.index)
    given[name] = given[name].iloc[::-1]
    with pytest.raises(ValueError, match=rf"{name} has other row names .*\.loc\["):
        net.fit(X, **given)
    assert not hasattr(net, "module_")


@pytest.mark.parametrize("kind", ["repeated", "two levels"])
def test_several_rows_of_a_patient_without_groups_are_warned_of(table, kind):
    X, y = table
    names = np.arange(80) // 2
    index = pd.Index(names)
    if kind == "two levels":
        index = pd.MultiIndex.from_arrays([names, np.arange(80) % 2])
    X, y = pd.DataFrame(X, index), pd.Series(y[names], index)
    X.columns = list("abcde")
    net = PredictiveNet(max_epochs=1, random_state=0)
    with pytest.warns(UserWarning, match="40 distinct .* pass the patients as groups"):
        net.fit(X, y)
    net.fit(X, y, groups=names)
    net.set_params(validation_fraction=None).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({"class_weight": {"response": 0}}, {}),
        ({}, {"sample_weight": "others"}),
        ({"class_weight": {"response": 0}, "validation_fraction": None}, {}),
    ],
)
def test_a_class_without_weight_is_refused(table, settings, given):
    X, y = table
    if given:
        given = {"sample_weight": (y != "response").astype(float)}
    with pytest.raises(ValueError, match=r"nothing to fit of class \['response'\]"):
        PredictiveNet(max_epochs=1, **settings).fit(X, y, **given)


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
def test_a_row_without_its_patient_is_refused(table, missing):
    groups = np.arange(80).astype(object)
    groups[7] = missing
    with pytest.raises(ValueError, match="groups holds missing values"):
        PredictiveNet(max_epochs=1).fit(*table, groups=groups)
