"""The checklist calls filled what the report holds, and nothing else."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pytest

from sknac.clinical import PatientFlow
from sknac.report._checklist import AUTHORS, FILLED, IN_PART, ITEMS

POSITIVE = {"pos_label": "response"}


def states(report):
    """Return the state of each item."""
    return {row["item"]: row["state"] for row in report.to_dict()["checklist"]}


def test_items_are_those_of_the_statement():
    numbers = [item.item for item in ITEMS]
    assert len(numbers) == len(set(numbers)) == 52
    assert {re.match(r"\d+", number).group() for number in numbers} == {
        str(at) for at in range(1, 28)
    }


def test_a_bare_report_fills_hardly_anything(bare):
    filled = {item for item, state in states(bare).items() if state == FILLED}
    assert filled == set()
    in_part = {item for item, state in states(bare).items() if state == IN_PART}
    assert in_part == {"12a", "12e", "20a", "21", "23a"}


def test_a_full_report_fills_what_it_holds(full):
    found = states(full)
    for item in ("12a", "12e", "20b", "20c", "21", "23a"):
        assert found[item] == FILLED
    assert found["20a"] == IN_PART  # who was left out was not said
    for item in ("1", "8a", "10", "14", "17", "18a", "22", "23b", "25", "26"):
        assert found[item] == AUTHORS


@pytest.mark.parametrize(
    ("item", "add"),
    [
        ("10", lambda r, s: r.add_sample_size("x", 3)),
        ("20b", lambda r, s: r.add_characteristics("x", s.X[["age"]])),
        (
            "20a",
            lambda r, s: r.add_flow(
                "x", PatientFlow.from_labels({"training": s.y_train, "test": s.y})
            ),
        ),
        (
            "23b",
            lambda r, s: r.add_cohort(
                "x",
                "B",
                s.y.set_axis([f"B{i}" for i in range(40)]),
                scores=s.X["dlr2"].to_numpy(),
            ),
        ),
    ],
)
def test_an_item_is_filled_with_its_part_and_not_without(study, new, item, add):
    given = {"y_train": study.y_train, "scores_train": study.X_train["dlr2"]}
    report = new().add_predictions("x", study.y, study.X["dlr2"], **POSITIVE, **given)
    assert states(report)[item] != FILLED
    assert states(add(report, study))[item] == FILLED


def test_words_of_the_author_fill_their_items_in_part(study, new):
    report = new(data="One hospital.", intended_use="Research.", limits=["Few."])
    report.add_predictions("x", study.y, study.X["dlr2"], **POSITIVE)
    found = states(report)
    assert (found["3b"], found["5a"], found["26"]) == (IN_PART, IN_PART, FILLED)


def test_one_system_without_a_part_leaves_an_item_in_part(study, new):
    decided = np.where(study.X["dlr2"] > 0.5, "response", "non-response")
    report = new()
    for name in ("a", "b"):
        report.add_predictions(
            name,
            study.y,
            study.X["dlr2"],
            decisions=decided,
            probabilities=name == "a",
            **POSITIVE,
        )
    assert states(report)["12e"] == IN_PART


def test_links_lead_to_the_sections(full_html, crossed_html):
    for html in (full_html, crossed_html):
        part = html.split('<section id="checklist">')[1]
        links = re.findall('href="#(.*?)"', part)
        assert len(links) > 10
        assert all(f'id="{link}"' in html for link in links)
