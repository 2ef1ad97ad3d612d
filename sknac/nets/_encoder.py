"""A network as a function from images to vectors, and how it is kept and made again."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

import numpy as np
import torch
from torch import nn

from sknac.nets._blocks import PlaneNet
from sknac.nets._encoders import ENCODERS
from sknac.nets._layer_features import as_vectors, find_layer, output_of
from sknac.nets._named import make_module, module_settings
from sknac.nets._scope import torch_scope
from sknac.nets._trainable import head_names
from sknac.utils._handle import digest_of
from sknac.utils._state import plain_value

POOLS: Mapping = {
    "mean": lambda flat: flat.mean(-1),
    "max": lambda flat: flat.amax(-1),
    "sd": lambda flat: flat.std(-1, correction=0),
}


class Encoder(nn.Module):
    """Vectors of images: what a layer of a network gives, pooled over the image.

    Parameters
    ----------
    module : Module
        The network.
    layer : str or None
        The layer. None takes the last maps of sknac's networks; of others what
        ``features`` gives, or else what the head is given.
    pool : {"mean", "max", "sd"}
        What is taken of maps.

    Raises
    ------
    ValueError
        If there is no such layer.
    """

    def __init__(self, module: nn.Module, layer: str | None, pool: str):
        super().__init__()
        self.module = module
        self.layer = layer
        self.pool = pool
        says = isinstance(module, PlaneNet) or hasattr(module, "features")
        if layer is not None:
            find_layer(module, layer)
        elif not says and not head_names(module):
            raise ValueError(
                f"{type(module).__name__} has a single layer with weights; name the "
                "one whose values are the features as layer"
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute vectors, (n_images, n_features), of images."""
        return as_vectors(self._values(x), self.layer or "features", POOLS[self.pool])

    def _values(self, x):
        """Compute what is pooled."""
        if self.layer is not None:
            return output_of(self.module, self.layer, x)
        if isinstance(self.module, PlaneNet):
            return self.module.maps(x)
        if hasattr(self.module, "features"):
            return self.module.features(x)
        return _input_of(self.module, head_names(self.module)[-1], x)


def find_module(module: str | Callable) -> tuple[Callable, dict]:
    """Find a network's class and the settings that its name stands for.

    Parameters
    ----------
    module : str or callable
        A name in `ENCODERS`, the path of a class such as
        ``"monai.networks.nets.DenseNet121"``, or a class or function.

    Raises
    ------
    ValueError
        If there is none, or it is an instance.
    """
    if not isinstance(module, str):
        return module, {}
    if module in ENCODERS:
        make, named = ENCODERS[module]
        return make, {**named, "feature_dim": None}
    package, _, name = module.rpartition(".")
    try:
        make = getattr(import_module(package), name) if package else None
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"module={module!r} cannot be imported ({error}); give one of "
            f"{sorted(ENCODERS)}, or the path of a class as it is imported"
        ) from error
    # Not of any function: a text in a file, which nobody is asked to trust, would run.
    if not (inspect.isclass(make) and issubclass(make, nn.Module)):
        raise ValueError(
            f"module must be one of {sorted(ENCODERS)}, or the path of a class of "
            f"networks such as 'package.Network', got {module!r}; give a function "
            "itself"
        )
    return make, {}


def encoder_settings(
    module: str | Callable, given: Mapping, facts: Mapping
) -> tuple[Callable, dict]:
    """Find what builds a network, and its checked settings; see `module_settings`."""
    make, named = find_module(module)
    make, settings = module_settings(make, {}, {**named, **given}, facts)
    return make, settings


def build(make: Callable, settings: Mapping, seed: int = 0) -> nn.Module:
    """Build a network without touching the caller's generators.

    Raises
    ------
    ValueError
        If it cannot be built, or what is built is no module of torch.
    """
    with torch_scope(seed=seed):
        module = make_module(make, settings)
    return module.eval().requires_grad_(False)


def is_random(make: Callable, settings: Mapping, module: nn.Module) -> bool:
    """Tell whether a network's first weights are drawn: another seed gives others."""
    other = build(make, settings, seed=1)
    return weights_digest(other) != weights_digest(module)


def random_part(
    encoder: Encoder, missing: Sequence[str], shape: Sequence[int]
) -> str | None:
    """Name a missing weight that the vectors depend on, found by changing them."""
    image = torch.rand(1, *shape, generator=torch.Generator().manual_seed(0))
    own = encoder.module.state_dict()

    def count(names):
        before = {name: own[name].clone() for name in names}
        with torch.no_grad():
            for name in names:
                own[name].add_(1)
            changed = not torch.equal(encoder(image), expected)
            for name in names:
                own[name].copy_(before[name])
        return changed

    with torch.no_grad():
        expected = encoder(image)
    if not missing or not count(missing):
        return None
    return next((name for name in missing if count([name])), missing[0])


def weights_digest(module: nn.Module) -> str:
    """Hash all weights and statistics."""
    return digest_of(plain_value(arrays_of(module)))


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Copy all weights and statistics out of a module."""
    state = module.state_dict()
    return {k: v.detach().cpu().contiguous().numpy().copy() for k, v in state.items()}


def code_of(make: Callable, module: nn.Module) -> tuple[str, str, str]:
    """Say what code a network runs: its name, its package's version, its own source."""
    kind = type(module)
    package = sys.modules.get(kind.__module__.split(".")[0])
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):  # typed in, or compiled
        source = ""
    made_by = getattr(make, "__qualname__", type(make).__qualname__)
    name = f"{kind.__module__}.{kind.__qualname__} by {made_by}"
    return name, str(getattr(package, "__version__", "")), source


def _input_of(module, layer, x):
    """Run a network and take what one of its layers is given first."""
    seen = []
    hook = module.get_submodule(layer).register_forward_pre_hook(
        lambda layer, given: seen.append(given[0])
    )
    try:
        module(x)
    finally:
        hook.remove()
    if not seen:
        raise ValueError(
            f"{type(module).__name__} does not run its layer {layer!r}; name another "
            "as layer"
        )
    return seen[0]
