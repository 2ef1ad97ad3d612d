"""The pages: every name has a guide and an example, links resolve, nothing strays."""

import ast
import builtins
import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"


def _load(path, monkeypatch):
    """Import a module of the pages without leaving bytecode beside it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def api_pages(monkeypatch):
    return _load(_DOCS / "_ext" / "api_pages.py", monkeypatch)


@pytest.fixture
def release_notes(monkeypatch):
    return _load(_DOCS / "_ext" / "release_notes.py", monkeypatch)


@pytest.fixture
def links(monkeypatch):
    return _load(_DOCS / "check_links.py", monkeypatch)


# --- names, guides and examples ------------------------------------------------------


def test_every_public_name_is_linked_in_a_guide(api_pages):
    missing = [
        name
        for name in api_pages.public_names()
        if name not in api_pages.guide_uses() and _package(name) not in _DEVELOPERS
    ]
    assert not missing, f"link {missing} where a guide speaks of it"


def test_every_public_name_is_in_an_example_or_says_why_not(api_pages):
    text = "\n".join(path.read_text() for path in (_ROOT / "examples").rglob("*.py"))
    words = set(re.findall(r"\w+", text))
    unused = {
        name
        for name in api_pages.public_names()
        if name.rsplit(".", 1)[1] not in words and _package(name) not in _DEVELOPERS
    }
    assert unused <= set(_IN_NO_EXAMPLE), unused - set(_IN_NO_EXAMPLE)
    assert set(_IN_NO_EXAMPLE) <= set(api_pages.public_names())


def _package(name):
    return name.split(".", 1)[1].rsplit(".", 1)[0]


# Doors for developers are in the guide on steps of one's own, by their modules.
_DEVELOPERS = {"cohort.planes", "nets.split"}
# Names that no script under examples/ has yet need a reason; each has a runnable
# example in its docstring, and is dropped from here once a script uses it.
_REASONS = {
    "raised and caught, not called": """
        exceptions.CohortError exceptions.SknacFormatError exceptions.StaleFileError
        """,
    "for whoever writes a reader or a step, on guide pages that are run": """
        cohort.Grid cohort.InMemoryArray
        cohort.check_cohort io.ArrayInfo io.register_reader
        testing.make_check_cohort
        testing.parametrize_with_cohort_checks
        """,
    "needs files of one's own or a public set": """
        cohort.MaskOutline datasets.load_busi datasets.load_oasbud
        """,
    "the score, result or module behind another name that examples use": """
        decision.weighted_youden_curve metrics.npv_score metrics.ppv_score
        metrics.rates_from_counts metrics.roc_ci metrics.sensitivity_score
        metrics.specificity_score metrics.weighted_youden_score nets.DualInput
        nets.PredictiveMLP qus.QUSMaps clinical.PatientFlow
        """,
    "prints a table of versions": "show_versions",
}
_IN_NO_EXAMPLE = {
    f"sknac.{name}": reason
    for reason, names in _REASONS.items()
    for name in names.split()
}


# --- own data at the end of an example ------------------------------------------------


def _strangers(text, public):
    """Return names in the code at an example's end that nothing there has made."""
    head, _, end = text.rpartition("# %%")
    code = "\n".join(re.findall(r"^#     (.*)", end, re.MULTILINE))
    names = [x for x in ast.walk(ast.parse(code)) if isinstance(x, ast.Name)]
    made = {x.id for x in names if isinstance(x.ctx, ast.Store)}
    made |= {x.id for x in ast.walk(ast.parse(head)) if isinstance(x, ast.Name)}
    return {x.id for x in names} - made - public - set(dir(builtins)) - {"Path", "pd"}


@pytest.mark.parametrize(
    "folder", sorted((_ROOT / "examples").glob("0*")), ids=lambda p: p.name
)
def test_own_data_at_the_end_of_an_example_is_code(folder, api_pages):
    public = {name.rsplit(".", 1)[1] for name in api_pages.public_names()}
    for path in folder.glob("*.py"):
        assert not _strangers(path.read_text(), public), path.name


