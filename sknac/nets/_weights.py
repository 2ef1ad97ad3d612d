"""Weights of items in the loss."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from numbers import Real

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from sknac.utils._labels import code_hint

_SETTING = "class_weight={{{0}: ...}} (non_response={0} in make_qus_response_pipeline)"


def item_weights(
    codes: np.ndarray,
    sample_weight: np.ndarray,
    class_weight: Mapping | str | None,
    classes: np.ndarray,
) -> np.ndarray:
    """Multiply each item's sample weight by its class's weight.

    Parameters
    ----------
    codes : ndarray of int of shape (n_items,)
        Class of each item; every class occurs.
    sample_weight : ndarray of shape (n_items,)
        Weight of the row that the item belongs to.
    class_weight : mapping of label to float, "balanced" or None
        Weight of each class; a class that is not named has 1. ``"balanced"``
        makes the classes' items weigh the same in total.
    classes : ndarray of shape (n_classes,)
        Labels, sorted.

    Returns
    -------
    ndarray of shape (n_items,)
        Weights, not normalised.

    Raises
    ------
    ValueError
        If `class_weight` names a label that is not in y, or a negative weight.
    """
    if isinstance(class_weight, Mapping):
        known = set(classes.tolist())
        strange = [label for label in class_weight if label not in known]
        if strange:
            hint = code_hint(list(known), strange[0], _SETTING)
            raise ValueError(
                f"class_weight names {strange}, which y does not hold; give weights of "
                f"{sorted(known)}{hint}"
            )
        found = [class_weight.get(c, 1.0) for c in classes.tolist()]
        if not all(isinstance(w, Real) and 0 <= w < np.inf for w in found):
            raise ValueError(
                "class_weight must hold numbers, finite and not negative, got "
                f"{class_weight}"
            )
        per_class = np.array(found, dtype=float)
    else:
        per_class = compute_class_weight(
            class_weight, classes=np.arange(len(classes)), y=codes
        )
    return per_class[codes] * sample_weight
