"""The README tells the truth."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_README = (_ROOT / "README.md").read_text()


def test_python_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "roimasker__region" in printed


@pytest.mark.parametrize("path", re.findall(r"`((?:docs|examples)/[\w/.]*)`", _README))
def test_named_files_exist(path):
    assert (_ROOT / path).exists()


@pytest.mark.parametrize("target", ["run", "test"])
def test_named_make_targets_exist(target):
    assert f"make {target}" in _README
    assert re.search(rf"^{target}: ", (_ROOT / "Makefile").read_text(), re.MULTILINE)


def test_picture_exists():
    (picture,) = re.findall(r"!\[.*?\]\((.*?)\)", _README)
    assert (_ROOT / picture).is_file()
