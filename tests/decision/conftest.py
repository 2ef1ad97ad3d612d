"""Data of the decision tests."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

# The validation cohort of the DLRP paper, Fig. 4: true class, what DLR-2 and DLR-4
# say (as scores beyond 0.5), patients. Stopped patients have no second visit.
FIG_4 = [
    ("non-response", 0.1, np.nan, 10),
    ("response", 0.1, np.nan, 2),
    ("non-response", 0.9, 0.1, 9),
    ("response", 0.9, 0.1, 4),
    ("non-response", 0.9, 0.9, 2),
    ("response", 0.9, 0.9, 15),
]
# The same cohort with DLR-4 alone on all 42, forced by Fig. 4 and Table 3 together:
# of those whom DLR-2 stops, DLR-4 would stop the 10 non-responders, not the 2 others.
ALONE = [("non-response", 0.1, 0.1, 10), ("response", 0.1, 0.9, 2), *FIG_4[2:]]


def _cohort(blocks):
    """Return the scores and labels of blocks of equal patients."""
    label, early, late, count = zip(*blocks, strict=True)
    X = pd.DataFrame({"dlr2": np.repeat(early, count), "dlr4": np.repeat(late, count)})
    X.index = pd.Index([f"P{row:03d}" for row in range(len(X))], name="patient_id")
    return X, np.repeat(label, count)


@pytest.fixture(scope="session")
def fig4():
    """Scores with which two stages make the flow of Fig. 4."""
    return _cohort(FIG_4)


@pytest.fixture(scope="session")
def fig4_alone():
    """The same with both scores for all patients."""
    return _cohort(ALONE)


@pytest.fixture(scope="session")
def cancer():
    """Breast-cancer features with string labels, "malignant" the second class."""
    data = load_breast_cancer(as_frame=True)
    X = data.frame[["mean radius", "mean texture", "mean smoothness"]].iloc[:200]
    X = (X - X.mean()) / X.std()
    return X, np.where(data.target.iloc[:200] == 0, "malignant", "benign")
