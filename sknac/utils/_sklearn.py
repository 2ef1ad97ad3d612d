"""Private names of scikit-learn, imported here and nowhere else.

One file breaks when scikit-learn moves them.
"""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.base import _fit_context
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Integral,
    Interval,
    InvalidParameterError,
    Options,
    Real,
    StrOptions,
    validate_params,
)
from sklearn.utils.metaestimators import _BaseComposition

__all__ = [
    "HasMethods",
    "Hidden",
    "Integral",
    "Interval",
    "InvalidParameterError",
    "Options",
    "Real",
    "StrOptions",
    "_BaseComposition",
    "_fit_context",
    "validate_params",
]
