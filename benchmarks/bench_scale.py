"""Seconds and peak memory of a whole study, by the number of its patients.

Run: ``python benchmarks/bench_scale.py --sizes 500 2000 10000`` (hours for the last),
or some ``--stages`` only. Six RF planes a patient share ``--frames`` files by handles,
each with an outline of its own, so that the disk suffices and nothing behind the
mapper is found twice; their maps of 256 x 256 windows are in the store before the
clock starts. Each size is a process of its own; peaks only grow from stage to stage.
The goals: less than 1.5 GB in each process, and a time for each plane that is the same
within 20 % at every size.

======  ================================================================
build   handles, outlines, studies and the frame
hash    `joblib.hash` of the frame
split   three stratified folds, and the frame of each
map     `QUSMapper(store=...)`: fit, and maps found by name
scale   `ROIMasker`, `PlaneResizer` and `MapScaler`: fit and transform
stats   `MapStatistics` of the scaled maps
net     `PlaneFeatureNet("ran_tiny")` of the scaled maps for one epoch
search  3 folds x 2 logistic regressions behind mask, resizing, scaling,
        statistics
======  ================================================================
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from copy import copy
from pathlib import Path

_N_PLANES, _SHAPE = 6, (1380, 275)  # samples, lines: 256 x 256 windows of 2 mm
_STAGES = ("build", "hash", "split", "map", "scale", "stats", "net", "search")


def phantom_and_frames(folder, n_frames):
    """Return the phantom and handles of RF files, which are written on first use."""
    import numpy as np
    from scipy.ndimage import convolve1d

    from sknac.cohort import ArrayRef, Plane
    from sknac.qus import PowerLaw, ReferencePhantom

    time_us = np.arange(-15, 16) / 40
    pulse = np.cos(2 * np.pi * 5.5 * time_us) * np.exp(-((time_us / 0.1) ** 2))

    def handle(number):
        path = folder / f"{number}.npy"
        if not path.exists():
            noise = np.random.default_rng(number).normal(size=_SHAPE)
            np.save(path, (800 * convolve1d(noise, pulse, axis=0)).astype(np.int16))
        return ArrayRef.from_file(path)

    settings = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    scan = Plane.from_rf(handle(0), fs_mhz=40.0, line_pitch_mm=0.1)
    phantom = ReferencePhantom(scan, **settings, bsc=PowerLaw(1e-6, 3.2))
    return phantom, [handle(1 + i) for i in range(n_frames)]


def cohort(frames, n_patients):
    """Build a frame of handles to these files, and labels."""
    import numpy as np
    import pandas as pd

    from sknac.cohort import Plane, PolygonOutline, Study

    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    around = np.column_stack((7 * np.cos(angle), 8 * np.sin(angle)))
    size = {"fs_mhz": 40.0, "line_pitch_mm": 0.1}
    rng, cells = np.random.default_rng(0), np.empty(n_patients, dtype=object)
    for row in range(n_patients):
        planes = []
        for place in range(_N_PLANES):
            file = frames[(row * _N_PLANES + place) % len(frames)]
            file = copy(file)  # as of a file of its own
            outline = PolygonOutline(around + rng.uniform(11, 15, 2))  # mm
            planes.append(Plane.from_rf(file, core=outline, **size))
        cells[row] = Study(planes)
    names = [f"P{row:05d}" for row in range(n_patients)]
    X = pd.DataFrame({"us_pre": cells}, index=names)
    return X, pd.Series(np.arange(n_patients) % 2, index=names)


def mapper(phantom, folder, n_jobs=1):
    """Four maps of 256 x 256 windows in a store."""
    from sknac.qus import QUSMapper

    return QUSMapper(
        phantom,
        attenuation_db_cm_mhz=0.7,
        channels=("mbf", "ss", "si", "esd"),
        store=folder / "store",
        n_jobs=n_jobs,
    )


class Clock:
    """Prints a line of the table for each stage."""

    def __init__(self, n_patients):
        self.n_patients = n_patients

    def __call__(self, stage, work):
        """Do the work; print its seconds and the peaks so far."""
        from joblib.externals.loky import get_reusable_executor

        wall, used = time.perf_counter(), os.times()
        result = work()
        get_reusable_executor().shutdown()  # workers count once they have ended
        wall = time.perf_counter() - wall
        cpu = sum(os.times()[:4]) - sum(used[:4])
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        own, worker = (resource.getrusage(w).ru_maxrss / 1024 for w in who)
        each = 1000 * cpu / (self.n_patients * _N_PLANES)
        print(
            f"{self.n_patients:8} {stage:8} {wall:9.1f} {cpu:9.1f} {each:9.3f} "
            f"{own:9.0f} {worker:9.0f}",
            flush=True,
        )
        return result


def run(folder, n_patients, n_frames, stages, image_size, n_jobs):
    """Time the stages for a cohort of so many patients."""
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline

    from sknac.features import MapStatistics
    from sknac.preprocessing import MapScaler, PlaneResizer
    from sknac.roi import ROIMasker

    phantom, frames = phantom_and_frames(folder, n_frames)
    clock = Clock(n_patients)
    X, y = clock("build", lambda: cohort(frames, n_patients))
    if "hash" in stages:
        clock("hash", lambda: joblib.hash(X))
    if "split" in stages:
        folds = StratifiedKFold(3, shuffle=True, random_state=0)
        clock("split", lambda: [X.iloc[test] for _, test in folds.split(X, y)])
    if set(stages).isdisjoint({"map", "scale", "stats", "net", "search"}):
        return
    maps = clock("map", lambda: mapper(phantom, folder, n_jobs).fit_transform(X))
    prepare = make_pipeline(
        ROIMasker(), PlaneResizer(image_size=image_size), MapScaler()
    )
    if not set(stages).isdisjoint({"scale", "stats", "net"}):
        scaled = clock("scale", lambda: prepare.fit_transform(maps))
    if "stats" in stages:
        clock("stats", lambda: MapStatistics().fit_transform(scaled))
    if "net" in stages:
        clock("net", lambda: network().fit(scaled, y))
    if "search" in stages:
        model = make_pipeline(prepare, MapStatistics(), LogisticRegression())
        grid = {"logisticregression__C": [0.1, 1.0]}
        search = GridSearchCV(model, grid, cv=3, n_jobs=n_jobs)
        clock("search", lambda: search.fit(maps, y))


def network():
    """A small network for one epoch."""
    from sknac.nets import PlaneFeatureNet

    return PlaneFeatureNet(
        module="ran_tiny", max_epochs=1, random_state=0, torch_threads=1
    )


def fill(folder, n_frames):
    """Compute the maps of every file once, and note which shape they have."""
    phantom, frames = phantom_and_frames(folder, n_frames)
    X, _ = cohort(frames, -(-n_frames // _N_PLANES))
    maps = mapper(phantom, folder).fit_transform(X)
    print(f"{n_frames} files, maps {maps.iloc[0, 0].planes[0].image.shape}", flush=True)


def main():
    """Run each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=(500, 2000, 10000))
    parser.add_argument("--stages", nargs="+", choices=_STAGES, default=_STAGES)
    parser.add_argument("--frames", type=int, default=120, help="files of RF")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--n-jobs", type=int, default=1, help="of mapper and search")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for n in (None, *args.sizes):
            what = f"b.fill(f, {args.frames})"
            if n is not None:
                stages = tuple(args.stages)
                what = f"b.run(f, {n}, {args.frames}, {stages}, {args.image_size}, "
                what += f"{args.n_jobs})"
            code = (
                f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
                "import bench_scale as b; from pathlib import Path; "
                f"f = Path({name!r}); {what}"
            )
            subprocess.run([sys.executable, "-c", code], check=True)
            if n is None:
                print("s: seconds, of processors; ms: of processors a plane; MB: peak")
                for title in ("patients", "stage   "):
                    print(title, end=" ")
                for title in ("s", "CPU s", "ms", "MB", "worker MB"):
                    print(f"{title:>9}", end=" ")
                print(flush=True)


if __name__ == "__main__":
    main()
