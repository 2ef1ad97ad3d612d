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


def _run(code):
    """Run code in a fresh interpreter and parse what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", _LIGHT_PACKAGES)
def test_import_leaves_heavy_libraries_out(package):
    loaded = _run(
        f"import json, sys, {package}\n"
        "print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    )
    assert not _HEAVY & set(loaded)


def test_show_versions_names_what_numbers_rest_on(capsys):
    import sknac

    sknac.show_versions()
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("python", "sknac", "torch", "lifelines"))


def test_top_level_names_are_there_and_imported_late():
    loaded = _run(
        "import json, sys, sknac\nprint(json.dumps([n for n in sys.modules]))"
    )
    assert not {"numpy", "sklearn", "sknac.utils"} & set(loaded)
    seen = _run("import json, sknac\nprint(json.dumps(dir(sknac)))")
    assert {"show_versions", "__version__"} <= set(seen)


def test_other_top_level_names_are_no_attributes():
    import sknac

    with pytest.raises(AttributeError, match="no attribute 'versions'"):
        sknac.versions  # noqa: B018
