"""Model card: data, settings, versions, seeds, intended use and limits."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sknac.report._checks import check_text
from sknac.report._parts import Options
from sknac.report._system import System
from sknac.utils._frames import check_mapping
from sknac.utils._versions import versions

NOT_STATED = "Not stated."
NO_DEVICE = (
    "Research software, not a medical device: no decision about a patient may rest on "
    "it."
)
SIMULATED = "The data are simulated: no number here is about patients."


@dataclass(frozen=True)
class About:
    """What the author of a report says of the study."""

    title: str
    data: str = ""
    intended_use: str = ""
    limits: Iterable[str] = ()
    seeds: Mapping[str, Any] | None = None
    date: str = ""

    def __post_init__(self):
        check_text(self.title, "title", empty=False)
        limits = self.limits
        limits = (limits,) if isinstance(limits, str) else tuple(limits)
        object.__setattr__(self, "limits", limits)
        if self.seeds is not None:
            check_mapping(self.seeds, "seeds", "{'split': 0}")
        object.__setattr__(self, "seeds", dict(self.seeds or {}))
        for name in ("data", "intended_use", "date"):
            check_text(getattr(self, name), name)
        for text in limits:
            check_text(text, "limits")


def model_card(about: About, systems: list[System], options: Options) -> dict[str, Any]:
    """Return the card as a dictionary, in the order it is read."""
    limits = [NO_DEVICE]
    if options.synthetic:
        limits.insert(0, SIMULATED)
    return {
        "data": about.data or NOT_STATED,
        "synthetic": options.synthetic,
        "intended_use": about.intended_use or NOT_STATED,
        "limits": [*limits, *about.limits],
        "positive_class": {system.name: system.pos_label for system in systems},
        "patients": {
            system.name: {cohort: len(sample.y) for cohort, sample in system.cohorts()}
            for system in systems
        },
        "seeds": {**about.seeds, "report (bands)": options.random_state},
        "confidence_level": options.confidence_level,
        "n_resamples": options.n_resamples,
        "settings": {
            system.name: {
                model: {"changed": changed, "all": every}
                for model, (changed, every) in system.settings.items()
            }
            for system in systems
            if system.settings
        },
        "versions": versions(),
    }


def unit_of_analysis(systems: list[System]) -> str:
    """Say what a row counts, and how the intervals of these systems are made."""
    if not any(system.cv for system in systems):
        return UNIT
    all_cv = all(system.cv for system in systems)
    return f"{RULE} {'' if all_cv else f'{INTERVALS} '}{FOLDS} {PVALUES}"


RULE = (
    "The patient. Each row of each table counts patients, never images or planes: "
    "where a patient has several, they make one score before anything is counted. "
    "No patient may be in both training and test, which is checked where rows have "
    "names; resamples draw whole patients."
)
INTERVALS = (
    "Intervals of rates are Wilson's, those of areas DeLong's on the logit scale;"
)
PVALUES = "p-values are two-sided."
FOLDS = (
    "Cross-validated numbers are of patients whom the model that judged them was not "
    "fitted to; their intervals allow for the training patients that folds share "
    "(Nadeau and Bengio) and are about the models of the folds, not about one model;"
)
UNIT = f"{RULE} {INTERVALS} {PVALUES}"
