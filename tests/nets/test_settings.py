"""Settings: known to scikit-learn by name, refused where they are misspelt."""

import numpy as np
import pytest
from sklearn.base import clone
from skorch.callbacks import EpochScoring
from torch import nn

from sknac.nets import (
    RAN,
    DLRClassifier,
    DualInput,
    PlaneFeatureNet,
    PredictiveMLP,
    PredictiveNet,
)


def test_nested_settings_are_settings_once_given():
    net = PredictiveNet(module__hidden=7, optimizer__weight_decay=0.1)
    params = net.get_params()
    assert (params["module__hidden"], params["optimizer__weight_decay"]) == (7, 0.1)
    assert "criterion__weight" not in params


def test_a_clone_has_the_nested_settings_too():
    net = PlaneFeatureNet(module__dropout=0.3, iterator_train__batch_size=2)
    assert clone(net).get_params() == net.get_params()
    assert clone(net) is not net


def test_what_fit_left_is_no_setting(table):
    net = PredictiveNet(module="mlp_tiny", max_epochs=1, random_state=0)
    before = net.get_params()
    net.fit(*table)
    assert net.get_params() == before
    assert clone(net).get_params() == before


def test_only_what_differs_from_the_defaults_is_printed():
    net = PredictiveNet(lr=0.1, module__hidden=7)
    assert repr(net) == "PredictiveNet(lr=0.1, module__hidden=7)"


@pytest.mark.parametrize(
    "setting",
    [
        {"module__hiden": 7},
        {"optimizer__momentun": 0.9},
        {"callbacks__no_such__patience": 3},
        {"module": "mlp_huge"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_misspelt_settings_are_refused_by_fit_and_can_be_mended(table, setting):
    (name,) = setting
    net = PredictiveNet(module="mlp_tiny", max_epochs=1, random_state=0)
    net.set_params(**setting)
    with pytest.raises(ValueError, match=name.split("__")[-1][:8]):
        net.fit(*table)


def test_a_name_that_nothing_can_have_is_refused_at_once():
    with pytest.raises(ValueError, match="learning_rate"):
        PredictiveNet().set_params(learning_rate=0.1)


def test_a_changed_setting_leaves_the_fitted_network_alone(table):
    X, y = table
    net = PredictiveNet(module="mlp_tiny", max_epochs=1, random_state=0).fit(X, y)
    before = net.predict_proba(X)
    net.set_params(module__hidden=3, lr=0.5)
    assert (net.predict_proba(X) == before).all()
    assert net.fit(X, y).module_.layers[1].out_features == 3


@pytest.mark.parametrize("how", ["init", "set_params", "clone"])
@pytest.mark.parametrize(
    ("make", "module"),
    [
        (PredictiveNet, PredictiveMLP(in_features=5)),
        (PredictiveNet, nn.Sequential(nn.Linear(5, 2))),
        (PlaneFeatureNet, RAN(layout="tiny")),
        (DLRClassifier, DualInput(encoder="resnet_tiny")),
    ],
)
def test_an_instance_as_module_is_refused_before_anything_else(make, module, how):
    net = make() if how == "set_params" else make(module=module)
    net = clone(net) if how == "clone" else net.set_params(module=module)
    assert type(module).__name__ in repr(net)
    with pytest.raises(ValueError, match="a class or a name, not an instance"):
        net.fit(None, None)


@pytest.mark.parametrize("module", [np.zeros, dict, lambda in_features: "net"])
def test_what_makes_no_module_is_refused(table, module):
    with pytest.raises(ValueError, match="must make a torch module, got a"):
        PredictiveNet(module=module, module__shape=3).set_params(
            **({} if module is np.zeros else {"module__shape": None})
        ).fit(*table)


@pytest.mark.parametrize("callbacks", [EpochScoring("roc_auc"), "disable", ()])
def test_callbacks_are_a_list(table, callbacks):
    with pytest.raises(ValueError, match="callbacks must be a list"):
        PredictiveNet(callbacks=callbacks).fit(*table)


def test_groups_of_weights_have_their_own_settings(table):
    X, y = table
    groups = [("layers.1.*", {"lr": 0.0}), ("*.bias", {"weight_decay": 0.5})]
    net = PredictiveNet(
        module="mlp_tiny",
        max_epochs=2,
        lr=0.01,
        random_state=0,
        optimizer__param_groups=groups,
    ).fit(X, y)
    found = [(g["lr"], g["weight_decay"]) for g in net.optimizer_.param_groups]
    assert found == [(0.0, 0), (0.01, 0.5), (0.01, 0)]
    assert net.training_curve_["lr"].tolist() == [0.01, 0.01]
    start = clone(net).set_params(optimizer__param_groups=[("*", {"lr": 0.0})])
    start.fit(X, y)
    pairs = zip(net.module_.parameters(), start.module_.parameters(), strict=True)
    same = [bool((one == other).all()) for one, other in pairs]
    assert same == [True, True, False, False]


@pytest.mark.parametrize(
    "groups",
    [[("layres*", {"lr": 0.1})], [("*", {"lrr": 0.1})], [("*", {}), ("*", {})]],
)
def test_groups_that_would_change_nothing_are_refused_by_fit(table, groups):
    net = PredictiveNet(module="mlp_tiny", optimizer__param_groups=groups)
    with pytest.raises(ValueError, match=r"matches none|no setting 'lrr'"):
        net.fit(*table)
    assert not hasattr(net, "module_")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"iterator_train__shufle": True}, "no setting 'shufle' .*iterator_train__"),
        ({"iterator_train__shuffle": False}, "set by the network itself"),
        ({"iterator_valid__sampler": [0]}, "set by the network itself"),
        ({"criterion__label_smothing": 0.1}, "did you mean criterion__label_smoothing"),
        ({"criterion__reduction": "sum"}, "set by the network itself"),
        ({"optimizer__param_groups": ["layers*"]}, r"list of \(pattern, settings\)"),
        (
            {"optimizer__param_groups": {"a*": {"lr": 1}}},
            r"list of \(pattern, settings",
        ),
        ({"module__hidden": 0}, "hidden must be at least 1"),
    ],
)
def test_settings_of_parts_that_would_be_ignored_are_refused(table, setting, message):
    with pytest.raises(ValueError, match=message):
        PredictiveNet(module="mlp_tiny", max_epochs=1, **setting).fit(*table)


