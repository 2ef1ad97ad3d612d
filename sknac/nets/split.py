"""What looks into networks needs: a fitted estimator split around its image network.

This is a door for developers of methods such as those of `sknac.inspection`.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import nn

from sknac.nets._calibrated import cut_off
from sknac.nets._images import ImageNetClassifier
from sknac.nets._inputs import check_visits
from sknac.nets._items import Items
from sknac.nets._parts import Split, Splittable, VisitSplit
from sknac.nets._scope import torch_scope
from sknac.utils._parts import only_part, parts_of

__all__ = [
    "Items",
    "Split",
    "SplitModel",
    "VisitSplit",
    "computing",
    "evaluating",
    "network_parts",
    "split_model",
]


@dataclass(frozen=True)
class SplitModel:
    """A fitted estimator in three parts: before the network, it, and after it.

    A patient's probabilities are ``finish(items.mean_by_row(values))``, where
    ``values`` are `item_values` of all planes (or sets of one plane of each visit) of
    ``items(images(X))``.

    Parameters
    ----------
    before : tuple of transformers
        Steps that make the network's images: cohort frame -> cohort frame.
    net : PlaneFeatureNet or DLRClassifier
        The network.
    after : tuple of estimators
        Steps on the patients' features, the last a classifier; empty where the
        network itself predicts.
    calibrated : estimator or None, default=None
        Where a calibration changes the probabilities: all that follows the network,
        calibration included, as one classifier of the patients' means.
    """

    before: tuple
    net: ImageNetClassifier
    after: tuple
    calibrated: ClassifierMixin | None = None

    @property
    def classes(self) -> np.ndarray:
        """Labels, in the order of the columns of `finish`."""
        last = self.after[-1] if self.after else self.net
        # Some calibrations train what they calibrate on codes.
        return (last if self.calibrated is None else self.calibrated).classes_

    @property
    def columns(self) -> tuple[str, ...]:
        """Ultrasound columns that the network reads; none if fitted on arrays."""
        return tuple(vars(self.net).get("columns_", ()))

    def frames(self, X: Any) -> Iterator:
        """Yield X and what each step makes of it; the last are the net's images."""
        if isinstance(X, pd.DataFrame):
            if not self.columns:
                raise ValueError(
                    f"{type(self.net).__name__} was fitted on arrays, X is a frame; "
                    "fit it on cohort frames, or give arrays"
                )
            # Before the first step has worked for long.
            columns = [column for column in self.columns if column in X]
            check_visits(X, columns, masked=self.net.takes_missing_visits)
        yield X
        for step in self.before:
            X = step.transform(X)
            yield X

    def images(self, X: Any) -> Any:
        """Make the images that the network sees; arrays pass as they are."""
        return deque(self.frames(X), maxlen=1).pop()

    def items(self, images: Any) -> Items:
        """List the network's items, planes or one of each visit, with their rows."""
        return self.net._read(images, reset=False)

    @property
    def item_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """What is computed of a batch of items and averaged over each patient's.

        The features where steps follow the network, else the class probabilities
        as float64; a function of a tensor on the network's device, with gradients.
        """
        module = self.net.module_
        if self.after:
            return module.features
        return lambda x: torch.softmax(module(x).double(), dim=-1)

    def item_values(self, items: Items) -> np.ndarray:
        """Apply `item_function` to all items in batches, (n_items, k) as float64."""
        return self.net._compute(items, self.item_function)

    def finish(self, means: np.ndarray) -> np.ndarray:
        """Turn patients' mean values, (n_patients, k), into probabilities."""
        table = means
        # What was fitted on a frame would miss the names.
        names = (
            getattr(self.after[0], "feature_names_in_", None) if self.after else None
        )
        if names is not None:
            table = pd.DataFrame(means, columns=names)
        if self.calibrated is not None:
            return self.calibrated.predict_proba(table)
        if not self.after:
            return means
        for step in self.after[:-1]:
            table = step.transform(table)
        return self.after[-1].predict_proba(table)


def split_model(estimator: Any) -> SplitModel:
    """Find the image network in a fitted estimator and split it there.

    Parameters
    ----------
    estimator : estimator
        A `PlaneFeatureNet` or `DLRClassifier`; a `Pipeline` with one, nested or
        not; or a meta-estimator around either that holds one fitted estimator, such
        as a search, `WeightedYoudenThreshold`, `FrozenEstimator`, or a
        `CalibratedClassifierCV` of a frozen one or with ``ensemble=False``.

    Returns
    -------
    SplitModel
        The parts, as they are; nothing is copied.

    Raises
    ------
    ValueError
        If there is no image network, or more than one, or the estimator decides in
        stages, or what follows the network gives no probabilities.
    NotFittedError
        If the estimator is not fitted.
    """
    steps = _flat_steps(estimator)
    at = [i for i, step in enumerate(steps) if isinstance(step, ImageNetClassifier)]
    if not at:
        _refuse(estimator, steps)
    name = type(estimator).__name__
    if len(at) > 1:
        raise ValueError(f"{name} holds {len(at)} image networks; pass one of them")
    for step in steps:
        check_is_fitted(step)
    before, net, after = steps[: at[0]], steps[at[0]], steps[at[0] + 1 :]
    if after and not hasattr(after[-1], "predict_proba"):
        raise ValueError(
            f"{type(after[-1]).__name__}, the last step of {name}, has no "
            "predict_proba; end the pipeline in a classifier that has, or pass the "
            "part up to the network"
        )
    calibrated = cut_off(estimator, net) if _is_calibrated(estimator, net) else None
    return SplitModel(tuple(before), net, tuple(after), calibrated)


