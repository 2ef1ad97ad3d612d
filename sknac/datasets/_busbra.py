"""BUS-BRA: breast images of 1064 patients, two views of most."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from sknac.datasets._public import (
    BENIGN_OR_MALIGNANT,
    VISIT,
    PublicSet,
    check_present,
    check_words,
    codes,
    cohort_and_labels,
    left_out_table,
    numbers,
    open_folder,
    read_set_table,
    warn_of_extra,
)
from sknac.exceptions import SknacFormatError

_SET = PublicSet(
    name="BUS-BRA",
    holds="bus_data.csv, Images/bus_NNNN-s.png and Masks/mask_NNNN-s.png",
    doi="10.1002/mp.16812",
    licence="as in the LICENSE.txt of the set: free to use, cite the article",
    citation="Gómez-Flores W, Gregorio-Calas MJ, Pereira WCA. BUS-BRA: A breast "
    "ultrasound dataset for assessing computer-aided diagnosis systems. Medical "
    "Physics 51(4):3110-3123, 2024. doi:10.1002/mp.16812",
)
_COLUMNS = ("ID", "Case", "Pathology", "BIRADS", "Device", "Width", "Height")
_DESCR = """\
{n_images} B-mode images of {n_patients} patients ({n_benign} benign, {n_malignant}
malignant by biopsy), one row a patient. The images carry no pixel size: lengths are in
pixels, and differ between devices and patients. Calipers are burnt into many images:
they mark the tumour's ends, for a network too.

In X: `birads`, the highest category of the patient's images, and `device`. In `table`
only: the histology, which says the label. Of {n_other_size} images the size is not the
table's Width and Height; the masks fit, its BBOX does not.
"""


def load_busbra(folder: str | os.PathLike) -> Bunch:
    """Load BUS-BRA, B-mode images of benign and malignant tumours, from a folder.

    Parameters
    ----------
    folder : str or path-like
        Where ``bus_data.csv``, ``Images`` and ``Masks`` lie.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 3)
            Cohort frame, index "bus_0024" and so on: `birads` (2 to 5), `device`,
            `us_scan` (kind "bmode", in pixels, cores as masks).
        `y` : Series of shape (n_patients,)
            "benign" or "malignant", by biopsy.
        `target_names`, `pos_label` : list of str, str
            Both classes; "malignant".
        `clinical` : list of str
            Clinical columns of X.
        `table` : DataFrame of shape (n_images, n_columns)
            ``bus_data.csv``, with a column `patient_id`.
        `left_out` : DataFrame of shape (n_left_out, 2)
            `name` and `why`: images without a row of the table.
        `licence`, `citation`, `doi`, `DESCR` : str
            Terms, what to cite, and what was read, in words.

    Raises
    ------
    FileNotFoundError
        If the folder lacks a file; the message says what it must hold.
    SknacFormatError
        If the table is not that of the set.

    Warns
    -----
    UserWarning
        If there are images that the table does not list.

    Notes
    -----
    The table's `Case` is the patient, and each image's name repeats it; both must
    agree. Where the files are described: doi:10.1002/mp.16812.

    References
    ----------
    Gomez-Flores W, Gregorio-Calas MJ, Pereira WCA. BUS-BRA: A breast ultrasound
    dataset for assessing computer-aided diagnosis systems. Medical Physics 51(4), 2024.

    Examples
    --------
    >>> from sknac.datasets import load_busbra
    >>> load_busbra("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: nowhere: no such folder; BUS-BRA must hold bus_data.csv, ...
    """
    folder = open_folder(folder, _SET, ("bus_data.csv", "Images", "Masks"))
    path = folder / "bus_data.csv"
    table = read_set_table(path, _SET, _COLUMNS, texts=("ID", "Pathology", "Device"))
    check_words(path, table, "Pathology", BENIGN_OR_MALIGNANT)
    table.insert(0, "patient_id", _patients(path, table))
    rows = _rows(path, table)
    check_present(_SET, folder, [*rows["path"], *rows["outline"]])
    found = {
        path.relative_to(folder).as_posix()
        for name in ("Images", "Masks")
        for path in (folder / name).glob("*.png")
    }
    extra = found - {*rows["path"], *rows["outline"]}
    extra = warn_of_extra(_SET, folder, extra)
    X, y = cohort_and_labels(rows, folder)
    return _SET.bunch(
        X=X,
        y=y,
        target_names=list(BENIGN_OR_MALIGNANT),
        pos_label="malignant",
        clinical=["birads", "device"],
        table=table,
        left_out=left_out_table(extra),
        descr=_DESCR.format(
            n_images=len(table),
            n_patients=len(X),
            n_benign=(y == "benign").sum(),
            n_malignant=(y == "malignant").sum(),
            n_other_size=_n_other_size(X, table),
        ),
    )


def _patients(path, table):
    """Name the patients as the files do; a case that its name contradicts raises."""
    named = table["ID"].str.extract(r"^bus_(\d+)-\w+$", expand=False)
    cases = numbers(path, table, "Case", 1, 9999)
    wrong = table.index[~(pd.to_numeric(named) == cases)]
    if len(wrong):
        row = table.loc[wrong[0]]
        raise SknacFormatError(
            path,
            f"line {wrong[0] + 2}: Case must be the number in ID, got Case "
            f"{row['Case']!r} and ID {row['ID']!r}",
        )
    different = table.groupby(cases)["Pathology"].nunique() > 1
    if different.any():
        raise SknacFormatError(
            path,
            f"Case {different.idxmax():.0f}, column Pathology: must be the same for "
            "a patient's images, got both; correct the table",
        )
    return "bus_" + named


def _rows(path, table):
    """Write the table of planes."""
    birads = codes(path, table, "BIRADS", range(7))
    missing = table.index[birads.isna()]
    if len(missing):
        raise SknacFormatError(
            path, f"line {missing[0] + 2}, column BIRADS: missing; fill it in"
        )
    return pd.DataFrame(
        {
            "patient_id": table["patient_id"],
            "visit": VISIT,
            "kind": "bmode",
            "path": "Images/" + table["ID"] + ".png",
            "outline": "Masks/mask_" + table["ID"].str.removeprefix("bus_") + ".png",
            "outline_units": "px_bmode",
            "birads": birads.groupby(table["patient_id"]).transform("max").astype(int),
            "device": table["Device"].groupby(table["patient_id"]).transform(_joined),
            "label": table["Pathology"],
        }
    )


def _joined(names):
    """Write the devices of a patient's images, one or several."""
    return "; ".join(names.dropna().str.strip().drop_duplicates()) or None


def _n_other_size(X, table):
    """Count images whose size is not that of the table."""
    shapes = {
        Path(plane.image.path).stem: plane.image.shape
        for study in X[f"us_{VISIT}"]
        for plane in study.planes
    }
    stated = zip(table["ID"], table["Height"], table["Width"], strict=True)
    return sum(shapes[name] != tuple(shape) for name, *shape in stated)
