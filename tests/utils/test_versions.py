"""Versions for bug reports."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy
import pandas
import sklearn

from sknac.utils import _versions


def test_versions_are_those_of_the_libraries_themselves():
    found = _versions.versions()
    assert found["numpy"] == numpy.__version__
    assert found["pandas"] == pandas.__version__
    assert found["scikit-learn"] == sklearn.__version__


def test_what_is_missing_is_said(monkeypatch):
    def refuse(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_versions, "version", refuse)
    assert _versions.versions()["torch"] == "not installed"


def test_nothing_is_imported_for_it():
    code = (
        "import sys, sknac\nsknac.show_versions()\n"
        "assert not {'torch', 'skorch', 'matplotlib', 'lifelines'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