def test_a_name_that_an_example_does_not_have_is_seen():
    text = "cohort = f()\n# %%\n# Change::\n#\n#     cohort = load_bus(wher)\n"
    assert _strangers(text, {"load_bus"}) == {"wher"}
    assert _strangers(text.replace("wher", "3"), {"load_bus"}) == set()


@pytest.mark.parametrize("folder", ["01_data", "02_qus", "03_images"])
def test_example_of_data_or_images_has_some_sixty_lines_at_most(folder):
    paths = list((_ROOT / "examples" / folder).glob("plot_*.py"))
    assert len(paths) >= 6
    for path in paths:
        lines = path.read_text().replace("plt.show()\n", "").splitlines()
        assert len(lines) <= 61, path.name


@pytest.mark.parametrize("path", sorted((_ROOT / "examples").rglob("plot_*.py")))
def test_script_shows_its_figures_or_writes_them(path):
    text = path.read_text()
    assert "plt.show()\n" in text or "study.save(" in text


def test_a_class_lists_what_it_writes_and_not_what_it_inherits(api_pages):
    name = "sknac.qus.QUSMapper"
    assert api_pages.own_methods(name)[:2] == ["fit", "transform"]
    assert "quality_table" in api_pages.own_methods(name)
    assert "fit_transform" not in api_pages.own_methods(name)
    (line,) = api_pages.inherited_lines(name)
    assert "`fit_transform <sklearn.base.TransformerMixin.fit_transform>`" in line
    net = api_pages.inherited_lines("sknac.nets.RAN")
    assert net == ["49 further methods come from :class:`torch.nn.Module`."]


@pytest.mark.parametrize("role", [":class:", ":py:obj:"])
def test_section_of_a_page_ends_where_the_next_begins(api_pages, role):
    text = f"Page\n====\n\nIntro.\n\nPart\n----\n\n{role}`~sknac.qus.QUSMapper`\n"
    parts = dict(api_pages.sections(text))
    assert parts["Page"].split() == ["Intro."]
    assert api_pages._ROLE.findall(parts["Part"]) == ["sknac.qus.QUSMapper"]


def test_gallery_begins_each_folder_with_the_example_to_read_first(monkeypatch):
    order = _load(_DOCS / "_ext" / "gallery_order.py", monkeypatch)
    names = [path.name for path in (_ROOT / "examples").rglob("plot_*.py")]
    assert set(order._FIRST) <= set(names)
    assert sorted(names, key=order.place)[: len(order._FIRST)] == list(order._FIRST)


# --- release notes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("## 0.1.0\n", "0.1.0\n-----"),
        ("a `QUSMapper` b", "a :py:obj:`QUSMapper` b"),
        ("`x=1`s end", "``x=1``\\ s end"),
        ("snake_case_ and 2 * 3", "snake\\_case\\_ and 2 \\* 3"),
        ("**bold** and *em*", "**bold** and *em*"),
        ("[here](https://x.org)", "`here <https://x.org>`__"),
        ("- a\n- b\n", "* a\n\n* b"),
        ("```python\nx\n```", ".. code-block:: python\n\n   x"),
    ],
)
def test_markdown_becomes_restructuredtext(release_notes, markdown, expected):
    assert release_notes.rst(markdown) == expected


def test_table_becomes_a_list_of_rows(release_notes):
    text = release_notes.rst("| old | new |\n|---|---|\n| `a` | |\n")
    assert text.splitlines()[3:] == [
        "   * - old",
        "     - new",
        "   * - ``a``",
        "     -",
    ]


def test_what_is_in_the_log_is_not_told_twice(release_notes, tmp_path):
    changes = tmp_path / "docs" / "changes"
    changes.mkdir(parents=True)
    (changes / "1.a.feature.md").write_text("A thing\nis new.")
    (changes / "2.b.fix.md").write_text("Another is mended.")
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.0\n\n- A thing is new.\n"
    )
    text = release_notes.page(tmp_path)
    assert text.count("thing") == 1
    assert text.index("Another is mended") < text.index("1.0\n---")


def test_own_notes_have_no_markdown_left(release_notes):
    text = release_notes.page(_ROOT)
    assert "\n## " not in text
    assert "|---" not in text


def test_markup_without_a_form_is_refused(release_notes):
    with pytest.raises(ValueError, match="html_block has no form"):
        release_notes.rst("<table></table>\n")


