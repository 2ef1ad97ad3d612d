"""Tables as people hold them: CSV in its dialects, Excel workbooks, frames."""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import os
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sknac.exceptions import CohortError, SknacFormatError
from sknac.utils._frames import as_pandas
from sknac.utils._names import brief, why_no_name
from sknac.utils._optional import import_optional
from sknac.utils._table_file import MOST_BYTES, check_file
from sknac.utils._warnings import warn_user

# Never numbers, whatever their characters: an id 007 is not 7.
TEXTS = (
    *("patient_id", "visit", "path", "kind", "variable", "probe", "channels"),
    *("outline", "outline_units", "outline_label", "reference", "plane", "size_px"),
)
_SEPARATORS = (",", ";", "\t", "|")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt", "")
COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,540: or 1.54?


@dataclass(frozen=True)
class Rows:
    """A table and how its rows are named in errors.

    ``frame`` has the default index; ``lines`` are the lines of its file, or None for a
    frame, whose rows are counted from 0; ``base`` is where relative paths start.
    """

    frame: pd.DataFrame
    name: str | None
    lines: list[int] | None
    base: Path

    def where(self, number: int) -> str:
        """Name a row as the user finds it: by position, or by line of the file."""
        if self.lines is None:
            return f"row {number}"
        return f"{self.name} line {self.lines[number]}"

    def places(self, columns: Sequence[str]) -> Iterator[tuple[str, dict]]:
        """Pair each row, its filled cells of some columns, with its name in errors."""
        known = [name for name in columns if name in self.frame]
        cells = [_filled_cells(self.frame[name]) for name in known]
        for number, row in enumerate(zip(*cells, strict=True)):
            filled = {n: c for n, c in zip(known, row, strict=True) if c is not None}
            yield f"{self.where(number)} (patient {filled['patient_id']})", filled


def _filled_cells(column):
    """List a column's values as Python's own; None for those that are empty."""
    cells = column.astype(object).tolist()
    missing = column.isna().tolist()
    return [
        None if empty or (isinstance(cell, str) and not cell) else cell
        for cell, empty in zip(cells, missing, strict=True)
    ]


def read_rows(table, root=None) -> Rows:
    """Read a table of any form; `root` is where its paths start."""
    if isinstance(table, str | os.PathLike):
        path = Path(table)
        base = path.parent if root is None else Path(root)
        cells, lines, decimal = _cells(path)
        return Rows(_typed(cells, decimal), path.name, lines, base)
    frame = as_pandas(table)
    if not isinstance(frame, pd.DataFrame):
        raise CohortError(
            "a table must be a DataFrame or the path of a .csv or .xlsx file, got "
            f"{type(table).__name__}"
        )
    check_header("the table", list(frame.columns))
    named = frame.index.name == "patient_id" and "patient_id" not in frame
    _check_not_shifted(frame)
    frame = frame.reset_index(drop=not named)
    return Rows(frame, None, None, Path(root or "."))


def _check_not_shifted(frame):
    """Refuse what pandas makes of a file whose lines end in a separator."""
    index = frame.index
    if index.nlevels > 1 or index.name is not None or "patient_id" not in frame:
        return
    is_text = len(index) > 0 and all(isinstance(name, str) for name in index)
    if is_text and frame.iloc[:, -1].isna().all():
        raise CohortError(
            f"the table's index holds texts such as {brief(index[0])}, and its last "
            f"column {frame.columns[-1]} nothing: pandas shifts columns where lines "
            "have a field more than the header; read the file with index_col=False"
        )


def _cells(path):
    """Read a file's texts: the header and rows, their lines, the decimal sign."""
    check_file(path)
    if path.suffix.lower() == ".xlsx":
        numbered = list(enumerate(_workbook(path), 1))
    elif path.suffix.lower() in _TEXT_SUFFIXES:
        numbered = _text_rows(path)
    else:
        raise SknacFormatError(
            path,
            f"suffix {path.suffix!r} is not one of .csv, .tsv, .txt, .xlsx; save the "
            "table as one, or read it with pandas and pass the frame",
        )
    numbered = [(line, row) for line, row in numbered if any(map(_filled, row))]
    if not numbered:
        raise CohortError(f"{path.name}: the table has no row; list a plane in each")
    cells = _without_index(_cut(path, numbered))
    check_header(path.name, cells[0])
    lines = [line for line, _ in numbered[1:]]
    return cells, lines, _decimal_sign(path, cells, lines)


def _filled(cell):
    """Tell whether a cell holds something."""
    return cell is not None and str(cell).strip() != ""


def _cut(path, numbered):
    """Cut rows to the header's length; a cell beyond it is an error."""
    header = numbered[0][1]
    width = max(i + 1 for i, cell in enumerate(header) if _filled(cell))
    cells = []
    for line, row in numbered:
        if any(map(_filled, row[width:])):
            raise SknacFormatError(
                path,
                f"line {line} has {len(row)} fields, the header {width}; quote a field "
                "that holds the separator",
            )
        cells.append([*row[:width], *[None] * (width - len(row))])
    cells[0] = [cell.strip() if _filled(cell) else None for cell in cells[0]]
    return cells


def _without_index(cells):
    """Leave out the default index that pandas' ``to_csv`` writes first."""
    first = [row[0] for row in cells]
    counted = [None, *map(str, range(len(cells) - 1))]
    return [row[1:] for row in cells] if first == counted else cells


