"""BrEaST-Lesions-USG: one breast image each of 256 patients, with pixel sizes."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import pandas as pd
from sklearn.utils import Bunch

from sknac.datasets._public import (
    BENIGN_OR_MALIGNANT,
    VISIT,
    PublicSet,
    check_present,
    check_words,
    cohort_and_labels,
    left_out_table,
    numbers,
    open_folder,
    read_set_table,
    warn_of_extra,
)
from sknac.exceptions import SknacFormatError

_SET = PublicSet(
    name="BrEaST-Lesions-USG",
    holds="one table of clinical data (*clinical*.csv or .xlsx) and the images and "
    "masks that it names (caseNNN.png, caseNNN_tumor.png), in any folder below",
    doi="10.1038/s41597-024-02984-z",
    licence="CC BY 4.0",
    citation="Pawłowska A, Ćwierz-Pieńkowska A, Domalik A, et al. Curated benchmark "
    "dataset for ultrasound based breast lesion analysis. Scientific Data 11:148, "
    "2024. doi:10.1038/s41597-024-02984-z. Data: doi:10.7937/9WKK-Q141",
)
_TEXTS = (
    "CaseID",
    "Image_filename",
    "Mask_tumor_filename",
    "Tissue_composition",
    "Signs",
    "Symptoms",
    "Shape",
    "Margin",
    "Echogenicity",
    "Posterior_features",
    "Halo",
    "Calcifications",
    "Skin_thickening",
    "BIRADS",
    "Classification",
)
_CLINICAL = tuple(name for name in _TEXTS[3:] if name != "Classification")
_CLASSES = (*BENIGN_OR_MALIGNANT, "normal")
# What breast scanners show: 3 to 6 cm on 350 to 900 pixels. A size in mm is ten times
# as large, one in m a hundredth.
_PIXEL_CM = (0.002, 0.03)
_UNKNOWN = ("not available", "not applicable")
_DESCR = """\
{n_images} B-mode images of {n_patients} patients ({n_benign} benign, {n_malignant}
malignant, by biopsy or follow-up), one a patient. Pixels of {low:.3f} to {high:.3f} mm,
square, from the table's Pixel_size (cm). Several tumours of an image are one core.

In X: `age` and the radiologist's reading. In `table` only: Interpretation, Verification
and Diagnosis, which say the label. Left out for want of a tumour: {n_normal} images of
normal breasts.
"""


def load_breast_lesions(folder: str | os.PathLike) -> Bunch:
    """Load BrEaST-Lesions-USG, B-mode images with pixel sizes, from a folder.

    Parameters
    ----------
    folder : str or path-like
        Where the table of clinical data lies; images and masks in it or below.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 13)
            Cohort frame, index "case003" and so on: `age` (years), the radiologist's
            reading (`birads`, `shape`, `margin` and so on, as the table words them,
            missing where it says "not available"), `us_scan` (kind "bmode", mm, cores
            as masks).
        `y` : Series of shape (n_patients,)
            "benign" or "malignant", by biopsy or follow-up.
        `target_names`, `pos_label` : list of str, str
            Both classes; "malignant".
        `clinical` : list of str
            Clinical columns of X.
        `table` : DataFrame of shape (n_images, n_columns)
            The set's own table, with a column `patient_id`.
        `left_out` : DataFrame of shape (n_left_out, 2)
            `name` and `why`: normal breasts, and images that the table does not list.
        `licence`, `citation`, `doi`, `DESCR` : str
            Terms, what to cite, and what was read, in words.

    Raises
    ------
    FileNotFoundError
        If the folder lacks a file; the message says what it must hold.
    SknacFormatError
        If the table is not that of the set, or a pixel is not 0.002 to 0.03 cm wide.

    Warns
    -----
    UserWarning
        If there are images that the table does not list.

    Notes
    -----
    The table states pixel sizes in cm. Where the files are described:
    doi:10.1038/s41597-024-02984-z.

    References
    ----------
    Pawlowska A et al. Curated benchmark dataset for ultrasound based breast lesion
    analysis. Scientific Data 11:148, 2024.

    Examples
    --------
    >>> from sknac.datasets import load_breast_lesions
    >>> load_breast_lesions("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: nowhere: no such folder; BrEaST-Lesions-USG must hold ...
    """
    folder = open_folder(folder, _SET, ())
    path = _find_table(folder)
    columns = (*_TEXTS, "Age", "Pixel_size")
    table = read_set_table(path, _SET, columns, texts=_TEXTS)
    check_words(path, table, "Classification", _CLASSES)
    table.insert(0, "patient_id", _patients(path, table))
    files = _list_images(folder)
    kept = table[table["Classification"] != "normal"]
    normal = table[table["Classification"] == "normal"]
    rows = _rows(path, kept, files, folder)
    X, y = cohort_and_labels(rows, folder)
    left_out = [(name, "a normal breast, no tumour") for name in normal["patient_id"]]
    spacing = rows["spacing_axial_mm"]
    return _SET.bunch(
        X=X,
        y=y,
        target_names=list(BENIGN_OR_MALIGNANT),
        pos_label="malignant",
        clinical=[column for column in X if not column.startswith("us_")],
        table=table,
        left_out=left_out_table(
            left_out + warn_of_extra(_SET, folder, _unlisted(table, files))
        ),
        descr=_DESCR.format(
            n_images=len(kept),
            n_patients=len(X),
            n_benign=(y == "benign").sum(),
            n_malignant=(y == "malignant").sum(),
            n_normal=len(normal),
            low=spacing.min(),
            high=spacing.max(),
        ),
    )


def _find_table(folder):
    """Find the one table of clinical data."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if "clinical" in path.name.lower() and path.suffix.lower() in (".csv", ".xlsx")
    ]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise FileNotFoundError(
            f"{folder}: one table of clinical data is needed, found {names}; "
            f"{_SET.described}"
        )
    return found[0]


