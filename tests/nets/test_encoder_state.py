import pickle
import sys

import numpy as np
import pytest
import skops.io
import torch
from torch import nn

from sknac.exceptions import SknacFormatError
from sknac.nets import EncoderFeatures, ResNet
from sknac.nets._program import TorchProgram
from sknac.testing import make_check_cohort
from sknac.utils import _state

CODE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 4, 3)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.conv(x).relu().mean((2, 3)))


class Unwritable(Net):
    def forward(self, x):
        if float(x.sum()) > 1e30:
            return x
        return super().forward(x)
"""


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """A package that can be imported, until it is gone; and weights of its network."""
    (tmp_path / "foreignnets.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    net = nn.ModuleDict({"conv": nn.Conv2d(3, 4, 3), "out": nn.Linear(4, 2)})
    torch.save(net.state_dict(), tmp_path / "w.pt")
    yield tmp_path
    sys.modules.pop("foreignnets", None)


def fitted(folder, name, **settings):
    """A step with a network of that package, and its cohort."""
    X, _ = make_check_cohort("bmode")
    step = EncoderFeatures(f"foreignnets.{name}", weights=folder / "w.pt", **settings)
    return step.fit(X), X


def forget(folder, monkeypatch):
    """Take the package, and its weights, away."""
    (folder / "foreignnets.py").unlink()
    (folder / "w.pt").unlink()
    monkeypatch.setitem(sys.modules, "foreignnets", None)


@pytest.mark.slow
def test_a_saved_step_needs_no_package(foreign, monkeypatch):
    step, X = fitted(foreign, "Net", normalise=(100.0, 50.0))
    expected, data = step.transform(X), pickle.dumps(step)
    forget(foreign, monkeypatch)
    again = pickle.loads(data)
    np.testing.assert_allclose(again.transform(X), expected, rtol=1e-5)
    assert again.encoder_digest_ == step.encoder_digest_
    once_more = pickle.loads(pickle.dumps(again))
    np.testing.assert_array_equal(once_more.transform(X), again.transform(X))
    assert once_more.get_params() == step.get_params()
    with pytest.raises(ValueError, match="cannot be imported"):
        again.fit(X)


def test_what_torch_cannot_write_needs_its_package(foreign, monkeypatch):
    monkeypatch.setattr(torch.export, "export", _refuse)
    step, X = fitted(foreign, "Unwritable", normalise=(0, 1))
    with pytest.warns(UserWarning, match="cannot write foreignnets.Unwritable .no way"):
        data = pickle.dumps(step)
    np.testing.assert_array_equal(pickle.loads(data).transform(X), step.transform(X))
    forget(foreign, monkeypatch)
    with pytest.raises(ImportError, match="foreignnets"):
        pickle.loads(data)


def _refuse(*args, **settings):
    """Stand for a torch that cannot."""
    raise RuntimeError("no way\nand more")


def loaded(state):
    """What a state becomes, its digests those of its content."""
    digests = {
        k: _state._digest(v, True) for k, v in state.items() if "_sknac" not in k
    }
    step = EncoderFeatures.__new__(EncoderFeatures)
    step.__setstate__(state | {"_sknac_digests": digests})
    return step


def by_name(folder):
    """A fitted step with a network by name, and its cohort."""
    net, X = ResNet(1, layout="tiny", width=2), make_check_cohort("maps", image_size=32)
    torch.save(net.state_dict(), folder / "tiny.pt")
    step = EncoderFeatures(
        "resnet_tiny", weights=folder / "tiny.pt", module_settings={"width": 2}
    )
    return step.fit(X[0]), X[0]


def test_a_bit_that_changed_is_noticed(tmp_path):
    step, X = by_name(tmp_path)
    state = step.__getstate__()
    np.testing.assert_array_equal(loaded(dict(state)).transform(X), step.transform(X))
    state["_weights"]["module.backbone.bn1.bias"] += 1
    with pytest.raises(SknacFormatError, match="damaged"):
        EncoderFeatures.__new__(EncoderFeatures).__setstate__(state)


def test_nothing_that_text_alone_names_is_called(tmp_path):
    state = by_name(tmp_path)[0].__getstate__()
    made = tmp_path / "made"
    state["_spec"] = ("os.mkdir", {"path": str(made)}, None, "mean")
    with pytest.raises(SknacFormatError, match="not as it was saved"):
        loaded(state)
    assert not made.exists()


def test_a_program_must_be_of_the_type_that_skops_asks_for(tmp_path):
    state = by_name(tmp_path)[0].__getstate__()
    state |= {"_spec": None, "_program": np.zeros(8, np.uint8)}
    with pytest.raises(SknacFormatError, match="not as it was saved"):
        loaded(state)
    data = skops.io.dumps(TorchProgram(np.zeros(8, np.uint8)))
    asked = skops.io.get_untrusted_types(data=data)
    assert asked == ["sknac.nets._program.TorchProgram"]
    again = skops.io.loads(data, trusted=asked)
    np.testing.assert_array_equal(again.data, np.zeros(8))


def test_an_unfitted_step_is_saved(foreign):
    step = EncoderFeatures("foreignnets.Net", weights=foreign / "w.pt")
    assert pickle.loads(pickle.dumps(step)).get_params() == step.get_params()


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    step, _ = by_name(tmp_path)
    with torch.no_grad():
        step.module_.state_dict()["module.backbone.bn1.bias"][0] = torch.nan
    with pytest.raises(SknacFormatError, match=r"bn1\.bias' are not finite numbers"):
        pickle.loads(pickle.dumps(step))
