"""Section on the number of patients beside what the development takes."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import xlogy

from sknac.clinical import riley_sample_size
from sknac.report._parts import Options, Section, Table
from sknac.report._system import System
from sknac.report._text import plural
from sknac.utils._text import number

# Of the largest R2 that there can be, where nothing is known of earlier models.
SHARE = 0.15
R2 = "an R\N{SUPERSCRIPT TWO} (Cox and Snell)"
ASK = "sample size (call add_sample_size with the number of candidate parameters)"


def check_sample_size(
    n_parameters: Any, prevalence: Any, auc: Any, r2: Any
) -> dict[str, Any]:
    """Return what a minimum is computed of; raise on what it cannot be."""
    given = {"prevalence": prevalence, "auc": auc, "r2": r2}
    trial = given | {"prevalence": 0.5 if prevalence is None else prevalence}
    if auc is None and r2 is None:
        trial["r2"] = SHARE * _largest(0.5)
    riley_sample_size(n_parameters, **trial)
    return {"n_parameters": n_parameters, **given}


def counted_parameters(known: int | None) -> dict[str, Any] | None:
    """Return what a minimum is computed of where a model's parameters are known."""
    if not known:
        return None
    return check_sample_size(known, None, None, None) | {"counted": True}


def sample_size_section(system: System, options: Options) -> Section | None:
    """Show patients and events of the development beside Riley's least numbers."""
    asked = system.sample_size
    if asked is None:
        return None
    sample = system.test if system.cv is not None else system.train
    share = asked["prevalence"]
    if share is None:
        y = (system.test if sample is None else sample).y
        share = float((y == system.pos_label).mean())
    expected = {"auc": asked["auc"], "r2": asked["r2"]}
    assumed = expected["auc"] is None and expected["r2"] is None
    if assumed:
        expected["r2"] = SHARE * _largest(share)
    least = riley_sample_size(asked["n_parameters"], prevalence=share, **expected)
    numbers = {"least": least, "assumed_r2": assumed, "developed_on": None}
    rows = {
        "Riley's least": _row(least.n, least.n_events, least.n_parameters),
    }
    if sample is not None:
        n, n_pos = len(sample.y), int((sample.y == system.pos_label).sum())
        rows = {"This study": _row(n, n_pos, least.n_parameters), **rows}
        numbers["developed_on"] = {"n": n, "n_pos": n_pos}
    table = Table.of(
        "Patients",
        "Patients developed on, and the least number for "
        f"{plural(least.n_parameters, 'candidate parameter')}",
        rows,
        f"Largest of three criteria: effects shrunk by no more than a tenth "
        f"({least.n_shrinkage} patients), R\N{SUPERSCRIPT TWO} of Nagelkerke overrated "
        f"by no more than 0.05 ({least.n_optimism}), share of {system.pos_label} known "
        f"to within 0.05 ({least.n_prevalence}).",
    )
    text = (_sentence(system, least, sample, assumed, asked),)
    results = {"sample_size": numbers}
    return Section("sample-size", "Sample size", text, (table,), (), results)


def _sentence(system, least, sample, assumed, asked):
    """Say whether the patients were enough, and of what that was computed."""
    if sample is None:
        text = (
            "The patients whom the model was developed on were not given; compare "
            "their number with the least. "
        )
    else:
        n = len(sample.y)
        few = "fewer" if n < least.n else "no fewer"
        text = f"The model was developed on {n} patients, {few} than the least. "
    if asked.get("counted"):
        text += (
            "Its candidate parameters were counted in the model; were more looked at "
            "before, name them by add_sample_size. "
        )
    text += (
        f"Expected: a share of {system.pos_label} of {number(least.prevalence)} and "
    )
    if assumed:
        text += f"{R2} of {SHARE:.0%} of the largest possible, as none was named"
    elif asked["auc"] is not None:
        text += f"an area of {number(asked['auc'])}"
    else:
        text += f"{R2} of {number(asked['r2'])}"
    return (
        f"{text}. The least holds for logistic models on candidates fixed before; "
        "networks and selected image features take more."
    )


def _row(n, n_pos, n_parameters):
    """Return the cells of one number of patients."""
    return {
        "n": str(n),
        "Positive": str(n_pos),
        "Positive per parameter": number(n_pos / n_parameters, 1),
    }


def _largest(share):
    """Return the largest R2 of Cox and Snell with a share of positives."""
    return 1 - float(np.exp(2 * (xlogy(share, share) + xlogy(1 - share, 1 - share))))
