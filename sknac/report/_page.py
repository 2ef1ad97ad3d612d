"""The page: what is read, put into the template, everything escaped."""

# SPDX-License-Identifier: BSD-3-Clause

import struct
from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sknac.report._card import UNIT
from sknac.report._draw import inline
from sknac.report._parts import Table
from sknac.report._text import slug


@cache
def _environment() -> Environment:
    """Return the template engine; it escapes everything, and misses nothing."""
    return Environment(
        loader=PackageLoader("sknac.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(report: Any) -> str:
    """Return a report as one HTML text."""
    environment = _environment()
    style = environment.loader.get_source(environment, "report.css")[0]
    numbers = _Numbers()
    return environment.get_template("report.html.j2").render(
        about=report.about,
        options=report.options,
        style=Markup(style),
        key=_key_table(report, numbers),
        chapters=[_chapter(report, at, numbers) for at in range(len(report.chapters))],
        card=_card(report.card),
        unit=UNIT,
    )


class _Numbers:
    """Running numbers of tables and figures."""

    def __init__(self):
        self.table = self.figure = 0

    def next_table(self):
        """Return the next table's number."""
        self.table += 1
        return self.table

    def next_figure(self):
        """Return the next figure's number."""
        self.figure += 1
        return self.figure


def _key_table(report, numbers):
    """Return the table at the top: the main model of each system."""
    frame = pd.DataFrame([chapter.cells for chapter in report.chapters])
    frame = frame.set_index("System")
    level = report.options.percent
    caption = f"Main results on the test patients [{level} interval]"
    return _table(Table(caption, frame), numbers, report, pos="below each name")


def _chapter(report, at, numbers):
    """Return one system's part as the template reads it."""
    chapter = report.chapters[at]
    anchor = f"system-{at + 1}"
    sections = []
    for section in chapter.sections:
        tables = [
            _table(t, numbers, report, pos=chapter.pos_label) for t in section.tables
        ]
        sections.append(
            {
                "anchor": f"{anchor}-{slug(section.key)}",
                "title": section.title,
                "text": section.text,
                "tables": tables,
                "figures": [
                    _figure(d, chapter, numbers, report) for d in section.drawings
                ],
                "notes": section.notes,
            }
        )
    return {"anchor": anchor, "sections": sections, "given": chapter}


def _table(table, numbers, report, *, pos):
    """Return a table as the template reads it: head, rows, caption."""
    frame = table.frame
    stated = [f"Positive class: {pos}.", "Unit: patient."]
    if report.options.synthetic:
        stated.append("Simulated data.")
    head = [str(frame.index.name or ""), *map(str, frame.columns)]
    cells = zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    return {
        "number": numbers.next_table(),
        "caption": table.caption,
        "stated": " ".join(stated),
        "head": head,
        "rows": [
            [str(cell).split("\n") for cell in (row, *rest)] for row, rest in cells
        ],
        "note": table.note,
    }


def _figure(drawing, chapter, numbers, report):
    """Return a figure as the template reads it: picture, size, texts."""
    picture = report.pictures[chapter.name, drawing.key]
    width, height = struct.unpack(">II", picture[16:24])
    return {
        "number": numbers.next_figure(),
        "caption": drawing.caption,
        "alt": drawing.alt + (" Simulated data." if report.options.synthetic else ""),
        "source": inline(picture),
        "width": width,
        "height": height,
        "wide": drawing.wide,
    }


def _card(card):
    """Return the model card as the template reads it."""
    return {
        **card,
        "patients": [
            f"{name}: " + ", ".join(f"{n} {cohort}" for cohort, n in counts.items())
            for name, counts in card["patients"].items()
        ],
        "positive_class": [f"{k}: {v}" for k, v in card["positive_class"].items()],
        "seeds": [f"{name}: {seed}" for name, seed in card["seeds"].items()],
        "settings": [
            {"system": system, "model": model, **given}
            for system, models in card["settings"].items()
            for model, given in models.items()
        ],
    }
