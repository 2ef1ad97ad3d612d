"""What the networks' estimators share: fitting and prediction."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from sknac.nets._balance import Turns, balanced_shares
from sknac.nets._data import Batch, ItemDataset, smallest_batch, split_patients
from sknac.nets._hooks import HookedNet, TrainingStopped
from sknac.nets._inputs import from_torch
from sknac.nets._monitors import check_monitors, kept_epoch
from sknac.nets._named import OPTIMIZERS, SMALL_NETS, module_settings
from sknac.nets._persistence import ArrayStateMixin, strange_weight
from sknac.nets._pretrained import PretrainedMixin
from sknac.nets._scope import pick_device, torch_scope
from sknac.nets._settings import SettingsMixin
from sknac.nets._weights import item_weights
from sknac.utils._labels import check_target, group_codes, in_order, refuse_dates
from sknac.utils._rows import PASS_GROUPS, NamedRowsScore, Rows
from sknac.utils._sklearn import (
    Integral,
    Interval,
    Options,
    Real,
    StrOptions,
    _check_sample_weight,
    open_task,
)


class NetClassifier(
    CallbackSupportMixin,
    SettingsMixin,
    PretrainedMixin,
    ArrayStateMixin,
    NamedRowsScore,
    HookedNet,
):
    """Base of the networks' estimators; subclasses say how X is read.

    A subclass names its settings in ``__init__``, hands the others to
    `_take_further`, and defines `_named_modules`, `_read` and `_module_facts`.
    """

    _parameter_constraints: dict = {
        "module": [str, callable],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [
            Interval(Integral, 1, None, closed="left"),
            Options(Integral, {-1}),
        ],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str, torch.device],
        "random_state": ["random_state"],
        "torch_threads": [Interval(Integral, 1, None, closed="left"), None],
        "micro_batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "autocast": ["boolean"],
        "channels_last": ["boolean"],
    }

    balanced_batches = False  # a setting of image networks

    # Groups reach ``fit`` wherever they are routed: without them the
    # validation split would put one patient on both sides.
    __metadata_request__fit = {"groups": True}

    def _fit(self, X, y, sample_weight, groups):
        """Train from the start; after an error the estimator is not fitted."""
        self._forget()
        items = None
        try:
            self._check_settings()
            y, groups = from_torch(y, "y"), from_torch(groups, "groups")
            sample_weight = from_torch(sample_weight, "sample_weight")
            items, codes = self._read_training_data(X, y)
            splits = self.validation_fraction or vars(self).get("cross_fit")
            rows = Rows(PASS_GROUPS if splits and groups is None else None)
            given = {"X": X, "y": y, "sample_weight": sample_weight, "groups": groups}
            for name, values in given.items():
                rows.see(name, values)
            if groups is not None:
                group_codes(groups, len(codes))  # no patient without a name
                in_order(np.asarray(groups), "groups")
            if sample_weight is not None:
                refuse_dates(sample_weight, "sample_weight", "give numbers")
            weights = _check_sample_weight(
                sample_weight, codes, ensure_non_negative=True
            )
            self.seed_ = seed = self._draw_seed()
            train, valid = self._split(codes, groups, seed)
            if valid is not None:
                items.check_apart(train, valid)
            datasets = self._make_datasets(
                items, codes, weights, (train, valid), groups
            )
            with torch_scope(seed=seed, threads=self.threads_):
                self._build(items, datasets[0].epoch_size)
                self._task = _task(X, y, sample_weight)
                with self._resolved_device():
                    self._train(*datasets)
                del self._task, self._progress, self._epoch
                vars(self).pop("_generator", None)  # of image networks
        except BaseException:
            self._forget()
            raise
        finally:
            if items is not None:
                items.release()
        return self

    def _draw_seed(self):
        """Draw the seed of everything random in one ``fit``."""
        return check_random_state(self.random_state).randint(2**31 - 1)

    def _forget(self):
        """Drop what an earlier ``fit`` left."""
        for name in list(vars(self)):
            if name in self.training_state or (name[-1] == "_" and name[0] != "_"):
                vars(self).pop(name)

    def _read_training_data(self, X, y):
        """Check X and y; return the items and each row's class code."""
        self.classes_inferred_, codes = check_target(y, binary=False)
        items = self._read(X, reset=True)
        check_consistent_length(np.empty(items.n_rows), codes)
        return items, codes.astype(np.int64)

    def _split(self, codes, groups, seed):
        """Draw the validation rows and remember them."""
        if self.validation_fraction is None:
            self.validation_rows_ = np.empty(0, dtype=np.intp)
            return np.arange(len(codes)), None
        groups = None if groups is None else column_or_1d(groups)
        fraction = self.validation_fraction
        train, valid = split_patients(codes, groups, fraction, seed, self.classes_)
        self.validation_rows_ = valid
        return train, valid

    def _make_datasets(self, items, codes, weights, parts, groups):
        """Make the weighted datasets for training and validation."""
        train, _ = parts
        item_codes = codes[items.rows]
        weights = item_weights(
            item_codes, weights[items.rows], self.class_weight, self.classes_
        )
        patients = np.arange(len(codes))
        if groups is not None:
            patients = group_codes(groups, len(codes))
        datasets = []
        for rows in parts:
            if rows is None:
                datasets.append(None)
                continue
            index = np.flatnonzero(np.isin(items.rows, rows))
            totals = np.bincount(item_codes[index], weights[index])
            if rows is train and (empty := self.classes_[totals == 0].tolist()):
                raise ValueError(
                    "sample_weight and class_weight leave nothing to fit of class "
                    f"{empty}; raise some"
                )
            if not totals.sum() > 0:
                raise ValueError("the validation rows have no weight; raise some")
            # Once over the fit: a batch of rare cases must count for more.
            scaled = weights * (len(index) / weights[index].sum())
            found = ItemDataset(items, index, item_codes, scaled, self.classes_)
            if self.balanced_batches:
                self._balance(found, patients[items.rows[index]], rows is train)
            datasets.append(found)
        return datasets

    def _balance(self, dataset, patients, in_training):
        """Let classes and patients count the same: by turns, or by their weights."""
        codes = dataset.codes[dataset.index]
        if in_training:
            dataset.turns = Turns(codes, patients)
            return
        weights = dataset.weights.copy()
        weights[dataset.index] *= balanced_shares(codes, patients)
        dataset.weights = weights * (len(dataset) / weights[dataset.index].sum())

    def _build(self, items, n_train):
        """Make callbacks, module, loss and optimizer; try the module once."""
        self.item_shape_ = tuple(items.shape)
        self.channels_ = tuple(items.channels)
        self.device_ = str(pick_device(self.device))
        inferred = self._module_facts(items.shape) | {"n_classes": len(self.classes_)}
        self.module_spec_ = module_settings(
            self.module, self._named_modules, self._given_to_module(), inferred
        )
        self.initialize_callbacks()
        check_monitors(self.callbacks_)
        self.initialize_module()
        self.initialize_criterion()
        self._try_module()
        self._finish_module(items)
        smallest = smallest_batch(n_train, self.batch_size, self.micro_batch_size)
        self._try_training(min(smallest, 2))  # what two can do, more can
        self.initialize_optimizer()
        self.initialize_history()

    def _train(self, train, valid):
        """Run the epochs and leave the network ready to predict."""
        self._progress = progress = open_task(self, "fit", self.max_epochs)
        progress.call_on_fit_task_begin(estimator=self, **self._task)
        self.notify("on_train_begin", X=train, y=None)
        with contextlib.suppress(TrainingStopped):
            self.fit_loop((train, valid))
        self.notify("on_train_end", X=train, y=None)
        self.module_.eval()
        self._tell_end(progress)
        self._check_weights()
        self.best_epoch_ = kept_epoch(self)

    def _check_weights(self):
        """Refuse a network whose training diverged."""
        if name := strange_weight(self.module_):
            raise ValueError(
                f"training diverged (weights {name!r} are not finite) with "
                f"lr={self.lr}; lower lr, or scale the images"
            )

    def __sklearn_is_fitted__(self):
        """A module exists only after ``fit``."""
        return "module_" in vars(self)

    def check_is_fitted(
        self, attributes: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """Raise scikit-learn's NotFittedError before ``fit``."""
        check_is_fitted(self)

    @property
    def threads_(self) -> int | None:
        """Threads per operation; None is torch's own number."""
        small = isinstance(self.module, str) and self.module in SMALL_NETS
        return 1 if self.torch_threads is None and small else self.torch_threads

    @property
    def training_curve_(self) -> pd.DataFrame:
        """Learning curves: a row per epoch, from 1, and a column per quantity.

        ``train_loss`` and ``valid_loss`` are mean weighted cross-entropies, ``lr`` is
        the learning rate, ``seconds`` the time taken; ``kept`` marks the epoch whose
        weights were kept. What callbacks such as skorch's ``EpochScoring`` record
        has columns of its own.
        """
        check_is_fitted(self)
        first = ["train_loss", "valid_loss", "lr", "seconds"]
        # skorch's own counts, and its marks of the best value so far.
        hidden = {"batches", "epoch", "train_batch_count", "valid_batch_count"}
        rows = [
            {k: v for k, v in row.items() if k not in hidden and k[-5:] != "_best"}
            for row in self.history_
        ]
        index = pd.RangeIndex(1, len(rows) + 1, name="epoch")
        frame = pd.DataFrame(rows, index=index).rename(columns={"dur": "seconds"})
        frame["kept"] = frame.index == self.best_epoch_
        found = [name for name in first if name in frame]
        return frame[found + [name for name in frame if name not in first]]

    def _compute(self, items, function, views=()):
        """Apply part of the module to all items; (n_items, k) as float64.

        With views, functions of a batch, the mean over the batch and its views.
        """
        loader = self.get_iterator(ItemDataset(items))
        self.module_.eval()
        outputs = []
        with torch_scope(threads=self.threads_), torch.inference_mode():
            for inputs, _ in loader:
                found = self._run(function, inputs).double()
                for view in views:
                    seen = {**inputs, "x": view(inputs["x"])}
                    found = found + self._run(function, seen).double()
                outputs.append((found / (1 + len(views))).cpu().numpy())
        values = np.concatenate(outputs)
        if not np.isfinite(values).all():
            row = items.rows[np.flatnonzero(~np.isfinite(values).all(axis=1))[0]]
            raise ValueError(
                f"row {row}: {type(self).__name__} computes numbers that are not "
                "finite; scale its images as those of training were, or fit it again"
            )
        return values

    def _item_proba(self, items):
        """Class probabilities of each item."""

        def probabilities(x):
            return torch.softmax(self.module_(x).double(), dim=-1)

        return self._compute(items, probabilities, self._views())

    def _views(self):
        """What a prediction looks at besides the items themselves: nothing."""
        return ()

    def predict_proba(self, X: Any) -> np.ndarray:
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
        if isinstance(X, ItemDataset | Batch):  # from skorch's scoring callbacks
            return super().predict_proba(X)
        items = self._read(X, reset=False)
        return items.mean_by_row(self._item_proba(items))

    def predict(self, X: Any) -> np.ndarray:
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
        return self._labels_of(self.predict_proba(X))

    def _labels_of(self, probabilities):
        """Return the most probable class of each row, without another forward."""
        return self.classes_[probabilities.argmax(axis=1)]


def _task(X, y, sample_weight):
    """What scikit-learn's callbacks are told of a training, to score it."""
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    return {"X": X, "y": y, "metadata": weights}
