"""Every public name has a numpydoc docstring with a runnable example."""

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest
from numpydoc.validate import ERROR_MSGS, validate

import sknac.datasets

_ROOT = Path(__file__).parents[1]
_CONFIG = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]
_IGNORED = set(_CONFIG["numpydoc_validation"]["checks"]) - {"all"}
_PACKAGES = [
    f"sknac.{module.name}"
    for module in pkgutil.iter_modules(sknac.__path__)
    if not module.name.startswith("_")
]
# Public modules inside packages are doors for developers.
_DOORS = [
    ".".join(path.relative_to(_ROOT).with_suffix("").parts)
    for path in sorted((_ROOT / "sknac").glob("*/[!_]*.py"))
]


def _public_names(packages=_PACKAGES):
    """Yield each name of each package's ``__all__``."""
    for package in packages:
        for name in importlib.import_module(package).__all__:
            yield f"{package}.{name}"


def _members(path):
    """Yield a name and, for a class, the public methods it documents itself.

    An override without a docstring has that of the parent class.
    """
    package, name = path.rsplit(".", 1)
    thing = getattr(importlib.import_module(package), name)
    yield path
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            inherits = inspect.getdoc(getattr(thing, member)) and not value.__doc__
            if callable(value) and not member.startswith("_") and not inherits:
                yield f"{path}.{member}"


def _complaints(path, codes_off=()):
    """List what numpydoc finds, without the codes that are switched off."""
    errors = validate(path)["errors"]
    return [f"{path}: {code} {text}" for code, text in errors if code not in codes_off]


@pytest.mark.parametrize("path", [*_public_names(), "sknac.show_versions"])
def test_public_docstring_is_complete(path):
    """The name needs an example; its methods need everything else."""
    found = _complaints(path, _IGNORED)
    for member in list(_members(path))[1:]:
        found += _complaints(member, _IGNORED | {"EX01"})
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", list(_public_names(_DOORS)))
def test_docstring_of_a_door_is_complete(path):
    """Developers' names need everything but an example."""
    assert _complaints(path, _IGNORED | {"EX01"}) == []


@pytest.mark.parametrize("package", [*_PACKAGES, *_DOORS])
def test_all_names_exist_and_are_public(package):
    module = importlib.import_module(package)
    assert all(hasattr(module, name) for name in module.__all__)
    assert not any(name.startswith("_") for name in module.__all__)


def test_public_functions_are_annotated():
    """Arguments of functions carry types; estimators' settings have constraints."""
    bare = []
    for path in _public_names():
        package, name = path.rsplit(".", 1)
        thing = getattr(importlib.import_module(package), name)
        if inspect.isfunction(thing):
            parameters = inspect.signature(thing).parameters.values()
            bare += [
                f"{path}({p.name})"
                for p in parameters
                if p.annotation is p.empty and p.name not in _DUCK_TYPED
            ]
    assert not bare, bare


def _functions(path):
    """Yield a public function, or what a class has of its own for users."""
    package, name = path.rsplit(".", 1)
    thing = getattr(importlib.import_module(package), name)
    members = vars(thing) if inspect.isclass(thing) else {name: thing}
    for member, value in members.items():
        function = getattr(value, "__func__", value)  # of a class method
        public = member == "__init__" or not member.startswith("_")
        if public and inspect.isfunction(function):
            yield function


@pytest.mark.parametrize("path", [*_public_names(), "sknac.show_versions"])
def test_signatures_can_be_read_in_a_notebook(path):
    """No type is a page of alternatives, as numpy's ArrayLike is once resolved."""
    long = [
        f"{function.__qualname__}({parameter.name})"
        for function in _functions(path)
        for parameter in inspect.signature(function).parameters.values()
        if len(inspect.formatannotation(parameter.annotation)) > _LONGEST_TYPE
    ]
    assert not long, f"{long}: from __future__ import annotations keeps names short"


_LONGEST_TYPE = 90

# scikit-learn's own signatures leave these open: any array-like or estimator does.
_DUCK_TYPED = {"X", "y", "estimator", "y_true", "y_score", "y_pred"}


_TEXTS = sorted(
    path
    for folder, suffix in (("sknac", "py"), ("docs", "rst"))
    for path in (_ROOT / folder).rglob(f"*.{suffix}")
    if ">>> " in path.read_text()
)


def _unseeded(text):
    """Name the calls in examples that simulate patients anew at each run."""
    source = "".join(e.source for e in doctest.DocTestParser().get_examples(text))
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name, given = ast.unparse(node.func), {word.arg for word in node.keywords}
        maker = getattr(sknac.datasets, name, None)
        needed = set(inspect.signature(maker).parameters) - given if maker else ()
        if "random_state" in needed:
            yield f"{name}, line {node.lineno} of the examples"


@pytest.mark.parametrize("path", _TEXTS, ids=lambda path: path.stem)
def test_examples_show_the_same_patients_at_each_run(path):
    """What is shown below an example must be so for every reader, and in every run."""
    assert list(_unseeded(path.read_text())) == []


def test_a_draw_without_a_seed_is_seen():
    text = ">>> x = 1\n>>> a = make_rf_cohort(n_patients=2).X\n"
    assert list(_unseeded(text)) == ["make_rf_cohort, line 2 of the examples"]
    assert list(_unseeded(text.replace("=2", "=2, random_state=0"))) == []


def test_ignored_codes_exist():
    assert set(ERROR_MSGS) >= _IGNORED


def test_every_setting_has_a_constraint():
    """An estimator checks each of its settings before work starts."""
    missing = []
    for path in _public_names():
        package, name = path.rsplit(".", 1)
        thing = getattr(importlib.import_module(package), name)
        if not hasattr(thing, "get_params") or dataclasses.is_dataclass(thing):
            continue
        constraints = getattr(thing, "_parameter_constraints", {})
        settings = inspect.signature(thing).parameters.values()
        missing += [
            f"{path}: {setting.name}"
            for setting in settings
            if setting.kind is not setting.VAR_KEYWORD
            and "__" not in setting.name  # checked by the part that it belongs to
            and setting.name not in constraints
        ]
    assert not missing, missing
