"""OASBUD: raw RF of breast lesions, two planes each, in one MATLAB file."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from sknac.cohort import ArrayRef, MaskOutline, Plane, Study
from sknac.datasets._public import (
    BENIGN_OR_MALIGNANT,
    VISIT,
    PublicSet,
    left_out_table,
)
from sknac.exceptions import SknacFormatError
from sknac.io import read_info
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._warnings import warn_user

_SET = PublicSet(
    name="OASBUD (Open Access Series of Breast Ultrasonic Data)",
    holds="a struct array data with the fields id, rf1, rf2, roi1, roi2, birads, class",
    doi="10.1002/mp.12538",
    licence="as stated at doi:10.5281/zenodo.545928",
    citation="Piotrzkowska-Wróblewska H, Dobruch-Sobczak K, Byra M, Nowicki A. Open "
    "access database of raw ultrasonic signals acquired from malignant and benign "
    "breast lesions. Medical Physics 44(11):6105-6109, 2017. doi:10.1002/mp.12538",
)
_LABELS = dict(enumerate(BENIGN_OR_MALIGNANT))  # the file's class: 0 and 1
_TWO_CLASSES = "lesions of both classes under one id"
_DESCR = """\
Raw RF of {n_lesions} lesions, two orthogonal planes each. X has {n_patients} rows, one
an id of the file ({n_benign} benign, {n_malignant} malignant). The article counts 100
lesions of 78 women: where each lesion has an id of its own, two lesions of a woman are
two rows, and nothing in the file says so.

