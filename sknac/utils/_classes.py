"""Whether a fitted classifier speaks of the classes that the labels name.

One that was fitted on 1 and 2 knows a class 1, as labels 0 and 1 do, and means another;
one that was fitted on words and is asked of 0 and 1 is never right.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._labels import spell


def check_known_labels(estimator: Any, y: Any) -> None:
    """Raise where y holds labels that a classifier of two classes does not know.

    Missing labels, tables and classifiers of several classes are left to whom they
    are handed to: training rows may lack one class of several.
    """
    known = np.asarray(getattr(estimator, "classes_", ())).tolist()
    labels = pd.Series(np.asarray(y).ravel()).dropna().unique().tolist()
    strange = [label for label in labels if label not in known]
    if len(known) == 2 and np.ndim(y) == 1 and strange:
        raise ValueError(
            f"y holds {spell(strange[:5])}, but the fitted estimator knows {known}; "
            "give y the same labels"
        )


def check_same_classes(estimator: Any, classes: np.ndarray, whose: str) -> None:
    """Raise unless a part that has been fitted knows exactly the classes of y."""
    known = getattr(estimator, "classes_", None)
    if known is None:
        raise TypeError(
            f"{whose} must be a classifier, got {type(estimator).__name__} without "
            "classes_"
        )
    known = np.asarray(known).tolist()
    if known != classes.tolist():
        raise ValueError(
            f"y holds the labels {classes.tolist()}, but {whose} knows {known}; give y "
            "the same labels"
        )
