"""Frozen encoders against a hand-written torch loop, and memory against planes.

Run ``python benchmarks/bench_encoder.py [--threads 1] [--repeats 5]``. The loop reads
the same files, puts them together in the same batches and pools the same maps; it and
`EncoderFeatures` take turns in one run, and CPU time counts, so that the ratio holds on
a busy machine. The goals: 460 images of 128 pixels within 5 % of the loop, a peak
memory that does not grow with their number, and a store that is quicker than either.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sknac.cohort import ArrayRef, Plane, Study
from sknac.nets import EncoderFeatures, ResNet

SIDE, N_IMAGES, BATCH = 128, 460, 32


def write_images(folder, n_images):
    """Write grey images as files, two a patient; return paths and cohort frame."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{i}.npy" for i in range(n_images)]
    for path in paths:
        np.save(path, rng.random((SIDE, SIDE), dtype=np.float32))
    planes = [Plane(ArrayRef.from_file(path), "bmode") for path in paths]
    cells = np.empty(n_images // 2, dtype=object)
    for i in range(len(cells)):
        cells[i] = Study(planes[2 * i : 2 * i + 2])
    index = pd.Index([f"P{i}" for i in range(len(cells))], name="patient_id")
    return paths, pd.DataFrame({"us_pre": cells}, index=index)


def write_weights(folder):
    """Write weights of a ResNet-18 on colour images."""
    path = folder / "weights.pt"
    torch.save(ResNet(3, layout="18", feature_dim=None).state_dict(), path)
    return path


def by_hand(net, paths):
    """Compute the vectors with a plain loop."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(paths), BATCH):
            images = np.stack([np.load(p) for p in paths[start : start + BATCH]])
            batch = torch.from_numpy(images[:, None])
            batch = batch.contiguous(memory_format=torch.channels_last)
            found.append(net.maps(batch).mean((2, 3)).numpy())
    return np.concatenate(found).reshape(len(paths) // 2, 2, -1).mean(1)


def cpu_seconds(function, *args):
    """Run a function; return its CPU seconds and result."""
    start = time.process_time()
    result = function(*args)
    return time.process_time() - start, result


def bench_speed(repeats):
    """Print CPU seconds of loop, step and filled store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, X = write_images(folder, N_IMAGES)
        step = EncoderFeatures("resnet18", weights=write_weights(folder), device="cpu")
        step.fit(X)
        net = step.module_.module
        stored = EncoderFeatures(**{**step.get_params(), "store": folder / "store"})
        stored.fit_transform(X)
        seconds = []
        for repeat in range(repeats + 1):
            runs = [(by_hand, net, paths), (step.transform, X)]
            order = runs[:: -1 if repeat % 2 else 1]
            found = [cpu_seconds(*run) for run in order][:: -1 if repeat % 2 else 1]
            again = cpu_seconds(stored.transform, X)[0]
            seconds.append((found[0][0], found[1][0], again))
            np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-4, atol=1e-5)
    seconds = np.array(seconds[1:])  # the first warms up
    ratios = seconds[:, 1] / seconds[:, 0]
    loop, ours, again = np.median(seconds, axis=0)
    print(
        f"resnet18, {N_IMAGES} images of {SIDE} px: loop {loop:.2f} s of CPU, sknac "
        f"{ours:.2f} s, ratio {np.median(ratios):.3f} ({ratios.min():.2f}-"
        f"{ratios.max():.2f}); from a store {again:.2f} s",
        flush=True,
    )


def peak_memory():
    """Peak memory of this process in MB; a child's rusage would have its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure_memory(n_images):
    """Transform files in this process and print its peak memory in MB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, X = write_images(folder, n_images)
        step = EncoderFeatures("resnet18", weights=write_weights(folder), device="cpu")
        step.fit(X).transform(X)
        print(json.dumps(peak_memory()))


def bench_memory():
    """Print the peak memory for 115 to 460 images."""
    for n_images in (116, 230, 460):
        command = [sys.executable, __file__, "--memory", str(n_images)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peak = json.loads(done.stdout.splitlines()[-1])
        print(f"{n_images:4} images: peak {peak:.0f} MB", flush=True)


def main():
    """Run both benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory:
        measure_memory(args.memory)
        return
    print(f"torch {torch.__version__}, {args.threads} thread(s)")
    bench_speed(args.repeats)
    bench_memory()


if __name__ == "__main__":
    main()
