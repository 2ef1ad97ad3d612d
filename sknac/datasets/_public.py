"""What the loaders of public sets share: where files lie, whose a set is.

Nothing is fetched: each set is read from a folder that the user has, under the terms
that its authors state.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from sknac.cohort import cohort_from_table
from sknac.exceptions import SknacFormatError
from sknac.utils._optional import import_optional
from sknac.utils._warnings import warn_user

VISIT = "scan"
BENIGN_OR_MALIGNANT = ("benign", "malignant")


@dataclass(frozen=True)
class PublicSet:
    """A public set: its name, what its folder holds, and whose it is."""

    name: str
    holds: str
    doi: str
    licence: str
    citation: str

    @property
    def described(self):
        """What the set holds, and where it is described, for an error."""
        return f"{self.name} must hold {self.holds} (described at doi:{self.doi})"

    def bunch(self, *, descr, **parts) -> Bunch:
        """Put together what a loader returns."""
        return Bunch(
            **parts,
            licence=self.licence,
            citation=self.citation,
            doi=self.doi,
            DESCR=f"{self.name}\n{'-' * len(self.name)}\n{descr.strip()}\n\n"
            f"Licence: {self.licence}\nCite: {self.citation}\n",
        )


def open_folder(folder, source, needed):
    """Check that a folder holds what a set needs, and return it as a path."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; {source.described}")
    missing = [name for name in needed if not (folder / name).exists()]
    if not missing:
        return folder
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        if all((inner / name).exists() for name in needed):
            raise FileNotFoundError(
                f"{folder}: {source.name} lies one folder deeper; give {inner}"
            )
    raise FileNotFoundError(f"{folder}: no {missing[0]}; {source.described}")


def read_set_table(path, source, columns, texts=()):
    """Read a set's table, with texts as they are, and check its columns."""
    types = dict.fromkeys(texts, str)
    try:
        if Path(path).suffix.lower() == ".xlsx":
            import_optional("openpyxl", "openpyxl", "formats")
            table = pd.read_excel(path, dtype=types)
        else:
            table = pd.read_csv(path, dtype=types, **_dialect(path))
    except (FileNotFoundError, ImportError):
        raise
    except Exception as error:  # parsers let many kinds through: any is damage
        raise SknacFormatError(
            path, f"the table cannot be read ({error}); {source.described}"
        ) from error
    if not isinstance(table.index, pd.RangeIndex):
        raise SknacFormatError(
            path, f"rows have more fields than the first has names; {source.described}"
        )
    table.columns = [str(column).strip() for column in table.columns]
    missing = [column for column in columns if column not in table]
    if missing:
        raise SknacFormatError(
            path,
            f"no column {missing[0]!r}, it has {list(table.columns)[:8]}; "
            f"{source.described}",
        )
    if len(table) == 0:
        raise SknacFormatError(path, f"the table has no row; {source.described}")
    return table


def _dialect(path):
    """Tell a table that a spreadsheet has saved with semicolons and decimal commas."""
    with open(path, encoding="utf-8-sig") as file:
        first = file.readline(10_000)
    semicolons = first.count(";") > first.count(",")
    return {"sep": ";", "decimal": ","} if semicolons else {}


def check_words(path, table, column, words):
    """Refuse a value of a table that is none of the words it may be."""
    wrong = table.index[~table[column].isin(words)]
    if len(wrong):
        raise SknacFormatError(
            path,
            f"{_where(wrong[0])}, column {column}: must be one of "
            f"{', '.join(map(str, words))}, got {table[column][wrong[0]]!r}",
        )


def numbers(path, table, column, low, high, hint="correct it"):
    """Take a column of numbers within bounds; a missing one is NaN."""
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    unread = values.isna() & table[column].notna()
    wrong = table.index[unread | (values < low) | (values > high)]
    if len(wrong):
        raise SknacFormatError(
            path,
            f"{_where(wrong[0])}, column {column}: must be a number of {low} to "
            f"{high}, got {table[column][wrong[0]]!r}; {hint}",
        )
    return values


def codes(path, table, column, legal):
    """Take a column of coded numbers; a missing one is NaN."""
    values = numbers(path, table, column, min(legal), max(legal))
    known = table.assign(**{column: values}).dropna(subset=column)
    check_words(path, known, column, legal)
    return values


def _where(number):
    """Name a row as the user finds it: by line of the file, or by patient."""
    return f"patient {number}" if isinstance(number, str) else f"line {number + 2}"


def check_present(source, folder, files):
    """Refuse a set that lacks files which its table or its images need."""
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder}: {len(missing)} files are missing, the first is {missing[0]}; "
            f"copy the set again, {source.described}"
        )


def left_out_table(rows):
    """Say which files or patients were left out, and why."""
    table = pd.DataFrame(rows, columns=["name", "why"])
    return table.sort_values("name", key=natural, ignore_index=True)


def warn_of_extra(source, folder, extra):
    """Warn of images that the set does not list, and say why they were left out."""
    extra = sorted(extra)
    if extra:
        warn_user(
            f"{folder}: {len(extra)} images are not in the table of {source.name} and "
            f"are left out, the first is {extra[0]}; see left_out"
        )
    return [(name, "not in the set's table") for name in extra]


def natural(names):
    """Order names as people do: 2 before 10."""
    return names.str.replace(r"\d+", lambda match: match[0].zfill(9), regex=True)


def cohort_and_labels(rows, folder, duplicates="warn"):
    """Build the cohort frame of rows of one image each; the label leaves it."""
    X = cohort_from_table(rows, root=folder, duplicates=duplicates)
    return X, X.pop("label").rename("label")
