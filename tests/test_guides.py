"""Code of the pages: a page runs from its top, and every block of it alone.

A block is what stands between two paragraphs: lines of ``>>>``, ``code-block:: python``
or ``plot::``, whose picture is drawn when the pages are built. Right above it
``.. not-run: the reason`` marks one that needs what no test has, such as a scanner's
files, and ``.. needs: modules`` one that is run alone, where these are installed; below
the title ``.. one-session: the reason`` marks a page that is one story.
"""

import dataclasses
import doctest
import importlib
import re
import sys
import tempfile
import textwrap
import traceback
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

_DOCS = Path(__file__).parents[1] / "docs"
_PAGES = {
    path.relative_to(_DOCS).with_suffix("").as_posix(): path
    for pattern in ("*.rst", "guide/**/*.rst", "formats/**/*.rst")
    for path in sorted(_DOCS.glob(pattern))
}
_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST
_DIRECTIVE = re.compile(
    r"^( *)\.\. (?:code-block:: python|(plot)::) *\n((?:\1 +\S.*\n)*)\n"
    r"((?:\1 +.*\n|\n)+)",
    re.MULTILINE,
)
_ANY_DIRECTIVE = re.compile(r"\.\. (?:plot|(?:source)?code(?:-block)?:: *(?:py|ipy))")
_LITERAL = re.compile(r"^(?! *\.\. ).*::\n\n((?: +.*\n|\n)+)", re.MULTILINE)
_WORDS_OF_A_REASON = 3


@dataclasses.dataclass(frozen=True)
class Block:
    """A piece of code, the line of the page where it begins, and why it is not run."""

    line: int
    code: list | str
    not_run: str | None
    needs: tuple[str, ...] = ()

    def run(self, page, names):
        """Run it with what `names` holds and say what went wrong."""
        if isinstance(self.code, str):
            try:
                exec(compile(self.code, page, "exec"), names)
            except Exception:
                return traceback.format_exc(limit=-3)
            return ""
        said = []
        test = doctest.DocTest(self.code, {}, page, page, 0, None)
        test.globs = names
        runner = doctest.DocTestRunner(optionflags=_FLAGS)
        runner.run(test, out=said.append, clear_globs=False)
        return "".join(said)


def blocks_of(text):
    """List the blocks of a page in their order."""
    found = [*_doctests(text), *_directives(text)]
    lines = text.splitlines()
    return [Block(line, code, *_marks(lines, line)) for line, code in sorted(found)]


def _doctests(text):
    """Yield runs of examples between which nothing is written."""
    examples = []
    for part in doctest.DocTestParser().parse(text):
        if isinstance(part, doctest.Example):
            examples.append(part)
        elif part.strip() and examples:
            yield examples[0].lineno, examples
            examples = []
    if examples:
        yield examples[0].lineno, examples


def _directives(text):
    """Yield code that directives show, on the lines where it stands."""
    for found in _DIRECTIVE.finditer(text):
        options, code = found.group(3, 4)
        assert found[2] is None or ":alt:" in options, f"say in words:\n{code}"
        above = text.count("\n", 0, found.start(4))
        yield text.count("\n", 0, found.start()), "\n" * above + textwrap.dedent(code)


def _marks(lines, line):
    """Return why the block at a line is not run, or None, and the modules it needs."""
    above = "\n".join(lines[:line]).rstrip().rsplit("\n\n", 1)[-1]
    found = re.match(r"\s*\.\. (not-run|needs):(.*)", above, re.DOTALL)
    if not found:
        return None, ()
    if found[1] == "needs":
        return f"it needs {found[2].strip()}", tuple(re.findall(r"[\w.]+", found[2]))
    return found[2].strip(), ()


def _session(text):
    """Return why a page is one session, or None."""
    found = re.search(r"^\.\. one-session:(.*)", text, re.MULTILINE)
    return found and found[1].strip()


_BLOCKS = {page: blocks_of(path.read_text()) for page, path in _PAGES.items()}
_RUN = [page for page, blocks in _BLOCKS.items() if any(not b.not_run for b in blocks)]
_SESSIONS = {
    page: reason
    for page, path in _PAGES.items()
    if (reason := _session(path.read_text()))
}
# The first page's three doors are run alone by the test of the doors.
_ALONE = [p for p in _RUN if p not in (*_SESSIONS, "index")]


