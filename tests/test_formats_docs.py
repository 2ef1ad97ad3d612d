"""Every page on a format has an example, and each runs on files that it makes."""

import doctest
from pathlib import Path

import pytest

_PAGES = sorted(
    page
    for page in (Path(__file__).parents[1] / "docs" / "formats").glob("*.rst")
    if page.stem != "index"
)
_OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_example_of_the_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(page), module_relative=False, optionflags=_OPTIONS)
    assert found.attempted >= 3, f"docs/formats/{page.name} has no example"
    assert found.failed == 0
