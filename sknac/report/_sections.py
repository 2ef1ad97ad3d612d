"""The list of a report's sections, in the order they are read."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from sklearn.exceptions import UndefinedMetricWarning

from sknac.report._calibration import calibration_section, net_benefit_section
from sknac.report._cohorts import cohort_section, fold_section
from sknac.report._fitted import coefficient_section, learning_section
from sknac.report._maps import map_section
from sknac.report._operating import (
    cascade_section,
    threshold_section,
    wrong_section,
)
from sknac.report._outcome import survival_section
from sknac.report._parts import Options, Section
from sknac.report._patients import baseline_section, flow_section, missing_section
from sknac.report._performance import (
    comparison_section,
    rates_section,
    roc_section,
)
from sknac.report._quality import quality_section
from sknac.report._sample_size import ASK, sample_size_section
from sknac.report._subgroups import subgroup_section
from sknac.report._system import System
from sknac.utils._warnings import HintWarning


class Kind(NamedTuple):
    """A kind of section: how it is made, and what is said where it is not."""

    make: Callable[[System, Options], Section | None]
    absent: str


KINDS = (
    Kind(flow_section, ""),
    Kind(baseline_section, "baseline characteristics"),
    Kind(missing_section, "missing data"),
    Kind(sample_size_section, ASK),
    Kind(roc_section, "ROC curves (no scores)"),
    Kind(rates_section, "rates (no decisions)"),
    Kind(cohort_section, "further test cohorts"),
    Kind(comparison_section, "comparison of models (fewer than two with scores)"),
    Kind(fold_section, "cross-validation"),
    Kind(threshold_section, "thresholds and their optimism"),
    Kind(cascade_section, "a cascade"),
    Kind(subgroup_section, "subgroups"),
    Kind(coefficient_section, "a clinical model's coefficients"),
    Kind(calibration_section, "calibration (no probabilities)"),
    Kind(net_benefit_section, "decision curve (no probabilities)"),
    Kind(survival_section, "survival"),
    Kind(learning_section, "training of networks"),
    Kind(quality_section, "the quality of ultrasound maps"),
    Kind(map_section, "attribution maps"),
    Kind(wrong_section, "wrong decisions (no decisions)"),
)


def make_sections(system: System, options: Options) -> tuple[list[Section], list[str]]:
    """Compute the sections of a system, and list what was not given."""
    sections, absent = [], []
    for kind in KINDS:
        section, notes = without_undefined(kind.make, system, options)
        if section is None:
            absent += _why_absent(kind, system)
        else:
            notes = (*section.notes, *notes)
            sections.append(dataclasses.replace(section, notes=notes))
    if system.train is None and system.cv is None:
        absent.append("training patients")
    if system.flow is None:
        absent.append("patients left out, and why")
    return sections, absent


# What a cross-validation has none of, and what is said there instead.
_NO_CV = {
    cohort_section: "",
    comparison_section: "comparison of models (name pairs as compare=)",
    threshold_section: "",
    coefficient_section: "a clinical model's coefficients (each fold has its own)",
    learning_section: "training of networks (each fold has its own)",
    quality_section: "the quality of ultrasound maps",
}


def _why_absent(kind, system):
    """Return what is said of a section that is not there."""
    said = kind.absent
    if system.cv is not None:
        said = _NO_CV.get(kind.make, said)
    return [said] if said else []


def without_undefined(
    make: Callable[[System, Options], Any], system: System, options: Options
) -> tuple[Any, list[str]]:
    """Make something and return it with what was undefined in it.

    A report shows a dash and a note for what is undefined, and a note for what looks
    the wrong way round; other warnings go on.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = make(system, options)
    notes = []
    for warning in caught:
        if issubclass(warning.category, UndefinedMetricWarning | HintWarning):
            notes.append(_as_shown(str(warning.message)))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return made, list(dict.fromkeys(notes))


def _as_shown(message):
    """Leave out NaN: a reader sees a dash, and null in report.json."""
    return message.replace("; NaN are ", ": ")
