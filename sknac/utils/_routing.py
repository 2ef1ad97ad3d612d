"""What the `fit` of every meta-estimator does with its keywords."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn import get_config
from sklearn.utils.metadata_routing import process_routing


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
