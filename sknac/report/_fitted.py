"""Sections on what was fitted: coefficients, the selection, the networks' losses."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.report._parts import Drawing, Options, Section, Table
from sknac.report._system import System
from sknac.report._text import plural
from sknac.utils._text import ABSENT, number, pvalue, significant


def coefficient_section(system: System, options: Options) -> Section | None:
    """Show the odds ratios of each clinical model, and how it was selected."""
    if not system.coefficients:
        return None
    tables, numbers = [], {}
    for model, (summary, path, level) in system.coefficients.items():
        tables.append(
            Table.of(
                "Term",
                f"{model}: odds ratios of the model selected",
                _odds(summary, level),
            )
        )
        tables.append(Table(f"{model}: steps of the selection", _steps(path)))
        numbers[model] = {"summary": summary, "path": path}
    text = (
        "The p-values and intervals take the predictors as chosen beforehand: after a "
        "selection they are too good.",
    )
    return Section(
        "coefficients",
        "Clinical models",
        text,
        tuple(tables),
        (),
        {"coefficients": numbers},
    )


def _odds(summary, level):
    """Return the coefficients as they are read."""
    return {
        str(term): {
            "Odds ratio": significant(row["odds_ratio"]),
            f"{100 * level:g} % interval": _bounds(row),
            "Coefficient": number(row["coef"], 3),
            "SE": number(row["se"], 3),
            "p": pvalue(row["pvalue"]),
        }
        for term, row in summary.iterrows()
    }


def _bounds(row):
    """Write the interval of an odds ratio."""
    return f"[{significant(row['low'])}, {significant(row['high'])}]"


def _steps(path):
    """Return the steps of a selection as they are read."""
    rows = [
        {
            "Action": str(row["action"]),
            "Term": ABSENT if pd.isna(row["term"]) else str(row["term"]),
            "p": pvalue(row["pvalue"]),
            "Test": ABSENT if pd.isna(row["test"]) else str(row["test"]),
            "Deviance": number(row["deviance"]),
            "AIC": number(row["aic"]),
        }
        for _, row in path.iterrows()
    ]
    steps = pd.Index([str(at) for at in range(len(rows))], name="Step")
    return pd.DataFrame(rows, index=steps)


def learning_section(system: System, options: Options) -> Section | None:
    """Show the losses of each network by epoch."""
    if not system.learning:
        return None
    from sknac.nets import TrainingCurveDisplay  # not before: it needs torch

    drawings = tuple(
        Drawing(
            key=f"loss-{name}",
            caption=f"Loss by epoch: {name}",
            alt=f"Training and validation loss of {name} over "
            f"{plural(len(curve), 'epoch')}.",
            display=TrainingCurveDisplay(curve=curve),
            title=f"{name}{options.mark}",
            size=(5.4, 3.8),
        )
        for name, curve in system.learning.items()
    )
    rows = {name: _kept(curve) for name, curve in system.learning.items()}
    note = "A network on planes or pairs of them averages its loss over these."
    caption = "Losses at the epoch whose weights were kept"
    table = Table.of("Network", caption, rows, note)
    numbers = {
        # The time an epoch took is no result, and never the same twice.
        name: curve.drop(columns="seconds", errors="ignore")
        for name, curve in system.learning.items()
    }
    return Section(
        "learning",
        "Training of the networks",
        ("Mean weighted cross-entropy; validation patients stop the training.",),
        (table,),
        drawings,
        {"learning_curves": numbers},
    )


def _kept(curve):
    """Return the epoch kept and its losses."""
    epoch = curve.index[curve["kept"]][0]
    row = curve.loc[epoch]
    return {
        "Epoch kept": f"{epoch} of {len(curve)}",
        "Training loss": number(row.get("train_loss"), 3),
        "Validation loss": number(row.get("valid_loss"), 3),
    }
