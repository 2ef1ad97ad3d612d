"""BUSI: breast images in folders by class, of patients that are not named."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re

import pandas as pd
from sklearn.utils import Bunch

from sknac.datasets._public import (
    BENIGN_OR_MALIGNANT,
    VISIT,
    PublicSet,
    cohort_and_labels,
    left_out_table,
    natural,
    open_folder,
)
from sknac.utils._warnings import warn_user

_SET = PublicSet(
    name="BUSI (Breast Ultrasound Images Dataset)",
    holds="folders benign, malignant and normal with images 'benign (1).png' and masks "
    "'benign (1)_mask.png', 'benign (1)_mask_1.png'",
    doi="10.1016/j.dib.2019.104863",
    licence="none is stated in the files; the article is CC BY 4.0",
    citation="Al-Dhabyani W, Gomaa M, Khaled H, Fahmy A. Dataset of breast ultrasound "
    "images. Data in Brief 28:104863, 2020. doi:10.1016/j.dib.2019.104863",
)
_NAME = re.compile(r"(benign|malignant|normal) \((\d+)\)(_mask(?:_\d+)?)?\.png")
_DESCR = """\
{n_images} B-mode images of tumours ({n_benign} benign, {n_malignant} malignant), one
row an image. THE SET NAMES NO PATIENTS: the article has 600 of them, so images of one
woman can fall into training and test. The images carry no pixel size. Several masks of
an image are one core. Left out for want of a tumour: {n_normal} of normal breasts.

