"""What every result shares, on a small one of its own."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pandas as pd
import pytest

from sknac.utils._result import Result, plain


@dataclass(frozen=True, eq=False)
class Found(Result):
    """A result with one field of each kind."""

    estimate: float
    values: np.ndarray
    table: pd.DataFrame
    inner: Result | None = None
    confidence_level: float = 0.95
    method: str = "wald"
    alternative: str | None = None
    pos_label: object = None
    n: int = 8
    n_pos: int | None = None
    n_groups: int | None = None


@pytest.fixture
def found():
    index = pd.MultiIndex.from_tuples([("er", 1)], names=["factor", "level"])
    table = pd.DataFrame({("a", "low"): [np.int64(1)]}, index=index)
    return Found(np.float32(0.5), np.arange(2), table)


def test_dictionary_is_plain_through_and_through(found):
    outer = found.replace(inner=found).to_dict()
    assert outer["inner"]["values"] == [0, 1]
    assert outer["table"] == [{"factor": "er", "level": 1, "a: low": 1}]
    assert json.loads(json.dumps(outer)) == outer


def test_rows_without_names_keep_what_the_index_says():
    assert plain(pd.DataFrame({"n": [2]}, index=["x"])) == [{"name": "x", "n": 2}]
    assert plain(pd.DataFrame({"n": [2]})) == [{"n": 2}]


def test_keys_become_text():
    assert plain({("er", 1): (2, 3), 4: "x"}) == {"er: 1": [2, 3], "4": "x"}


def test_about_says_level_alternative_and_patients(found):
    full = found.replace(alternative="less", pos_label=np.int64(1), n_pos=3)
    assert full._about() == "95% wald, less, pos_label=1, n=8 patients, n_pos=3"
    assert found._about() == "95% wald"


def test_notebook_shows_the_head_escaped_and_the_table(found):
    html = found.replace(method="<b>")._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<table" in html


def test_fields_cannot_be_set(found):
    with pytest.raises(FrozenInstanceError):
        found.estimate = 1.0
