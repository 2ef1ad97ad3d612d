"""Every page on a format has an example, and each runs on files that it makes.

So have the pages that lead from a folder of scans to a cohort, and to a cluster.
"""

import doctest
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[1] / "docs"
_PAGES = [
    *sorted(page for page in (_DOCS / "formats").glob("*.rst") if page.stem != "index"),
    _DOCS / "guide" / "own_scans.rst",
    _DOCS / "guide" / "cluster.rst",
]
_OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_example_of_the_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(page), module_relative=False, optionflags=_OPTIONS)
    assert found.attempted >= 3, f"{page.name} has no example"
    assert found.failed == 0
