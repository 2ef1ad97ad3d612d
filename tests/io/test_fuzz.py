"""A fast sample of ``benchmarks/fuzz_readers.py``: damage is a format error."""

# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

_SECONDS = 2.5  # of all formats together
_MUTANTS = 25  # at most, and at least 4


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
    known = {**seeds.SEEDS, **seeds.COHORTS}
    for name, write in known.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        opened = fuzz.open_cohort if name in seeds.COHORTS else fuzz.open_all
        mutants = fuzz.damage(name, write, folder, 0, _MUTANTS, opened)
        stop = time.perf_counter() + _SECONDS / len(known)
        for number, outcome, reason, _ in mutants:
            assert outcome != "else", f"{name}, mutant {number}: {reason}"
            found.setdefault(name, set()).add(outcome)
            if number >= 3 and time.perf_counter() > stop:
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
