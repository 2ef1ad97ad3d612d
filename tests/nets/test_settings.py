"""Settings: known to scikit-learn by name, refused where they are misspelt."""

import pytest
from sklearn.base import clone

from sknac.nets import PlaneFeatureNet, PredictiveNet


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
