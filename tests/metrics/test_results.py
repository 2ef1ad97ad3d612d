"""Results: frozen, short to print, and plain as dictionary and table."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    confusion_rates,
    delong_contrast,
    delong_test,
)


@pytest.fixture
def results(tied):
    """Give one result of each kind, with string labels."""
    y, a, b = tied
    found = np.where(a > 0.5, "response", "non-response")
    kwargs = {"pos_label": "response"}
    return [
        auc_ci(y, a, **kwargs),
        bootstrap_ci("roc_auc", y, a, random_state=0, **kwargs),
        delong_test(y, a, b, **kwargs),
        delong_contrast(y, {"a": a, "b": b}, **kwargs),
        confusion_rates(y, found, **kwargs),
    ]


def test_results_cannot_be_changed(results):
    for result in results:
        with pytest.raises(FrozenInstanceError):
            result.pos_label = "non-response"


def test_print_names_the_positive_class_in_few_characters(results):
    for result in results:
        assert "pos_label='response'" in repr(result)
        assert len(repr(result)) < 260


def test_dictionaries_hold_plain_values(results):
    for result in results:
        plain = result.to_dict()
        assert json.loads(json.dumps(plain))["pos_label"] == "response"


def test_tables_have_a_row_per_estimate(results):
    assert [len(r.to_frame()) for r in results] == [1, 1, 1, 2, 5]


def test_numpy_positive_class_prints_plainly():
    got = auc_ci([0, 0, 1, 1], [1, 3, 2, 4], pos_label=np.int64(1))
    assert "pos_label=1," in repr(got)
    assert type(got.to_dict()["pos_label"]) is int
