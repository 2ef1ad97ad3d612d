"""The first page's doors run, and each ends in a result within 25 lines."""

import doctest
import re
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[1] / "docs"
_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
_AT_MOST = 25


def _doors():
    """Code of each door, by the name of its target."""
    page = (_DOCS / "index.rst").read_text()
    _, *parts = re.split(r"^\.\. _door-(\w+):$", page, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


_DOORS = _doors()


def test_there_are_three_doors():
    assert list(_DOORS) == ["rf", "images", "scores"]


@pytest.mark.parametrize("name", _DOORS)
def test_door_ends_in_a_result_within_25_lines(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(_DOORS[name], {}, name, None, 0)
    assert sum(len(step.source.splitlines()) for step in test.examples) <= _AT_MOST
    assert test.examples[-1].want
    said = []
    runner = doctest.DocTestRunner(optionflags=_FLAGS)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


def test_picture_is_small():
    assert (_DOCS / "images" / "first_page.jpg").stat().st_size < 150_000