def check_header(where: str, header: list) -> None:
    """Refuse columns without a name, or two of one name."""
    seen = set()
    for column in header:
        if column is None or column is pd.NA or column != column or column == "":
            raise CohortError(f"{where} has a column without a name; name it")
        if not isinstance(column, str):
            raise CohortError(
                f"{where} has a column {column!r}: its name must be text, got "
                f"{type(column).__name__}"
            )
        if odd := why_no_name(column):
            raise CohortError(
                f"{where} has a column {brief(column)}, which {odd[0]}; {odd[1]}"
            )
        if column in seen:
            raise CohortError(f"{where} has two columns {column}; keep one of them")
        seen.add(column)


def _text_rows(path):
    """Read the rows of a CSV with the lines that they begin on."""
    text = _decoded(path)
    separator = None
    if text[:4].lower() == "sep=":  # Excel's own way to say it
        separator = text[4:5]
    start = text.find("\n") + 1 if separator else 0
    separator = separator or _separator(text.lstrip().partition("\n")[0])
    rows, line = [], 1 + bool(start)
    file = io.StringIO(text[start:], newline="")
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1 + bool(start)
    except csv.Error as error:
        raise SknacFormatError(
            path, f"line {line} is no line of a table: {error}; save it again as CSV"
        ) from error
    return rows


def _decoded(path):
    """Decode a text file by its byte order mark, as UTF-8, or said to be Western."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data or data.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0")):
        raise SknacFormatError(
            path, "not a text file; an Excel workbook must end in .xlsx"
        )
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise SknacFormatError(
                path, f"damaged UTF-16 text: {error}; save it as UTF-8"
            ) from error
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise SknacFormatError(
            path, "neither UTF-8 nor Windows-1252 text; save it as UTF-8"
        ) from None
    strange = next(i for i, byte in enumerate(data) if byte > 127)
    warn_user(
        f"{path.name} is not UTF-8 and is read as Windows-1252 (Western European), "
        f"such as {text[max(0, strange - 5) : strange + 6].strip()!r}; save it as "
        "UTF-8 if that is wrong"
    )
    return text


def _separator(line):
    """Find the separator that makes patient_id a column of the header."""
    for separator in _SEPARATORS:
        names = _cells_of(line, separator)
        if len(names) > 1 and "patient_id" in names:
            return separator
    counts = {separator: line.count(separator) for separator in _SEPARATORS}
    most = max(counts, key=counts.get)
    return most if counts[most] else ","


def _cells_of(line, separator):
    """Part the header; what no CSV is, is said where the table is read."""
    try:
        return [n.strip() for n in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _workbook(path):
    """Read the only sheet of an Excel workbook that holds anything, as texts."""
    openpyxl = import_optional("openpyxl", "openpyxl", "formats")
    try:
        with zipfile.ZipFile(path) as parts:
            n_bytes = sum(part.file_size for part in parts.infolist())
        if n_bytes > MOST_BYTES:
            raise SknacFormatError(path, "larger than any table of planes; split it")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: _sheet(sheet) for sheet in book.worksheets}
            book.close()
    except SknacFormatError:
        raise
    except Exception as error:  # zip, xml, key, value errors: any is damage
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged workbook: {cause}; save it again"
        ) from error
    full = {title: rows for title, rows in sheets.items() if rows}
    if len(full) > 1:
        raise SknacFormatError(
            path, f"has the sheets {', '.join(full)}; save the table's one alone"
        )
    return next(iter(full.values()), [])


def _sheet(sheet):
    """Read the rows of a sheet as texts; none where all are empty."""
    sheet.reset_dimensions()  # which a file may claim to be huge
    rows = [[_cell_text(cell) for cell in row] for row in sheet.iter_rows()]
    return rows if any(map(_filled, (c for row in rows for c in row))) else []


def _cell_text(cell):
    """Write a workbook's value as it is seen there: 7 in the format 000 is 007."""
    value = cell.value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if type(value) is int and re.fullmatch("0+", cell.number_format or ""):
        return f"{value:0{len(cell.number_format)}d}"
    return value if value is None else str(value)


def _decimal_sign(path, cells, lines):
    """Tell whether numbers have decimal points or commas; refuse both, or either."""
    points, commas, doubtful = [], [], []
    for at, name in enumerate(cells[0]):
        if name in TEXTS:
            continue
        for line, row in zip(lines, cells[1:], strict=True):
            text = str(row[at] or "").strip()
            if COMMA.fullmatch(text):
                found = doubtful if _THOUSANDS.fullmatch(text) else commas
                found.append((line, name, text))
            elif _POINT.fullmatch(text):
                points.append((line, name, text))
    if commas and points:
        (line, name, comma), (other, column, point) = commas[0], points[0]
        raise CohortError(
            f"{path.name} line {line}, column {name}: {comma!r} has a decimal comma, "
            f"and {point!r} in line {other}, column {column}, a point; write both alike"
        )
    if doubtful and not commas:
        line, name, text = doubtful[0]
        raise CohortError(
            f"{path.name} line {line}, column {name}: {text!r} may have a decimal "
            "comma, or one of thousands; write it without"
        )
    return "," if commas else "."


def _typed(cells, decimal):
    """Let pandas tell numbers from texts, as it does where it reads the file."""
    text = io.StringIO()
    csv.writer(text).writerows(cells)
    text.seek(0)
    types = dict.fromkeys(TEXTS, str)
    return pd.read_csv(text, dtype=types, decimal=decimal, index_col=False)
