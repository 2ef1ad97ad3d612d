"""Damage tables as people do and see that only errors with a mend come of it.

Run: ``python benchmarks/fuzz_tables.py [--mutants 600] [kind ...]``. The kinds are CSV
files, those that pandas reads, Excel workbooks, frames, clinical tables and outlines,
all for `cohort_from_table`; ``fuzz_readers.py`` damages bytes. Right is a cohort, or a
`CohortError` or `SknacFormatError` that names the file and says what to do; of warnings
a UserWarning. Exit status 1 if anything else came out, or one table took 10 s.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import datetime
import decimal
import json
import pickle
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from pathlib import Path

import joblib
import numpy as np
import openpyxl
import pandas as pd
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort, cohort_from_table, cohort_summary
from sknac.exceptions import CohortError, SknacFormatError

_MOST_SECONDS = 10
_HEADER = ["patient_id", "visit", "path", "kind", "spacing_axial_mm"]
_HEADER += ["spacing_lateral_mm", "outline", "outline_units", "response", "age", "note"]
# What people, spreadsheets and other programs leave in a cell.
CELLS = ["", " ", "nan", "NaN", "NA", "None", "inf", "-1", "0", "1e308", "1,5", "1.5"]
CELLS += [
    "1.540",
    "1,540",
    "abc",
    "P1",
    "P1 ",
    " P1",
    "p1",
    "P01",
    "P\u200b1",
    "\uff301",
]
CELLS += ["P1\u0301", "\u04201", "P\xa01", "é", "e\u0301", "pre", "PRE", "us_pre", "1"]
CELLS += ["1.0", "2020-01-01", "1-Feb", "True", "#REF!", "=1+1", "'P1", '"', '""', "\n"]
CELLS += ["a\nb", "\0", "\x1b[31m", "x" * 10_000, "\U0001f600", "\u202eabc", "../.."]
CELLS += ["/", ".", "/dev/null", "a.npy::x", "::", "*.npy", "C:\\a.npy", "a.npy;b.npy"]
CELLS += ["rf", "maps", "iq", "samples", "mm", "px_bmode", "9" * 400, "1_0", "\uff11"]
OBJECTS = [None, np.nan, pd.NaT, pd.NA, True, 7, 7.0, 7.5, 2**70, -1, np.int8(3), 2j]
OBJECTS += [b"P1", [1], {}, {"a": 1}, (1, 2), np.arange(3), np.array("P1"), object]
OBJECTS += [datetime.date(2020, 1, 1), pd.Timestamp("2020"), pd.Timedelta("1D"), {1}]
OBJECTS += [decimal.Decimal("1.5"), Path("a.npy"), "\ud800", "P\ud800", float("inf")]
ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"]
ENCODINGS += ["latin-1", "cp1252", "cp437", "mac-roman", "shift-jis", "gb18030"]


def rows():
    """List the cells of a sound table, as texts."""
    listed = [list(_HEADER)]
    for number, name in enumerate("abcd"):
        patient, visit = f"P{1 + number // 2}", ("pre", "post2")[number % 2]
        row = [patient, visit, f"{name}.npy", "bmode", "0.1", "0.2", f"{name}.csv"]
        listed.append(
            [*row, "px_bmode", str(number // 2), str(48 + number // 2), "Müller"]
        )
    return listed


def lay_out(folder):
    """Write the images and outlines that tables name."""
    for number, name in enumerate("abcd"):
        rng = np.random.default_rng(number)
        np.save(folder / f"{name}.npy", rng.integers(0, 256, (32, 24), dtype=np.uint8))
        corners = f"row,column\n4,4\n4,{18 + number}\n20,18\n"
        (folder / f"{name}.csv").write_text(corners)


def _any(rng, values):
    return values[rng.integers(len(values))]


def _cell(rng, table):
    return int(rng.integers(len(table))), int(rng.integers(len(table[0])))


def change_cell(table, rng):
    """Put something else into a cell, most often of the header or first columns."""
    row, column = _cell(rng, table)
    if rng.random() < 0.3:
        column = int(rng.integers(3))
    table[row][min(column, len(table[row]) - 1)] = _any(rng, CELLS)


def extend_cell(table, rng):
    """Write something before or behind what a cell holds."""
    row, column = _cell(rng, table)
    column = min(column, len(table[row]) - 1)
    added = _any(rng, CELLS)
    both = [table[row][column], added]
    table[row][column] = "".join(both if rng.random() < 0.7 else both[::-1])


def add_field(table, rng):
    """Add a field to one row, or a column."""
    field = _any(rng, ["", " ", "x", "1"])
    for row in table if rng.random() < 0.4 else [_any(rng, table)]:
        row.insert(
            int(rng.integers(len(row) + 1)) if rng.random() < 0.5 else len(row), field
        )


def drop_field(table, rng):
    """Leave out a field of one row, or a column."""
    place = int(rng.integers(len(table[0])))
    for row in table if rng.random() < 0.5 else [_any(rng, table)]:
        del row[place : place + 1]


def move_row(table, rng):
    """Leave out, repeat or move a row; a repeated header is one too."""
    row = table.pop(int(rng.integers(len(table))))
    for _ in range(rng.integers(3)):
        table.insert(int(rng.integers(len(table) + 1)), list(row))


def swap_columns(table, rng):
    """Exchange two headers, or write one twice."""
    header = table[0] if table else []
    if len(header) > 1:
        one, other = rng.integers(len(header), size=2)
        header[one], header[other] = (
            header[other],
            _any(rng, [header[one], header[other]]),
        )


WAYS = (change_cell, change_cell, extend_cell, add_field, drop_field, move_row)
WAYS += (swap_columns,)


def damaged_cells(rng):
    """Make a table of texts, damaged in one to three ways."""
    table = rows()
    for _ in range(rng.integers(1, 4)):
        if table and all(table):
            _any(rng, WAYS)(table, rng)
    return table


def _quoted(cell, separator):
    is_plain = not set(cell) & {separator, '"', "\n", "\r"}
    return cell if is_plain else '"' + cell.replace('"', '""') + '"'


def csv_bytes(table, rng):
    """Write a table as CSV in some dialect and encoding, sometimes a wrong one."""
    separator = _any(rng, [",", ",", ",", ";", "\t", "|"])
    end = _any(rng, ["\n", "\n", "\n", "\r\n", "\r"])
    careless = rng.random() < 0.2  # written without quotes
    lines = [
        separator.join(cell if careless else _quoted(cell, separator) for cell in row)
        for row in table
    ]
    if rng.random() < 0.1:
        lines.insert(0, _any(rng, ["sep=;", "sep=", "# made by hand", "", "\0", "a"]))
    text = end.join(lines) + _any(rng, ["", end, end * 3])
    encoding = _any(rng, ENCODINGS) if rng.random() < 0.3 else "utf-8"
    data = bytearray(text.encode(encoding, "replace"))
    if data and rng.random() < 0.2:
        place = int(rng.integers(len(data)))
        _any(rng, [_cut, _overwrite])(data, place, rng)
    return bytes(data)


def _cut(data, place, rng):
    del data[place:]


def _overwrite(data, place, rng):
    data[place : place + 1] = rng.bytes(int(rng.integers(1, 4)))


def as_csv(folder, rng):
    """Damage the CSV of a cohort."""
    path = folder / "planes.csv"
    path.write_bytes(csv_bytes(damaged_cells(rng), rng))
    return {"table": path}, path


def as_read(folder, rng):
    """Damage a CSV that a user reads with pandas; what pandas refuses is no table."""
    path = folder / "read.csv"
    table = damaged_cells(rng)
    for row in table[int(rng.integers(2)) :] if rng.random() < 0.3 else ():
        row.append("")  # each line ends in a separator
    while True:
        path.write_bytes(csv_bytes(table, rng))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return {"table": pd.read_csv(path), "root": folder}, None
        except (ValueError, pd.errors.ParserError):
            table = damaged_cells(rng)


def as_clinical(folder, rng):
    """Damage a second table."""
    keep = {"response", "age", "note"}
    places = [0, *(n for n, name in enumerate(_HEADER) if name in keep)]
    table = [[row[place] for place in places] for row in (rows()[0], *rows()[1::2])]
    for _ in range(rng.integers(1, 4)):
        if table and all(table):
            _any(rng, WAYS)(table, rng)
    frame = pd.DataFrame(rows()[1:], columns=_HEADER).drop(columns=sorted(keep))
    path = folder / "patients.csv"
    if rng.random() < 0.3:
        return {"table": frame, "root": folder, "clinical": _frame(table, rng)}, None
    path.write_bytes(csv_bytes(table, rng))
    return {"table": frame, "root": folder, "clinical": path}, path


def as_workbook(folder, rng):
    """Damage a workbook: its cells' types, its sheets, its bytes."""
    book = openpyxl.Workbook()
    for row in damaged_cells(rng):
        try:
            book.active.append([_typed(cell, rng) for cell in row])
        except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError):
            continue
    if rng.random() < 0.2:
        sheet = book.create_sheet(_any(rng, ["notes", "Tabelle2"]))
        sheet["B7"] = _any(rng, [None, "x", 3])
    path = folder / "planes.xlsx"
    book.save(path)
    if rng.random() < 0.2:
        data = bytearray(path.read_bytes())
        _any(rng, [_cut, _overwrite])(data, int(rng.integers(len(data))), rng)
        path.write_bytes(data)
    return {"table": path}, path


