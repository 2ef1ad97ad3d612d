"""Private names of scikit-learn that only meta-estimators need."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.utils import _safe_indexing
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils.validation import _check_method_params, _num_samples

__all__ = ["_VisualBlock", "_check_method_params", "_num_samples", "_safe_indexing"]
