"""What is saved of a fitted encoder: plain arrays, or a program of torch."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import torch

from sknac.nets._encoder import (
    Encoder,
    arrays_of,
    build,
    export,
    find_module,
    from_export,
)
from sknac.nets._encoders import ENCODERS
from sknac.nets._first_layers import scale_input
from sknac.nets._scope import loadable_device
from sknac.nets._weights_file import content_of
from sknac.utils._state import SavedState
from sknac.utils._warnings import warn_user


class EncoderStateMixin(SavedState):
    """State of a step with an encoder, which needs neither its file nor its package.

    A network by name is built again and given its weights. One by the path of its class
    is saved as a program, made when it is first saved. Of a class itself, which the
    state names among the settings, the weights are saved.
    """

    def _attributes(self):
        """Attributes as they are saved; what a path leads to counts in caches."""
        state = {k: v for k, v in vars(self).items() if k != "module_"}
        if content := content_of(self.weights):
            state["_file_content"] = content
        if "module_" not in vars(self) or self._program is not None:
            return state
        if isinstance(self._spec[0], str) and self._spec[0] not in ENCODERS:
            self._program = self._exported()
        if self._program is None:
            state["_weights"] = arrays_of(self.module_)
        return state | {"_program": self._program}

    def _exported(self):
        """Write the encoder as a program; None, and a warning, where torch cannot."""
        try:
            on_cpu = copy.deepcopy(self.module_).cpu()
            on_cpu.to(memory_format=torch.contiguous_format)
            return export(on_cpu, self.item_shape_)
        except Exception as error:  # whatever a network of others' may do
            said = str(error).strip().splitlines() or [type(error).__name__]
            warn_user(
                f"torch.export cannot write {self._spec[0]} ({said[0][:120]}); whoever "
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
        if self._program is not None:
            self.module_ = from_export(self._program).to(self.device_)
        else:
            self._place(self._rebuilt(weights))

    def _rebuilt(self, weights):
        """Build the encoder that was fitted, with its weights."""
        module, settings, layer, pool = self._spec
        network = build(find_module(module)[0], settings)
        if self._scaling is not None:
            scale_input(network, *self._scaling)
        encoder = Encoder(network, layer, pool)
        encoder.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        return encoder.eval()

    def _place(self, encoder):
        """Move the encoder to its device, images in memory channels last."""
        self.module_ = encoder.to(self.device_, memory_format=torch.channels_last)
