"""The page: what is read, put into the template, everything escaped."""

# SPDX-License-Identifier: BSD-3-Clause

import struct
from functools import cache
from itertools import count
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
    writer = _Writer(report)
    return environment.get_template("report.html.j2").render(
        about=report.about,
        options=report.options,
        style=Markup(style),
        key=writer.key_table(),
        chapters=[writer.chapter(*pair) for pair in enumerate(report.chapters, 1)],
        card=_card(report.card),
        unit=UNIT,
    )


class _Writer:
    """What the template reads, tables and figures numbered as they come."""

    def __init__(self, report):
        self.report, self.options = report, report.options
        self.tables, self.figures = count(1), count(1)

    def key_table(self):
        """Return the table at the top: the main model of each system."""
        frame = pd.DataFrame([chapter.cells for chapter in self.report.chapters])
        percent = self.options.percent
        caption = f"Main results on the test patients [{percent} interval]"
        return self.table(Table(caption, frame.set_index("System")), "below each name")

    def chapter(self, at, chapter):
        """Return one system's part."""
        anchor, pos_label = f"system-{at}", chapter.system.pos_label
        sections = [
            {
                "anchor": f"{anchor}-{slug(section.key)}",
                "given": section,
                "tables": [self.table(table, pos_label) for table in section.tables],
                "figures": [self.figure(d, chapter) for d in section.drawings],
            }
            for section in chapter.sections
        ]
        return {"anchor": anchor, "sections": sections, "given": chapter}

    def table(self, table, pos_label):
        """Return a table: head, rows, caption."""
        frame = table.frame
        stated = f"Positive class: {pos_label}. Unit: patient."
        cells = zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
        return {
            "number": next(self.tables),
            "given": table,
            "stated": stated + (" Simulated data." if self.options.synthetic else ""),
            "head": [str(frame.index.name or ""), *map(str, frame.columns)],
            "rows": [
                [str(cell).split("\n") for cell in (row, *rest)] for row, rest in cells
            ],
        }

    def figure(self, drawing, chapter):
        """Return a figure: picture, size, texts."""
        picture = self.report.pictures[chapter.system.name, drawing.key]
        width, height = struct.unpack(">II", picture[16:24])
        return {
            "number": next(self.figures),
            "given": drawing,
            "alt": drawing.alt + (" Simulated data." if self.options.synthetic else ""),
            "source": inline(picture),
            "width": width,
            "height": height,
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
