"""How labels, scores and groups are read, wherever they enter.

One class alone is refused where something is learned from labels or drawn along
them; a number that needs both is NaN with a warning. Both say the same sentence.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target

from sknac.utils._names import plain_form
from sknac.utils._warnings import warn_undefined, warn_user

# What is wrong with two labels that are alike.
ALIKE = "differ by capitals, blanks or type only; write them alike"
# What a missing value becomes in text, such as by astype(str) or in a spreadsheet.
AS_MISSING = ("", "nan", "NaN", "None", "<NA>", "NaT", "null", "NULL", "#N/A")
# Beyond this, neighbouring whole numbers are one float64.
_MOST_WHOLE = 2**53


def one_dimensional(values: Any, name: str, n: int | None = None) -> np.ndarray:
    """Return a non-empty 1-D array, of n rows if n is given."""
    refuse_masked(values, name)
    if isinstance(values, pd.MultiIndex):
        raise ValueError(
            f"{name} must be one value per row, got an index of the levels "
            f"{list(values.names)}; take one of them by get_level_values"
        )
    array = _as_array(values, name)
    if array.ndim != 1:
        what = f"shape {array.shape}" if array.ndim else shown(values)
        raise ValueError(f"{name} must be 1-D{_one_of(values, array)}, got {what}")
    if array.size == 0:
        raise ValueError(f"{name} is empty; give at least one row")
    if n is not None and array.size != n:
        raise ValueError(
            f"{name} has {array.size} rows but y_true has {n}; give one row of each"
        )
    return array


def _one_of(values, array):
    """Say which one-dimensional part of the values is meant."""
    if isinstance(values, str):
        return ", the values and not the name of a column"
    if array.ndim != 2:
        return ""
    if hasattr(values, "columns") or array.shape[1] == 1:
        return f", one column{_named(values)}"
    return ", the column of the positive class"


def _named(values):
    """Name the columns that there are to take, if they have names."""
    found = list(getattr(values, "columns", ()))
    more = ", ..." if len(found) > 5 else ""
    return f" of {', '.join(map(repr, found[:5]))}{more}" if found else ""


def _as_array(values: Any, name: str) -> np.ndarray:
    """Return values as an array; raise where their rows have no one length."""
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be one value per row, got lists") from None


def one_column(values: Any, name: str) -> np.ndarray:
    """Return a 1-D array, of a table with one column too."""
    shape = _as_array(values, name).shape
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(f"{name} must be 1-D, got shape {shape}")
    return column_or_1d(values, input_name=name)


def finite_scores(values: Any, name: str, n: int | None = None) -> np.ndarray:
    """Return finite float64 numbers, one per row."""
    array = as_floats(one_dimensional(values, name, n), name)
    what = f"{name} is NaN or infinite; mend it or leave the row out"
    raise_first(~np.isfinite(array), what, getattr(values, "index", None))
    return array


def as_floats(values: Any, name: str) -> np.ndarray:
    """Return real numbers of any shape as float64, missing ones as NaN."""
    refuse_masked(values, name)
    array = _as_array(values, name)
    refuse_dates(array, name)
    if array.dtype.kind in "bf":
        return array.astype(np.float64, copy=False)
    found = [_as_float(value, name) for value in array.ravel().tolist()]
    return np.array(found, dtype=np.float64).reshape(array.shape)


def _as_float(value: Any, name: str) -> float:
    """Return one number as a float that no other whole number has."""
    if value is None or value is pd.NA:
        return np.nan
    if isinstance(value, int) and abs(value) > _MOST_WHOLE:
        raise ValueError(
            f"{name} holds whole numbers beyond 2**53, which floats cannot tell apart; "
            "subtract a constant"
        )
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, got {shown(value)}") from None


def refuse_masked(values: Any, name: str) -> None:
    """Raise where an array's mask hides values: they are missing."""
    if isinstance(values, np.ma.MaskedArray):
        what = f"{name} is masked, which is missing; leave the row out"
        hidden = np.ma.getmaskarray(values)
        raise_first(hidden.reshape(len(hidden), -1) if hidden.size else hidden, what)


