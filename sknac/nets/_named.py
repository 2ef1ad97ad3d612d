"""Modules and optimizers by name, with their settings checked before use."""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch

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
# What others call the facts that are known from the data, and what is to be so.
_ALIKE: Mapping = {
    "n_classes": ("num_classes", "out_channels"),
    "in_channels": ("in_chans", "n_input_channels"),
}
_ALWAYS: Mapping = {"spatial_dims": 2}
# Packages whose networks take ``pretrained``, to download weights if it is true.
_DOWNLOADERS = {"monai", "timm", "torchvision"}
# Settings that are no argument of the module: they are done to it when it is built.
_DONE = ("weights", "normalise", "feature_layer")
_BY_NAME = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}


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
        Settings known from the data, used where the module takes them, also under
        the names that MONAI and others have for them.

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
    known, _ = _settings_of(make)
    # Settings in an estimator's signature are None unless given, and not every
    # module has them.
    given = {k: v for k, v in given.items() if v is not None or k in known}
    check_settings(make, given, prefix="module")
    downloads = getattr(make, "__module__", "").split(".")[0] in _DOWNLOADERS
    if downloads and given.get("pretrained"):
        raise ValueError(
            "module__pretrained would download weights; give the path of a file as "
            "module__weights"
        )
    facts = _renamed(inferred, known) | ({"pretrained": False} if downloads else {})
    usable = {k: v for k, v in facts.items() if k in known}
    return make, {**preset, **usable, **given}


def make_module(make: Callable, settings: Mapping) -> torch.nn.Module:
    """Build a module, and say which settings it cannot be built with.

    Raises
    ------
    ValueError
        If it cannot be built, or what is built is no module of torch.
    """
    who = getattr(make, "__name__", make)
    try:
        module = make(**settings)
    except (RuntimeError, TypeError, MemoryError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise ValueError(
            f"{who} cannot be built with {settings}: {said}; give it other settings"
        ) from error
    if not isinstance(module, torch.nn.Module):
        raise ValueError(
            f"module={who} must make a torch module, got a {type(module).__name__}"
        )
    return module


def take_out(module: str | Callable, given: Mapping) -> tuple[dict, dict]:
    """Part settings of a module from what is done to it after it is built.

    Parameters
    ----------
    module : str or callable
        As in `module_settings`. What it names itself is its own setting, but for
        ``weights``.
    given : mapping
        Settings that the user gave.

    Returns
    -------
    own : dict
        What the module is built with.
    done : dict
        ``weights``, ``normalise`` and ``feature_layer``, None where not given.
    """
    known = set() if isinstance(module, str) else _settings_of(module)[0]
    names = [name for name in _DONE if name == "weights" or name not in known]
    own = {k: v for k, v in given.items() if k not in names}
    return own, {name: given.get(name) if name in names else None for name in _DONE}


def _renamed(inferred, known):
    """Add what is always so, and other names of facts whose own is not known."""
    facts = {**inferred, **_ALWAYS} if inferred else {}
    for name, others in _ALIKE.items():
        if name in facts and name not in known:
            facts |= dict.fromkeys(others, facts[name])
    return facts


def check_settings(make: Callable, given: Mapping, *, prefix: str) -> None:
    """Refuse settings that a class does not take, and name the nearest one.

    Raises
    ------
    ValueError
        If a setting is unknown.
    """
    known, takes_others = _settings_of(make)
    for name in given:
        if name not in known and not takes_others:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {prefix}__{near[0]}?" if near else ""
            who = getattr(make, "__name__", make)
            raise ValueError(
                f"{who} has no setting {name!r} ({prefix}__{name}){hint}; "
                f"choose from {sorted(known)}"
            )


def _settings_of(make):
    """Names of a callable's arguments, and whether it takes others besides.

    What a class takes by ``**kwargs`` is what its parents name.
    """
    makers, known = [make], set()
    if inspect.isclass(make):
        makers = [vars(c)["__init__"] for c in make.__mro__ if "__init__" in vars(c)]
    for each in makers:
        parameters = list(inspect.signature(each).parameters.values())
        parameters = parameters[inspect.isclass(make) :]  # without self
        named = (
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.KEYWORD_ONLY,
        )
        known |= {p.name for p in parameters if p.kind in named}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return known, False
    return known, True


def check_groups(make: Callable, groups: Sequence, names: Sequence[str]) -> None:
    """Refuse groups of weights with unknown settings or without any weights.

    Parameters
    ----------
    make : callable
        The optimizer's class.
    groups : sequence of (str, mapping)
        skorch's ``optimizer__param_groups``: patterns of names, and the settings of
        the weights that they match first.
    names : sequence of str
        Names of all weights.

    Raises
    ------
    ValueError
        If a setting is unknown, or a pattern matches nothing that is left.
    """
    left = list(names)
    if not all(isinstance(g, tuple | list) and len(g) == 2 for g in groups):
        raise ValueError(
            "optimizer__param_groups must be a list of (pattern, settings), got "
            f"{groups!r}"
        )
    for pattern, settings in groups:
        check_settings(make, settings, prefix="optimizer")
        if len(rest := [n for n in left if not fnmatch(n, pattern)]) == len(left):
            raise ValueError(
                f"optimizer__param_groups: {pattern!r} matches none of the weights "
                f"that are left; choose from {left}"
            )
        left = rest
