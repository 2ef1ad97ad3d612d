"""Packages that only some users need."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pytest

from sknac.utils._optional import import_optional


def test_module_that_is_there_is_imported():
    assert import_optional("numpy", "NumPy", "formats") is np


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part"])
def test_absent_package_names_the_extra(module):
    with pytest.raises(ImportError, match=r"pip install 'sknac\[formats\]'"):
        import_optional(module, "No Such Package", "formats")


def test_absent_package_of_no_extra_is_installed_by_its_name():
    with pytest.raises(ImportError, match=r"; install it: pip install nsp$"):
        import_optional("no_such_package", "nsp", None)


def test_package_that_lacks_another_says_so_itself(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_part")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_part"):
        import_optional("half_installed", "Half", "formats")
    assert "half_installed" not in sys.modules
