"""Release notes: the change log, and before it what has not been released yet.

Both are Markdown; it is read by markdown-it-py, which comes with rich.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import Path

from api_pages import public_names
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_KINDS = {
    "api": "Names and settings that changed",
    "feature": "New",
    "fix": "Mended",
    "doc": "Documentation",
}
_UNDERLINES = "=-~^'"
_ESCAPED = re.compile(r"([\\*`|_])")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def page(root):
    """Write the page of release notes from ``CHANGELOG.md`` and ``docs/changes``."""
    log = Path(root, "CHANGELOG.md").read_text(encoding="utf-8")
    body = re.sub(r"\A# .*\n", "", log)
    return "\n\n".join(
        filter(None, ["Release notes\n=============", unreleased(root, log), rst(body)])
    )


def unreleased(root, log):
    """Write what lies in fragments and not in the log yet, by kind."""
    found = {kind: [] for kind in _KINDS}
    known = _plain(log)
    for path in sorted(Path(root, "docs", "changes").glob("*.md"), key=_order):
        text = path.read_text(encoding="utf-8").strip()
        if text and _plain(text) not in known:
            found[path.suffixes[-2].lstrip(".")].append(text)
    if not any(found.values()):
        return ""
    parts = ["Not released yet\n----------------"]
    for kind, texts in found.items():
        if texts:
            parts += [f"{_KINDS[kind]}\n{'~' * len(_KINDS[kind])}"]
            parts += ["* " + _indented(rst(text), 2) for text in texts]
    return "\n\n".join(parts)


def _order(path):
    """Sort the newest number first; fragments without one come last."""
    number = re.match(r"\d+", path.name)
    return (-int(number[0]) if number else 0, path.name)


def _plain(text):
    """Keep letters only: a list or other breaks of lines are the same text."""
    return re.sub(r"\W+", "", text)


def _indented(text, by):
    return text.replace("\n", "\n" + " " * by)


def rst(markdown):
    """Turn Markdown into reStructuredText: headings, lists, tables, code, links."""
    return _blocks(SyntaxTreeNode(_MARKDOWN.parse(markdown)).children)


def _blocks(nodes):
    return "\n\n".join(_block(node) for node in nodes)


def _block(node):
    """Write one block; a kind without its own words is refused."""
    if node.type == "heading":
        title = _inline(node.children[0])
        return f"{title}\n{_UNDERLINES[int(node.tag[1]) - 1] * len(title)}"
    if node.type == "paragraph":
        return _inline(node.children[0])
    if node.type in ("bullet_list", "ordered_list"):
        mark = "* " if node.type == "bullet_list" else "#. "
        items = [_indented(_blocks(i.children), len(mark)) for i in node.children]
        return "\n\n".join(mark + item for item in items)
    if node.type == "table":
        return _table(node)
    if node.type in ("fence", "code_block"):
        language = (node.info or "text").split()[0] if node.info else "text"
        code = "\n" + node.content.rstrip()
        return f".. code-block:: {language}\n" + _indented(code, 3)
    if node.type == "blockquote":
        return "   " + _indented(_blocks(node.children), 3)
    if node.type == "html_block" and node.content.strip().startswith("<!--"):
        return ""
    raise ValueError(f"{node.type} has no form in the release notes; write it plainly")


def _table(node):
    """Write a table as a list of rows, whose cells may hold anything."""
    rows = [row.children for part in node.children for row in part.children]
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        for mark, cell in zip(["* -", *["  -"] * len(row)], row, strict=False):
            lines.append(f"   {mark} {_inline(cell.children[0])}".rstrip())
    return "\n".join(lines)


def _inline(node):
    """Write the words of a paragraph on one line."""
    text = "".join(_word(child) for child in node.children)
    text = re.sub(r"(\\ )+(?=\s|$)|(?<=\s)(\\ )+|^(\\ )+", "", text)
    return text.strip()


def _word(node):
    """Write a piece of a line; what it touches may be a letter."""
    if node.type == "text":
        return _ESCAPED.sub(r"\\\1", node.content)
    if node.type in ("softbreak", "hardbreak"):
        return " "
    if node.type == "code_inline":
        return f"\\ {_code(node.content)}\\ "
    inside = "".join(_word(child) for child in node.children)
    if node.type == "strong":
        return f"\\ **{_bare(node)}**\\ "
    if node.type == "em":
        return f"\\ *{_bare(node)}*\\ "
    if node.type == "link":
        return f"\\ `{_bare(node)} <{node.attrs['href']}>`__\\ "
    return inside


def _bare(node):
    """Write the text alone: reStructuredText has no markup within markup."""
    return "".join(
        _ESCAPED.sub(r"\\\1", child.content)
        for child in node.walk()
        if child.type in ("text", "code_inline")
    )


def _code(content):
    """Link a public name, show everything else as it is."""
    names = {name.rsplit(".", 1)[-1] for name in public_names()}
    known = content.split(".")[0] in {*names, "sknac"}
    if known and re.fullmatch(r"[\w.]+", content):
        return f":py:obj:`{content}`"
    return f"``{content}``"
