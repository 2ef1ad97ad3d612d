"""What is saved of a fitted encoder: plain arrays, or a program of torch."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import torch

from sknac.exceptions import SknacFormatError
from sknac.nets._encoder import (
    Encoder,
    arrays_of,
    build,
    find_module,
)
from sknac.nets._encoders import ENCODERS
from sknac.nets._first_layers import scale_input
from sknac.nets._makers import check_network
from sknac.nets._persistence import strange_weight
from sknac.nets._program import TorchProgram, export, from_export
from sknac.nets._scope import loadable_device
from sknac.nets._weights_file import content_of
from sknac.utils._state import DAMAGED, SavedState
from sknac.utils._warnings import warn_user

# What there is of an encoder after ``fit``, besides what is told of it.
FITTED = ("module_", "_spec", "_path", "_scaling", "_program")


class EncoderStateMixin(SavedState):
    """State of a step with an encoder, which needs neither its file nor its package.

    A network by name is built again and given its weights. One by the path of its class
    is saved as a program, made when it is first saved. Of a class itself, which the
    state names among the settings, the weights are saved. Nothing is imported or called
    on loading that is named by text alone.
    """

    def _attributes(self):
        """Attributes as they are saved; what a path leads to counts in caches."""
        state = {k: v for k, v in vars(self).items() if k != "module_"}
        if content := content_of(self.weights):
            state["_file_content"] = content
        if "module_" not in vars(self):
            return state
        if self._path is not None and self._program is None:
            self._program = state["_program"] = self._exported()
        if self._program is None:
            return state | {"_weights": arrays_of(self.module_)}
        return state | {"_spec": None}  # it would name the class

    def _exported(self):
        """Write the encoder as a program; None, and a warning, where torch cannot."""
        try:
            on_cpu = copy.deepcopy(self.module_).cpu()
            on_cpu.to(memory_format=torch.contiguous_format)
            return export(on_cpu, self.item_shape_)
        except Exception as error:  # whatever a network of others' may do
            said = str(error).strip().splitlines() or [type(error).__name__]
            warn_user(
                f"torch.export cannot write {self._path} ({said[0][:120]}); whoever "
                "loads what is saved must be able to import it"
            )
            return None

    def __setstate__(self, state):
        super().__setstate__(state)
        vars(self).pop("_file_content", None)
        weights = vars(self).pop("_weights", None)
        if "_spec" not in vars(self):
            return
        self.device_ = str(loadable_device(self.device_))
        if self._spec is None:
            if not isinstance(self._program, TorchProgram):
                raise SknacFormatError(type(self).__name__, DAMAGED)
            self.module_ = from_export(self._program).to(self.device_)
        else:
            self._place(self._rebuilt(weights))

    def _rebuilt(self, weights):
        """Build the encoder that was fitted, with its weights."""
        make, settings, layer, pool = self._spec
        if isinstance(make, str):
            if make not in ENCODERS:  # a path, of which anything could be called
                raise SknacFormatError(type(self).__name__, DAMAGED)
            make, _ = find_module(make)
        check_network(type(self).__name__, (make, settings))
        network = build(make, settings)
        if self._scaling is not None:
            scale_input(network, *self._scaling)
        encoder = Encoder(network, layer, pool)
        encoder.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        if name := strange_weight(encoder):
            raise SknacFormatError(
                type(self).__name__,
                f"its weights {name!r} are not finite numbers; fit it again",
            )
        return encoder.eval()

    def _place(self, encoder):
        """Move the encoder to its device, images in memory channels last."""
        self.module_ = encoder.to(self.device_, memory_format=torch.channels_last)
