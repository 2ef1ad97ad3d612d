import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sknac.nets import RAN, PlaneFeatureNet, ResNet
from sknac.nets._blocks import PointConv
from sknac.nets._layout import pick_layout

LAST, USUAL = "channels_last", "contiguous_format"


class LooseKernel(nn.Module):
    """A network whose kernel is no layer: nobody can tell how it is used."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(4, 2, 1, 1))


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (nn.Conv2d(2, 4, 1, stride=2), USUAL),
        (nn.Conv2d(7, 4, 1, stride=(1, 2)), USUAL),
        (nn.Conv2d(32, 16, 1, stride=2, groups=4), USUAL),
        (nn.Sequential(nn.Conv2d(1, 8, 3), nn.Conv2d(4, 8, 1, stride=3)), USUAL),
        (nn.ConvTranspose2d(8, 8, 1, stride=2), USUAL),
        (LooseKernel(), USUAL),
        (nn.Conv2d(15, 4, 1, stride=2), USUAL),
        (nn.Conv2d(16, 4, 1, stride=2), LAST),
        (PointConv(2, 4, 1, stride=2), LAST),
        (nn.Conv2d(2, 4, 1), LAST),
        (nn.Conv2d(2, 4, 3, stride=2), LAST),
        (nn.Linear(3, 2), LAST),
        (ResNet(1, layout="tiny"), LAST),
        (ResNet(1, layout="tiny", width=4), LAST),
        (RAN(4, layout="tiny"), LAST),
        (RAN(4, layout="tiny", width=1), LAST),
    ],
)
def test_unsafe_networks_keep_the_usual_layout_on_cpus(net, expected):
    assert pick_layout(net, "cpu", channels_last=True) == expected
    assert pick_layout(net, "cpu", channels_last=False) == USUAL


def test_gpus_take_what_is_asked_for():
    unsafe = nn.Conv2d(2, 4, 1, stride=2)
    assert pick_layout(unsafe, "cuda", channels_last=True) == LAST
    assert pick_layout(unsafe, "cuda", channels_last=False) == USUAL


class Narrow(nn.Module):
    """A network of a user's own with a convolution that may overrun."""

    def __init__(self, in_channels=1, n_classes=2):
        super().__init__()
        self.look = nn.Conv2d(in_channels, 4, 1, stride=2)
        self.classify = nn.Linear(4, n_classes)

    def features(self, x):
        return self.look(x).mean(dim=(-2, -1))

    def forward(self, x):
        return self.classify(self.features(x))


@pytest.mark.parametrize(
    ("module", "asked", "expected"),
    [("resnet_tiny", True, LAST), ("resnet_tiny", False, USUAL), (Narrow, True, USUAL)],
)
def test_estimators_compute_in_the_layout_they_tell(module, asked, expected):
    net = PlaneFeatureNet(
        module=module,
        channels_last=asked,
        max_epochs=1,
        validation_fraction=None,
        random_state=0,
    ).fit(np.random.default_rng(0).random((4, 3, 32, 32)), [0, 1, 0, 1])
    assert net.memory_format_ == expected
    kernels = [p for p in net.module_.parameters() if p.ndim == 4 and p.shape[1] > 1]
    is_last = kernels[0].is_contiguous(memory_format=torch.channels_last)
    # One pixel wide kernels are contiguous both ways.
    assert is_last == (expected == LAST) or kernels[0].shape[-1] == 1


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [1, 5, 8])
def test_a_point_convolution_is_a_convolution(stride, side):
    torch.manual_seed(0)
    ours = PointConv(3, 4, 1, stride, bias=False).double()
    plain = nn.Conv2d(3, 4, 1, stride, bias=False).double()
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, side, side + 2, dtype=torch.double)
    found, expected = ours(x), plain(x)
    torch.testing.assert_close(found, expected)
    for y in (found, expected):
        y.square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, plain.weight.grad)


# Trains small networks and holds their gradients to those in double precision.
STRESS = """
import copy, sys
import numpy as np, torch
from sknac.nets import DLRClassifier, PlaneFeatureNet

estimator, module, layout = sys.argv[1:]
rng = np.random.default_rng(0)

def gradients(module, x):
    module.zero_grad()
    module(x).square().sum().backward()
    return torch.cat([p.grad.double().flatten() for p in module.parameters()])

for width in (1, 2, 3, 4, 6, 8, 12, 16):
    for side in (16, 32, 33, 48, 64):
        net = {"planes": PlaneFeatureNet, "pairs": DLRClassifier}[estimator](
            module=module, module__width=width, max_epochs=1, batch_size=3, lr=3e-3,
            channels_last=layout == "channels_last", validation_fraction=None,
            random_state=0, torch_threads=2,
        )
        shape = (8, 2, side, side) if estimator == "planes" else (8, 2, 1, side, side)
        X = rng.random(shape)
        if side < (32 if "resnet" in module else 16):
            continue
        p = net.fit(X, [0, 1] * 4).predict_proba(X)
        assert np.isfinite(p).all()
        x, exact = torch.tensor(X).float(), copy.deepcopy(net.module_).double()
        if x.ndim == 4:
            x = x.contiguous(memory_format=getattr(torch, net.memory_format_))
        found, expected = gradients(net.module_, x), gradients(exact, x.double())
        error = (found - expected).norm() / expected.norm()
        # A unit near 0 may be on in one precision and off in the other.
        assert error < 2e-2, (width, side, float(error))
print("done")
"""


def checked_memory(instructions):
    """Environment in which glibc checks every block, with some instructions only."""
    found = sorted(Path("/usr/lib").glob("*/libc_malloc_debug.so*"))
    return os.environ | {
        "ONEDNN_MAX_CPU_ISA": instructions,
        "LD_PRELOAD": str(found[0]) if found else "",
        "MALLOC_CHECK_": "3",
        "MALLOC_PERTURB_": "165",
        "OMP_WAIT_POLICY": "PASSIVE",  # two threads each, beside other tests
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("estimator", "module", "layout", "instructions"),
    [
        ("planes", "resnet_tiny", LAST, "AVX2"),
        ("planes", "resnet_tiny", LAST, "ALL"),
        ("planes", "resnet_tiny", USUAL, "AVX2"),
        ("planes", "ran_tiny", LAST, "AVX2"),
        ("pairs", "resnet_tiny", LAST, "AVX2"),
    ],
)
def test_no_small_network_writes_past_its_memory(
    estimator, module, layout, instructions
):
    done = subprocess.run(
        [sys.executable, "-c", STRESS, estimator, module, layout],
        env=checked_memory(instructions),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]