def _slow_unless_quick(pages):
    """Mark pages slow; those on formats take milliseconds."""
    marks = [pytest.mark.slow, pytest.mark.mpl]
    return [
        pytest.param(page, marks=() if page.startswith("formats/") else marks)
        for page in pages
    ]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Leave files in a folder that goes, no module from there and no open figure."""
    plt.switch_backend("agg")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "path", sys.path.copy())
    before = set(sys.modules)

    def go(name):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        importlib.invalidate_caches()

    yield go
    plt.close("all")
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("page", _slow_unless_quick(_RUN))
def test_page_runs_from_its_top(page, elsewhere):
    elsewhere("top")
    names = {"__name__": "__main__"}
    for block in _BLOCKS[page]:
        said = "" if block.not_run else block.run(page, names)
        assert not said, f"docs/{page}.rst, line {block.line + 1}:\n{said}"


@pytest.mark.parametrize("page", _slow_unless_quick(_ALONE))
def test_each_block_of_a_page_runs_alone(page, elsewhere):
    wrong = []
    for block in _BLOCKS[page]:
        if not block.not_run:
            elsewhere(f"line{block.line}")
            if said := block.run(page, {"__name__": "__main__"}):
                wrong.append(f"docs/{page}.rst, line {block.line + 1}:\n{said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # these packages are not ours to keep quiet
@pytest.mark.parametrize(
    ("page", "block"),
    [
        pytest.param(page, block, id=f"{page}-{'-'.join(block.needs)}")
        for page, blocks in _BLOCKS.items()
        for block in blocks
        if block.needs
    ],
)
def test_block_runs_alone_where_what_it_needs_is_installed(page, block, elsewhere):
    for module in block.needs:
        pytest.importorskip(module)
    elsewhere("needs")
    said = block.run(page, {"__name__": "__main__"})
    assert not said, f"docs/{page}.rst, line {block.line + 1}:\n{said}"


@pytest.mark.parametrize("page", _PAGES)
def test_every_directive_of_code_is_found(page):
    shown = _ANY_DIRECTIVE.findall(_PAGES[page].read_text())
    assert len(shown) == sum(isinstance(block.code, str) for block in _BLOCKS[page])


@pytest.mark.parametrize("page", _PAGES)
def test_code_that_is_shown_is_code_that_is_run(page):
    """A literal block of Python would escape both runs."""
    literal = _LITERAL.findall(_PAGES[page].read_text())
    unseen = [text for text in literal if re.search(r"^ *(?:from|import) ", text, re.M)]
    assert not unseen, f"write '.. code-block:: python' above {unseen}"


@pytest.mark.parametrize("page", [p for p in _PAGES if p.startswith("formats/")])
def test_page_on_a_format_has_an_example(page):
    assert _BLOCKS[page] or page == "formats/index"


@pytest.mark.parametrize("page", _PAGES)
def test_mark_of_code_that_is_not_run_gives_its_reason(page):
    reasons = [b.not_run for b in _BLOCKS[page] if b.not_run is not None]
    reasons += [_SESSIONS[page]] if page in _SESSIONS else []
    assert all(len(reason.split()) >= _WORDS_OF_A_REASON for reason in reasons)
    marks = re.findall(
        r"^ *\.\. (?:not-run|needs|one-session)\b",
        _PAGES[page].read_text(),
        re.MULTILINE,
    )
    assert len(marks) == len(reasons), "a mark stands right above its block"


@pytest.mark.parametrize("page", _SESSIONS)
def test_page_that_is_one_session_tells_its_reader(page):
    assert "one session: run it from the top" in _PAGES[page].read_text()


# Guides without a picture: one on machines, one on sets that are not ours to show.
_NO_PICTURE = {"guide/index", "guide/cluster", "guide/public_sets"}


@pytest.mark.parametrize("page", [p for p in _PAGES if re.fullmatch(r"guide/\w+", p)])
def test_guide_has_a_picture(page):
    pictures = re.findall(r"^\.\. plot::", _PAGES[page].read_text(), re.MULTILINE)
    assert bool(pictures) is (page not in _NO_PICTURE)


_SAMPLE = """\
Page
====

>>> a = 1
>>> a + 1
2

>>> a
1

.. not-run: needs a scanner's files

>>> read()

.. code-block:: python

    b = 1

    b + 1

.. needs: optuna, mlflow.sklearn

.. plot::
   :alt: A line,
      and another

   plot()

Words.
"""


def test_blocks_are_what_stands_between_words():
    found = blocks_of(_SAMPLE)
    assert [block.line + 1 for block in found] == [4, 13, 15, 23]
    assert [block.not_run for block in found] == [
        None,
        "needs a scanner's files",
        None,
        "it needs optuna, mlflow.sklearn",
    ]
    assert found[3].needs == ("optuna", "mlflow.sklearn")
    assert [len(found[0].code), found[2].code.strip()] == [3, "b = 1\n\nb + 1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (">>> 1 + 1\n2\n", ""),
        (">>> 1 + 1\n3\n", "line 1"),
        (">>> gone\n", "NameError"),
        (".. code-block:: python\n\n    x = 1\n", ""),
        (".. code-block:: python\n\n    x = 1\n    gone\n", "line 4"),
        (">>> import warnings\n>>> warnings.warn('loud')\n", "UserWarning: loud"),
    ],
)
def test_block_says_what_went_wrong_and_where(text, said):
    (block,) = blocks_of(text)
    answer = block.run("page", {})
    assert said in answer
    assert bool(said) == bool(answer)


def test_picture_without_words_is_refused():
    with pytest.raises(AssertionError, match="say in words"):
        blocks_of(".. plot::\n\n   plot()\n")
