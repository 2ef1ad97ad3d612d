"""Write the section of this version in CHANGELOG.md from docs/changes.

    python docs/changelog.py          # write it; again and again, as notes come
    python docs/changelog.py --check  # only say whether it is up to date

A fragment is called ``[<number>.]<topic>.<kind>.md``, and each of its lines is one
thing that a user would notice, the rest of one (it begins in lower case), or a row
of a table. When the next version begins,
remove the fragments of the last: their text stays in CHANGELOG.md.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parents[1]
_KINDS = {"feature": "New", "api": "Changed", "fix": "Fixed", "doc": "Documentation"}
_NAME = re.compile(rf"(?:(\d+)\.)?(?:([a-z][a-z0-9-]*)\.)?({'|'.join(_KINDS)})\.md")


class Fragment(NamedTuple):
    """One note: when it was written, what of, its kind, and its text."""

    number: int
    topic: str
    kind: str
    text: str


def fragment(name, text):
    """Read one note; refuse a name or a text that would be lost in the list."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(
            f"a note's name must be [<number>.]<topic>.<kind>.md with a kind of "
            f"{list(_KINDS)}, got {name!r}"
        )
    number, topic, kind = found.groups()
    if not number and not topic:
        raise ValueError(f"{name} has no topic; call it <topic>.{kind}.md")
    lines = text.strip().splitlines()
    if not lines or lines[0].startswith("|"):
        raise ValueError(f"{name} must begin with a sentence")
    if strange := [line for line in lines if re.match(r"#|[-*] |\s", line)]:
        raise ValueError(
            f"{name}: each line must be a sentence or the row of a table, "
            f"got {strange[0][:40]!r}"
        )
    return Fragment(int(number or 0), topic or "", kind, text.strip())


def read(folder=_ROOT / "docs/changes"):
    """Read the notes of a folder, newest first."""
    notes = [fragment(p.name, p.read_text()) for p in sorted(folder.iterdir())]
    return sorted(notes, key=lambda note: (-note.number, note.topic))


def items(note):
    """Return a note's lines as items of a list; tables stand below their item."""
    done, before = [], ""
    for line in filter(str.strip, note.text.splitlines()):
        if line.startswith("|"):
            if not before.startswith("|"):
                done.append("")
            done.append(f"  {line}")
        else:
            if before.startswith("|"):
                done.append("")
            done.append(f"  {line}" if before and line[0].islower() else f"- {line}")
        before = line
    return [*done, ""] if before.startswith("|") else done


def section(version, notes):
    """Write one version: what is new, changed, fixed and documented."""
    lines = [f"## {version}"]
    for kind, title in _KINDS.items():
        chosen = [line for note in notes if note.kind == kind for line in items(note)]
        if chosen:
            lines += ["", f"### {title}", "", *chosen]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def with_section(changelog, version, text):
    """Put a version's section in the place of its last one, or on top."""
    head, *sections = re.split(r"^(?=## )", changelog, flags=re.MULTILINE)
    others = [old for old in sections if old.split()[1] != version]
    return "\n".join(part.strip() + "\n" for part in [head, text, *others])


def main(check):
    """Write CHANGELOG.md, or return 1 where it lags behind the notes."""
    path = _ROOT / "CHANGELOG.md"
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    version, before = project["version"], path.read_text()
    after = with_section(before, version, section(version, read()))
    if check:
        if stale := before != after:
            print("CHANGELOG.md lags behind docs/changes; run `make changelog`")
        return int(stale)
    path.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] == ["--check"]))
