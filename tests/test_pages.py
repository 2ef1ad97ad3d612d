"""Pages in a browser: what is too wide and what nobody hears is named."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[1] / "docs"
_NO_BROWSER = "no browser, playwright or axe-core is installed"
_PAGE = "<!doctype html><html lang=en><title>x</title><main class=bd-article>{}</main>"


@pytest.fixture
def module(monkeypatch):
    """Import a module of the pages by name, without bytecode beside it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(_DOCS / "_ext")
    monkeypatch.syspath_prepend(_DOCS)
    return importlib.import_module


@pytest.mark.parametrize(
    ("title", "name"), [("Data", "Data"), ("<code>x</code> &amp; y", "x &amp; y")]
)
def test_arrow_that_opens_a_list_is_named_after_its_page(module, title, name):
    item = f'<li><a class="r" href="a.html">{title}</a><details><summary><i></i>'
    named = module("access").name_toggles(item)
    assert f'<summary aria-label="Pages of {name}"><i></i>' in named
    assert module("access").name_toggles(named) == named


def test_without_a_browser_it_is_said_and_nothing_fails(module, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert module("check_pages").main("nowhere") == 0
    assert capsys.readouterr().out == "no browser is installed; nothing was looked at\n"


def test_without_axe_core_it_is_said_and_nothing_fails(module, monkeypatch, capsys):
    access = module("check_access")
    monkeypatch.setattr(access, "axe_core", lambda: None)
    assert access.main("nowhere") == 0
    assert "axe-playwright-python is not installed" in capsys.readouterr().out


def test_a_site_without_pages_does_not_pass(module, monkeypatch, tmp_path):
    assert module("check_pages").chosen(tmp_path, ["**/*.html"]) == []
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "theme.html").write_text("x")
    (tmp_path / "a.html").write_text("x")
    chosen = module("check_pages").chosen(tmp_path, ["**/*.html", "a.html"])
    assert chosen == [(tmp_path / "a.html").resolve()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("check_pages", "<div style='width: 500px'>wide</div>", "the page is 508 px"),
        ("check_pages", "<pre>{}</pre>".format("x" * 300), "code of"),
        ("check_pages", "<p>narrow</p>", ""),
        ("check_access", "<a href='b.html'></a>", "link-name"),
        ("check_access", "<details><summary></summary>x</details>", "summary-name"),
        ("check_access", "<p style='color: #ccc'>pale words</p>", "contrast"),
        ("check_access", "<img src='data:,'>", "image-alt"),
        ("check_access", "<p>plain</p>", ""),
    ],
)
def test_planted_fault_of_a_page_is_named(module, tmp_path, capsys, name, body, why):
    if module("check_access").axe_core() is None:
        pytest.skip(_NO_BROWSER)
    (tmp_path / "index.html").write_text(_PAGE.format(body))
    status = module(name).main(tmp_path, "*.html")
    told = capsys.readouterr().out
    if "nothing was looked at" in told:
        pytest.skip(_NO_BROWSER)
    assert status == bool(why)
    assert why in told
