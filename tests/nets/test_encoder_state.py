import pickle
import sys

import numpy as np
import pytest
import torch
from torch import nn

from sknac.nets import EncoderFeatures
from sknac.testing import make_check_cohort

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
    step, X = fitted(foreign, "Unwritable")
    with pytest.warns(UserWarning, match="cannot write foreignnets.Unwritable .no way"):
        data = pickle.dumps(step)
    np.testing.assert_array_equal(pickle.loads(data).transform(X), step.transform(X))
    forget(foreign, monkeypatch)
    with pytest.raises(ValueError, match="module='foreignnets"):
        pickle.loads(data)


def _refuse(*args, **settings):
    """Stand for a torch that cannot."""
    raise RuntimeError("no way\nand more")


def test_a_bit_that_changed_is_noticed(foreign):
    step, _ = fitted(foreign, "Net")
    step._program = np.zeros(8, np.uint8)  # as if it had been made
    state = step.__getstate__()
    state["_program"] = np.ones(8, np.uint8)
    with pytest.raises(ValueError, match="damaged"):
        EncoderFeatures.__new__(EncoderFeatures).__setstate__(state)


def test_an_unfitted_step_is_saved(foreign):
    step = EncoderFeatures("foreignnets.Net", weights=foreign / "w.pt")
    assert pickle.loads(pickle.dumps(step)).get_params() == step.get_params()
