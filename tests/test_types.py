"""Public signatures are annotated, and a user's annotated code names all of them."""

# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import sknac

_CONSUMER = (Path(__file__).parent / "consumer.py").read_text()
_PACKAGES = [module.name for module in pkgutil.iter_modules(sknac.__path__)]
_NAMES = [
    (package, name)
    for package in [*_PACKAGES, "cohort.planes", "nets.split"]
    for name in importlib.import_module(f"sknac.{package}").__all__
]


def _plain(member):
    """Return the function in a method, property or delegated method, or None."""
    if isinstance(member, classmethod | staticmethod):
        member = member.__func__
    if isinstance(member, property):
        member = member.fget
    member = inspect.unwrap(getattr(member, "fn", member))
    return member if inspect.isfunction(member) else None


def functions(public):
    """List what a user calls of a public name: itself, or methods of its classes."""
    if not inspect.isclass(public):
        return [_plain(public)] if _plain(public) else []
    ours = [base for base in public.__mro__ if base.__module__.startswith("sknac")]
    return [
        function
        for base in ours
        for name, member in vars(base).items()
        if name in {"__init__", "__init_subclass__"} or not name.startswith("_")
        if (function := _plain(member)) and function.__module__.startswith("sknac")
    ]


def bare(function):
    """List the parameters of a function, and its result, that have no annotation."""
    asked = {*inspect.signature(function).parameters, "return"} - {"self", "cls"}
    return sorted(asked - function.__annotations__.keys())


@pytest.mark.parametrize(("package", "name"), _NAMES, ids=lambda part: part)
def test_public_signatures_are_annotated(package, name):
    public = getattr(importlib.import_module(f"sknac.{package}"), name)
    missing = {f.__qualname__: bare(f) for f in functions(public) if bare(f)}
    assert not missing


@pytest.mark.parametrize(
    ("package", "name"),
    [pair for pair in _NAMES if "." not in pair[0]],
    ids=lambda part: part,
)
def test_annotated_code_of_a_user_has_every_name(package, name):
    assert re.search(rf"\b{package}\.{name}\b", _CONSUMER)


def test_what_has_no_annotation_is_found():
    class Step:
        def __init__(self, *, size: int = 3):
            pass

        @property
        def area(self):
            return 1

        @classmethod
        def build(cls, size, **rest: int) -> "Step":
            return cls()

    Step.__module__ = "sknac.own"
    for member in vars(Step).values():
        if plain := _plain(member):
            plain.__module__ = "sknac.own"
    assert {f.__name__: bare(f) for f in functions(Step)} == {
        "__init__": ["return"],
        "area": ["return"],
        "build": ["size"],
    }