# --- links ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("b.html", None),
        ("b.html#part", None),
        ("#here", None),
        ("sub/", None),
        ("b.html#gone", "no such anchor"),
        ("c.html", "no such file"),
        ("../../secret", "outside the site"),
        ("#nowhere", "no such anchor"),
    ],
)
def test_link_is_followed_to_its_anchor(links, tmp_path, link, why):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<p>x</p>")
    (tmp_path / "b.html").write_text('<p id="part">x</p>')
    (tmp_path / "index.html").write_text(f'<a id="here" href="{link}">x</a>')
    broken, followed, _ = links.check(tmp_path)
    assert followed == 1
    assert broken == ([f"index.html: {link} ({why})"] if why else [])


def test_hosts_outside_are_counted(links, tmp_path, capsys):
    (tmp_path / "index.html").write_text('<a href="https://x.org/a">x</a>' * 2)
    assert links.main(tmp_path) == 0
    assert "x.org (2)" in capsys.readouterr().out
    assert links.main(tmp_path / "none") == 1


# --- sources and lists of other packages ---------------------------------------------


def test_copy_follows_the_pages_and_keeps_what_a_build_wrote(monkeypatch, tmp_path):
    sources = _load(_DOCS / "_ext" / "sources.py", monkeypatch)
    docs, copy = tmp_path / "docs", tmp_path / "out-src"
    (docs / "guide").mkdir(parents=True)
    (docs / "guide" / "a.rst").write_text("a")
    (docs / "guide" / "b.rst").write_text("b")
    sources.copy_sources(docs, copy)
    (copy / "generated").mkdir()
    (copy / "generated" / "x.rst").write_text("x")
    (docs / "guide" / "b.rst").unlink()
    sources.copy_sources(docs, copy)
    left = {path.name for path in copy.rglob("*.rst")}
    assert left == {"a.rst", "x.rst"}


def test_pages_of_examples_that_are_gone_are_dropped(monkeypatch, tmp_path):
    sources = _load(_DOCS / "_ext" / "sources.py", monkeypatch)
    examples, made = tmp_path / "examples", tmp_path / "made"
    for name in ("GALLERY_HEADER.rst", "01_a/GALLERY_HEADER.rst", "01_a/plot_x.py"):
        sources.write_page(examples / name, "x")
    pages = {"index.rst", "01_a/index.rst", "01_a/plot_x.rst"}
    for name in [*pages, "01_a/plot_gone.rst", "01_gone/index.rst", "01_a/plot_x.zip"]:
        sources.write_page(made / name, "x")
    sources.drop_pages(made, sources.examples_of(examples))
    left = {page.relative_to(made).as_posix() for page in made.rglob("*.*")}
    assert left == {*pages, "01_a/plot_x.zip"}


def test_what_a_build_writes_among_the_pages_is_refused(monkeypatch, tmp_path):
    sources = _load(_DOCS / "_ext" / "sources.py", monkeypatch)
    before = sources.files_of(tmp_path)
    sources.check_nothing_written(tmp_path, before)
    (tmp_path / "api.rst").write_text("x")
    with pytest.raises(RuntimeError, match=r"the build wrote .*api\.rst"):
        sources.check_nothing_written(tmp_path, before)


def test_lists_of_other_packages_are_taken_where_they_are(monkeypatch, tmp_path):
    """A list that can be had is kept; none, and a page to log in, give no link."""
    inventories = _load(_DOCS / "_ext" / "inventories.py", monkeypatch)
    for name, text in {
        "good": "# Sphinx inventory version 2\n",
        "bad": "<html>",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "objects.inv").write_text(text)
    addresses = {n: f"{(tmp_path / n).as_uri()}/" for n in ("good", "bad", "gone")}
    found = inventories.mapping(tmp_path / "kept", addresses)
    kept = str(tmp_path / "kept" / "good.inv")
    assert found == {"good": (addresses["good"], kept)}
    shutil.rmtree(tmp_path / "good")
    monkeypatch.setenv("SKNAC_DOCS_OFFLINE", "1")
    assert inventories.mapping(tmp_path / "kept", addresses) == found
    assert inventories.mapping(tmp_path / "empty", addresses) == {}
