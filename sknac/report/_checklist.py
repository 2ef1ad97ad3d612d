"""The items of TRIPOD+AI: where a report fills them, and which are the authors'."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any, NamedTuple

FILLED, IN_PART, AUTHORS = "filled", "in part", "for the authors"
ABOUT = (
    "What TRIPOD+AI asks of a paper on a prediction model, in our own short words, and "
    "where this report answers it. Read the statement itself before you submit: G. S. "
    "Collins et al., BMJ 385:e078378, 2024. An item is called filled only where the "
    "numbers or words are in this report; what is said in part needs your words as "
    "well."
)


class Seen:
    """What a report holds: sections by key in its chapters, and words on its card."""

    def __init__(self, about: Any, chapters: list[Any]) -> None:
        self.about, self.chapters = about, chapters

    def of(self, *keys: str) -> list[dict[str, Any]]:
        """Return the places of sections that are there, chapter by chapter."""
        several = len(self.chapters) > 1
        return [
            {
                "chapter": at,
                "section": section.key,
                "text": section.title
                + (f" ({chapter.system.name})" if several else ""),
            }
            for at, chapter in enumerate(self.chapters, start=1)
            for section in chapter.sections
            if section.key in keys
        ]

    def every(self, *keys: str) -> bool:
        """Tell whether every chapter has all of these sections."""
        return all(
            set(keys) <= {section.key for section in chapter.sections}
            for chapter in self.chapters
        )

    def systems(self, told: Callable[[Any], Any]) -> bool:
        """Tell whether something is true of every system."""
        return all(bool(told(chapter.system)) for chapter in self.chapters)

    def card(self, said: Any, text: str = "Model card") -> list[dict[str, Any]]:
        """Return the card's place, if its author said something."""
        return [{"chapter": None, "section": "card", "text": text}] if said else []


Found = tuple[str, list[dict[str, Any]]]


class Item(NamedTuple):
    """One item: its number, what is asked, and how a report fills it."""

    item: str
    asked: str
    find: Callable[[Seen], Found] | None = None


def _state(whole: Any, places: list) -> Found:
    """Return whether an item is filled, in part or not at all."""
    if not places:
        return AUTHORS, []
    return (FILLED if whole else IN_PART), places


def _developed_on(system: Any) -> Any:
    """Return whether it is known on whom a system was developed."""
    return system.train is not None or system.cv is not None


def _data_use(seen: Seen) -> Found:
    places = seen.of("patients", "folds")
    return _state(seen.systems(_developed_on), places)


def _measures(seen: Seen) -> Found:
    places = seen.of("roc", "rates", "calibration", "decision-curve")
    return _state(seen.every("roc", "calibration"), places)


def _performance(seen: Seen) -> Found:
    places = seen.of("roc", "rates", "calibration", "subgroups")
    return _state(seen.every("roc", "calibration", "subgroups"), places)


def _cohorts(seen: Seen) -> Found:
    return _state(seen.every("cohorts"), seen.of("cohorts"))


def _flow(seen: Seen) -> Found:
    return _state(seen.systems(lambda s: s.flow is not None), seen.of("patients"))


def _characteristics(seen: Seen) -> Found:
    places = seen.of("baseline", "missing")
    return _state(seen.every("baseline", "missing"), places)


def _both_tables(system: Any) -> bool:
    """Tell whether those developed on and those tested have characteristics."""
    cohorts = {cohort for cohort, _ in system.tests()}
    return "training" in system.tables and bool(cohorts & set(system.tables))


def _compared(seen: Seen) -> Found:
    if not any(_both_tables(chapter.system) for chapter in seen.chapters):
        return AUTHORS, []
    return _state(seen.systems(_both_tables), seen.of("baseline"))


def _analysed(seen: Seen) -> Found:
    return _state(seen.systems(_developed_on), seen.of("patients"))


def _size(seen: Seen) -> Found:
    return _state(
        seen.every("sample-size") and seen.systems(_developed_on),
        seen.of("sample-size"),
    )


def _part(*keys: str) -> Callable[[Seen], Found]:
    """Return what finds sections that never say all that is asked."""
    return lambda seen: _state(False, seen.of(*keys))


