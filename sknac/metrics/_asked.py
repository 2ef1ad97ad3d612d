"""Which metrics of a model are asked for: names, or scorers by name."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping
from typing import Any

from sknac.metrics._indices import NAMES, is_metric
from sknac.metrics._net_benefit import AT, NET_BENEFIT, USUAL, benefit_metric
from sknac.utils._frames import unique_columns
from sknac.utils._labels import shown
from sknac.utils._settings import check_option


def check_metrics(metrics: Any) -> dict[str, str | Callable[..., float]]:
    """Return the metrics by name."""
    if isinstance(metrics, str):
        metrics = [metrics]
    if isinstance(metrics, list | tuple):
        metrics = [one for metric in metrics for one in _expanded(metric)]
    if not isinstance(metrics, Mapping):
        if callable(metrics) or not all(isinstance(one, str) for one in metrics):
            raise ValueError(
                "metrics must be names, or a dictionary that names scorers, got "
                f"{shown(metrics)}"
            )
        unique_columns(metrics, "metrics")
        metrics = {name: name for name in metrics}
    if not metrics:
        raise ValueError("metrics is empty; name at least one")
    for name, metric in metrics.items():
        if callable(metric):
            _check_scorer(name, metric)
        else:
            _check_name(name, metric)
    return {str(name): metric for name, metric in metrics.items()}


def _expanded(metric: Any) -> list[Any]:
    """Return a metric, or for the net benefit that at each of the usual thresholds."""
    is_curve = isinstance(metric, str) and metric == NET_BENEFIT
    return [benefit_metric(cut) for cut in USUAL] if is_curve else [metric]


def _check_name(name: Any, metric: Any) -> None:
    """Raise where no index has this name."""
    if is_metric(metric):
        return
    if str(metric).startswith(NET_BENEFIT):
        raise ValueError(
            f"metric {name!r} must name a threshold in [0, 1), such as "
            f"{benefit_metric(0.2)!r}, got {metric!r}"
        )
    check_option(metric, f"metric {name!r}", (*NAMES, NET_BENEFIT + AT + "0.2"))


def _check_scorer(name: Any, metric: Callable[..., float]) -> None:
    """Raise where a function takes labels and predictions, not an estimator."""
    words = getattr(getattr(metric, "__code__", None), "co_varnames", ())[:2]
    module = getattr(metric, "__module__", "") or ""
    if module.startswith("sklearn.metrics._") and not hasattr(metric, "_score_func"):
        words = ("y_true",)
    if words and words[0].startswith("y"):
        raise ValueError(
            f"metric {name!r} takes labels and predictions; wrap it by "
            "sklearn.metrics.make_scorer, which says whether these are labels or scores"
        )
