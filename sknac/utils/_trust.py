"""What a saved state may name: code that it asks to run must be known beforehand.

A pickle is code itself, so what it names is trusted with it. Other formats, such as
skops, load no types but those that were looked at, and in their files a text, or a
function of sknac's own, must not become a call of anything else.
"""

# SPDX-License-Identifier: BSD-3-Clause

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from sknac.exceptions import SknacFormatError

_PLAIN = (bool, int, float, complex, str, tuple, list, dict, set)
_READERS = set()  # import paths of readers that were registered, or came by pickle


def trust_reader(reader: str) -> None:
    """Let a reader be called that is named by its import paths."""
    _READERS.add(reader)


def is_trusted_reader(reader: str) -> bool:
    """Tell whether a reader was registered here, or came by a pickle."""
    return reader in _READERS


def check_makers(name: str, spec: Any, known: Collection[Callable], base: type) -> None:
    """Refuse a state that asks for calls of what builds no network.

    Allowed are the `known`, subclasses of `base`, and functions and classes of other
    packages. Those of Python's own library, of sknac, or found in its modules are not:
    whoever trusts sknac's names has not agreed to each call that they make possible.

    Parameters
    ----------
    name : str
        Whose state it is.
    spec : object
        What is built, and its settings, nested in any way.
    known : collection of callable
        Functions and classes that are there to build.
    base : type
        Class of what may be built.

    Raises
    ------
    SknacFormatError
        If anything in it may be called and must not.
    """
    for part in _callables(spec):
        kind = part if isinstance(part, type) else type(part)
        if issubclass(kind, base) or any(part is one for one in (*known, *_PLAIN)):
            continue
        origin = _origin(part)
        if _is_ours_or_pythons(origin):
            where = f"{origin.__module__}.{origin.__qualname__}"
            raise SknacFormatError(
                name,
                f"what was saved asks to call {where}, which builds no network; load "
                "no file of strangers, and ask for another copy",
            )


def _callables(value: Any) -> Iterator[Any]:
    """Yield what may be called in nested settings."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _callables(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _callables(item)
    elif isinstance(value, partial):
        yield from _callables((value.func, value.args, value.keywords))
    elif callable(value):
        yield value


def _origin(thing):
    """Return a function or class itself, of methods and objects their class."""
    owner = getattr(thing, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        return owner if isinstance(owner, type) else type(owner)
    return thing if hasattr(thing, "__qualname__") else type(thing)


def _is_ours_or_pythons(thing):
    """Tell whether a function or class is of sknac or Python, or lies in our modules.

    What another package made lies in a module of sknac where it was imported by name,
    under which a file can ask for it.
    """
    root = str(getattr(thing, "__module__", None) or "").split(".")[0]
    if root == "sknac" or root in sys.stdlib_module_names:
        return True
    ours = [m for name, m in list(sys.modules.items()) if name.startswith("sknac.")]
    return any(thing is value for m in ours for value in list(vars(m).values()))
