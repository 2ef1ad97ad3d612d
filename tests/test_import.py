"""Importing sknac pulls in nothing heavy."""

import json
import subprocess
import sys

import pytest

_HEAVY = {"torch", "skorch", "lifelines", "matplotlib", "monai", "statsmodels"}
_LIGHT_PACKAGES = (
    "sknac",
    "sknac.io",
    "sknac.cohort",
    "sknac.roi",
    "sknac.qus",
    "sknac.datasets",
    "sknac.preprocessing",
    "sknac.features",
    "sknac.metrics",
    "sknac.clinical",
    "sknac.survival",
    "sknac.decision",
    "sknac.report",
)


# Other libraries stay loaded from one package to the next; sknac starts anew, so
# that each package is once the first of it to be imported.
_EACH = """
import importlib, json, sys

before, new = set(), {}
for package in sys.argv[1:]:
    module = importlib.import_module(package)
    new[package] = sorted(set(sys.modules) - before)
    new.setdefault("dir", dir(module))
    for name in [n for n in sys.modules if n.split(".")[0] == "sknac"]:
        del sys.modules[name]
    before |= set(sys.modules)
print(json.dumps(new))
"""


@pytest.fixture(scope="module")
def loaded():
    """What each package loads that those before it did not, in a new interpreter."""
    command = [sys.executable, "-c", _EACH, *_LIGHT_PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", _LIGHT_PACKAGES)
def test_import_leaves_heavy_libraries_out(loaded, package):
    assert not _HEAVY & {name.split(".")[0] for name in loaded[package]}


def test_show_versions_names_what_numbers_rest_on(capsys):
    import sknac

    sknac.show_versions()
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("python", "sknac", "torch", "lifelines"))


def test_top_level_names_are_there_and_imported_late(loaded):
    assert not {"numpy", "sklearn", "sknac.utils"} & set(loaded["sknac"])
    assert {"show_versions", "__version__"} <= set(loaded["dir"])


def test_other_top_level_names_are_no_attributes():
    import sknac

    with pytest.raises(AttributeError, match="no attribute 'versions'"):
        sknac.versions  # noqa: B018
