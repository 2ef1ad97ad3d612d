"""The page: what is read, put into the template, everything escaped."""

# SPDX-License-Identifier: BSD-3-Clause

import struct
from functools import cache
from itertools import count
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sknac.report._checklist import ABOUT as ABOUT_CHECKLIST
from sknac.report._draw import inline
from sknac.report._parts import Table
from sknac.report._system import CV, TEST, TRAINING
from sknac.report._text import showable, slug


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
    key = writer.key_table()
    chapters = [writer.chapter(*pair) for pair in enumerate(report.chapters, 1)]
    text = environment.get_template("report.html.j2").render(
        about=report.about,
        options=report.options,
        style=Markup(style),
        key=key,
        chapters=chapters,
        checklist=writer.checklist(),
        about_checklist=ABOUT_CHECKLIST,
        card=_card(report.card),
        unit=report.unit,
    )
    return showable(text)


class _Writer:
    """What the template reads, tables and figures numbered as they come."""

    def __init__(self, report):
        self.report, self.options = report, report.options
        self.tables, self.figures = count(1), count(1)

    def key_table(self):
        """Return the table at the top: the main model of each system."""
        chapters = self.report.chapters
        frame = pd.DataFrame([row for chapter in chapters for row in chapter.cells])
        how = dict.fromkeys(chapter.system.cv_text for chapter in chapters)
        whose = "on the test patients"
        if any(how):
            whose = ", ".join(text or whose for text in how)
        percent = self.options.percent
        caption = f"Main results {whose} [{percent} interval]"
        return self.table(Table(caption, frame.set_index("System")), "below each name")

    def chapter(self, at, chapter):
        """Return one system's part."""
        anchor, pos_label = f"system-{at}", chapter.system.pos_label
        how = chapter.system.cv_text
        sections = [
            {
                "anchor": f"{anchor}-{slug(section.key)}",
                "given": section,
                "tables": [self.table(t, pos_label, how) for t in section.tables],
                "figures": [self.figure(d, chapter) for d in section.drawings],
            }
            for section in chapter.sections
        ]
        return {"anchor": anchor, "sections": sections, "given": chapter}

    def checklist(self):
        """Return the items of the checklist with links to where they are filled."""
        items = [
            {
                **item,
                "links": [
                    {"text": where["text"], "anchor": _anchor_of(where)}
                    for where in item["where"]
                ],
            }
            for item in self.report.checklist
        ]
        labels = (chapter.system.pos_label for chapter in self.report.chapters)
        stated = _stated(", ".join(map(str, dict.fromkeys(labels))), self.options)
        return {"number": next(self.tables), "stated": stated, "rows": items}

    def table(self, table, pos_label, how=""):
        """Return a table: head, rows, caption."""
        frame = table.frame
        cells = zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
        return {
            "number": next(self.tables),
            "given": table,
            "stated": _stated(pos_label, self.options, how),
            "head": [str(frame.index.name or ""), *map(str, frame.columns)],
            "rows": [
                [showable(str(cell), 500).split("\n") for cell in (row, *rest)]
                for row, rest in cells
            ],
        }

    def figure(self, drawing, chapter):
        """Return a figure: picture, size, texts."""
        picture = self.report.pictures[chapter.system.name, drawing.key]
        width, height = struct.unpack(">II", picture[16:24])
        return {
            "number": next(self.figures),
            "given": drawing,
            "caption": chapter.caption(drawing),
            "alt": drawing.alt + (" Simulated data." if self.options.synthetic else ""),
            "source": inline(picture),
            "width": width,
            "height": height,
        }


def _stated(pos_label, options, how=""):
    """Say what every table says of its numbers."""
    text = f"Positive class: {pos_label}. Unit: patient."
    text += f" {how.capitalize()}." if how else ""
    return text + (" Simulated data." if options.synthetic else "")


def _anchor_of(where):
    """Return the anchor of a section of a chapter, or of a part after them."""
    if where["chapter"] is None:
        return where["section"]
    return f"system-{where['chapter']}-{slug(where['section'])}"


def _counted(n, cohort):
    """Write how many patients a cohort has."""
    return f"{n} {cohort}" if cohort in (TEST, TRAINING, CV) else f"{n} of {cohort}"


def _card(card):
    """Return the model card as the template reads it."""
    return {
        **card,
        "patients": [
            f"{name}: " + ", ".join(_counted(n, cohort) for cohort, n in counts.items())
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
