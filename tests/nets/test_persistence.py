import copy
import errno
import io
import json
import os
import pickle
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknac.exceptions import SknacFormatError
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet


@pytest.fixture(scope="module")
def fitted(bags):
    X, y = bags
    net = PlaneFeatureNet(module="resnet_tiny", max_epochs=2, lr=3e-3, random_state=0)
    return net.fit(X[:24], y[:24])


GOLDEN = Path(__file__).parent / "golden"


def contents(value):
    """Every object that a state holds."""
    yield value
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from contents(part)


def test_pickle_gives_the_same_predictions_bit_for_bit(fitted, bags):
    again = pickle.loads(pickle.dumps(fitted))
    X, _ = bags
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))


def test_joblib_gives_the_same_predictions_bit_for_bit(fitted, bags, tmp_path):
    X, _ = bags
    joblib.dump(fitted, tmp_path / "net.joblib")
    again = joblib.load(tmp_path / "net.joblib")
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_dual_input_comes_back_bit_for_bit(pairs):
    X, y = pairs
    net = DLRClassifier(module="ran_tiny", max_epochs=1, random_state=0)
    net.fit(X[:16], y[:16])
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))


def test_state_holds_no_torch_or_skorch_object(fitted):
    parts = list(contents(fitted.__getstate__()))
    assert any(isinstance(part, np.ndarray) for part in parts)
    for part in parts:
        assert not type(part).__module__.startswith(("torch", "skorch"))
        assert not (isinstance(part, str) and "\x80" in part)


def test_loaded_module_is_ready_for_attribution(fitted):
    assert not pickle.loads(pickle.dumps(fitted)).module_.training


def test_learning_curves_come_back(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert again.history[:, "valid_loss"] == fitted.history[:, "valid_loss"]
    assert len(again.history) == 2


def test_loading_leaves_the_callers_seed_alone(fitted):
    data = pickle.dumps(fitted)
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    pickle.loads(data)
    assert torch.rand(1) == expected


def test_loaded_net_can_be_saved_and_trained_again(fitted, bags):
    X, y = bags
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(fitted))))
    again.fit(X[:24], y[:24])
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_setting_changed_after_fitting_does_not_spoil_the_pickle(table):
    X, y = table
    net = PredictiveNet(max_epochs=2, random_state=0).fit(X, y)
    expected = net.predict_proba(X)
    net.set_params(module__hidden=7)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    assert again.module__hidden == 7


def test_unfitted_estimator_can_be_pickled():
    assert pickle.loads(pickle.dumps(PredictiveNet(lr=0.5))).lr == 0.5


def test_other_version_warns(fitted):
    state = fitted.__getstate__() | {"_sknac_stamp": (1, "0.0.1")}
    with pytest.warns(UserWarning, match=r"saved by sknac 0\.0\.1"):
        PlaneFeatureNet.__new__(PlaneFeatureNet).__setstate__(state)


def test_newer_format_is_refused(fitted):
    state = fitted.__getstate__() | {"_sknac_stamp": (3, "9.0")}
    with pytest.raises(SknacFormatError, match="upgrade sknac"):
        PlaneFeatureNet.__new__(PlaneFeatureNet).__setstate__(state)


def test_parameters_can_be_saved_and_loaded_as_skorch_does(fitted, bags, tmp_path):
    X, y = bags
    fitted.save_params(f_params=tmp_path / "weights.pt")
    other = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, random_state=1)
    other.fit(X[:24], y[:24]).load_params(f_params=tmp_path / "weights.pt")
    np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
    assert other.device == "auto"


def test_parameters_are_saved_whole_or_not_at_all(fitted, tmp_path, monkeypatch):
    path, history = tmp_path / "weights.pt", tmp_path / "history.json"
    fitted.save_params(f_params=path, f_history=history)
    assert len(json.loads(history.read_text())) == 2
    before = path.read_bytes(), history.read_bytes()

    def full(state, file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match=r"weights\.pt could not be written .*; make"):
        fitted.save_params(f_params=path, f_history=history)
    assert (path.read_bytes(), history.read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


def test_parameters_are_loaded_as_data_whatever_a_state_says(fitted, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"head.classify.bias": Evil()}, tmp_path / "weights.pt")
    net = copy.deepcopy(fitted)
    vars(net)["torch_load_kwargs"] = {"weights_only": False}
    with pytest.raises(pickle.UnpicklingError):
        net.load_params(f_params=tmp_path / "weights.pt")
    assert not (tmp_path / "ran").exists()


def test_skops_trusts_the_projects_types_only_and_predicts_bit_for_bit(bags, table):
    X, y = bags
    features = PlaneFeatureNet(module="ran_tiny", max_epochs=1, random_state=0)
    model = make_pipeline(features, PredictiveNet(max_epochs=2, random_state=0))
    model.fit(X[:24], y[:24])
    data = skops.io.dumps(model)
    asked = skops.io.get_untrusted_types(data=data)
    assert asked
    assert all(name.startswith("sknac.") for name in asked)
    again = skops.io.loads(data, trusted=asked)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_skops_refuses_a_net_of_a_newer_format(table):
    X, y = table
    net = PredictiveNet(max_epochs=1, random_state=0).fit(X, y)
    newer = {**net.__getstate__(), "_sknac_stamp": (99, "9.0")}
    net.__dict__["__getstate__"] = lambda: newer
    data = skops.io.dumps(net)
    with pytest.raises(SknacFormatError, match="upgrade sknac"):
        skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))


def test_dual_input_comes_back_from_skops(pairs):
    X, y = pairs
    net = DLRClassifier(module="resnet_tiny", max_epochs=1, random_state=0)
    data = skops.io.dumps(net.fit(X[:16], y[:16]))
    asked = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("sknac.") for name in asked)
    again = skops.io.loads(data, trusted=asked)
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))


