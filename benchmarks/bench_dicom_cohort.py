"""Time and memory of building a cohort of DICOM cines, by their number.

Run: ``python benchmarks/bench_dicom_cohort.py [--files 500 1000 2000] [--size 64 64]
[--frames-used 1] [--profile]``. The cines are made first (30 frames each, random
pixels, one ultrasound region; 123 kB at 64 x 64). Each line is a fresh process; the
goals are a time per file below 25 ms that does not grow, and flat memory.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import cProfile
import importlib.util
import pstats
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sknac.cohort import cohort_from_table

_N_FRAMES = 30


def write_cines(folder, n_files, size):
    """Write cines that differ in their pixels alone."""
    path = Path(__file__).parents[1] / "tests" / "io" / "seeds.py"
    spec = importlib.util.spec_from_file_location("seeds", path)
    seeds = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(seeds)
    rows, columns = size
    region = seeds.dicom_region((0, 0, rows - 1, columns - 1))
    pixels = np.zeros((_N_FRAMES, rows, columns), "uint8")
    first = seeds.write_dicom(folder / "0.dcm", pixels, regions=[region])
    header = first.read_bytes()[: -pixels.size]
    for number in range(n_files):
        rng = np.random.default_rng(number)
        (folder / f"{number}.dcm").write_bytes(header + rng.bytes(pixels.size))


def list_planes(n_files, frames_used):
    """The table: frames spread over each cine, five cines a patient."""
    frames = np.linspace(0, _N_FRAMES - 1, frames_used).astype(int)
    numbers = np.repeat(np.arange(n_files), frames_used)
    return pd.DataFrame(
        {
            "patient_id": [f"P{number // 5}" for number in numbers],
            "visit": "pre",
            "path": [f"{number}.dcm" for number in numbers],
            "kind": "bmode",
            "frame": np.tile(frames, n_files),
        }
    )


def run(folder, n_files, frames_used, is_profiled, duplicates):
    """Build a cohort; print its time, time a file and megabytes."""
    table = list_planes(n_files, frames_used)
    cohort_from_table(table[:frames_used], root=folder, duplicates=duplicates)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    profile = cProfile.Profile()
    start, spent = time.perf_counter(), time.process_time()
    if is_profiled:
        profile.enable()
    X = cohort_from_table(table, root=folder, duplicates=duplicates)
    profile.disable()
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{n_files:8}{n_files * frames_used:9}{seconds:9.1f}"
        f"{1000 * seconds / n_files:12.2f}{1000 * spent / n_files:12.2f}"
        f"{before:9.0f}{peak:9.0f}   {len(X)} patients",
        flush=True,
    )
    if is_profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main():
    """Make the cines, then build each cohort in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=(500, 1000, 2000))
    parser.add_argument("--size", type=int, nargs=2, default=(64, 64))
    parser.add_argument("--frames-used", type=int, default=1)
    parser.add_argument("--duplicates", default="warn", choices=("warn", "ignore"))
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        write_cines(folder, max(args.files), args.size)
        print(
            f"{_N_FRAMES} frames of {args.size[0]} x {args.size[1]}; {args.duplicates}"
        )
        names = ("files", "planes", "s", "ms a file", "CPU ms", "MB", "peak MB")
        widths = (8, 9, 9, 12, 12, 9, 9)
        print(*map("{:>{}}".format, names, widths), sep="", flush=True)
        for n_files in args.files:
            code = (
                f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
                "import bench_dicom_cohort as b; from pathlib import Path; "
                f"b.run(Path({str(folder)!r}), {n_files}, {args.frames_used}, "
                f"{args.profile}, {args.duplicates!r})"
            )
            subprocess.run([sys.executable, "-c", code], check=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