def _typed(cell, rng):
    """Make a workbook's value of a text: a number, a date, a formula."""
    if rng.random() < 0.1:
        dates = [
            datetime.datetime(2020, 1, 2),
            datetime.time(3),
            datetime.date(2020, 1, 2),
        ]
        return _any(rng, [*dates, True, 7.5, 1e300, "=A1", "#N/A", None])
    try:
        return float(cell) if rng.random() < 0.8 else cell
    except ValueError:
        return cell[:32_000]


def _frame(table, rng):
    """Make a frame of texts, with objects of all kinds in some cells."""
    width = max(map(len, table), default=0)
    table = [[*row, *[None] * (width - len(row))] for row in table]
    frame = pd.DataFrame(table[1:], columns=(table or [[]])[0], dtype=object)
    for _ in range(rng.integers(3)):
        if frame.size:
            row, column = (int(rng.integers(side)) for side in frame.shape)
            values = frame.iloc[:, column].astype(object).tolist()
            values[row] = _any(rng, OBJECTS)
            cells = np.empty(len(values), dtype=object)
            cells[:] = values
            frame.isetitem(column, pd.Series(cells, index=frame.index, dtype=object))
    if frame.shape[1] and rng.random() < 0.2:
        names = list(frame.columns)
        names[rng.integers(len(names))] = _any(
            rng, [*OBJECTS[:12], ("a", "b"), "\ud800"]
        )
        frame.columns = pd.Index(names, dtype=object)
    if rng.random() < 0.3:
        frame = _indexed(frame.infer_objects(), rng)
    return frame


