"""A fast sample of ``benchmarks/fuzz_readers.py``: damage is a format error."""

# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
from pathlib import Path

import numpy as np
import pytest

_SECONDS = 3  # of all formats together
_MUTANTS = 40


@pytest.fixture(scope="module")
def fuzz():
    """The script, as a module."""
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz_readers.py"
    spec = importlib.util.spec_from_file_location("fuzz_readers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_damaged_files_are_arrays_or_format_errors(fuzz, seeds, tmp_path):
    found = {}
    for name, write in seeds.SEEDS.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        spent = 0
        for number, outcome, reason, seconds in fuzz.damage(
            name, write, folder, 0, _MUTANTS
        ):
            assert outcome != "else", f"{name}, mutant {number}: {reason}"
            found.setdefault(name, set()).add(outcome)
            spent += seconds
            if spent > _SECONDS / len(seeds.SEEDS):
                break
    assert "refused" in set().union(*found.values())


def test_damage_is_the_same_at_each_run(fuzz):
    data = bytes(range(200))
    first, again = (fuzz.mutate(data, np.random.default_rng(3)) for _ in range(2))
    assert first == again != data


def test_what_escapes_is_seen(fuzz, seeds, tmp_path, monkeypatch):
    path = str(seeds.write_npy(tmp_path))
    assert fuzz.open_all(path) == ("opened", "")
    for escaped, reason in [
        (KeyError("x"), "KeyError"),
        (UserWarning("pydicom"), "UserWarning"),
        (fuzz.SknacFormatError(path, "broken"), "no file or no mend"),
        (fuzz.SknacFormatError("other.rf", "broken; mend it"), "no file or no mend"),
    ]:

        def read(path, escaped=escaped):
            raise escaped

        monkeypatch.setattr(fuzz, "read_info", read)
        outcome, told = fuzz.open_all(path)
        assert outcome == "else"
        assert reason in told
