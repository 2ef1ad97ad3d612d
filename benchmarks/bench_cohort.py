"""Peak memory of mapping a cohort with `QUSMapper(store=...)`, by cohort size.

Run: ``python benchmarks/bench_cohort.py`` (about 4 GB of disk, minutes). RF planes lie
in files of the common size, 2600 x 256 samples; six per patient. Each line is a fresh
process; the goal is a peak that does not grow from 50 to 200 patients.

With ``--rows 60000`` it times instead `cohort_from_table` for so many small images,
with and without outlines, and with ``--hashed 10000`` `joblib.hash` of a frame of so
many patients: first, again, and its pickle.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor

from sknac.cohort import ArrayRef, Plane, Study, cohort_from_table
from sknac.cohort.planes import as_column
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom

_SHAPE = (2600, 256)
_N_PLANES = 6


def rf_plane(folder, number):
    """Return an RF plane in a file, which is written on first use."""
    path = folder / f"{number}.npy"
    if not path.exists():
        rng = np.random.default_rng(number)
        np.save(path, rng.integers(-4000, 4000, _SHAPE, dtype=np.int16))
    return Plane.from_rf(ArrayRef.from_file(path), fs_mhz=40.0, line_pitch_mm=0.2)


def peak_mb():
    """Peak resident memory of this process and of its largest worker, MB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return [resource.getrusage(w).ru_maxrss / 1024 for w in who]


def run(folder, store, n_patients, n_jobs):
    """Map a cohort twice and print peak memory and seconds."""
    cells = np.empty(n_patients, dtype=object)
    for i in range(n_patients):
        first = 1 + i * _N_PLANES
        planes = [rf_plane(folder, first + j) for j in range(_N_PLANES)]
        cells[i] = Study(planes)
    X = pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(n_patients)])
    phantom = ReferencePhantom(
        rf_plane(folder, 0),
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(1e-6, 3.2),
    )
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, store=store, n_jobs=n_jobs)
    before = peak_mb()[0]
    seconds = []
    for _ in range(2 if store else 1):
        start = time.perf_counter()
        mapped = mapper.fit_transform(X)
        seconds.append(time.perf_counter() - start)
    get_reusable_executor().shutdown()  # workers count once they have ended
    own, worker = peak_mb()
    shape = mapped.iloc[0]["us_pre"].planes[0].image.shape
    again = f"{seconds[1]:8.1f}" if store else " " * 8
    print(
        f"{n_patients:8} {'store' if store else 'memory':8} {before:8.0f} {own:8.0f} "
        f"{worker:8.0f} {seconds[0]:8.1f} {again}  {n_patients * _N_PLANES} planes, "
        f"maps {shape}",
        flush=True,
    )


def time_table(folder, n_rows):
    """Print the processor time of tables of so many images, six a patient."""
    rng, rows = np.random.default_rng(0), []
    for i in range(n_rows):
        np.save(folder / f"{i}.npy", rng.integers(0, 256, (64, 48), dtype=np.uint8))
        corners = f"row,column\n10,10\n10,30\n40,{30 + i % 7}\n40,10\n"
        (folder / f"{i}.csv").write_text(corners)
        rows.append((f"P{i // _N_PLANES:05d}", "pre", f"{i}.npy", "bmode", f"{i}.csv"))
    names = ["patient_id", "visit", "path", "kind", "outline"]
    table = pd.DataFrame(rows, columns=names).assign(outline_units="px_bmode")
    for drawn, part in (("no", table[names[:4]]), ("with", table)):
        part.to_csv(folder / "planes.csv", index=False)
        start = time.process_time()
        cohort_from_table(folder / "planes.csv", duplicates="ignore")
        used = time.process_time() - start
        print(f"{n_rows} rows, {drawn} outlines: {used:.1f} CPU s", flush=True)


def time_hash(n_patients):
    """Print the processor time of hashing a frame of handles, and its pickle's size."""
    files = [
        ArrayRef(f"/study/{i}.npy", None, _SHAPE, "i2", f"{i:032x}", 1, i)
        for i in range(n_patients * _N_PLANES)
    ]
    planes = [Plane(file, "bmode", spacing_mm=(0.1, 0.1)) for file in files]
    starts = range(0, len(planes), _N_PLANES)
    cells = [Study(planes[k : k + _N_PLANES]) for k in starts]
    X = pd.DataFrame({"us_pre": as_column(cells, pd.RangeIndex(n_patients))})
    for what, work in (
        ("hash", joblib.hash),
        ("hash again", joblib.hash),
        ("pickle", pickle.dumps),
    ):
        start = time.process_time()
        found = work(X)
        used = time.process_time() - start
        print(f"{n_patients} patients, {what}: {used:.2f} CPU s", flush=True)
    print(f"{len(found) / len(planes):.0f} bytes a plane", flush=True)


def main():
    """Run each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, nargs="+", default=(50, 100, 200))
    parser.add_argument("--in-memory", type=int, nargs="*", default=(50, 100))
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one")
    parser.add_argument("--rows", type=int, help="time tables of so many rows")
    parser.add_argument("--hashed", type=int, help="time a frame of so many patients")
    args = parser.parse_args()
    if args.rows or args.hashed:
        if args.rows:
            with tempfile.TemporaryDirectory(dir=args.folder) as name:
                time_table(Path(name), args.rows)
        if args.hashed:
            time_hash(args.hashed)
        return
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        for i in range(1 + _N_PLANES * max(args.patients)):
            rf_plane(folder, i)
        print(
            f"n_jobs={args.n_jobs}; MB before, peak of the process, of its largest "
            "worker; seconds to map, to map again"
        )
        for name in ("patients", "maps in", "before", "peak", "worker", "map", "again"):
            print(f"{name:>8}", end=" ")
        print(flush=True)
        jobs = [(n, folder / "store") for n in args.patients]
        for n, store in [*jobs, *((n, None) for n in args.in_memory)]:
            code = (
                f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
                "import bench_cohort as b; from pathlib import Path; "
                f"b.run(Path({str(folder)!r}), {str(store) if store else None!r}, "
                f"{n}, {args.n_jobs})"
            )
            subprocess.run([sys.executable, "-c", code], check=True)
            shutil.rmtree(folder / "store", ignore_errors=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
