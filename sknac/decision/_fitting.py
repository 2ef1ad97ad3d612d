"""What every `fit` of this package does with its settings and keywords."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn import get_config
from sklearn.utils.metadata_routing import process_routing


def class_index(classes, label, *, name, default):
    """Return the position of `label` in two classes; None stands for `default`."""
    if label is None:
        return default
    classes = list(classes)
    if label not in classes:
        raise ValueError(f"{name} must be a label of y ({classes}), got {label!r}")
    return classes.index(label)


def routed_fit_params(owner, params):
    """Return what each part of `owner` gets of the keywords passed to its fit."""
    if params and not get_config()["enable_metadata_routing"]:
        raise ValueError(
            f"{type(owner).__name__}.fit got {sorted(params)}, which reach the inner "
            "estimators and splitters only with metadata routing; call "
            "sklearn.set_config(enable_metadata_routing=True) and request them, for "
            "example with set_fit_request"
        )
    return process_routing(owner, "fit", **params)