def _indexed(frame, rng):
    """Give a frame another index, or another type to a column."""
    way = rng.integers(5)
    if way == 0 and frame.columns.is_unique and "patient_id" in frame:
        try:
            return frame.set_index("patient_id")
        except TypeError:
            return frame
    if way == 1:
        return frame.set_axis(np.arange(len(frame)) * 1.5)
    if way == 2:
        pairs = pd.MultiIndex.from_arrays([range(len(frame))] * 2, names=["a", "b"])
        return frame.set_axis(pairs)
    if way == 3 and frame.columns.is_unique:
        return frame.rename_axis(index="patient_id")
    return frame.set_axis(pd.Index(["x"] * len(frame)))


def as_frame(folder, rng):
    """Damage a frame."""
    return {"table": _frame(damaged_cells(rng), rng), "root": folder}, None


def as_outline(folder, rng):
    """Damage the vertices of an outline, or an annotation."""
    table = [
        ["row", "column"],
        *([str(n), str(m)] for n, m in ((4, 4), (4, 18), (20, 9))),
    ]
    if rng.random() < 0.3:
        path = folder / "core.json"
        corners = [[float(x), float(y)] for y, x in table[1:]]
        shape = {"label": "tumour", "points": corners, "shape_type": "polygon"}
        sound = {
            "shapes": [shape],
            "imageHeight": 32,
            "imageWidth": 24,
            "imagePath": "a",
        }
        for place in ([sound, shape][rng.integers(2)],):
            place[_any(rng, list(place))] = _any(
                rng, [None, [], {}, "", -1, 1e400, [[1]]]
            )
        path.write_text(json.dumps(sound))
    else:
        path = folder / "core.csv"
        for _ in range(rng.integers(1, 4)):
            if table and all(table):
                _any(rng, WAYS)(table, rng)
        path.write_bytes(csv_bytes(table, rng))
    row = {"patient_id": "P1", "visit": "pre", "path": "a.npy", "kind": "bmode"}
    row |= {"outline": path.name, "outline_units": "px_bmode"}
    return {"table": pd.DataFrame([row]), "root": folder}, None  # its row names it


