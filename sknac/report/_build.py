"""A report computed: its sections, its numbers and its page."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sknac.report._card import About, model_card, unit_of_analysis
from sknac.report._checklist import checklist
from sknac.report._draw import png
from sknac.report._page import page
from sknac.report._parts import Drawing, Options, Section
from sknac.report._performance import headline
from sknac.report._plain import jsonable
from sknac.report._sections import make_sections, without_undefined
from sknac.report._system import System
from sknac.report._text import slug

KIND = "sknac study report"
SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Chapter:
    """One system's part of the report."""

    system: System
    sentence: str
    cells: list[dict[str, str]]
    sections: list[Section]
    absent: list[str]

    def caption(self, drawing: Drawing) -> str:
        """Return a figure's caption; of cross-validated numbers it says so."""
        how = self.system.cv_text
        return f"{drawing.caption} ({how})" if how else drawing.caption

    def numbers(self) -> dict[str, Any]:
        """Return the numbers of the sections, and what is said of them."""
        results, notes = {}, list(self.system.notes)
        for section in self.sections:
            results |= section.results
            notes += section.notes
        return {
            "name": self.system.name,
            "pos_label": self.system.pos_label,
            "neg_label": self.system.neg_label,
            "main_model": self.system.main,
            "test_cohorts": [cohort for cohort, _ in self.system.tests()],
            "cross_validation": self.system.cv_text or None,
            "results": results,
            "not_given": self.absent,
            "notes": notes,
        }


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that is written down."""

    about: About
    options: Options
    card: dict[str, Any]
    chapters: list[Chapter]

    @cached_property
    def files(self) -> dict[tuple[str, str], str]:
        """File name of each figure, by chapter and key."""
        return {
            (chapter.system.name, drawing.key): (
                f"{number:02d}-{slug(chapter.system.name)}-{slug(drawing.key)}.png"
            )
            for number, (chapter, drawing) in enumerate(self.drawings(), start=1)
        }

    @cached_property
    def pictures(self) -> dict[tuple[str, str], bytes]:
        """PNG of each figure, by chapter and key; drawn once."""
        return {
            (chapter.system.name, drawing.key): png(drawing)
            for chapter, drawing in self.drawings()
        }

    def drawings(self) -> list[tuple[Chapter, Drawing]]:
        """Return all figures with their chapters, in order."""
        return [
            (chapter, drawing)
            for chapter in self.chapters
            for section in chapter.sections
            for drawing in section.drawings
        ]

    def numbers(self) -> dict[str, Any]:
        """Return every number as plain values."""
        figures = [
            {
                "file": f"figures/{self.files[chapter.system.name, drawing.key]}",
                "system": chapter.system.name,
                "caption": chapter.caption(drawing),
                "alt": drawing.alt,
            }
            for chapter, drawing in self.drawings()
        ]
        return jsonable(
            {
                "kind": KIND,
                "schema": SCHEMA,
                "title": self.about.title,
                "date": self.about.date or None,
                "synthetic": self.options.synthetic,
                "unit": "patient",
                "unit_of_analysis": self.unit,
                "systems": [chapter.numbers() for chapter in self.chapters],
                "model_card": self.card,
                "checklist": self.checklist,
                "figures": figures,
            }
        )

    @property
    def unit(self) -> str:
        """What a row counts, and how intervals are made."""
        return unit_of_analysis([chapter.system for chapter in self.chapters])

    @cached_property
    def checklist(self) -> list[dict[str, Any]]:
        """The items of TRIPOD+AI, and where this report fills them."""
        return checklist(self.about, self.chapters)

    def html(self) -> str:
        """Return the page."""
        return page(self)


def build(about: About, systems: list[System], options: Options) -> Report:
    """Compute everything of a report but its figures, which are drawn on demand."""
    chapters = [_chapter(system, options) for system in systems]
    return Report(about, options, model_card(about, systems, options), chapters)


def _chapter(system, options):
    """Compute one system's sections."""
    sections, absent = make_sections(system, options)
    sections += _further(system)
    (sentence, cells), _ = without_undefined(headline, system, options)
    return Chapter(system, sentence, cells, sections, absent)


def _further(system):
    """Return the section of the user's own tables and figures."""
    if not system.further:
        return []
    drawings = tuple(part for part in system.further if isinstance(part, Drawing))
    tables = tuple(part for part in system.further if not isinstance(part, Drawing))
    results = {"further": system.further_numbers}
    return [Section("further", "Further results", (), tables, drawings, results)]
