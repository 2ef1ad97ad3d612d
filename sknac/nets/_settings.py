"""Settings of the networks' estimators: names, changes, checks before training."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import re
from collections.abc import Mapping
from typing import Any, Self

from skorch import NeuralNetClassifier
from skorch.setter import optimizer_setter
from torch.utils.data import DataLoader

from sknac.nets._named import check_settings, module_settings, take_out

# Parts whose settings are written ``part__setting``, and skorch's own settings
# that are not in the signatures.
_PARTS = (
    "module",
    "optimizer",
    "criterion",
    "iterator_train",
    "iterator_valid",
    "callbacks",
)
_FURTHER = {
    "autocast",
    "cache_mb",
    "callbacks",
    "channels_last",
    "micro_batch_size",
    "verbose",
}
# What the estimators decide: order of batches, and weights in the loss.
_OURS = {"shuffle", "sampler", "batch_sampler", "collate_fn", "reduction"}


class SettingsMixin:
    """Settings as scikit-learn knows them, on top of skorch's.

    skorch applies a changed setting to a fitted net at once and would redraw its
    weights; here changes wait for the next ``fit``.
    """

    _named_modules: Mapping = {}

    def _take_further(self, settings):
        """Keep settings that are not in the signature; ``fit`` checks their names."""
        for name, value in settings.items():
            setattr(self, name, value)

    def _is_setting(self, name):
        """Tell whether the estimator or skorch can have a setting of this name."""
        nested = "__" in name and name.split("__", 1)[0] in _PARTS
        return nested or name in _named_in(type(self)) or name in _FURTHER

    def get_params(self, deep: bool = True) -> dict:
        """Get the settings, by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the settings of an `augmentation` too.

        Returns
        -------
        dict
            Settings.
        """
        names = [k for k in vars(self) if k[0] != "_" and k[-1] != "_"]
        found = {name: vars(self)[name] for name in sorted(names)}
        inner = found.get("augmentation") if deep else None
        if hasattr(inner, "get_params"):
            further = inner.get_params()
            found |= {f"augmentation__{name}": further[name] for name in further}
        return found

    def set_params(self, **params: Any) -> Self:
        """Change settings; a fitted network is not touched until the next ``fit``.

        Parameters
        ----------
        **params
            Settings, including ``module__...``, ``optimizer__...``,
            ``callbacks__...`` and ``augmentation__...``.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        ValueError
            If there is no such setting.
        """
        inner = {k: v for k, v in params.items() if self._is_augmentations(k)}
        params = {k: v for k, v in params.items() if k not in inner}
        for name in params:
            if not (self._is_setting(name) or name in vars(self)):
                raise ValueError(
                    f"{type(self).__name__} has no setting {name!r}; get_params() "
                    "lists those that there are"
                )
        for name, value in params.items():
            # Only while training (from a callback) do changes reach the optimizer.
            if "_progress" in vars(self) and re.fullmatch("lr|optimizer__.*", name):
                optimizer_setter(self, name, value)
            setattr(self, name, value)
        self._set_augmentation(inner)
        return self

    def _is_augmentations(self, name):
        """Tell whether a setting belongs to the changes of training images."""
        own = _named_in(type(self))
        return "augmentation" in own and name.startswith("augmentation__")

    def _set_augmentation(self, params):
        """Change settings of the augmentation, which there must be."""
        if params and not hasattr(self.augmentation, "set_params"):
            raise ValueError(
                f"augmentation={self.augmentation!r} has no setting "
                f"{min(params)!r}; set augmentation=Augmentation() first"
            )
        if params:
            start = len("augmentation__")
            self.augmentation.set_params(**{k[start:]: v for k, v in params.items()})

    def _given_to_module(self):
        """Settings that the module is built with."""
        return take_out(self.module, self.get_params_for("module"))[0]

    def _done_to_module(self):
        """Settings of what is done to the module after that."""
        return take_out(self.module, self.get_params_for("module"))[1]

    def _check_settings(self):
        """Refuse misspelt settings before anything is read."""
        for name in self.get_params(deep=False):
            if not self._is_setting(name):
                raise ValueError(
                    f"{type(self).__name__} has no setting {name!r}; get_params() "
                    "lists those that there are"
                )
        if isinstance(self.module, str) and self.module not in self._named_modules:
            raise ValueError(
                f"module must be one of {sorted(self._named_modules)} or a class, "
                f"got {self.module!r}"
            )
        module_settings(self.module, self._named_modules, self._given_to_module(), {})
        self._check_pretrained()
        given = self.get_params_for("optimizer")
        given.pop("param_groups", None)  # skorch's own, checked with the weights
        check_settings(self._optimizer_class(), given, prefix="optimizer")
        makers = {"criterion": self.criterion, "iterator_train": DataLoader}
        for prefix, make in (makers | {"iterator_valid": DataLoader}).items():
            check_settings(make, self.get_params_for(prefix), prefix=prefix)
            for name in _OURS & self.get_params_for(prefix).keys():
                raise ValueError(
                    f"{prefix}__{name} is set by the network itself; leave it out"
                )
        if not isinstance(self.callbacks, list | None):
            raise ValueError(
                "callbacks must be a list of skorch's callbacks, got "
                f"{self.callbacks!r}"
            )
        names = self.callback_names()
        for setting in self.get_params_for("callbacks"):
            if setting.split("__", 1)[0] not in names:
                raise ValueError(
                    f"no callback for callbacks__{setting}; there are {sorted(names)}"
                )


def _named_in(cls):
    """List the settings by name: a subclass may hand on those that it does not name."""
    made_by = [base for base in cls.__mro__ if "__init__" in vars(base)]
    return {
        name
        for base in made_by
        if base not in NeuralNetClassifier.__mro__
        for name, given in inspect.signature(base).parameters.items()
        if given.kind not in (given.VAR_KEYWORD, given.VAR_POSITIONAL)
    }
