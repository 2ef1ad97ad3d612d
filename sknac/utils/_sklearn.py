"""Private names of scikit-learn, imported here and nowhere else.

One file breaks when scikit-learn moves them.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, TypeVar

from sklearn.base import _fit_context as _untyped_fit_context
from sklearn.callback import with_callbacks as _untyped_with_callbacks
from sklearn.metrics._scorer import _Scorer
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Integral,
    Interval,
    Options,
    Real,
    StrOptions,
    generate_invalid_param_val,
    make_constraint,
    validate_params,
)
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils._response import _get_response_values_binary
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import (
    _check_method_params,
    _check_sample_weight,
    _num_samples,
)

__all__ = [
    "CALLBACK_STATE",
    "InstanceWith",
    "Integral",
    "Interval",
    "Options",
    "Real",
    "StrOptions",
    "_BaseComposition",
    "_Scorer",
    "_VisualBlock",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_get_response_values_binary",
    "_num_samples",
    "_safe_indexing",
    "generate_invalid_param_val",
    "make_constraint",
    "open_task",
    "progress_of",
    "validate_params",
    "with_callbacks",
    "without_callbacks",
]

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _fit_context(
    *, prefer_skip_nested_validation: bool
) -> Callable[[_Method], _Method]:
    """Decorate `fit` as scikit-learn does; its annotations stay visible."""
    return _untyped_fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )


def with_callbacks(fit: _Method) -> _Method:
    """Decorate `fit` as scikit-learn's `with_callbacks`; its annotations stay."""
    return _untyped_with_callbacks(fit)


class InstanceWith(HasMethods):
    """An object with some methods; its class, which has them too, is none."""

    def is_satisfied_by(self, val):
        """Tell whether a value is one."""
        return not isinstance(val, type) and super().is_satisfied_by(val)

    def __str__(self):
        return super().__str__().replace("an object", "an instance")


def without_callbacks(step):
    """Return a twin that can be sent to a worker; callbacks stay here."""
    kept = {k: v for k, v in vars(step).items() if "_callback" not in k}
    if len(kept) == len(vars(step)):
        return step
    twin = type(step).__new__(type(step))
    vars(twin).update(kept)
    return twin


# What a call under `with_callbacks` keeps on its estimator, until it ends.
CALLBACK_STATE = frozenset({"_callback_fit_ctx", "_skl_callbacks_to_teardown"})


def open_task(estimator, name, n_parts):
    """Make what tells an estimator's callbacks of a task."""
    return estimator._init_callback_context(name, max_subtasks=n_parts)


@contextmanager
def progress_of(step, n_parts, task="transform", part_name="plane"):
    """Tell a step's callbacks of its parts; yield what to call for each, or None."""
    if not getattr(step, "_skl_callbacks", None):
        yield None
        return
    whole = open_task(step, task, n_parts)
    whole.call_on_fit_task_begin(estimator=step)

    def on_part():
        part = whole.subcontext(task_name=part_name)
        part.call_on_fit_task_begin(estimator=step)
        part.call_on_fit_task_end(estimator=step)

    yield on_part
    whole.call_on_fit_task_end(estimator=step)