def test_numpy_values_are_settings(table):
    plain = PredictiveNet(module="mlp_tiny", max_epochs=2, batch_size=4, random_state=0)
    numpy = clone(plain).set_params(
        max_epochs=np.int64(2), batch_size=np.int32(4), autocast=np.bool_(False)
    )
    expected = plain.fit(*table).predict_proba(table[0])
    np.testing.assert_array_equal(numpy.fit(*table).predict_proba(table[0]), expected)


class Wide(PredictiveNet):
    """Hands on what it does not name, and has a setting of its own."""

    def __init__(self, *, times=2, **settings):
        super().__init__(**settings)
        self.times = times


class Noted:
    """A mixin of somebody else's, with a setting of its own."""

    def __init__(self, *args, note="", **settings):
        super().__init__(*args, **settings)
        self.note = note


class NotedNet(Noted, PlaneFeatureNet):
    pass


class Wider(Wide):
    pass


@pytest.mark.parametrize(
    ("kind", "own"),
    [(Wide, {"times": 3}), (Wider, {"times": 3}), (NotedNet, {"note": "a"})],
)
def test_a_subclass_hands_on_settings(kind, own, table, small_bags, small_labels):
    net = clone(kind(**own, max_epochs=1, lr=0.01, random_state=0))
    given = net.get_params()
    assert own.items() | {"max_epochs": 1, "lr": 0.01}.items() <= given.items()
    net.set_params(patience=3, **own)
    with pytest.raises(ValueError, match=f"{kind.__name__} has no setting 'settings'"):
        net.set_params(settings=1)
    X, y = (small_bags, small_labels) if kind is NotedNet else table
    if kind is NotedNet:
        net.set_params(module="ran_tiny")
    assert len(net.fit(X, y).predict(X)) == len(y)
