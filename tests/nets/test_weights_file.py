import os
import pickle
import sys
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sknac.exceptions import SknacFormatError
from sknac.nets._weights_file import check_path, content_of, read_weights

WEIGHTS = OrderedDict(
    {"conv.weight": torch.arange(18.0).view(2, 1, 3, 3), "conv.bias": torch.ones(2)}
)


def write(path, held):
    """Write weights by the suffix of a path."""
    save_file(held, path) if path.suffix == ".safetensors" else torch.save(held, path)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth", ".PT"])
def test_formats_are_read_alike(tmp_path, suffix):
    path = write(tmp_path / f"w{suffix}", WEIGHTS)
    file = read_weights(path)
    assert list(file.tensors) == sorted(WEIGHTS) or list(file.tensors) == list(WEIGHTS)
    assert all(torch.equal(file.tensors[k], v) for k, v in WEIGHTS.items())
    assert file.digest == content_of(path) == content_of(str(path))


@pytest.mark.parametrize(
    "held",
    [
        {"state_dict": WEIGHTS, "epoch": 3, "optimizer": {"lr": 0.1}},
        {"model": {"state_dict": WEIGHTS}},
        {"net": WEIGHTS},
        {**WEIGHTS, "epoch": 3},
        {k: nn.Parameter(v.double()) for k, v in WEIGHTS.items()},
        {k: v.half() for k, v in WEIGHTS.items()},
    ],
)
def test_a_state_dict_is_found_and_read_in_single_precision(tmp_path, held):
    found = read_weights(write(tmp_path / "w.pt", held)).tensors
    assert set(found) == set(WEIGHTS)
    assert torch.equal(found["conv.weight"], WEIGHTS["conv.weight"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("https://example.org/w.pt", "must be a local file, as nothing is downloaded"),
        ("hf://org/w.safetensors", "nothing is downloaded"),
        ("imagenet", "must be the path of a file .safetensors, .pt, .pth, got 'imag"),
        ("w.npz", "must be the path"),
        (True, "got True"),
        (nn.Identity(), "got Identity"),
    ],
)
def test_what_is_no_local_file_of_weights_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        check_path(given)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.pt; give the path of one"):
        check_path(tmp_path / "gone.pt")


class Hostile:
    """Would make a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


BAD = {
    "list": ([torch.ones(2)], "holds no weights by name"),
    "empty": ({}, "holds no weights by name"),
    "numbers": ({"a": 1.0}, "holds no weights by name"),
    "unnamed": ({0: torch.ones(2)}, "holds no weights"),
    "model": (nn.Linear(1, 1), "may run anything; save model.state_dict"),
    "twice": ({"model": WEIGHTS, "state_dict": WEIGHTS}, "several sets of weights"),
    "nan": ({"a": torch.tensor([1.0, torch.nan])}, "'a' are not finite"),
    "large": ({"a": torch.tensor([1e300], dtype=torch.double)}, "'a' are not finite"),
    "complex": ({"a": torch.ones(2, dtype=torch.cfloat)}, "no plain array of real"),
    "sparse": ({"a": torch.eye(2).to_sparse()}, "no plain array"),
    "spread": ({"a": torch.ones(1).expand(10**12)}, "'a' is larger than its data"),
    "variance": ({"bn.running_var": -torch.ones(2)}, "are negative"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_sound_set_of_weights_is_refused(tmp_path, kind):
    held, message = BAD[kind]
    with pytest.raises(SknacFormatError, match=message):
        read_weights(write(tmp_path / "w.pt", held))


def test_nothing_in_a_file_is_run(tmp_path):
    path = tmp_path / "w.pt"
    made = tmp_path / "made"
    torch.save({"a": torch.ones(1), "b": Hostile(made)}, path)
    with pytest.raises(SknacFormatError, match="holds other objects than weights"):
        read_weights(path)
    for protocol in (2, 4):
        path.write_bytes(pickle.dumps(Hostile(made), protocol))
        with pytest.raises(SknacFormatError, match="holds other objects than weights"):
            read_weights(path)
    assert not made.exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("damage", ["cut", "other", "nothing", "text"])
def test_damage_is_named(tmp_path, suffix, damage):
    path = write(tmp_path / f"w{suffix}", WEIGHTS)
    other = ".pt" if suffix == ".safetensors" else ".safetensors"
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "other": write(tmp_path / f"o{other}", WEIGHTS).read_bytes(),
            "nothing": b"",
            "text": b"version https://git-lfs.github.com/spec/v1\n",
        }[damage]
    )
    with pytest.raises(SknacFormatError, match="no sound"):
        read_weights(path)


def test_what_is_no_file_of_torch_is_told_by_its_beginning(tmp_path):
    path = tmp_path / "w.pt"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(SknacFormatError, match=r"it begins with b'version http'"):
        read_weights(path)


def test_the_missing_package_is_named(tmp_path, monkeypatch):
    path = write(tmp_path / "w.safetensors", WEIGHTS)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.delitem(sys.modules, "safetensors.torch")
    with pytest.raises(ImportError, match=r"sknac\[images\]"):
        read_weights(path)


def test_the_content_of_a_path_is_that_of_its_file(tmp_path):
    path = write(tmp_path / "w.pt", WEIGHTS)
    before = content_of(path)
    write(path, {k: v + 1 for k, v in WEIGHTS.items()})
    assert content_of(path) not in (None, before)
    assert content_of(tmp_path / "gone.pt") is content_of(None) is None
