"""Private names of scikit-learn, imported here and nowhere else.

One file breaks when scikit-learn moves them.
"""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing
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
from sklearn.utils._repr_html.estimator import _get_visual_block, _VisualBlock
from sklearn.utils._response import _get_response_values_binary
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import _check_method_params, _num_samples

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
    "_VisualBlock",
    "_check_method_params",
    "_fit_context",
    "_get_response_values_binary",
    "_get_visual_block",
    "_num_samples",
    "_safe_indexing",
    "validate_params",
]
