"""What a cohort frame holds, in numbers and pictures."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field
from html import escape
from numbers import Integral
from pathlib import Path
from typing import Any

import pandas as pd

from sknac.cohort._colour import colour_remark
from sknac.cohort._derived import DerivedArray
from sknac.cohort._duplicates import find_duplicates
from sknac.cohort._frame import checked_columns
from sknac.cohort._marks import count_marks
from sknac.cohort._thumbnails import as_data_url, draw_thumbnail, evenly
from sknac.cohort.planes import has_study, list_planes
from sknac.utils._result import Result
from sknac.utils._text import patients

_MOST_THUMBNAILS = 48
_MOST_ROWS = 10
_SETTINGS = ("fs_mhz", "probe", "transmit_mhz", "gain_db", "focus_mm")


@dataclass(frozen=True)
class CohortSummary(Result):
    """What a cohort frame holds.

    Parameters
    ----------
    n : int
        Number of patients.
    n_planes : int
        Number of planes.
    visits : DataFrame of shape (n_visits, n_columns)
        Per visit: patients, missing, planes, outlines, kinds, formats, and the ranges
        of size, spacing and sampling frequency.
    clinical : DataFrame of shape (n_clinical_columns, 3)
        Per clinical column: name, missing values, distinct values.
    duplicates : DataFrame of shape (n_duplicates, 4)
        Planes whose pixels are there more than once: image (a number that those of
        one image share), patient_id, visit, plane.
    remarks : list of str
        What a person should look at.
    thumbnails : tuple of (str, bytes)
        Caption and PNG of some planes; not in `to_dict`.
    """

    n: int
    n_planes: int
    visits: pd.DataFrame
    clinical: pd.DataFrame
    duplicates: pd.DataFrame
    remarks: list
    thumbnails: tuple = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as a dictionary of plain Python values.

        Returns
        -------
        dict
            One entry per field but the thumbnails.
        """
        numbers = super().to_dict()
        del numbers["thumbnails"]
        return numbers

    def to_frame(self) -> pd.DataFrame:
        """Return the table of visits.

        Returns
        -------
        DataFrame of shape (n_visits, n_columns)
            One row per visit.
        """
        return self.visits

    def __repr__(self):
        names = ", ".join(self.visits["visit"])
        text = f"CohortSummary({patients(self.n)}, {self.n_planes} planes at {names})"
        return "\n".join([text, *(f"- {remark}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        """Return remarks, tables and thumbnails, for notebooks."""
        parts = [f"<p><b>{escape(repr(self).partition(chr(10))[0])}</b></p>"]
        if self.remarks:
            items = "".join(f"<li>{escape(remark)}</li>" for remark in self.remarks)
            parts.append(f"<ul>{items}</ul>")
        parts.append(_html(_formatted(self.visits)))
        for title, table in (
            ("Clinical columns", self.clinical),
            ("The same pixels more than once", self.duplicates),
        ):
            if len(table):
                more = len(table) - _MOST_ROWS
                parts += [f"<p>{title}</p>", _html(table.head(_MOST_ROWS))]
                parts += [f"<p>and {more} more</p>"] if more > 0 else []
        parts += [_figure(caption, png) for caption, png in self.thumbnails]
        return f"<div>{''.join(parts)}</div>"


def cohort_summary(
    X: pd.DataFrame,
    *,
    pixels: bool = True,
    annotations: bool = False,
    n_thumbnails: int = 12,
) -> CohortSummary:
    """Summarise a cohort frame, so that a person sees what was read.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A cohort frame.
    pixels : bool, default=True
        Whether to read every plane to look for the same pixels under two names, and
        for colour that became grey; once a process.
    annotations : bool, default=False
        Whether to look at every B-mode plane for drawn text, calipers and colour, some
        30 ms a plane: the table then has the column ``annotated``, planes with marks.
    n_thumbnails : int, default=12
        Planes to draw with their outlines, evenly spread over visits and patients;
        at most 48.

    Returns
    -------
    CohortSummary
        Counts, ranges, duplicates and remarks; in a notebook, tables and pictures.
        ``to_frame()`` is the table of visits.

    Raises
    ------
    CohortError
        If X has no ultrasound column, or a plane cannot be read.
    FileNotFoundError, StaleFileError
        If the file of a plane is gone or changed; it names patient and visit.

    See Also
    --------
    planes_table : One row per plane.
    sknac.preprocessing.BurnedInAnnotations : Where the marks are, and without them.

    Notes
    -----
    It holds the names of patients as the frame's index has them, and of files their
    suffixes alone. Pictures show what pixels show: a name that a scanner has burnt
    into the image is seen.

    Examples
    --------
    >>> from sknac.cohort import cohort_summary
    >>> from sknac.datasets import make_bmode_cohort
    >>> summary = cohort_summary(make_bmode_cohort(n_patients=4, random_state=0).X)
    >>> summary.to_frame()[["visit", "patients", "missing"]]
       visit  patients  missing
    0    pre         4        0
    1  post2         4        0
    2  post4         4        0
    """
    whole = isinstance(n_thumbnails, Integral)
    if not (whole and 0 <= n_thumbnails <= _MOST_THUMBNAILS):
        raise ValueError(
            f"n_thumbnails must be 0 to {_MOST_THUMBNAILS}, got {n_thumbnails}"
        )
    columns = checked_columns(X)
    found = list_planes(X, columns)
    visits = pd.DataFrame([_visit(X, column) for column in columns])
    duplicates = _duplicates(X) if pixels else _duplicates(X.iloc[:0])
    colour = colour_remark(found) if pixels else []
    marks = []
    if annotations:
        counts, marks = count_marks(found)
        visits["annotated"] = [counts.get(column, 0) for column in columns]
    thumbnails = []
    for at in evenly(found, n_thumbnails):
        with at.named() as plane:
            caption = (
                f"{at.patient}, {at.column[3:]}, plane {at.number}: {_said(plane)}"
            )
            thumbnails.append((caption, draw_thumbnail(plane)))
    return CohortSummary(
        len(X),
        len(found),
        visits,
        _clinical(X.drop(columns=list(columns))),
        duplicates,
        _remarks(X, visits, duplicates, found) + colour + marks,
        tuple(thumbnails),
    )


def _visit(X, column):
    """Summarise one visit."""
    planes = [at.plane for at in list_planes(X, [column])]
    with_study = sum(map(has_study, X[column]))
    row = {
        "visit": column.removeprefix("us_"),
        "patients": with_study,
        "missing": len(X) - with_study,
        "planes": len(planes),
        "outlines": sum(plane.core is not None for plane in planes),
        "kinds": _distinct(plane.kind for plane in planes),
        "formats": _distinct(map(_format, planes)),
    }
    spacings = [plane.spacing_mm or (None, None) for plane in planes]
    ranges = {
        "height_px": [plane.image.shape[-2] for plane in planes],
        "width_px": [plane.image.shape[-1] for plane in planes],
        "spacing_axial_mm": [axial for axial, _ in spacings],
        "spacing_lateral_mm": [lateral for _, lateral in spacings],
        "fs_mhz": [plane.fs_mhz for plane in planes],
    }
    for name, values in ranges.items():
        known = [value for value in values if value is not None]
        row[f"{name}_min"] = min(known, default=float("nan"))
        row[f"{name}_max"] = max(known, default=float("nan"))
    return row


def _format(plane):
    """Name the kind of file that a plane lies in, or that it lies in none."""
    if isinstance(plane.image, DerivedArray):
        return "computed"
    path = getattr(plane.image, "path", None)
    if path is None:
        return "memory"
    return Path(path).suffix.lower().lstrip(".") or "no suffix"


def _distinct(names):
    """List distinct names, sorted."""
    return ", ".join(sorted({str(name) for name in names}))


def _clinical(table):
    """Count missing and distinct values of the clinical columns."""
    rows = [
        (str(name), int(table[name].isna().sum()), int(table[name].nunique()))
        for name in table
    ]
    return pd.DataFrame(rows, columns=["column", "missing", "distinct"])


def _duplicates(X):
    """List planes whose pixels are there more than once."""
    rows = [
        (number, at.patient, at.column[3:], at.number)
        for number, group in enumerate(find_duplicates(X))
        for at in group
    ]
    return pd.DataFrame(rows, columns=["image", "patient_id", "visit", "plane"])


def _remarks(X, visits, duplicates, found):
    """Say what a person should look at."""
    remarks = []
    for row in visits.to_dict("records"):
        if row["missing"]:
            remarks.append(
                f"{row['visit']}: {row['missing']} of {len(X)} have no plane"
            )
        if 0 < row["outlines"] < row["planes"]:
            remarks.append(
                f"{row['visit']}: {row['planes'] - row['outlines']} of "
                f"{row['planes']} planes have no outline"
            )
    planes = [at.plane for at in found]
    without = sum(plane.spacing_mm is None for plane in planes)
    if planes and without == len(planes):
        remarks.append("no plane has a pixel size: all is measured in pixels")
    elif without:
        remarks.append(f"{without} of {len(planes)} planes have no pixel size")
    for name in _SETTINGS:
        values = {getattr(plane, name) for plane in planes}
        if len(values) > 1:
            shown = sorted("unknown" if v is None else f"{v}" for v in values)
            more = ", ..." if len(shown) > 5 else ""
            remarks.append(f"{name} differs: {', '.join(shown[:5])}{more}")
    if len({plane.tgc for plane in planes}) > 1:
        remarks.append("time-gain compensation differs between planes")
    if len(duplicates):
        by_image = duplicates.groupby("image")["patient_id"].nunique()
        remarks.append(
            f"{len(by_image)} images are there more than once, {(by_image > 1).sum()} "
            "of them under several patients"
        )
    return remarks


def _said(plane):
    """Say how large a plane is, and whether it has an outline."""
    height, width = plane.image.shape[-2:]
    text = f"{height}x{width} px"
    if plane.spacing_mm is not None:
        sides = height * plane.spacing_mm[0], width * plane.spacing_mm[1]
        text += f", {sides[0]:.1f} x {sides[1]:.1f} mm"
    return text + ("" if plane.core is not None else ", no outline")


def _formatted(visits):
    """Write ranges as texts."""
    table = visits[[c for c in visits if not c.endswith(("_min", "_max"))]].copy()
    for name in [c.removesuffix("_min") for c in visits if c.endswith("_min")]:
        pairs = zip(visits[f"{name}_min"], visits[f"{name}_max"], strict=True)
        table[name] = [_range(low, high) for low, high in pairs]
    return table


def _range(low, high):
    """Write a range, or one value, or a dash."""
    if low != low:
        return "\N{EN DASH}"
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _html(table):
    """Write a table; pandas escapes what stands in it."""
    text = table.to_html(index=False, border=0)
    return text.replace("text-align: right", "text-align: left", 1).replace(
        "<table", '<table style="border-spacing:10px 2px"', 1
    )


def _figure(caption, png):
    """Write a picture with its caption."""
    text = escape(caption)
    return (
        '<figure style="display:inline-block;width:170px;margin:4px;'
        'vertical-align:top">'
        f'<img src="{as_data_url(png)}" alt="{text}"><figcaption style="font-size:80%">'
        f"{text}</figcaption></figure>"
    )
