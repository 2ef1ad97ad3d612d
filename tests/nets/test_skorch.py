"""The one room for skorch's private names, and what stands in it."""

import ast
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator
from skorch import NeuralNet, NeuralNetBinaryClassifier, NeuralNetClassifier
from skorch.callbacks import EarlyStopping, EpochTimer
from skorch.hf import AccelerateMixin
from torch import nn

import sknac
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet

_ROOT = Path(sknac.__file__).parent
_ROOM = "nets/_skorch.py"
_PRIVATE = {
    name
    for kind in (NeuralNet, NeuralNetClassifier)
    for name in vars(kind)
    if name.startswith("_")
    and not name.startswith("__")
    and not hasattr(BaseEstimator, name)
}


def _names(source):
    """Every name that a module reads, writes, defines, imports or spells."""
    for node in ast.walk(ast.parse(source)):
        for field in ("attr", "id", "name", "value", "arg"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


def test_skorchs_private_names_stand_in_one_place():
    found = {
        path.relative_to(_ROOT).as_posix()
        for path in _ROOT.rglob("*.py")
        if _PRIVATE.intersection(_names(path.read_text()))
    }
    assert found == {_ROOM}


@pytest.mark.parametrize(
    "source",
    [
        "net._set_training(True)",
        "class N:\n    def _initialize_module(self): pass",
        "class N:\n    _modules = ()",
        "getattr(net, '_criteria')",
    ],
)
def test_the_reader_of_names_sees(source):
    assert _PRIVATE.intersection(_names(source))


def test_few_of_skorchs_private_names_are_needed():
    source = (_ROOT / _ROOM).read_text()
    assert len(_PRIVATE.intersection(_names(source))) <= 5


@pytest.mark.parametrize("name", ["partial_fit", "initialize"])
def test_what_is_not_offered_is_not_there_and_says_why(name):
    net = PredictiveNet()
    assert not hasattr(net, name)
    with pytest.raises(AttributeError, match=r"; (call fit|save and load)"):
        getattr(net, name)


def test_fitting_leaves_none_of_skorchs_lists_behind(table):
    net = PredictiveNet(module="mlp_tiny", max_epochs=1, random_state=0).fit(*table)
    assert not _PRIVATE.intersection(vars(net))
    assert isinstance(net, NeuralNetClassifier)
    assert isinstance(net.module_, nn.Module)


def test_callbacks_are_copied_whether_named_or_not_and_classes_made():
    given = [EpochTimer(), ("stop", EarlyStopping()), EpochTimer]
    net = PredictiveNet(callbacks=given).initialize_callbacks()
    made = dict(net.callbacks_)
    assert net.callbacks is given
    assert made["stop"] is not given[1][1]
    assert {"EpochTimer_1", "EpochTimer_2", "stop"} <= net.callback_names()
    assert not any(callback is given[0] for callback in made.values())


@pytest.mark.parametrize(
    "parts",
    [
        (AccelerateMixin, PlaneFeatureNet),
        (DLRClassifier, AccelerateMixin),
        (PredictiveNet, NeuralNetBinaryClassifier),
    ],
)
def test_parts_of_skorch_that_train_otherwise_are_refused(parts):
    with pytest.raises(TypeError, match=r"Mixed cannot take skorch's .*, which trains"):
        type("Mixed", parts, {})
