"""Notes of changes are well-formed, and none is lost on its way to CHANGELOG.md."""

# SPDX-License-Identifier: BSD-3-Clause

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import sknac

_ROOT = Path(__file__).parents[1]
changelog = SimpleNamespace(**runpy.run_path(str(_ROOT / "docs/changelog.py")))
_NOTES = sorted((_ROOT / "docs/changes").iterdir())


@pytest.fixture(scope="module")
def rendered():
    return changelog.section(sknac.__version__, changelog.read())


@pytest.mark.parametrize("path", _NOTES, ids=lambda path: path.name)
def test_each_note_is_in_the_rendered_section(path, rendered):
    assert changelog.fragment(path.name, path.read_text()).kind
    for line in path.read_text().strip().splitlines():
        assert line in rendered


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("17.areas.features.md", "A sentence."),
        ("17.Areas.fix.md", "A sentence."),
        ("17.areas.fix.txt", "A sentence."),
        ("areas.md", "A sentence."),
        ("fix.md", "A sentence."),
        ("17.fix.md", ""),
        ("17.fix.md", "| old | new |"),
        ("17.fix.md", "# A heading"),
        ("17.fix.md", "- an item"),
        ("17.fix.md", "A sentence.\n  indented"),
    ],
)
def test_what_would_be_lost_is_refused(name, text):
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        changelog.fragment(name, text)


def test_kinds_stand_below_headings_and_newest_notes_come_first():
    notes = [
        changelog.fragment(*note)
        for note in [
            ("17.b.feature.md", "New of `b`."),
            ("9.a.feature.md", "Old of `a`,\nwith a second line.\nAnd another."),
            ("3.c.api.md", "Names.\n| old | new |\n|---|---|\n| `x` | `y` |"),
        ]
    ]
    assert changelog.section("1.2.3", notes) == (
        "## 1.2.3\n\n### New\n\n- New of `b`.\n- Old of `a`,\n  with a second line.\n"
        "- And another.\n\n### Changed\n\n- Names.\n\n  | old | new |\n"
        "  |---|---|\n  | `x` | `y` |\n"
    )


def test_a_version_is_written_anew_and_older_ones_stay_below():
    before = "# Changelog\n\nA word.\n\n## 0.2.0\n\n- old\n\n## 0.1.0\n\n- first\n"
    after = changelog.with_section(before, "0.2.0", "## 0.2.0\n\n- new\n")
    assert after == before.replace("- old", "- new")
    newer = changelog.with_section(after, "0.3.0", "## 0.3.0\n\n- newer\n")
    versions = [line for line in newer.splitlines() if line.startswith("## ")]
    assert versions == ["## 0.3.0", "## 0.2.0", "## 0.1.0"]
    assert changelog.with_section(newer, "0.3.0", "## 0.3.0\n\n- newer\n") == newer