def test_a_state_without_a_stamp_warns(fitted):
    state = fitted.__getstate__()
    del state["_sknac_stamp"]
    with pytest.warns(UserWarning, match="saved by sknac unknown"):
        PlaneFeatureNet.__new__(PlaneFeatureNet).__setstate__(state)


def test_same_version_loads_without_a_warning(fitted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(fitted))


def test_net_beside_other_estimators_is_saved_by_skops(bags):
    X, y = bags
    features = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, random_state=0)
    model = make_pipeline(features, LogisticRegression(max_iter=500))
    data = skops.io.dumps(model.fit(X[:24], y[:24]))
    again = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.joblib")), ids=lambda p: p.stem)
def test_files_of_every_release_give_their_scores(path):
    """Scores stored with the file by the release that wrote it (regression)."""
    expected = np.load(path.with_suffix(".npz"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* was saved by sknac")
        net = joblib.load(path)
    found = net.predict_proba(expected["X"])
    np.testing.assert_allclose(found, expected["proba"], rtol=1e-4, atol=1e-6)


def test_there_is_a_golden_file_of_each_estimator():
    names = {path.stem.split("-")[0] for path in GOLDEN.glob("*.joblib")}
    assert names == {"PlaneFeatureNet", "PredictiveNet", "DLRClassifier"}


FEW = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
MAKERS = {
    "table": (PredictiveNet, {"module": "mlp_tiny", "class_weight": {"response": 2}}),
    "bags": (PlaneFeatureNet, {"module": "resnet_tiny"}),
    "pairs": (DLRClassifier, {"module": "resnet_tiny", "module__width": 4}),
}


@pytest.fixture(scope="module", params=MAKERS)
def saved(request):
    """A small fitted network, what it was fitted on, and its pickle."""
    X, y = request.getfixturevalue(request.param)
    make, settings = MAKERS[request.param]
    net = make(**settings, **FEW).fit(X[:24], y[:24])
    return net, X[:24], pickle.dumps(net)


@pytest.mark.filterwarnings("ignore")
def test_a_flipped_bit_is_refused_or_of_no_consequence(saved):
    net, X, data = saved
    expected = net.predict_proba(X)
    rng = np.random.default_rng(0)
    silent = 0
    for position in rng.integers(8 * len(data), size=120):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        try:
            found = pickle.loads(bytes(damaged)).predict_proba(X)
        except Exception:  # whatever a broken pickle raises
            continue
        silent += 1
        np.testing.assert_array_equal(found, expected)
    assert silent < 12  # the version's text, sizes of frames


@pytest.mark.parametrize("how", ["weight", "statistic", "label", "shape", "setting"])
def test_a_change_of_any_part_is_refused(fitted, how):
    state = copy.deepcopy(fitted.__getstate__())
    if how == "weight":
        state["_weights"]["head.classify.bias"].view(np.uint8)[0] ^= 1
    elif how == "statistic":
        state["_weights"]["backbone.bn1.running_var"].view(np.uint8)[3] ^= 1
    elif how == "label":
        state["classes_inferred_"] = np.array(["non-response", "sesponse"])
    elif how == "shape":
        state["item_shape_"] = (1, 33, 32)
    else:
        state["autocast"] = True
    with pytest.raises(SknacFormatError, match=r"not as it was saved: .* damaged"):
        PlaneFeatureNet.__new__(PlaneFeatureNet).__setstate__(state)


def test_a_state_without_its_digest_is_refused_but_of_the_format_that_had_none(fitted):
    state = fitted.__getstate__()
    del state["_digest"]
    with pytest.raises(SknacFormatError, match="damaged"):
        PlaneFeatureNet.__new__(PlaneFeatureNet).__setstate__(state)
    old = PlaneFeatureNet.__new__(PlaneFeatureNet)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old.__setstate__({**state, "_sknac_stamp": (1, "0.1.0")})
    assert not old.module_.training


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["head.classify.bias", "backbone.bn1.running_mean"])
def test_weights_that_are_no_numbers_are_refused_on_loading(bags, name, bad):
    X, y = bags
    net = PlaneFeatureNet(module="resnet_tiny", **FEW).fit(X[:24], y[:24])
    with torch.no_grad():
        net.module_.state_dict()[name][0] = bad
    with pytest.raises(SknacFormatError, match=f"'{name}' are not finite"):
        pickle.loads(pickle.dumps(net))
    weights = io.BytesIO()
    net.save_params(f_params=weights)
    weights.seek(0)
    with pytest.raises(ValueError, match=f"'{name}' are not finite"):
        net.load_params(f_params=weights)
    if np.isnan(bad):
        with pytest.raises(ValueError, match=r"row 0: .* not finite; scale"):
            net.predict(X[:3])


def test_features_that_overflow_are_named_not_classified(table):
    X, y = table
    net = PredictiveNet(module="mlp_tiny", **FEW).fit(X, y)
    weights = net.module_.layers[1].weight.detach().numpy()
    far = np.array(X)
    far[4] = 3.4e38 * np.sign(weights[np.abs(weights).sum(axis=1).argmax()])
    with pytest.raises(ValueError, match=r"row 4: PredictiveNet computes"):
        net.predict(far)


def test_equal_states_have_one_digest_whatever_saved_them(saved):
    net, _, data = saved
    again = pickle.loads(data)
    data = skops.io.dumps(again)
    asked = skops.io.get_untrusted_types(data=data)
    third = skops.io.loads(data, trusted=asked)
    digests = {one.__getstate__()["_digest"] for one in (net, again, third)}
    assert len(digests) == 1
