"""Tables of performance, in the conventions of the two papers or one's own."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.metrics._auc import auc_of
from sknac.metrics._average_precision import average_precision_of
from sknac.metrics._bootstrap import rate_of
from sknac.metrics._proportions import rates_of
from sknac.metrics._ratios import RATIOS
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import RATES
from sknac.utils._frames import named_columns
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option, check_options
from sknac.utils._text import ABSENT, MINUS, in_line

_METRICS = ("roc_auc", *RATES)
_METHODS = ("wilson", "clopper-pearson", "wald", "percentile", "bca")
_ABBREVIATIONS = {
    "roc_auc": "AUC",
    "average_precision": "AP",
    "accuracy": "ACC (%)",
    "sensitivity": "SENS (%)",
    "specificity": "SPEC (%)",
    "ppv": "PPV (%)",
    "npv": "NPV (%)",
    "lr_positive": "LR+",
    "lr_negative": f"LR{MINUS}",
    "odds_ratio": "DOR",
}
# What the two papers report. Their positive classes are opposite.
_PRESETS = {
    "dlrp": {
        "pos_label": "response",
        "metrics": ("roc_auc", "accuracy", "sensitivity", "specificity", "npv"),
        "method": "percentile",
        "auc_method": "percentile",
    },
    "qus": {
        "pos_label": "non-response",
        "metrics": ("accuracy", "specificity", "sensitivity", "roc_auc"),
        "method": "wald",
        "auc_method": "delong",
    },
}


@dataclass(frozen=True, eq=False, repr=False)
class PerformanceTable(Result):
    """Performance of several models on the same patients.

    Parameters
    ----------
    results : dict of str to dict of str to MetricInterval
        By model and metric.
    preset : str or None
        The convention taken.
    confidence_level : float
        Coverage of each interval, between 0 and 1.
    n, n_pos : int
        Rows and positive rows.
    pos_label : int, float, bool or str
        The positive class of every number.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.

    See Also
    --------
    performance_table : Computes this result.

    Examples
    --------
    >>> from sknac.metrics import performance_table
    >>> performance_table([0, 0, 1, 1], {"early": [0, 1, 1, 1]})
    PerformanceTable(1 models, preset=None, 95%, pos_label=1, n=4 patients, n_pos=2)
    """

    results: dict[str, dict[str, MetricInterval]]
    preset: str | None
    confidence_level: float
    n: int
    n_pos: int
    pos_label: Any
    n_groups: int | None

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers, one row per model and metric.

        Returns
        -------
        DataFrame of shape (n_models * n_metrics, 8)
            By model and metric: estimate, low, high, count, total, method,
            confidence_level, pos_label.
        """
        rows = {
            (model, name): found.to_dict()
            for model, row in self.results.items()
            for name, found in row.items()
        }
        frame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index = pd.MultiIndex.from_tuples(rows, names=["model", "metric"])
        columns = ["estimate", "low", "high", "count", "total", "method"]
        return frame[[*columns, "confidence_level", "pos_label"]]

    def formatted(self) -> pd.DataFrame:
        """Return the table as it is printed.

        Returns
        -------
        DataFrame of shape (n_models, n_metrics)
            Estimates with their intervals; rates in percent. The name of the columns
            states the positive class.
        """
        cells = {
            model: {_ABBREVIATIONS[name]: _spell(name, x) for name, x in row.items()}
            for model, row in self.results.items()
        }
        frame = pd.DataFrame.from_dict(cells, orient="index").fillna(ABSENT)
        frame.columns.name = f"positive = {self.pos_label}"
        return frame

    def __repr__(self) -> str:
        return (
            f"PerformanceTable({len(self.results)} models, preset={self.preset!r}, "
            f"{self._about()})"
        )


