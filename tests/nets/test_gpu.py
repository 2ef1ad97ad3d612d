"""On a GPU: what is fitted there predicts the same, here and after loading anywhere."""

import pickle

import numpy as np
import pytest
import torch

from sknac.inspection import grad_cam
from sknac.nets import (
    Augmentation,
    DLRClassifier,
    EncoderFeatures,
    PlaneFeatureNet,
    PredictiveNet,
    ResNet,
    SeedEnsemble,
)
from sknac.preprocessing import MapScaler
from sknac.testing import make_check_cohort

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]
FEW = {"max_epochs": 3, "batch_size": 16, "random_state": 0, "device": "cuda"}
TINY = {"layout": "tiny", "width": 4, "feature_dim": 16}


def _planes(bags, labels, **settings):
    settings = {"module": "ran_tiny"} | FEW | settings
    return PlaneFeatureNet(**settings).fit(bags, labels), bags


@pytest.fixture(params=["planes", "pairs", "table", "views", "seeds"])
def fitted(request, bags, pairs, table):
    """Every kind of network, fitted on the GPU, and what it takes."""
    X, y = bags
    if request.param == "planes":
        return _planes(X, y)
    if request.param == "views":
        return _planes(X, y, augmentation=Augmentation(), n_test_views=3)
    if request.param == "seeds":
        net = PlaneFeatureNet(module="resnet_tiny", **FEW)
        return SeedEnsemble(net, n_seeds=2, random_state=0).fit(X, y), X
    X, y = pairs if request.param == "pairs" else table
    kind = DLRClassifier if request.param == "pairs" else PredictiveNet
    settings = {"module": "resnet_tiny"} if kind is DLRClassifier else {}
    return kind(**settings, **FEW).fit(X, y), X


def test_what_was_fitted_on_the_gpu_predicts_the_same_on_a_cpu(fitted, monkeypatch):
    net, X = fitted
    there = net.predict_proba(X)
    saved = pickle.dumps(net)
    np.testing.assert_array_equal(pickle.loads(saved).predict_proba(X), there)
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        on_cpu = pickle.loads(saved)
        devices = {p.device.type for p in _module(on_cpu).parameters()}
        assert devices == {"cpu"}
        np.testing.assert_allclose(on_cpu.predict_proba(X), there, atol=2e-5)


def _module(net):
    """The torch module of a network, or of the first of an ensemble."""
    return getattr(net, "module_", None) or net.estimators_[0].module_


def test_the_gpu_is_taken_where_it_is_there(bags):
    net, _ = _planes(*bags, device="auto")
    assert net.device_ == "cuda"
    assert {p.device.type for p in net.module_.parameters()} == {"cuda"}


def test_a_fit_leaves_the_gpus_generator_alone(bags):
    torch.cuda.manual_seed(5)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed(5)
    _planes(*bags)
    torch.testing.assert_close(torch.rand(3, device="cuda"), expected, rtol=0, atol=0)


@pytest.mark.parametrize("module", ["ran_tiny", "resnet_tiny"])
def test_the_same_seed_gives_the_same_network(module, bags):
    (one, X), (two, _) = (_planes(*bags, module=module) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_the_callers_settings_of_the_gpu_come_back(bags):
    before = torch.backends.cudnn.allow_tf32
    _planes(*bags)
    assert torch.backends.cudnn.allow_tf32 == before
    assert not torch.are_deterministic_algorithms_enabled()


def test_grad_cam_is_that_of_a_cpu(bags, monkeypatch):
    net, X = _planes(*bags)
    there = grad_cam(net, X[:4], target="response")
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        here = grad_cam(pickle.loads(pickle.dumps(net)), X[:4], target="response")
    for one, other in zip(there, here, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


def test_encoders_vectors_are_those_of_a_cpu(tmp_path):
    torch.manual_seed(3)
    torch.save(ResNet(3, **TINY).state_dict(), tmp_path / "tiny.pt")
    X, _ = make_check_cohort("bmode", image_size=32)
    X = MapScaler(limits=(0, 100)).fit_transform(X)
    found = [
        EncoderFeatures(
            "resnet_tiny",
            weights=tmp_path / "tiny.pt",
            module_settings={"width": 4},
            device=device,
        ).fit_transform(X)
        for device in ("cuda", "cpu")
    ]
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)
