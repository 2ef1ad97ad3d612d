"""The tree keeps its shape: few public names, a test file beside every module."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import sknac

_ROOT = Path(sknac.__file__).parent
_TESTS = Path(__file__).parent
_AT_MOST = 137  # 90, readers, public sets, spectra and phantoms, image features


def _exported():
    """Every name of every package's ``__all__``."""
    packages = [m.name for m in pkgutil.iter_modules(sknac.__path__) if m.ispkg]
    return ["sknac.show_versions"] + [
        f"{package}.{name}"
        for package in packages
        for name in importlib.import_module(f"sknac.{package}").__all__
    ]


def test_there_are_few_public_names():
    assert len(_exported()) <= _AT_MOST


def _mirror(module):
    """Where a module's tests stand: ``qus/_plan.py`` has ``qus/test_plan.py``."""
    return _TESTS / module.parent / f"test_{module.stem.lstrip('_')}.py"


_MODULES = sorted(
    path.relative_to(_ROOT)
    for path in _ROOT.rglob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("module", _MODULES, ids=lambda module: module.as_posix())
def test_every_module_has_its_test_file(module):
    assert _mirror(module).is_file(), (
        f"write tests/{_mirror(module).relative_to(_TESTS)}"
    )
