"""skorch's training loop, with the parts replaced that must behave otherwise."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import copy
import json
import os
from collections.abc import Mapping
from typing import Any

import torch
from skorch.callbacks import EarlyStopping, EpochTimer, PassthroughScoring, PrintLog
from skorch.dataset import unpack_data

from sknac.nets._data import Batch, make_loader, part_bounds
from sknac.nets._layout import memory_format, pick_layout
from sknac.nets._monitors import keeps_weights
from sknac.nets._named import OPTIMIZERS, check_groups, make_module
from sknac.nets._persistence import strange_weight
from sknac.nets._skorch import SkorchNet
from sknac.nets._trainable import train_mode
from sknac.utils._atomic import whole_file


class TrainingStopped(Exception):
    """A callback asked for the end of training."""


def _is_path(name: str, value: object) -> bool:
    """Tell whether an argument of skorch's is the path of a file to write."""
    return name.startswith("f_") and isinstance(value, str | os.PathLike)


class HookedNet(SkorchNet):
    """skorch's classifier with weighted loss, own loaders, devices and callbacks."""

    autocast = False
    channels_last = True
    micro_batch_size = None
    cache_mb = 128  # of image networks

    def get_default_callbacks(self) -> Any:
        """List the clock, the losses, early stopping and what prints."""
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

    def notify(self, method_name: Any, **cb_kwargs: Any) -> None:
        """Tell skorch's and scikit-learn's callbacks; all see an epoch's end."""
        getattr(self, method_name)(self, **cb_kwargs)
        stop = False
        callbacks = self.callbacks_
        if method_name == "on_train_end":  # the kept weights are for all to see
            callbacks = sorted(callbacks, key=lambda pair: not keeps_weights(pair[1]))
        for _, callback in callbacks:
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                # skorch's way to stop; elsewhere it is the user's Ctrl-C.
                if method_name != "on_epoch_end":
                    raise
                stop = True
        if method_name == "on_epoch_begin":
            self._epoch = self._progress.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(estimator=self, **self._task)
        elif method_name == "on_epoch_end":
            stop |= self._tell_end(self._epoch)
        if stop:
            raise TrainingStopped

    def _tell_end(self, context):
        """End a task; a callback that scores gets a copy that can predict."""
        return bool(
            context.call_on_fit_task_end(
                estimator=self, **self._task, reconstruction_attributes={}
            )
        )

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Write down the learning rate of the epoch, before schedules change it."""
        # Where there are groups, the last has the weights that none of them names.
        self.history.record("lr", self.optimizer_.param_groups[-1]["lr"])

    def check_data(self, X: Any, y: Any = None) -> None:
        """Do nothing: data is checked when it is read."""

    def get_dataset(self, X: Any, y: Any = None) -> Any:
        """Hand over what a scorer predicts: a dataset, or one batch."""
        return X

    def get_split_datasets(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Hand over the two datasets that ``fit`` made."""
        return X

    def get_iterator(self, dataset: Any, training: Any = False) -> Any:
        """Make a loader of batches; settings are ``iterator_train__...``."""
        if isinstance(dataset, Batch):
            return [(dataset, None)]
        prefix = "iterator_train" if training else "iterator_valid"
        settings = self.get_params_for(prefix)
        size = settings.pop("batch_size", self.batch_size)
        seed = vars(self).get("seed_", 0)
        return make_loader(dataset, size, shuffle=training, seed=seed, **settings)

    @contextlib.contextmanager
    def _resolved_device(self):
        """Show skorch, which knows no "auto", the device in use."""
        asked, self.device = self.device, self.device_
        try:
            yield
        finally:
            self.device = asked

    def save_params(
        self, f_params: Any = None, f_optimizer: Any = None, **kwargs: Any
    ) -> None:
        """Save weights and other parts, as skorch does; files are whole or not there.

        Parameters
        ----------
        f_params, f_optimizer : path, binary file or None, default=None
            Where the weights and the optimizer's state go.
        **kwargs : object
            Further settings of skorch's, such as ``f_history``.
        """
        given = {"f_params": f_params, "f_optimizer": f_optimizer, **kwargs}
        parts = [name for name, path in given.items() if _is_path(name, path)]
        paths = {name: given.pop(name) for name in parts}
        super().save_params(**given)
        others = {k: v for k, v in given.items() if k == "use_safetensors"}
        for name, path in paths.items():
            with whole_file(path) as file:
                if name == "f_history":  # which skorch writes as text, and closes
                    file.write(json.dumps(self.history.to_list()).encode())
                else:
                    super().save_params(**{name: file}, **others)

    def load_params(self, *args: Any, **kwargs: Any) -> None:
        """Load weights that ``save_params`` wrote into a fitted estimator."""
        with self._resolved_device():
            super().load_params(*args, **kwargs)
        if name := strange_weight(self.module_):
            raise ValueError(
                f"the loaded weights {name!r} are not finite numbers; load others"
            )

    def _optimizer_class(self):
        """Find the optimizer that a name stands for."""
        is_name = isinstance(self.optimizer, str)
        return OPTIMIZERS[self.optimizer] if is_name else self.optimizer

    def initialize_optimizer(self, triggered_directly: Any = None) -> Any:
        """Make the optimizer."""
        parameters = [
            (name, weight)
            for name, weight in self.get_all_learnable_params()
            if weight.requires_grad
        ]
        groups = self.get_params_for("optimizer").get("param_groups", [])
        names = [name for name, _ in parameters]
        check_groups(self._optimizer_class(), groups, names)
        args, kwargs = self.get_params_for_optimizer("optimizer", parameters)
        self.optimizer_ = self._optimizer_class()(*args, **kwargs)
        return self

    def initialize_module(self) -> Any:
        """Build the module on its device."""
        make, settings = self.module_spec_
        self.module_ = make_module(make, settings)
        self._place_module()
        return self

    def _place_module(self):
        """Move the module to its device and memory layout."""
        self.module_.to(self.device_)
        layout = pick_layout(self.module_, self.device_, self.channels_last)
        self.module_.to(memory_format=memory_format(layout))
        self.memory_format_ = layout

    def initialize_criterion(self) -> Any:
        """Make the loss; reduction comes later, with the weights."""
        settings = self.get_params_for("criterion") | {"reduction": "none"}
        self.criterion_ = self.criterion(**settings).to(self.device_)
        return self

    def _try_module(self):
        """Run one blank item, so that a wrong size is found before training."""
        expected = (1, len(self.classes_))
        self._check_stride()
        try:
            self.module_.eval()
            with torch.inference_mode():
                found = tuple(self.infer(torch.zeros(1, *self.item_shape_)).shape)
        except (RuntimeError, IndexError, ValueError) as error:
            raise ValueError(
                f"{type(self.module_).__name__} cannot take items of shape "
                f"{self.item_shape_}: {error}; give it what it takes, or another module"
            ) from error
        if found != expected:
            raise ValueError(
                f"{type(self.module_).__name__} must return logits of shape (n_items, "
                f"n_classes) = {expected} for one item, got {found}"
            )

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """Compute logits of a batch."""
        return self._run(self.module_, x).float()

    def _run(self, function, x):
        """Apply part of the module to a batch on its device."""
        x = x["x"] if isinstance(x, Mapping) else x
        x = x.to(self.device_)
        if x.ndim == 4:
            x = x.contiguous(memory_format=memory_format(self.memory_format_))
        kind = torch.device(self.device_).type
        with torch.autocast(kind, torch.bfloat16, enabled=bool(self.autocast)):
            return function(x)

    def train_step_single(self, batch: Any, **fit_params: Any) -> Any:
        """Take one training step on an augmented batch."""
        inputs, _ = unpack_data(batch)
        moved = self._augment(inputs["x"].to(self.device_))
        return self._accumulate({**inputs, "x": moved})

    def _accumulate(self, inputs):
        """Add up the gradients of a batch's parts, as if it were computed whole."""
        if not self.module_.training:  # walking through the layers takes its time
            self._train_mode()
        total, outputs, n_items = 0.0, [], len(inputs["x"])
        for start, end in part_bounds(n_items, self.micro_batch_size):
            part = {name: value[start:end] for name, value in inputs.items()}
            output = self.infer(part)
            loss = self.get_loss(output, None, X=part, training=True)
            # Each part's loss is a mean: by its share it adds up to the batch's.
            loss = loss * ((end - start) / n_items)
            loss.backward()
            total = total + loss.detach()
            outputs.append(output.detach())
        return {"loss": total, "y_pred": torch.cat(outputs)}

    def _train_mode(self):
        """Put what is trained into training mode."""
        train_mode(self.module_, vars(self).get("trained_layers_"))

    def _check_stride(self):
        """Refuse images of which a network leaves less than one pixel."""
        stride = getattr(self.module_, "stride", 1)
        if len(self.item_shape_) > 1 and min(self.item_shape_[-2:]) < stride:
            mend = "enlarge them (PlaneResizer) or take a network of smaller stride"
            *_, height, width, n_last = (1, *self.item_shape_)
            if n_last in (1, 3, 4) and min(height, width) >= stride:
                mend = "move the channels, which come first, np.moveaxis(X, -1, -3)"
            raise ValueError(
                f"{type(self.module_).__name__} cannot take items of shape "
                f"{self.item_shape_}: it makes images {stride} times smaller; {mend}"
            )

    def _try_training(self, n_items):
        """Run the smallest batch as training will, and undo what it changes."""
        before = copy.deepcopy(self.module_.state_dict())
        device = torch.device(self.device_)
        generators = [device] if device.type == "cuda" else []
        try:
            self._train_mode()
            with torch.no_grad(), torch.random.fork_rng(generators):
                self.infer(self._blanks(n_items))
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                f"{type(self.module_).__name__} cannot be trained on batches of "
                f"{n_items} item(s) of shape {self.item_shape_}: {error}; raise "
                "batch_size and micro_batch_size, or give more or larger images"
            ) from error
        finally:
            self.module_.load_state_dict(before)

    def _blanks(self, n_items):
        """Make items with as little in them as training may meet."""
        return torch.zeros(n_items, *self.item_shape_)

    def _augment(self, x):
        """Leave a batch as it is; image networks change it."""
        return x

    def get_loss(
        self, y_pred: Any, y_true: Any, X: Any = None, training: Any = False
    ) -> Any:
        """Mean of the weighted cross-entropies of a batch, whose codes are in X."""
        losses = self.criterion_(y_pred, X["code"].to(self.device_))
        return (losses * X["weight"].to(self.device_)).mean()
