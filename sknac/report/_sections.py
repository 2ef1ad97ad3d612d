"""The list of a report's sections, in the order they are read."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from sklearn.exceptions import UndefinedMetricWarning

from sknac.report._fitted import coefficient_section, learning_section
from sknac.report._maps import map_section
from sknac.report._operating import (
    cascade_section,
    subgroup_section,
    threshold_section,
    wrong_section,
)
from sknac.report._outcome import survival_section
from sknac.report._parts import Options, Section
from sknac.report._patients import baseline_section, flow_section, missing_section
from sknac.report._performance import (
    calibration_section,
    comparison_section,
    net_benefit_section,
    rates_section,
    roc_section,
)
from sknac.report._quality import quality_section
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
    Kind(roc_section, "ROC curves (no scores)"),
    Kind(rates_section, "rates (no decisions)"),
    Kind(comparison_section, "comparison of models (fewer than two with scores)"),
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
            absent.append(kind.absent)
        else:
            notes = (*section.notes, *notes)
            sections.append(dataclasses.replace(section, notes=notes))
    if system.train is None:
        absent.append("training patients")
    if system.flow is None:
        absent.append("patients left out, and why")
    return sections, absent


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
            notes.append(str(warning.message))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return made, list(dict.fromkeys(notes))