KINDS = {
    "csv": as_csv,
    "read": as_read,
    "workbook": as_workbook,
    "frame": as_frame,
    "clinical": as_clinical,
    "outline": as_outline,
}


def judged(given, path):
    """Build the cohort; tell what came of it, and why."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", UserWarning)  # doubts that are told
            warnings.filterwarnings("error", category=pd.errors.DtypeWarning)
            X = cohort_from_table(**given)
            check_cohort(BaseEstimator(), X, reset=True)
            cohort_summary(X)
            pickle.dumps(X)
            joblib.hash(X)
    except (CohortError, SknacFormatError) as error:
        text = str(error)
        if path is not None and path.name not in text:
            return "unnamed", text
        return ("refused" if "; " in text or " must " in text else "no mend"), text
    except BaseException as error:  # PyO3 panics are no Exception
        last = traceback.extract_tb(error.__traceback__)
        own = [
            f"{Path(s.filename).name}:{s.lineno}" for s in last if "sknac" in s.filename
        ]
        return "foreign", f"{type(error).__name__}: {error} ({own[-1:]})"
    return "taken", ""


OUTCOMES = ("taken", "refused", "unnamed", "no mend", "foreign")


def run(kind, n_mutants, folder):
    """Yield what came of each mutant: number, outcome, reason and seconds."""
    for number in range(n_mutants):
        rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
        given, path = KINDS[kind](folder, rng)
        begun = time.perf_counter()
        outcome, reason = judged(given, path)
        yield number, outcome, reason, time.perf_counter() - begun


def report(kind, lines):
    """Print a kind's row and the first of each fault; tell whether all is well."""
    counts = "".join(f"{sum(x[1] == way for x in lines):>9}" for way in OUTCOMES)
    slowest = max(line[3] for line in lines)
    print(f"{kind:12}{len(lines):>8}{counts}{slowest:>11.2f}", flush=True)
    kept = {}
    for number, outcome, reason, _ in lines:
        if outcome not in OUTCOMES[:2]:
            kept.setdefault((outcome, reason[:40]), []).append((number, reason))
    for (outcome, _), found in sorted(kept.items(), key=lambda x: -len(x[1]))[:12]:
        number, reason = found[0]
        print(
            f"    {len(found)} {outcome}, mutant {number}: {reason[:200]!r}", flush=True
        )
    return not kept and slowest < _MOST_SECONDS


def main(kinds, n_mutants):
    """Print the table; tell whether all is well."""
    head = "".join(f"{way:>9}" for way in OUTCOMES)
    print(f"{'kind':12}{'mutants':>8}{head}{'slowest s':>11}")
    well = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder)
        for kind in kinds or KINDS:
            well.append(report(kind, list(run(kind, n_mutants, folder))))
    return all(well)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []])
    parser.add_argument("--mutants", type=int, default=600)
    given = parser.parse_args()
    sys.exit(not main(given.kinds, given.mutants))
