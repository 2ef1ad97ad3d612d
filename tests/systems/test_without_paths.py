"""What is taken out of a copy of a model, and what stays."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from sknac.qus import EnvelopeMapper
from sknac.systems._without_paths import without_paths


class Pair(NamedTuple):
    """Two values."""

    one: object
    two: object


@dataclass(frozen=True)
class Record:
    """A frozen record."""

    path: str
    n: int = 1


@pytest.fixture
def log(tmp_path):
    """A file that is there."""
    (tmp_path / "run.log").touch()
    return str(tmp_path / "run.log")


def cleaned(value):
    model = LogisticRegression()
    model.value_ = value
    return without_paths(model).value_


OUT = "run.log (left out by hand_over)"


def test_paths_are_found_wherever_they_lie(log):
    assert cleaned(log) == OUT
    assert cleaned(Path(log)) == OUT
    assert cleaned({"a": [1, (log,)]}) == {"a": [1, (OUT,)]}
    assert cleaned(Pair(1, log)) == Pair(1, OUT)
    assert cleaned(Record(log)) == Record(OUT)
    assert cleaned(np.array([log, None], dtype=object)).tolist() == [OUT, None]
    assert cleaned("body.safetensors") == "body.safetensors (left out by hand_over)"
    assert cleaned(joblib.Memory(log + "x")) is None


@pytest.mark.parametrize(
    "value",
    ["HR+/HER2-", "yes", "/", "mean/sd of a region", "", "a\0b", "\ud800/x", 3, None],
)
def test_what_is_no_path_stays(value):
    assert cleaned(value) == value


def test_the_model_itself_stays_as_it_was(log):
    step = EnvelopeMapper(store=log + ".maps")
    step.notes_ = {"log": [log]}
    copy = without_paths(step)
    assert copy.store == EnvelopeMapper().store
    assert copy.notes_ == {"log": [OUT]}
    assert step.store == log + ".maps"
    assert step.notes_ == {"log": [log]}


def test_a_setting_of_anothers_that_is_named_store_keeps_its_value():
    class Shop(BaseEstimator):
        def __init__(self, store="corner"):
            self.store = store

    Shop.__module__, Shop.__qualname__ = __name__, "Shop"
    globals()["Shop"] = Shop
    assert without_paths(Shop("mall")).store == "mall"
