"""Labels, routed parameters and scores, as every class of this package reads them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn import get_config
from sklearn.utils import column_or_1d
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.multiclass import type_of_target


def binary_target(y):
    """Return y as a vector and its two classes, or say what is wrong with it."""
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. Unknown label type: {kind}"
        )
    y = column_or_1d(y, warn=True)
    classes = np.unique(y)
    if len(classes) != 2:
        raise ValueError(
            f"y holds one class only ({classes.tolist()}); two are needed to find a "
            "decision."
        )
    return y, classes


def class_index(classes, label, *, name, default):
    """Return the position of `label` in `classes`; None stands for `default`."""
    if label is None:
        return default
    found = np.flatnonzero([label == known for known in classes.tolist()])
    if len(found) == 0:
        raise ValueError(
            f"{name}={label!r} is not a label of y; it should be one of "
            f"{classes.tolist()}."
        )
    return int(found[0])


def routed_fit_params(owner, params):
    """Return what each part of `owner` gets of the keywords passed to its fit."""
    if params and not get_config()["enable_metadata_routing"]:
        raise ValueError(
            f"{type(owner).__name__}.fit got {sorted(params)}, which reach the inner "
            "estimators and splitters only with metadata routing: call "
            "sklearn.set_config(enable_metadata_routing=True) and request them, for "
            "example with set_fit_request."
        )
    return process_routing(owner, "fit", **params)