def refuse_dates(values: Any, name: str, mend: str | None = None) -> None:
    """Raise on dates and durations, which would be read as nanoseconds."""
    array = np.asarray(values)
    kinds = {array.dtype.kind}
    if array.dtype.kind == "O":
        long = timedelta | np.timedelta64
        other = date | np.datetime64
        kinds = {
            "m" if isinstance(x, long) else "M" if isinstance(x, other) else ""
            for x in array.ravel()
        }
    if kinds & {"m", "M"}:
        what, t = ("dates", "(t - start)") if "M" in kinds else ("durations", "t")
        mend = mend or f"give days, such as {t} / pd.Timedelta(days=1)"
        raise ValueError(f"{name} must be numbers, got {what}; {mend}")


def group_codes(groups: Any, n: int) -> np.ndarray:
    """Return the number 0, 1, ... of each row's group."""
    codes, found = pd.factorize(one_dimensional(groups, "groups", n))
    what = "groups holds missing values; name every row's patient"
    raise_first(codes < 0, what, getattr(groups, "index", None))
    if found.dtype.kind not in "biufmM":
        warn_of_alike(found.tolist(), "groups")
    return codes


def distinct_labels(values: Any, name: str) -> list[Any]:
    """Return the labels found, in order of appearance; none may be missing."""
    if values.dtype.kind == "U" and (two := _two_words(values)):
        return two
    found = pd.unique(values)
    if pd.isna(found).any():
        what = f"{name} holds missing labels; leave those rows out"
        raise_first(pd.isna(values), what)
    return found.tolist()


def in_order(labels: Iterable[Any], name: str) -> list[Any]:
    """Return the distinct labels, sorted; raise where they are of several kinds."""
    labels = labels.tolist() if isinstance(labels, np.ndarray) else labels
    distinct = list(dict.fromkeys(labels))
    try:
        return sorted(distinct)
    except TypeError:
        raise ValueError(
            f"{name} holds labels of several kinds, {spell(distinct[:5])}; code them "
            "alike"
        ) from None


def _two_words(values: np.ndarray) -> list[str]:
    """Return the words found if they are one or two; pandas takes 20 times as long."""
    others = values[values != values[0]]
    found = [values[0], *others[:1]]
    return [] if (others != found[-1]).any() else [str(word) for word in found]


def positive_label(labels: list[Any], pos_label: Any, name: str = "y_true") -> Any:
    """Return the positive class by scikit-learn's rule, or say what is missing."""
    if pos_label is None:
        if set(labels) <= {0, 1} or set(labels) <= {-1, 1}:
            return 1
        raise ValueError(
            f"{name} takes value in {spell(labels)} and pos_label is not specified; "
            "either make it take value in {0, 1} or {-1, 1} or pass pos_label"
        )
    if np.ndim(pos_label):
        raise ValueError(f"pos_label must be one label, got {shown(pos_label)}")
    if pos_label in labels:
        return pos_label
    if len(labels) == 2:
        raise ValueError(
            f"pos_label={pos_label!r} is not a valid label; it must be one of "
            f"{spell(labels)}"
        )
    warn_of_no_positives(labels, pos_label, name)
    return pos_label


def warn_of_no_positives(labels: list[Any], pos_label: Any, name: str) -> None:
    """Warn that no true label is the positive class that was asked for."""
    warn_undefined(
        f"No row holds pos_label={pos_label!r}: {name} holds {spell(labels)} only; "
        "check the spelling, or that this part of the data has positives"
    )


def alike(labels: Iterable[Any]) -> str:
    """List two labels that differ by capitals, blanks or type only; "" if none do.

    Nor does it part labels that Unicode writes in several ways.
    """
    read: dict[str, Any] = {}
    for label in labels:
        whole = isinstance(label, float) and label.is_integer()
        text = plain_form(int(label) if whole else label)
        if read.setdefault(text, label) is not label:
            return spell([read[text], label])
    return ""


