"""What notebooks show of stages and thresholds: scikit-learn's diagrams."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.utils._sklearn import _get_visual_block, _VisualBlock

# As many columns are named; of more, the rest is counted.
MOST_COLUMNS = 4


def threshold_block(estimator):
    """Draw the classifier, and behind it the threshold with its weight."""
    inner = getattr(estimator, "estimator_", estimator.estimator)
    title, caption = _rule(estimator)
    rule = _VisualBlock(
        "single",
        None,
        names=title,
        name_details=caption,
        name_caption=caption,
    )
    name = f"estimator: {type(inner).__name__}"
    return _VisualBlock(
        "serial",
        [inner, rule],
        names=[name, title],
        name_details=[str(inner), caption],
    )


def staged_block(estimator):
    """Draw the stages one below the other, with what stops a patient between them."""
    fitted = hasattr(estimator, "n_fit_")
    stages = estimator.stages_ if fitted else estimator.stages
    blocks, names = [], []
    for number, (name, stage, columns) in enumerate(stages):
        if number:
            blocks.append(_stop_block(estimator))
            names.append(None)
        label = f"{name}: {_spell_columns(estimator, columns, fitted)}"
        if fitted:
            label += f" ({estimator.n_fit_[name]} patients)"
        blocks.append(_named(stage))
        names.append(label)
    return _VisualBlock(
        "serial", blocks, names=names, name_details=names, dash_wrapped=False
    )


def _rule(estimator):
    """Return the threshold's rule in words, and its weight and rates."""
    if not hasattr(estimator, "threshold_"):
        known = (
            "" if estimator.pos_label is None else f", {estimator.pos_label} positive"
        )
        return "threshold", f"weight {estimator.weight:g}{known}"
    rates = (
        f"sensitivity {estimator.sensitivity_:.2f}, "
        f"specificity {estimator.specificity_:.2f}"
    )
    rule = f"{estimator.pos_label_} if score \N{GREATER-THAN OR EQUAL TO} "
    rule += f"{estimator.threshold_:.3g}"
    return rule, f"weight {estimator.curve_.weight:g}, {rates}"


def _stop_block(estimator):
    """Draw what lies between two stages."""
    label = getattr(estimator, "stop_label_", estimator.stop_label)
    who = "first class" if label is None else label
    text = f"{who}: stop, else go on"
    return _VisualBlock("single", None, names=text, name_details=text)


def _named(stage):
    """Return a stage's diagram such that its name is shown above it."""
    if _get_visual_block(stage).kind != "single":
        return stage
    return _VisualBlock("serial", [stage])


def _spell_columns(estimator, columns, fitted):
    """Name the columns of a stage."""
    if fitted:
        names = getattr(
            estimator, "feature_names_in_", np.arange(estimator.n_features_in_)
        )
        columns = names[columns]
    elif not isinstance(columns, list | tuple):
        return str(columns)
    listed = [str(name) for name in columns[:MOST_COLUMNS]]
    if len(columns) > MOST_COLUMNS:
        listed.append(f"{len(columns) - MOST_COLUMNS} more")
    return ", ".join(listed)
