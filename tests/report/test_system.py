"""A system knows its classes, cohorts and patients."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest

from sknac.report._sample import Sample
from sknac.report._system import System


@pytest.fixture
def system():
    """Two test patients and one training patient."""
    y = pd.Series(["n", "r"], index=["P7", "P8"])
    train = Sample(pd.Series(["r"], index=["P1"]))
    return System("x", "r", "m", Sample(y), train)


def test_positive_class_comes_first(system):
    assert system.classes == ["r", "n"]
    assert system.neg_label == "n"


def test_training_patients_are_a_cohort_where_they_are_given(system):
    assert [name for name, _ in system.cohorts()] == ["test", "training"]
    system.train = None
    assert [name for name, _ in system.cohorts()] == ["test"]


def test_patients_are_numbered_unless_their_names_are_asked_for(system):
    assert system.patient_name(1, show_ids=False) == "test patient 2"
    assert system.patient_name(1, show_ids=True) == "P8"