def _flat_steps(estimator):
    """List the steps of an estimator; pipelines and what wraps a network opened."""
    if isinstance(estimator, Pipeline):
        return [inner for step in _steps(estimator) for inner in _flat_steps(step)]
    if isinstance(estimator, ImageNetClassifier):
        return [estimator]
    part = only_part(estimator)
    inner = [] if part is None else _flat_steps(part)
    found = any(isinstance(step, ImageNetClassifier) for step in inner)
    return inner if found else [estimator]


def _steps(pipeline):
    """The steps of a pipeline that do something."""
    steps = [step for _, step in pipeline.steps]
    return [step for step in steps if step is not None and step != "passthrough"]


def _is_calibrated(estimator, net):
    """Tell whether a calibration stands between a network and the outside."""
    if estimator is net:
        return False
    if isinstance(estimator, CalibratedClassifierCV):
        return any(step is net for step in _flat_steps(estimator))
    is_pipeline = isinstance(estimator, Pipeline)
    inner = _steps(estimator) if is_pipeline else [only_part(estimator)]
    return any(_is_calibrated(one, net) for one in inner if one is not None)


def _refuse(estimator, steps):
    """Say why no network is found, and what to pass."""
    check_is_fitted(estimator)
    if hasattr(estimator, "stages_"):
        name, _, columns = estimator.stages_[0]
        seen = getattr(estimator, "feature_names_in_", np.arange(max(columns) + 1))
        raise ValueError(
            f"{type(estimator).__name__} decides in stages, each with a network of "
            "its own; pass one stage with the columns that it sees, such as "
            f"model.named_stages_[{name!r}] and X[{seen[columns].tolist()}]"
        )
    if hasattr(estimator, "calibrated_classifiers_"):
        raise ValueError(
            f"{type(estimator).__name__} holds a fitted estimator for each fold; set "
            "ensemble=False, calibrate a FrozenEstimator, or pass one, such as "
            "model.calibrated_classifiers_[0].estimator"
        )
    if hasattr(estimator, "estimators_"):
        raise ValueError(
            f"{type(estimator).__name__} holds several fitted estimators; pass one"
        )
    for step in steps:
        members = parts_of(step) if "estimators_" in vars(step) else ()
        if any(_holds_network(member) for *_, member in members):
            raise ValueError(
                f"{type(step).__name__} holds a network for each of its members; put "
                "one in its place, such as model[-1].estimators_[0]"
            )
    raise ValueError(
        f"{type(estimator).__name__} must be a PlaneFeatureNet or DLRClassifier, or a "
        f"Pipeline with one, got {[type(step).__name__ for step in steps]}"
    )


def _holds_network(estimator):
    """Tell whether an estimator is an image network or leads through one."""
    return any(isinstance(step, ImageNetClassifier) for step in _flat_steps(estimator))


def network_parts(module: nn.Module) -> Split | VisitSplit | None:
    """Ask a network of what parts it consists; None where it does not say.

    Parameters
    ----------
    module : Module
        A network.

    Returns
    -------
    Split, VisitSplit or None
        The parts of a network on images, or the encoders of one on several visits.
    """
    return module.split() if isinstance(module, Splittable) else None


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode, and its parts back into theirs after.

    Parameters
    ----------
    module : Module
        A network.

    Yields
    ------
    None
        While the module is in evaluation mode.
    """
    before = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for part, training in before:
            part.training = training


@contextmanager
def computing(net: ImageNetClassifier, *, gradients: bool = False) -> Iterator[None]:
    """Compute as a network's own ``predict`` does: mode, threads, precision.

    Parameters
    ----------
    net : PlaneFeatureNet or DLRClassifier
        The fitted estimator.
    gradients : bool, default=False
        Whether gradients are wanted; then everything is in float32.

    Yields
    ------
    None
        While torch is set so.
    """
    with evaluating(net.module_), torch_scope(threads=net.threads_):
        if gradients:
            yield
            return
        kind = torch.device(net.device_).type
        autocast = torch.autocast(kind, torch.bfloat16, enabled=bool(net.autocast))
        with torch.inference_mode(), autocast:
            yield
