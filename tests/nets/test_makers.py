"""A file that was tampered with runs nothing, whatever it asks for in sknac's names."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import skops.io
import torch
from torch import nn

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info
from sknac.io._register import RegisteredReader, _look_up
from sknac.nets import EncoderFeatures, PredictiveNet, ResNet
from sknac.nets._first_layers import make_scaled
from sknac.nets._layer_features import LayerFeatures
from sknac.nets._program import from_export
from sknac.testing import make_check_cohort

SHELL = "os:system, os:system"


def make_net(n_classes):
    """Build a network, as a function of the user's."""
    return nn.Linear(3, n_classes)


def attacks(ran):
    """What asks for sknac's names alone, and runs a command where it is called."""
    command = {"path": f"touch {ran}", "reader": SHELL}
    yield read_info, command
    yield read_array, command
    yield RegisteredReader(SHELL).read_info, {"path": f"touch {ran}"}
    yield _look_up("os:system"), {"command": f"touch {ran}"}
    yield make_scaled, {"make": read_info, "settings": command, "layers": ()}
    yield LayerFeatures, {"make": read_info, "settings": command, "layer": "x"}
    yield partial(read_info, f"touch {ran}", reader=SHELL), {}


@pytest.fixture(scope="module")
def net():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)).astype(np.float32), ["a", "b"] * 6
    settings = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
    return PredictiveNet(module="mlp_tiny", **settings).fit(X, y)


@pytest.mark.parametrize("n", range(7))
def test_a_tampered_network_runs_no_command(net, tmp_path, n):
    ran = tmp_path / "ran"
    tampered = copy.deepcopy(net)
    tampered.module_spec_ = list(attacks(ran))[n]
    with pytest.raises(SknacFormatError, match=r"asks to call .*; load no"):
        pickle.loads(pickle.dumps(tampered))
    if n != 3:  # which skops cannot write, but a hand can
        data = skops.io.dumps(tampered)
        asked = skops.io.get_untrusted_types(data=data)
        assert {name.split(".")[0] for name in asked} <= {"sknac", "functools"}
        with pytest.raises(SknacFormatError, match=r"asks to call .*; load no"):
            skops.io.loads(data, trusted=asked)
    assert not ran.exists()


def test_a_tampered_encoder_runs_no_command(tmp_path):
    weights = ResNet(1, layout="tiny", width=2).state_dict()
    torch.save(weights, tmp_path / "tiny.pt")
    step = EncoderFeatures(
        "resnet_tiny", weights=tmp_path / "tiny.pt", module_settings={"width": 2}
    )
    step.fit(make_check_cohort("maps", image_size=32)[0])
    ran = tmp_path / "ran"
    for make, settings in attacks(ran):
        step._spec = (make, settings, None, "mean")
        with pytest.raises(SknacFormatError, match=r"asks to call .*; load no"):
            pickle.loads(pickle.dumps(step))
    assert not ran.exists()


def test_a_program_of_torch_is_none_without_its_type(net):
    tampered = copy.deepcopy(net)
    tampered.module_spec_ = from_export, {"program": np.zeros(8, np.uint8)}
    with pytest.raises(SknacFormatError, match="asks to call"):
        pickle.loads(pickle.dumps(tampered))


@pytest.mark.parametrize("save", [pickle, skops.io], ids=["pickle", "skops"])
def test_a_function_of_the_users_builds_as_ever(save):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)).astype(np.float32), ["a", "b"] * 6
    settings = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
    net = PredictiveNet(module=make_net, **settings).fit(X, y)
    data = save.dumps(net)
    trust = {}
    if save is skops.io:
        trust["trusted"] = skops.io.get_untrusted_types(data=data)
        assert f"{__name__}.make_net" in trust["trusted"]
    again = save.loads(data, **trust)
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))
