"""skorch's classifier as this library takes it: its private names stand here alone.

One file breaks when skorch moves them.
"""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from typing import Any, NoReturn

import torch
from sklearn.base import BaseEstimator
from skorch import NeuralNetClassifier
from torch import nn

from sknac.nets._monitors import rank


def _not_offered(why):
    """Make an attribute that is not there, whoever asks, and says why."""

    def refuse(self: object) -> NoReturn:
        raise AttributeError(why)

    return property(refuse, doc=f"Not offered: {why}.")


class SkorchNet(NeuralNetClassifier):
    """skorch's training loop without its bookkeeping of settings and parts.

    There is one module, one loss and one optimizer, and they are made in ``fit``:
    nothing has to be found out by watching what attributes are set.
    """

    # skorch sets these in __init__; as class attributes they are no parameters.
    criterion = nn.CrossEntropyLoss
    train_split = None
    callbacks = None
    verbose = 0
    classes = None
    use_caching = "auto"
    history_ = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _refuse_other_loops(cls)

    _modules = ("module",)
    _criteria = ("criterion",)
    _optimizers = ("optimizer",)
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    @staticmethod
    def predict_nonlinearity(scores: Any) -> Any:
        """Turn the network's scores into probabilities (softmax).

        Parameters
        ----------
        scores : Tensor of shape (n_items, n_classes)
            What the network gives.

        Returns
        -------
        Tensor of shape (n_items, n_classes)
            Probabilities; each row sums to 1.
        """
        return torch.softmax(scores, dim=-1)

    _validate_params = BaseEstimator._validate_params
    get_metadata_routing = BaseEstimator.get_metadata_routing
    __repr__ = BaseEstimator.__repr__

    partial_fit = _not_offered("early stopping needs all patients at once; call fit")
    initialize = _not_offered(
        "networks are built in fit, where the data tell their size; save and load "
        "fitted estimators with joblib"
    )

    # What a fit leaves that is made again on loading, or of use in training only:
    # what scikit-learn's callbacks see of a fit, and what changes its images.
    training_state = frozenset(
        {"module_", "criterion_", "optimizer_", "callbacks_", "history_"}
        | {"_task", "_progress", "_epoch", "_generator"}
    )

    @property
    def torch_load_kwargs(self) -> dict:
        """How weights are loaded: as data alone, whatever a saved state says."""
        return {"weights_only": True}

    @property
    def initialized_(self) -> bool:
        """Whether there is a module, as skorch asks before it saves or loads one."""
        return "module_" in vars(self)

    def _yield_callbacks(self):
        """Copy the callbacks, marked by training; who records goes before who looks."""
        found = list(super()._yield_callbacks())
        for name, callback, named in sorted(found, key=lambda item: rank(item[1])):
            yield name, copy.copy(callback), named

    def callback_names(self) -> set[str]:
        """Names by which ``callbacks__...`` reaches the callbacks."""
        return {name for name, _ in self._uniquely_named_callbacks()}


def _refuse_other_loops(cls):
    """Refuse a class that takes further parts of skorch, with steps of their own."""
    for other in set(cls.__mro__) - set(NeuralNetClassifier.__mro__):
        if other.__module__.partition(".")[0] == "skorch":
            raise TypeError(
                f"{cls.__name__} cannot take skorch's {other.__name__}, which trains "
                "without the augmentation, weights and patients of sknac's networks; "
                "leave it out, and set device, autocast or micro_batch_size"
            )
