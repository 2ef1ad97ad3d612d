"""Results as JSON: nothing is lost but what JSON cannot hold."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pandas as pd

from sknac.metrics._proportions import proportion_ci
from sknac.report._plain import jsonable


def test_json_holds_no_nan_and_no_infinity():
    found = jsonable({"a": [np.nan, np.inf, 1.5], "b": np.float32(0.5), "c": pd.NA})
    assert found == {"a": [None, None, 1.5], "b": 0.5, "c": None}
    json.dumps(found, allow_nan=False)


def test_tables_become_rows_with_their_index():
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="group"))
    assert jsonable(frame) == [{"group": "a", "n": 1}, {"group": "b", "n": 2}]
    assert jsonable(frame.rename_axis(None))[0] == {"name": "a", "n": 1}
    assert jsonable(frame.reset_index(drop=True)) == [{"n": 1}, {"n": 2}]


def test_whole_numbers_and_flags_keep_their_kind():
    frame = pd.DataFrame({"n": [3], "share": [0.5], "kept": [True], "who": ["a"]})
    (row,) = jsonable(frame)
    assert row == {"n": 3, "share": 0.5, "kept": True, "who": "a"}
    assert isinstance(row["n"], int)


def test_results_are_their_fields():
    result = proportion_ci(3, 4)
    assert jsonable(result) == result.to_dict()


def test_keys_of_pairs_are_joined():
    assert jsonable({("a", 1): 2}) == {"a: 1": 2}


def test_anything_else_is_written_without_addresses():
    assert "0x" not in jsonable(object())