{n_same} images have the same pixels as another, {n_both} of them in both classes: see
`duplicates`; `groups` keeps them on one side of a split. Only equal pixels are found; a
letter (doi:10.1016/j.dib.2023.109247) counts 235 duplicates with those cut, scaled or
annotated anew, 8 of them in both classes, and images that show calipers or the axilla.
"""


def load_busi(folder: str | os.PathLike) -> Bunch:
    """Load BUSI, B-mode images without patients' names, from a folder.

    Parameters
    ----------
    folder : str or path-like
        Where the folders ``benign``, ``malignant`` and ``normal`` lie.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_images, 1)
            Cohort frame, index "benign (1)" and so on: `us_scan` (kind "bmode", in
            pixels, cores as masks, several masks of an image united).
        `y` : Series of shape (n_images,)
            "benign" or "malignant", by folder.
        `groups` : Series of shape (n_images,)
            One name for images of equal pixels, for scikit-learn's group splitters.
        `duplicates` : DataFrame of shape (n_duplicates, 3)
            `name`, `same_as` (the first image of these pixels), `both_classes`.
        `target_names`, `pos_label` : list of str, str
            Both classes; "malignant".
        `clinical` : list of str
            Empty: the set has no clinical columns.
        `table` : DataFrame of shape (n_images, 4)
            `patient_id` (the image), `label`, `path`, `n_masks`.
        `left_out` : DataFrame of shape (n_left_out, 2)
            `name` and `why`: normal breasts, and files that are not of the set.
        `licence`, `citation`, `doi`, `DESCR` : str
            Terms, what to cite, and what was read, in words.

    Raises
    ------
    FileNotFoundError
        If a folder or a mask is missing; the message says what the set must hold.

    Warns
    -----
    UserWarning
        If images have equal pixels, or files are not of the set.

    Notes
    -----
    The set names no patients: a row is an image, and a cross-validated score is
    likely too good. Where the files are described: doi:10.1016/j.dib.2019.104863.

    References
    ----------
    Al-Dhabyani W, Gomaa M, Khaled H, Fahmy A. Dataset of breast ultrasound images. Data
    in Brief 28:104863, 2020.

    Pawlowska A, Karwat P, Zolek N. Letter to the Editor on it. Data in Brief 48:109247,
    2023.

    Examples
    --------
    >>> from sknac.datasets import load_busi
    >>> load_busi("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: nowhere: no such folder; BUSI (Breast Ultrasound Images ...
    """
    folder = open_folder(folder, _SET, BENIGN_OR_MALIGNANT)
    images, masks, others = _sort_files(folder)
    rows = _rows(folder, images, masks)
    X, y = cohort_and_labels(rows, folder, duplicates="ignore")  # named below
    duplicates = _duplicates(X, y)
    normal = [name for name, path in images.items() if path.startswith("normal/")]
    table = rows[["patient_id", "label", "path"]].assign(
        n_masks=[len(masks[name]) for name in rows["patient_id"]]
    )
    _warn(folder, duplicates, others)
    return _SET.bunch(
        X=X,
        y=y,
        groups=_groups(X.index, duplicates),
        duplicates=duplicates,
        target_names=list(BENIGN_OR_MALIGNANT),
        pos_label="malignant",
        clinical=[],
        table=table,
        left_out=left_out_table(
            [(name, "a normal breast, no tumour") for name in normal]
            + [(name, "not a file of the set") for name in others]
        ),
        descr=_DESCR.format(
            n_images=len(X),
            n_benign=(y == "benign").sum(),
            n_malignant=(y == "malignant").sum(),
            n_normal=len(normal),
            n_same=len(duplicates),
            n_both=duplicates["both_classes"].sum(),
        ),
    )


def _sort_files(folder):
    """Part images, their masks, and what is neither; paths start at the folder."""
    images, masks, others = {}, {}, []
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        place, parts = path.relative_to(folder).as_posix(), _NAME.fullmatch(path.name)
        if parts is None or path.parent != folder / parts[1]:
            others.append(place)
        elif parts[3]:
            masks.setdefault(f"{parts[1]} ({parts[2]})", []).append(place)
        else:
            images[path.stem] = place
    return images, masks, others


def _rows(folder, images, masks):
    """Write the table of planes; an image without its mask, or the reverse, raises."""
    tumours = {
        name: path for name, path in images.items() if not path.startswith("normal/")
    }
    _check_pairs(folder, "mask", tumours, masks)
    _check_pairs(folder, "image", masks, images)
    if not tumours:
        raise FileNotFoundError(f"{folder}: no image of a tumour; {_SET.described}")
    rows = pd.DataFrame(
        {
            "patient_id": list(tumours),
            "visit": VISIT,
            "kind": "bmode",
            "path": list(tumours.values()),
            "outline": [";".join(masks[name]) for name in tumours],
            "outline_units": "px_bmode",
            "label": [path.partition("/")[0] for path in tumours.values()],
        }
    )
    return rows.sort_values("patient_id", key=natural, ignore_index=True)


def _check_pairs(folder, what, have, lack):
    """Refuse an image without a mask, or a mask without an image."""
    alone = sorted(set(have) - set(lack))
    if alone:
        raise FileNotFoundError(
            f"{folder}: {len(alone)} names have no {what}, the first is {alone[0]!r}; "
            f"copy the set again, {_SET.described}"
        )


def _duplicates(X, y):
    """Find images of equal pixels, whatever their files hold beside them."""
    first, found = {}, []
    for name, study in X[f"us_{VISIT}"].items():
        earlier = first.setdefault(study.planes[0].image.pixel_digest, name)
        if earlier != name:
            found.append((name, earlier, y[name] != y[earlier]))
    table = pd.DataFrame(found, columns=["name", "same_as", "both_classes"])
    return table.astype({"both_classes": bool})


def _groups(names, duplicates):
    """Name each image by the first one of its pixels."""
    same = dict(zip(duplicates["name"], duplicates["same_as"], strict=True))
    return pd.Series([same.get(name, name) for name in names], names, name="group")


def _warn(folder, duplicates, others):
    """Warn of equal pixels, and of files that are not of the set."""
    if len(duplicates):
        name, same_as, _ = duplicates.iloc[0]
        warn_user(
            f"{folder}: {len(duplicates)} images have the same pixels as another, "
            f"{duplicates['both_classes'].sum()} of them in both classes, the first is "
            f"{name!r}, which is {same_as!r}; split by groups, see duplicates"
        )
    if others:
        warn_user(
            f"{folder}: {len(others)} files are not of {_SET.name} and are left out, "
            f"the first is {others[0]}; see left_out"
        )