def warn_of_alike(labels: Iterable[Any], name: str) -> None:
    """Warn where two labels may be one, or one may be a missing value."""
    labels = list(labels)
    if pair := alike(labels):
        warn_user(f"two labels of {name} may be one: {pair} {ALIKE}")
    for label in labels:
        if isinstance(label, str) and label.strip() in AS_MISSING:
            warn_user(
                f"{label!r} is a label of {name}, as missing values are written in "
                "text; leave those rows out, or name what they are"
            )


def class_index(classes: list[Any], label: Any, *, name: str, default: int) -> int:
    """Return the position of the class that a setting gives; None is `default`."""
    if label is None:
        return default
    classes = list(classes)
    if label not in classes:
        hint = code_hint(classes, label, f"{name}={{}}")
        raise ValueError(
            f"{name} must be a label of y ({classes}), got {label!r}{hint}"
        )
    return classes.index(label)


def chosen_class(classes: list[Any], label: Any, *, name: str, default: int) -> int:
    """Return the position of an estimator's class, warning of a default among words.

    The alphabet knows nothing of responders: "Responder" sorts before "non-responder".
    """
    if label is None and any(isinstance(each, str) for each in classes):
        taken, other = classes[default], classes[1 - default]
        warn_user(
            f"{name} is not set and y holds {spell(classes)}: {taken!r} is taken, by "
            f"sorting order; set {name}={taken!r} or {name}={other!r}"
        )
    return class_index(classes, label, name=name, default=default)


def code_hint(classes: list[Any], label: Any, setting: str) -> str:
    """Say what to write where a label is a word but y holds codes of words."""
    if not isinstance(label, str) or set(classes) != {0, 1}:
        return ""
    usual = ["non-response", "response"]
    first, second = setting.format(0), setting.format(1)
    write = f"{first} or {second}, the place of {label!r} in sorting order"
    if label in usual:
        write = setting.format(usual.index(label))
    return (
        "; stacking, voting, bagging and cross_val_predict hand on 0 and 1 for the "
        f"sorted labels: there, write {write}"
    )


def check_target(
    y: Any, *, n_rows: int | None = None, binary: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes of an estimator's y, sorted, and each row's class number."""
    if y is None:
        raise ValueError(
            "requires y to be passed, but the target y is None; pass the labels"
        )
    refuse_masked(y, "y")
    index = getattr(y, "index", None)
    y = column_or_1d(y, warn=True)
    what = "Input y contains NaN; leave rows without a label out"
    raise_first(pd.isna(y), what, index)
    assert_all_finite(y, input_name="y")
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if binary and kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. Unknown label type: {kind}; "
            "give labels of two classes"
        )
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"Unknown label type: {kind}; give classes, not numbers")
    if n_rows is not None:
        check_consistent_length(np.empty(n_rows), y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) == 0:
        raise ValueError("y is empty; give at least one row")
    if len(classes) == 1:
        raise ValueError(one_class("y", f"every row is {classes.tolist()[0]!r}", "fit"))
    warn_of_alike(classes.tolist(), "y")
    return classes, codes


def one_class(name: str, why: str, what: str) -> str:
    """Say that labels are all of one class."""
    return f"{name} holds one class only ({why}); {what} needs both classes"


def spell(labels: Iterable[Any]) -> str:
    """List labels for an error message."""
    return "{" + ", ".join(repr(x) for x in labels) + "}"


def shown(value: Any) -> str:
    """Write a value for an error message; of arrays and tables their kind."""
    if getattr(value, "shape", ()):
        return f"a {type(value).__name__} of shape {tuple(value.shape)}"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else text[:77] + "..."


def raise_first(wrong: np.ndarray, what: str, index: Any = None) -> None:
    """Raise naming the first row where something is wrong, if there is one.

    Rows have their index label where there is an index, else their position.
    """
    wrong = np.asarray(wrong)
    rows = np.flatnonzero(wrong.any(axis=1) if wrong.ndim == 2 else wrong)
    if not rows.size:
        return
    row = index[rows[0]] if isinstance(index, pd.Index) else rows[0]
    text = f"row {row}: {what} ({rows.size} such rows)"  # `what` says the mend
    raise ValueError(text)
