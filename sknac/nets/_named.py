"""Modules and optimizers by name, with their settings checked before use."""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import inspect
from collections.abc import Callable, Mapping

import torch

from sknac.nets._dual import DualInput
from sknac.nets._encoders import ENCODERS
from sknac.nets._mlp import PredictiveMLP

PLANE_NETS: Mapping = ENCODERS
PAIR_NETS: Mapping = {name: (DualInput, {"encoder": name}) for name in ENCODERS} | {
    "resnet_tiny": (DualInput, {"encoder": "resnet_tiny", "dropout": 0.2}),
    "ran_tiny": (DualInput, {"encoder": "ran_tiny", "dropout": 0.2}),
}
TABLE_NETS: Mapping = {
    "mlp": (PredictiveMLP, {}),
    "mlp_tiny": (PredictiveMLP, {"layout": "tiny"}),
}
# Their operations are too short to share: a second thread only waits, spinning.
SMALL_NETS = {"ran_tiny", "resnet_tiny", "mlp", "mlp_tiny"}
OPTIMIZERS: Mapping = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}


def module_settings(
    module: str | Callable, named: Mapping, given: Mapping, inferred: Mapping
) -> tuple[Callable, dict]:
    """Find a module's class and the settings to build it with.

    Parameters
    ----------
    module : str or callable
        A name in `named`, or a class or function that returns a module.
    named : mapping of str to (callable, dict)
        Modules known by name, with their settings.
    given : mapping
        Settings that the user gave (``module__...``); an unknown one is an error.
    inferred : mapping
        Settings known from the data, used where the module takes them.

    Returns
    -------
    make : callable
        What builds the module.
    settings : dict
        Its arguments.
    """
    if isinstance(module, torch.nn.Module):
        raise ValueError(
            "module must be a class or a name, not an instance: clones would share it"
        )
    make, preset = named[module] if isinstance(module, str) else (module, {})
    known = _settings_of(make)
    # Settings in an estimator's signature are None unless given, and not every
    # module has them.
    given = {k: v for k, v in given.items() if v is not None or k in (known or ())}
    check_settings(make, given, prefix="module")
    usable = {k: v for k, v in inferred.items() if known is None or k in known}
    return make, {**preset, **usable, **given}


def check_settings(make: Callable, given: Mapping, *, prefix: str) -> None:
    """Refuse settings that a class does not take, and name the nearest one.

    Raises
    ------
    ValueError
        If a setting is unknown.
    """
    known = _settings_of(make)
    if known is None:
        return
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {prefix}__{near[0]}?" if near else ""
            raise ValueError(
                f"{make.__name__} has no setting {name!r} ({prefix}__{name}){hint}; "
                f"choose from {sorted(known)}"
            )


def _settings_of(make):
    """Names of a callable's arguments; None if it takes any."""
    parameters = inspect.signature(make).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return {p.name for p in parameters}