def _list_images(folder):
    """Find all images by name, whatever folder they are in."""
    files = {}
    for path in sorted(folder.rglob("*.png")):
        if path.name in files:
            raise SknacFormatError(
                path, f"a second file of this name beside {files[path.name]}; keep one"
            )
        files[path.name] = path
    return files


def _patients(path, table):
    """Name the patients as the images do; a case that its name contradicts raises."""
    named = table["Image_filename"].str.extract(r"^(case0*(\d+))\.png$")
    wrong = table.index[named[1] != table["CaseID"].str.lstrip("0")]
    if len(wrong):
        row = table.loc[wrong[0]]
        raise SknacFormatError(
            path,
            f"line {wrong[0] + 2}: CaseID must be the number in Image_filename, got "
            f"{row['CaseID']!r} and {row['Image_filename']!r}",
        )
    twice = table.index[named[0].duplicated()]
    if len(twice):
        raise SknacFormatError(
            path, f"line {twice[0] + 2}: {named[0][twice[0]]} is listed twice; keep one"
        )
    return named[0]


def _rows(path, table, files, folder):
    """Write the table of planes."""
    pixel = numbers(
        path, table, "Pixel_size", *_PIXEL_CM, hint="the set gives cm a pixel, not mm"
    )
    unmasked = table.index[table["Mask_tumor_filename"].isna() | pixel.isna()]
    if len(unmasked):
        raise SknacFormatError(
            path,
            f"line {unmasked[0] + 2}: a tumour needs Mask_tumor_filename and "
            f"Pixel_size, got none; {_SET.described}",
        )
    masks = table["Mask_tumor_filename"].str.split(r"\s*&\s*")
    wanted = [*table["Image_filename"], *(name for names in masks for name in names)]
    at = {name: str(file.relative_to(folder)) for name, file in files.items()}
    check_present(_SET, folder, [at.get(name, name) for name in wanted])
    age = table["Age"].replace(list(_UNKNOWN), None)
    reading = table[list(_CLINICAL)].replace(list(_UNKNOWN), None)
    return pd.DataFrame(
        {
            "patient_id": table["patient_id"],
            "visit": VISIT,
            "kind": "bmode",
            "path": table["Image_filename"].map(at),
            "spacing_axial_mm": 10 * pixel,
            "spacing_lateral_mm": 10 * pixel,
            "outline": [";".join(at[name] for name in names) for names in masks],
            "outline_units": "px_bmode",
            "age": numbers(path, table.assign(Age=age), "Age", 15, 110),
            **{column.lower(): reading[column] for column in _CLINICAL},
            "label": table["Classification"],
        }
    ).reset_index(drop=True)


def _unlisted(table, files):
    """List images that no column of the table names."""
    columns = [column for column in table if column.endswith("_filename")]
    named = table[columns].fillna("").agg("&".join, axis=1).str.split("&").explode()
    return set(files) - set(named.str.strip())
