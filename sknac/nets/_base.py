"""What the networks' estimators share: skorch's classifier, made to behave."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import copy
import inspect
from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping, EpochTimer, PassthroughScoring, PrintLog
from skorch.dataset import unpack_data
from skorch.utils import is_dataset
from torch import nn

from sknac.nets._data import ItemDataset, make_loader, split_patients
from sknac.nets._named import OPTIMIZERS, check_settings, module_settings
from sknac.nets._persistence import ArrayStateMixin
from sknac.nets._scope import pick_device, torch_scope
from sknac.nets._weights import item_weights
from sknac.utils._sklearn import Integral, Interval, Options, Real, StrOptions

_PREFIXES = ("module", "optimizer", "criterion", "iterator_train", "iterator_valid")
_FURTHER = {"callbacks", "verbose", "autocast", "channels_last"}


class _TrainingStopped(Exception):
    """A callback asked for the end of training."""


class NetClassifier(CallbackSupportMixin, ArrayStateMixin, NeuralNetClassifier):
    """Base of the networks' estimators; subclasses say how X is read.

    A subclass names its settings in ``__init__``, hands unknown ones to
    `_take_further`, and defines `_named_modules` and `_read`.
    """

    _parameter_constraints: dict = {
        "module": [str, callable],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(int, {-1})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str, torch.device],
        "random_state": ["random_state"],
        "torch_threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    # skorch sets these in __init__; as class attributes they are no parameters.
    criterion = nn.CrossEntropyLoss
    train_split = None
    callbacks = None
    verbose = 0
    classes = None
    use_caching = "auto"
    compile = False
    warm_start = False
    torch_load_kwargs = None
    history_ = None
    initialized_ = False
    virtual_params_: Mapping = {}
    autocast = False
    channels_last = True
    _named_modules: Mapping = {}
    _epoch_context = None

    # Groups reach ``fit`` wherever they are routed: without them the
    # validation split would put one patient on both sides.
    __metadata_request__fit = {"groups": True}

    __repr__ = BaseEstimator.__repr__

    @property
    def partial_fit(self):
        """Not offered: early stopping needs all patients at once."""
        raise AttributeError("networks are trained by fit; there is no partial_fit")

    def get_metadata_routing(self):
        """Tell which metadata ``fit`` takes."""
        return BaseEstimator.get_metadata_routing(self)

    # -- settings ------------------------------------------------------------

    def _take_further(self, settings):
        """Keep settings that are not in the signature; ``fit`` checks their names."""
        for name, value in settings.items():
            setattr(self, name, value)

    def _is_setting(self, name):
        """Tell whether the estimator or skorch can have a setting of this name."""
        prefix = name.split("__", 1)[0]
        nested = "__" in name and prefix in (*_PREFIXES, "callbacks")
        own = inspect.signature(type(self)).parameters
        known = name in own and own[name].kind is not inspect.Parameter.VAR_KEYWORD
        return nested or known or name in _FURTHER

    def _get_param_names(self):
        """Names of the settings: those in the signature and those given besides."""
        return sorted(
            k for k in vars(self) if not k.startswith("_") and not k.endswith("_")
        )

    def get_params(self, deep: bool = True) -> dict:
        """Get the settings, by name.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: there are no estimators inside.

        Returns
        -------
        dict
            Settings.
        """
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params):
        """Change settings; a fitted network is not touched until the next ``fit``.

        Parameters
        ----------
        **params
            Settings, including ``module__...``, ``optimizer__...`` and
            ``callbacks__...``.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        ValueError
            If there is no such setting.
        """
        for name in params:
            if not (self._is_setting(name) or name in vars(self)):
                raise ValueError(f"{type(self).__name__} has no setting {name!r}")
        # Only while training (from a callback) do changes reach the optimizer.
        live = {k: v for k, v in params.items() if self._is_virtual_param(k)}
        self._apply_virtual_params(live)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def _validate_params(self):
        """Check the settings as scikit-learn does, in place of skorch's check."""
        BaseEstimator._validate_params(self)

    def _validate_data_free_settings(self):
        """Refuse misspelt settings before anything is read."""
        for name in self._get_param_names():
            if not self._is_setting(name):
                raise ValueError(f"{type(self).__name__} has no setting {name!r}")
        if isinstance(self.module, str) and self.module not in self._named_modules:
            raise ValueError(
                f"module must be one of {sorted(self._named_modules)} or a class, "
                f"got {self.module!r}"
            )
        given = self.get_params_for("module")
        module_settings(self.module, self._named_modules, given, {})
        check_settings(
            self._optimizer_class(),
            self.get_params_for("optimizer"),
            prefix="optimizer",
        )
        names = {name for name, _ in self._uniquely_named_callbacks()}
        for setting in self.get_params_for("callbacks"):
            if setting.split("__", 1)[0] not in names:
                raise ValueError(
                    f"no callback for callbacks__{setting}; there are {sorted(names)}"
                )

    # -- fitting -------------------------------------------------------------

    def _fit(self, X, y, sample_weight, groups):
        """Train from the start; after an error the estimator is not fitted."""
        self._forget()
        try:
            self._validate_data_free_settings()
            items, codes = self._read_training_data(X, y)
            weights = _row_weights(sample_weight, codes)
            seed = check_random_state(self.random_state).randint(2**31 - 8)
            train, valid = self._split(codes, groups, seed)
            datasets = self._make_datasets(items, codes, weights, train, valid)
            self._seed = seed
            with torch_scope(seed=seed, threads=self.torch_threads):
                self._build(items)
                self._train(*datasets)
        except BaseException:
            self._forget()
            raise
        finally:
            vars(self).pop("_seed", None)
        return self

    def _forget(self):
        """Drop what an earlier ``fit`` left."""
        private = {"_modules", "_criteria", "_optimizers", "_epoch_context"}
        for name in list(vars(self)):
            if name in private or (name.endswith("_") and not name.startswith("_")):
                vars(self).pop(name)

    def _read_training_data(self, X, y):
        """Check X and y; return the items and each row's class code."""
        if y is None:
            raise ValueError(
                f"requires y to be passed, but the target y is None: "
                f"{type(self).__name__} is a classifier"
            )
        items, y = self._read(X, y, reset=True)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        check_consistent_length(np.empty(items.n_rows), y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 classes; y contains 1 class: "
                f"{classes[0]!r} (n_samples={len(y)})"
            )
        self.classes_inferred_ = classes
        return items, codes.astype(np.int64)

    def _split(self, codes, groups, seed):
        """Draw the validation rows and remember them."""
        if self.validation_fraction is None:
            self.validation_rows_ = np.empty(0, dtype=np.intp)
            return np.arange(len(codes)), None
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(codes, groups)
        fraction = self.validation_fraction
        train, valid = split_patients(codes, groups, fraction, seed, self.classes_)
        self.validation_rows_ = valid
        return train, valid

    def _make_datasets(self, items, codes, weights, train, valid):
        """Make the weighted datasets for training and validation."""
        item_codes = codes[items.rows]
        weights = item_weights(
            item_codes, weights[items.rows], self.class_weight, self.classes_
        )
        datasets = []
        for rows in (train, valid):
            if rows is None:
                datasets.append(None)
                continue
            index = np.flatnonzero(np.isin(items.rows, rows))
            total = weights[index].sum()
            if not total > 0:
                raise ValueError("sample_weight and class_weight leave nothing to fit")
            # Once over the fit: a batch of rare cases must count for more.
            scaled = weights * (len(index) / total)
            datasets.append(ItemDataset(items, index, item_codes, scaled))
        return datasets

    def _build(self, items):
        """Make callbacks, module, loss and optimizer; try the module once."""
        self.item_shape_ = tuple(items.shape)
        self.channels_ = tuple(items.channels)
        self.device_ = str(pick_device(self.device))
        inferred = self._module_facts(items.shape) | {"n_classes": len(self.classes_)}
        self.module_spec_ = module_settings(
            self.module, self._named_modules, self.get_params_for("module"), inferred
        )
        self._initialize_virtual_params()
        self._initialize_callbacks()
        self._initialize_module()
        self._initialize_criterion()
        self._try_module()
        self._initialize_optimizer()
        self._initialize_history()
        self.initialized_ = True

    def _train(self, train, valid):
        """Run the epochs and leave the network ready to predict."""
        progress = self._init_callback_context(max_subtasks=self.max_epochs)
        progress.call_on_fit_task_begin(estimator=self)
        self.notify("on_train_begin", X=train, y=None)
        with contextlib.suppress(_TrainingStopped):
            self.fit_loop((train, valid))
        self.notify("on_train_end", X=train, y=None)
        progress.call_on_fit_task_end(estimator=self)
        self.virtual_params_ = {}
        self._set_training(False)
        self._check_weights()
        losses = [row.get("valid_loss", -i) for i, row in enumerate(self.history_)]
        self.best_epoch_ = int(np.argmin(losses)) + 1

    def _check_weights(self):
        """Refuse a network whose training diverged."""
        if not all(torch.isfinite(p).all() for p in self.module_.parameters()):
            raise ValueError(
                f"training diverged (weights are not finite) with lr={self.lr}: "
                "lower lr, or scale the images"
            )

    # -- skorch's hooks ------------------------------------------------------

    @property
    def _default_callbacks(self):
        found = [
            ("epoch_timer", EpochTimer()),
            ("train_loss", PassthroughScoring("train_loss", on_train=True)),
            ("valid_loss", PassthroughScoring("valid_loss")),
        ]
        if self.validation_fraction is not None:
            patience = self.max_epochs if self.patience is None else self.patience
            stopper = EarlyStopping(patience=patience, threshold=0, load_best=True)
            found.append(("early_stopping", stopper))
        return [*found, ("print_log", PrintLog())]

    def _yield_callbacks(self):
        """Copy the user's callbacks: training leaves its marks on the copies."""
        for name, callback, named in super()._yield_callbacks():
            is_ready = not isinstance(callback, type)
            yield name, copy.copy(callback) if is_ready else callback, named

    def notify(self, method_name, **cb_kwargs):
        """Tell skorch's and scikit-learn's callbacks; all see an epoch's end."""
        getattr(self, method_name)(self, **cb_kwargs)
        stop = False
        for _, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                # skorch's way to stop; elsewhere it is the user's Ctrl-C.
                if method_name != "on_epoch_end":
                    raise
                stop = True
        if method_name == "on_epoch_begin":
            self._epoch_context = self._callback_fit_ctx.subcontext(task_name="epoch")
            self._epoch_context.call_on_fit_task_begin(estimator=self)
        elif method_name == "on_epoch_end":
            stop |= bool(self._epoch_context.call_on_fit_task_end(estimator=self))
        if stop:
            raise _TrainingStopped

    def check_data(self, X, y=None):
        """Do nothing: data is checked when it is read."""

    def get_split_datasets(self, X, y=None, **fit_params):
        """Hand over the two datasets that ``fit`` made."""
        return X

    def get_iterator(self, dataset, training=False):
        """Make a loader of batches; settings are ``iterator_train__...``."""
        prefix = "iterator_train" if training else "iterator_valid"
        settings = self.get_params_for(prefix)
        size = settings.pop("batch_size", self.batch_size)
        seed = vars(self).get("_seed", 0)
        return make_loader(dataset, size, shuffle=training, seed=seed, **settings)

    def _optimizer_class(self):
        """Find the optimizer that a name stands for."""
        is_name = isinstance(self.optimizer, str)
        return OPTIMIZERS[self.optimizer] if is_name else self.optimizer

    def initialize_optimizer(self, triggered_directly=None):
        """Make the optimizer."""
        parameters = self.get_all_learnable_params()
        args, kwargs = self.get_params_for_optimizer("optimizer", parameters)
        self.optimizer_ = self._optimizer_class()(*args, **kwargs)
        return self

    def _initialize_module(self, reason=None):
        """Build the module on its device."""
        make, settings = self.module_spec_
        with self._current_init_context("module"):
            self.module_ = make(**settings)
        self._place_module()
        return self

    def _place_module(self):
        """Move the module to its device and memory layout."""
        self.module_.to(self.device_)
        if self.channels_last:
            self.module_.to(memory_format=torch.channels_last)

    def _initialize_criterion(self, reason=None):
        """Make the loss; reduction comes later, with the weights."""
        settings = self.get_params_for("criterion") | {"reduction": "none"}
        with self._current_init_context("criterion"):
            self.criterion_ = self.criterion(**settings).to(self.device_)
        return self

    def _try_module(self):
        """Run one blank item, so that a wrong size is found before training."""
        expected = (1, len(self.classes_))
        try:
            self._set_training(False)
            with torch.inference_mode():
                found = tuple(self.infer(torch.zeros(1, *self.item_shape_)).shape)
        except (RuntimeError, IndexError, ValueError) as error:
            raise ValueError(
                f"{type(self.module_).__name__} cannot take items of shape "
                f"{self.item_shape_}: {error}"
            ) from error
        if found != expected:
            raise ValueError(
                f"{type(self.module_).__name__} must return logits of shape (n_items, "
                f"n_classes) = {expected} for one item, got {found}"
            )

    def infer(self, x, **fit_params):
        """Compute logits of a batch."""
        return self._run(self.module_, x).float()

    def _run(self, function, x):
        """Apply part of the module to a batch on its device."""
        x = x["x"] if isinstance(x, Mapping) else x
        x = x.to(self.device_)
        if self.channels_last and x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        kind = torch.device(self.device_).type
        with torch.autocast(kind, torch.bfloat16, enabled=self.autocast):
            return function(x)

    def train_step_single(self, batch, **fit_params):
        """Take one training step on an augmented batch."""
        inputs, codes = unpack_data(batch)
        moved = self._augment(inputs["x"].to(self.device_))
        return super().train_step_single(({**inputs, "x": moved}, codes))

    def _augment(self, x):
        """Leave a batch as it is; image networks change it."""
        return x

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean of the weighted cross-entropies of a batch."""
        losses = self.criterion_(y_pred, y_true.to(self.device_))
        return (losses * X["weight"].to(self.device_)).mean()

    def _get_predict_nonlinearity(self):
        """Logits become probabilities by softmax."""
        return partial(torch.softmax, dim=-1)

    # -- prediction ----------------------------------------------------------

    def __sklearn_is_fitted__(self):
        """A module exists only after ``fit``."""
        return "module_" in vars(self)

    def check_is_fitted(self, attributes=None, *args, **kwargs):
        """Raise scikit-learn's NotFittedError before ``fit``."""
        check_is_fitted(self)

    def _compute(self, items, function):
        """Apply part of the module to all items; (n_items, k) as float64."""
        loader = self.get_iterator(ItemDataset(items))
        self._set_training(False)
        outputs = []
        with torch_scope(threads=self.torch_threads), torch.inference_mode():
            for inputs, _ in loader:
                outputs.append(self._run(function, inputs).float().cpu().numpy())
        return np.concatenate(outputs).astype(np.float64)

    def _item_proba(self, items):
        """Class probabilities of each item."""
        return self._compute(
            items, lambda x: torch.softmax(self.module_(x).double(), dim=-1)
        )

    def predict_proba(self, X) -> np.ndarray:
        """Compute class probabilities of each row: the mean over its items.

        Parameters
        ----------
        X : as in ``fit``
            Patients.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            Probabilities, in the order of ``classes_``.
        """
        check_is_fitted(self)
        if is_dataset(X):  # from skorch's scoring callbacks
            return super().predict_proba(X)
        items = self._read(X, reset=False)
        return items.mean_by_row(self._item_proba(items))

    def predict(self, X) -> np.ndarray:
        """Predict the class of each row: the most probable one.

        Parameters
        ----------
        X : as in ``fit``
            Patients.

        Returns
        -------
        ndarray of shape (n_rows,)
            Labels.
        """
        codes = self.predict_proba(X).argmax(axis=1)
        return codes if is_dataset(X) else self.classes_[codes]


def _row_weights(sample_weight, codes):
    """Check the rows' weights; without any, each counts once."""
    return _check_sample_weight(sample_weight, codes, ensure_non_negative=True)
