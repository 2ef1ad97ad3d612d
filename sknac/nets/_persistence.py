"""Saving and loading fitted networks as settings and arrays."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from skorch.history import History

import sknac
from sknac.exceptions import SknacFormatError
from sknac.nets._makers import check_network
from sknac.nets._scope import loadable_device, torch_scope
from sknac.utils._handle import digest_of
from sknac.utils._sklearn import CALLBACK_STATE
from sknac.utils._state import (
    DAMAGED,
    check_stamp,
    pack_state,
    plain_value,
    unpack_state,
)

FORMAT = 2  # since 2 there is a digest of all the rest


class ArrayStateMixin:
    """State of an estimator with a network, as settings and arrays alone.

    Pickles hold the parameters, the fitted attributes, the weights as arrays and
    the learning curves as numbers; the module is built again on loading. The
    optimizer's state is not kept: a loaded estimator predicts as before, and is
    trained from the start by ``fit``. A digest tells whether anything was damaged.
    """

    def __getstate__(self):
        left_out = self.training_state | CALLBACK_STATE
        state = {k: v for k, v in vars(self).items() if k not in left_out}
        if "module_" in vars(self):
            tensors = self.module_.state_dict()
            state["_weights"] = {
                k: v.detach().cpu().numpy() for k, v in tensors.items()
            }
            state["_curves"] = _plain_curves(self.history_)
        # What a path leads to counts in caches, as the settings do.
        if content := self._file_content():
            state["_file_content"] = content
        state["_digest"] = _digest(state)
        state["_sknac_stamp"] = (FORMAT, sknac.__version__)
        return pack_state(state)

    def __setstate__(self, state):
        state = unpack_state(self, state)
        stamp = state.pop("_sknac_stamp", (0, "unknown"))
        check_stamp(type(self).__name__, stamp, FORMAT)
        _check_digest(type(self).__name__, stamp[0], state)
        state.pop("_file_content", None)
        weights = state.pop("_weights", None)
        curves = state.pop("_curves", None)
        vars(self).update(state)
        if weights is not None:
            self._restore_module(weights)
            self.history_ = History(curves)

    def _restore_module(self, weights):
        """Build the module that was fitted and give it its weights."""
        make, settings = self.module_spec_
        check_network(type(self).__name__, self.module_spec_)
        # Initial weights are overwritten; they must not use up the caller's seed.
        with torch_scope(seed=0):
            self.module_ = make(**settings)
        self.module_.load_state_dict(
            {k: torch.from_numpy(np.array(v)) for k, v in weights.items()}
        )
        if name := strange_weight(self.module_):
            raise SknacFormatError(
                type(self).__name__,
                f"its weights {name!r} are not finite numbers; fit it again",
            )
        vars(self)["device_"] = str(loadable_device(self.device))
        self._place_module()
        self.module_.eval()


def strange_weight(module: torch.nn.Module) -> str | None:
    """Name the first weights or statistics of a module that are not all finite."""
    arrays = module.state_dict().items()
    return next((k for k, v in arrays if not torch.isfinite(v).all()), None)


def _check_digest(name, number, state):
    """Refuse a state of which anything has changed since it was saved."""
    saved = state.pop("_digest", None)
    if number < 2 and saved is None:  # of a format that had none
        return
    if saved != _digest(state):
        raise SknacFormatError(name, DAMAGED)


def _digest(state):
    """Hash a state."""
    return digest_of(plain_value(state))


def _plain_curves(history):
    """Keep each epoch's numbers, as Python's own, and drop those of batches."""
    return [
        {k: v.item() if isinstance(v, np.generic) else v for k, v in epoch.items()}
        for epoch in ({**row, "batches": []} for row in history)
    ]