The file states neither sampling rate nor line pitch; taken as given: {fs_mhz:g} MHz,
{pitch:g} mm. Depth is counted from the first sample. Benign by biopsy or two years'
follow-up, malignant by biopsy. In X: `birads`, as the file words it.
"""


@validate_params(
    {
        "mat": [str, os.PathLike],
        "fs_mhz": [Interval(Real, 1, 200, closed="both")],
        "line_pitch_mm": [Interval(Real, 0.01, 2, closed="both")],
    },
    prefer_skip_nested_validation=True,
)
def load_oasbud(
    mat: str | os.PathLike, *, fs_mhz: float, line_pitch_mm: float
) -> Bunch:
    """Load OASBUD, raw RF of breast lesions, from its MATLAB file.

    Parameters
    ----------
    mat : str or path-like
        ``OASBUD.mat``.
    fs_mhz : float
        Sampling frequency in MHz, 1 to 200. The file does not state it; the scanner
        (Ultrasonix SonixTouch Research) samples at 40 MHz.
    line_pitch_mm : float
        Distance of neighbouring lines in mm, 0.01 to 2. The file does not state it; the
        probe (L14-5/38) is 38 mm wide.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 2)
            Cohort frame, index the file's `id`: `birads` (text), `us_scan` (kind "rf",
            two planes a lesion, cores as masks; handles into the file).
        `y` : Series of shape (n_patients,)
            "benign" or "malignant".
        `target_names`, `pos_label` : list of str, str
            Both classes; "malignant".
        `clinical` : list of str
            Clinical columns of X.
        `table` : DataFrame of shape (n_lesions, 4)
            `patient_id`, `birads`, `label` and `element` of the struct array, from 0.
        `left_out` : DataFrame of shape (n_left_out, 2)
            `name` and `why`: ids with lesions of both classes.
        `licence`, `citation`, `doi`, `DESCR` : str
            Terms, what to cite, and what was read, in words.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SknacFormatError
        If the file is not that of the set.

    Warns
    -----
    UserWarning
        If an id has lesions of both classes.

    Notes
    -----
    RF is read from the file when it is used, one plane at a time. Code that reads the
    set takes 38 mm over the 510 lines of a plane as their pitch; confirm both numbers
    in the article (doi:10.1002/mp.12538) before lengths in mm are published.

    References
    ----------
    Piotrzkowska-Wroblewska H, Dobruch-Sobczak K, Byra M, Nowicki A. Open access
    database of raw ultrasonic signals acquired from malignant and benign breast
    lesions. Medical Physics 44(11):6105-6109, 2017.

    Examples
    --------
    >>> from sknac.datasets import load_oasbud
    >>> load_oasbud("OASBUD.mat", fs_mhz=40.0, line_pitch_mm=38 / 510)
    Traceback (most recent call last):
    ...
    FileNotFoundError: OASBUD.mat: no such file; OASBUD (Open Access Series ...
    """
    path = Path(mat)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; {_SET.described}")
    rows, planes = [], {}
    for element, fields in _elements(path):
        rows.append((*fields, element))
        planes.setdefault(fields[0], []).extend(
            _plane(path, element, number, fs_mhz, line_pitch_mm) for number in (1, 2)
        )
    table = pd.DataFrame(rows, columns=["patient_id", "birads", "label", "element"])
    mixed = _mixed(path, table)
    kept = table[~table["patient_id"].isin(mixed)].groupby("patient_id", sort=False)
    X = kept["birads"].agg(lambda words: "; ".join(words.drop_duplicates())).to_frame()
    X[f"us_{VISIT}"] = [Study(planes[name]) for name in X.index]
    y = kept["label"].first()
    return _SET.bunch(
        X=X,
        y=y,
        target_names=list(BENIGN_OR_MALIGNANT),
        pos_label="malignant",
        clinical=["birads"],
        table=table,
        left_out=left_out_table([(name, _TWO_CLASSES) for name in mixed]),
        descr=_DESCR.format(
            n_lesions=len(table),
            n_patients=len(X),
            n_benign=(y == "benign").sum(),
            n_malignant=(y == "malignant").sum(),
            fs_mhz=fs_mhz,
            pitch=line_pitch_mm,
        ),
    )


def _elements(path):
    """Go through the struct array: number, and (id, birads, label) of each lesion."""
    element = 0
    while True:
        try:
            info = _info(path, element, "rf1")
        except SknacFormatError as error:
            if element and f"data has {element} elements" in error.cause:
                return
            raise SknacFormatError(path, f"{error.cause}; {_SET.described}") from error
        said = info.header.get("fields", {})
        name, birads, label = (said.get(key) for key in ("id", "birads", "class"))
        if not _text(name) or not _text(birads) or label not in _LABELS:
            raise SknacFormatError(
                path,
                f"data[{element}]: id and birads must be given and class be 0 or 1, "
                f"got {name!r}, {birads!r} and {label!r}; {_SET.described}",
            )
        yield element, (_text(name), _text(birads), _LABELS[label])
        element += 1


def _info(path, element, field):
    """Look at one array of a lesion."""
    return read_info(path.absolute(), f"data[{element}].{field}")


def _text(value):
    """Write an id or a category as people do: 7, not 7.0."""
    if isinstance(value, int | float):
        return f"{value:.12g}"
    return "" if value is None else str(value).strip()


def _plane(path, element, number, fs_mhz, line_pitch_mm):
    """Build one plane of a lesion; its outline is a mask of the RF's own samples."""
    image, mask = (
        ArrayRef.from_info(_info(path, element, f"{what}{number}"))
        for what in ("rf", "roi")
    )
    if mask.shape != image.shape:
        raise SknacFormatError(
            path,
            f"data[{element}]: roi{number} must be of the size of rf{number}, "
            f"{image.shape}, got {mask.shape}",
        )
    plane = Plane.from_rf(image, fs_mhz=fs_mhz, line_pitch_mm=line_pitch_mm)
    return plane.replace(core=MaskOutline(mask, plane.grid))


def _mixed(path, table):
    """List ids whose lesions are of both classes, and warn of them."""
    n_labels = table.groupby("patient_id")["label"].nunique()
    mixed = n_labels.index[n_labels > 1].tolist()
    if mixed:
        warn_user(
            f"{path}: {len(mixed)} ids have {_TWO_CLASSES} and are left out, the first "
            f"is {mixed[0]}; see left_out"
        )
    return mixed