def performance_table(
    y_true: Any,
    decisions: Mapping[str, Any] | pd.DataFrame | None = None,
    scores: Mapping[str, Any] | pd.DataFrame | None = None,
    *,
    preset: str | None = None,
    pos_label: Any = None,
    metrics: Iterable[str] | None = None,
    method: str | None = None,
    auc_method: str | None = None,
    confidence_level: float = 0.95,
    groups: Any = None,
    n_resamples: int = 2000,
    random_state: Any = None,
) -> PerformanceTable:
    """Tabulate the performance of several models on the same patients.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    decisions : dict of str to array-like, or DataFrame, default=None
        Predicted labels by model, of shape (n_samples,); what the rates are made of.
    scores : dict of str to array-like, or DataFrame, default=None
        Scores by model, of shape (n_samples,), higher means positive; what the
        area and the average precision are made of.
    preset : {"dlrp", "qus"}, default=None
        The convention of a paper: "dlrp" takes response as positive, reports AUC,
        accuracy, sensitivity, specificity and NPV, with bootstrap intervals; "qus"
        takes non-response as positive, reports accuracy, specificity, sensitivity
        and AUC, with Wald intervals and DeLong's. Arguments given go first.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required unless
        the preset has one.
    metrics : list of str, default=None
        "roc_auc", "sensitivity", "specificity", "ppv", "npv", "accuracy"; None is
        all of these. By name also "average_precision" (it moves with the prevalence),
        with the interval of `average_precision_ci`, and "lr_positive", "lr_negative"
        (likelihood ratios) and "odds_ratio" (diagnostic), with bounds on the log scale
        whatever `method` is.
    method : {"wilson", "clopper-pearson", "wald", "percentile", "bca"}, default=None
        Interval of the rates; None is "wilson". With `groups` Wilson's is that by
        patient of `confusion_rates`, which the bootstrap's two fall far short of
        where rates are near 0 or 1.
    auc_method : {"logit-delong", "delong", "bca", "percentile"}, default=None
        Interval of the area; None is "logit-delong".
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.
    n_resamples : int, default=2000
        Number of bootstrap resamples.
    random_state : int, RandomState, Generator or None, default=None
        Randomness of the bootstrap, the same for every model.

    Returns
    -------
    PerformanceTable
        Metrics with their intervals by model.

    Raises
    ------
    ValueError
        If neither decisions nor scores are given, an option is unknown, intervals
        that take rows for patients are asked for with `groups`, or the input is not as
        in `confusion_rates` and `auc_ci`.

    See Also
    --------
    delong_test : Whether two areas differ.
    subgroup_rates : One model in subgroups.

    Notes
    -----
    The intervals printed in the DLRP paper are narrower than any of these: they fit a
    bootstrap in which every patient counts ten times. Here patients count once.

    References
    ----------
    The DLRP paper, European Radiology (Table 3). Taleghamar et al., Sci Rep 12:2244,
    2022 (Table 2).

    Examples
    --------
    >>> from sknac.metrics import performance_table
    >>> y = ["response"] * 4 + ["non-response"] * 4
    >>> found = ["response"] * 3 + ["non-response"] * 4 + ["response"]
    >>> table = performance_table(y, {"DLR-2": found}, preset="qus")
    >>> table.formatted().loc["DLR-2"].tolist()
    ['75.0 [45.0, 100.0]', '75.0 [32.6, 100.0]', '75.0 [32.6, 100.0]']
    """
    chosen = _settings(preset, pos_label, metrics, method, auc_method, groups)
    level = check_confidence_level(confidence_level)
    decisions = {} if decisions is None else named_columns(decisions, "decisions")
    scores = {} if scores is None else named_columns(scores, "scores")
    if not decisions and not scores:
        raise ValueError("there is nothing to tabulate; give decisions, scores or both")
    sample = check_sample(y_true, pos_label=chosen["pos_label"], groups=groups)
    for what, given in (("decisions", decisions), ("scores", scores)):
        for model, values in given.items():
            sample.rows.see(f"{what}[{model!r}]", values)
    known = {"pos_label": sample.pos_label, "groups": sample.codes, "interval": False}
    boot = {"stratify": "auto", "n_resamples": n_resamples}
    boot["random_state"] = random_state
    results = {}
    for model in dict.fromkeys([*decisions, *scores]):
        row = {}
        if str(model) in results:
            raise ValueError(f"two models would be written {str(model)!r}; rename one")
        if model in decisions:
            decided = check_sample(y_true, decisions[model], **known)
            row |= _rates(decided, chosen, level, boot)
        if model in scores:
            score = sample.scores(scores[model], f"scores[{model!r}]")
            row |= _areas(sample, score, chosen, level, boot)
        results[str(model)] = {k: row[k] for k in chosen["metrics"] if k in row}
    return PerformanceTable(results, preset, level, **sample.about)


def _settings(
    preset: str | None,
    pos_label: Any,
    metrics: Iterable[str] | None,
    method: str | None,
    auc_method: str | None,
    groups: Any,
) -> dict[str, Any]:
    """Return the preset's settings with what was given in their place."""
    if preset is not None:
        check_option(preset, "preset", tuple(_PRESETS))
    chosen = {"pos_label": None, "metrics": _METRICS, "auc_method": "logit-delong"}
    chosen["method"] = "wilson"
    chosen |= _PRESETS.get(preset, {})
    given = {"pos_label": pos_label, "method": method, "auc_method": auc_method}
    if metrics is not None:
        known = (*_METRICS, "average_precision", *RATIOS)
        given["metrics"] = check_options(metrics, "metrics", known)
    chosen |= {name: value for name, value in given.items() if value is not None}
    check_option(chosen["method"], "method", _METHODS)
    if groups is not None and chosen["method"] in ("clopper-pearson", "wald"):
        raise ValueError(
            f"method={chosen['method']!r} takes rows for patients; with groups pass "
            "method='wilson'"
        )
    return chosen


def _areas(
    sample: Sample,
    score: np.ndarray,
    chosen: dict[str, Any],
    level: float,
    boot: dict[str, Any],
) -> dict[str, MetricInterval]:
    """Return the areas of one model's scores."""
    found = {}
    if "roc_auc" in chosen["metrics"]:
        found["roc_auc"] = auc_of(sample, score, level, chosen["auc_method"], **boot)
    if "average_precision" in chosen["metrics"]:
        found["average_precision"] = average_precision_of(sample, score, level)
    return found


def _rates(
    sample: Sample, chosen: dict[str, Any], level: float, boot: dict[str, Any]
) -> dict[str, MetricInterval]:
    """Return the rates of one model's decisions."""
    names = [name for name in chosen["metrics"] if name in RATES]
    method, ratios = chosen["method"], {}
    resampled = method in ("percentile", "bca")
    if not resampled or set(RATIOS) & set(chosen["metrics"]):
        taken = "wilson" if resampled else method
        found = rates_of(sample, method=taken, confidence_level=level)
        ratios = {ratio.metric: ratio for ratio in found.ratios}
    if not resampled:
        return {name: getattr(found, name) for name in names} | ratios
    rates = {name: rate_of(sample, name, level, method, **boot) for name in names}
    return rates | ratios


def _spell(name: str, found: MetricInterval) -> str:
    """Write an estimate with its interval, rates in percent."""
    if name not in RATES:
        return in_line(found, 2 if name in RATIOS else 3)
    percent = {key: 100 * getattr(found, key) for key in ("estimate", "low", "high")}
    return in_line(found.replace(**percent), 1)