def _settings(seen: Seen) -> Found:
    known = any(chapter.system.settings for chapter in seen.chapters)
    return _state(False, seen.card(known, "Settings"))


ITEMS = (
    Item("1", "Title: says that a model is developed or evaluated, for whom, for what"),
    Item("2", "Abstract: by the list for abstracts"),
    Item("3a", "Background: the clinical question, and models that there are"),
    Item(
        "3b",
        "Background: who is meant, for what use, by whom",
        lambda seen: _state(False, seen.card(seen.about.intended_use, "Intended use")),
    ),
    Item("3c", "Background: known inequalities in care between groups"),
    Item("4", "Objectives: development, evaluation or both"),
    Item(
        "5a",
        "Data: where they come from, for each of development and evaluation",
        lambda seen: _state(False, seen.card(seen.about.data, "Data")),
    ),
    Item("5b", "Data: dates of inclusion and of follow-up"),
    Item("6a", "Participants: setting, number and place of centres"),
    Item("6b", "Participants: who could take part"),
    Item("6c", "Participants: treatments, and how they were handled"),
    Item("7", "Preparation and quality checks of the data", _part("map-quality")),
    Item("8a", "Outcome: definition, when and how it was assessed"),
    Item("8b", "Outcome: who assessed it, where judgement is needed"),
    Item("8c", "Outcome: blinding of its assessment"),
    Item("9a", "Predictors: why these, and what was left out before"),
    Item("9b", "Predictors: definition, when and how they were measured"),
    Item("9c", "Predictors: who assessed them, where judgement is needed"),
    Item("10", "Sample size: how it was arrived at, and whether it is enough", _size),
    Item("11", "Missing data: how many, and how they were handled", _part("missing")),
    Item("12a", "Analysis: which data served development and evaluation", _data_use),
    Item("12b", "Analysis: how predictors were handled, scaled or transformed"),
    Item("12c", "Analysis: kind of model, steps of building it, settings", _settings),
    Item("12d", "Analysis: how differences between centres were dealt with", _cohorts),
    Item("12e", "Analysis: measures and figures of performance, and why", _measures),
    Item("12f", "Analysis: updating of the model after its evaluation"),
    Item("12g", "Analysis: how predictions are computed where it is evaluated"),
    Item("13", "Class imbalance: what was done about it, and about calibration"),
    Item("14", "Fairness: what was done for it, and why"),
    Item(
        "15",
        "Output: probability or class, and how thresholds were chosen",
        _part("thresholds", "folds"),
    ),
    Item("16", "How development and evaluation differ in setting, patients, outcome"),
    Item("17", "Ethical approval and consent"),
    Item("18a", "Funding and the role of funders"),
    Item("18b", "Conflicts of interest"),
    Item("18c", "Protocol: where it can be read"),
    Item("18d", "Registration"),
    Item("18e", "Sharing of data"),
    Item("18f", "Sharing of code"),
    Item("19", "Involvement of patients and the public"),
    Item("20a", "Flow of participants, with and without the outcome", _flow),
    Item("20b", "Characteristics of participants, missing ones", _characteristics),
    Item("20c", "Predictors of those developed on beside those tested", _compared),
    Item("21", "Participants and outcomes in each analysis", _analysed),
    Item(
        "22", "The full model, so that others can predict by it", _part("coefficients")
    ),
    Item("23a", "Performance with intervals, in subgroups too", _performance),
    Item("23b", "Performance by centre, if it was looked at", _cohorts),
    Item("24", "Results of updating the model"),
    Item("25", "Interpretation, fairness included, beside earlier studies"),
    Item(
        "26",
        "Limitations",
        lambda seen: _state(True, seen.card(seen.about.limits, "Limits")),
    ),
    Item("27a", "Use: what to do with poor or missing input"),
    Item("27b", "Use: what its users must do and know"),
    Item("27c", "Next steps of research, applicability elsewhere"),
)


def checklist(about: Any, chapters: list[Any]) -> list[dict[str, Any]]:
    """Return every item with its state and the places in this report."""
    seen, found = Seen(about, chapters), []
    for item in ITEMS:
        state, where = (AUTHORS, []) if item.find is None else item.find(seen)
        found.append(
            {"item": item.item, "asked": item.asked, "state": state, "where": where}
        )
    return found
