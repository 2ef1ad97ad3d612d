"""`joblib.hash` takes an object's key, whatever would be in its pickle."""

# SPDX-License-Identifier: BSD-3-Clause

import joblib
import numpy as np
import pandas as pd

from sknac.utils._hashing import hash_by


class Page:
    """A key, and what no hash shall walk through."""

    def __init__(self, key):
        self.key = key

    def __reduce__(self):
        raise AssertionError("pickled")


hash_by(Page, lambda page: page.key)


def test_objects_of_one_key_hash_alike_and_others_do_not():
    one, other = Page("a"), Page("b")
    assert joblib.hash(one) == joblib.hash(Page("a")) != joblib.hash(other)
    assert joblib.hash([one, one]) == joblib.hash([one, Page("a")])
    assert joblib.hash([one, other]) != joblib.hash([other, one])


def test_frames_and_arrays_of_such_objects_are_hashed_by_their_keys():
    cells = np.array([Page("a"), None, Page("b")], dtype=object)
    again = np.array([Page("a"), None, Page("b")], dtype=object)
    assert joblib.hash(cells) == joblib.hash(again)
    frames = [pd.DataFrame({"age": [1, 2, 3], "page": c}) for c in (cells, again)]
    assert joblib.hash(frames[0]) == joblib.hash(frames[1])
    assert joblib.hash(frames[0]) != joblib.hash(frames[0][::-1])
