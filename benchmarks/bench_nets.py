"""Networks against a hand-written torch loop, and memory against cohort size.

Run ``python benchmarks/bench_nets.py [--threads 1] [--repeats 7]``. The loop is what
one would write by hand for the same module, data, batches, loss, augmentation and
optimizer; it and the estimator take turns in one run, so that the ratio holds on a
busy machine. The goals: training and prediction within 5 % of the loop, a peak memory
of fitting that does not grow from 50 to 200 patients of 6 planes in files, and fits
with an `Augmentation` less than twice as long as without.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone
from torch import nn

from sknac.nets import RAN, Augmentation, PlaneFeatureNet, ResNet

CASES = {
    "ran_tiny, 4 x 48 x 48": (RAN, {"layout": "tiny"}, "ran_tiny", 48, 320, 16, 5),
    "resnet18, 4 x 64 x 64": (ResNet, {"layout": "18"}, "resnet18", 64, 64, 8, 2),
    "ran56, 4 x 64 x 64": (RAN, {"layout": "56"}, "ran56", 64, 32, 8, 3),
}
CLASS_WEIGHT = torch.tensor([5.0, 1.0])


def augment(x, reach):
    """Flip and shift a batch at random, as one would write it by hand."""
    moved = torch.zeros_like(x)
    size = x.shape[-1]
    for i, image in enumerate(x):
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        down, right = torch.randint(-reach, reach + 1, (2,)).tolist()
        rows = slice(max(down, 0), size + min(down, 0))
        columns = slice(max(right, 0), size + min(right, 0))
        from_rows = slice(max(-down, 0), size + min(-down, 0))
        from_columns = slice(max(-right, 0), size + min(-right, 0))
        moved[i, :, rows, columns] = image[:, from_rows, from_columns]
    return moved


def train_by_hand(make, settings, X, y, batch_size, n_epochs, max_shift):
    """Train with a plain loop; return the module."""
    torch.manual_seed(0)
    net = make(in_channels=X.shape[1], **settings).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss(weight=CLASS_WEIGHT)
    images, labels = torch.from_numpy(X), torch.from_numpy(y)
    net.train()
    for _ in range(n_epochs):
        for index in torch.randperm(len(X)).split(batch_size):
            batch = augment(images[index], int(max_shift * X.shape[-1]))
            batch = batch.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            loss = criterion(net(batch), labels[index])
            loss.backward()
            optimizer.step()
            loss.item()
    return net


def predict_by_hand(net, X, batch_size):
    """Compute probabilities with a plain loop."""
    net.eval()
    with torch.inference_mode():
        return torch.cat(
            [
                torch.softmax(
                    net(batch.contiguous(memory_format=torch.channels_last)), dim=-1
                )
                for batch in torch.from_numpy(X).split(batch_size)
            ]
        ).numpy()


def timed(function):
    """Run a function; return its seconds and result."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def take_turns(first, second, repeat):
    """Run two functions, in the other order every other time.

    Returns the seconds of both and the result of the first.
    """
    if repeat % 2:
        other, (seconds, result) = timed(second)[0], timed(first)
    else:
        (seconds, result), other = timed(first), timed(second)[0]
    return seconds, other, result


def bench_speed(repeats):
    """Print seconds of both and their ratio, case by case."""
    print(f"{'case':24}{'what':10}{'loop s':>9}{'sknac s':>9}{'ratio':>8}  (range)")
    for name, case in CASES.items():
        make, settings, module, side, n, batch_size, n_epochs = case
        X = np.random.default_rng(0).random((n, 4, side, side), dtype=np.float32)
        y = np.arange(n) % 2
        ours = PlaneFeatureNet(
            module=module,
            lr=1e-3,
            batch_size=batch_size,
            max_epochs=n_epochs,
            class_weight={0: 5.0},
            validation_fraction=None,
            max_shift=0.3,
            device="cpu",
            random_state=0,
        )
        hand = (make, settings, X, y, batch_size, n_epochs, 0.3)
        seconds = {"training": [], "prediction": []}
        for repeat in range(repeats + 1):
            by_hand, ours_s, net = take_turns(
                partial(train_by_hand, *hand), partial(ours.fit, X, y), repeat
            )
            seconds["training"].append((by_hand, ours_s))
            by_hand, ours_s, _ = take_turns(
                partial(predict_by_hand, net, X, batch_size),
                partial(ours.predict_proba, X),
                repeat,
            )
            seconds["prediction"].append((by_hand, ours_s))
        for what, pairs in seconds.items():
            pairs = np.array(pairs[1:])  # the first warms up
            ratios = pairs[:, 1] / pairs[:, 0]
            loop, mine = np.median(pairs, axis=0)
            print(
                f"{name:24}{what:10}{loop:9.3f}{mine:9.3f}{np.median(ratios):8.3f}"
                f"  ({ratios.min():.2f}-{ratios.max():.2f})",
                flush=True,
            )


CHANGES = {
    "rotation and zoom": {"rotate_deg": 10.0, "zoom": 0.1},
    "elastic": {"elastic": 0.03},
    "gain and gamma": {"gain": 0.2, "gamma": 0.2},
    "speckle": {"speckle": 0.1},
    "cut-out": {"cutout": 0.3},
}


def bench_augmentation(repeats):
    """Print how much longer a fit takes with each change, and with all."""
    X = np.random.default_rng(0).random((96, 1, 64, 64), dtype=np.float32)
    y = np.arange(96) % 2
    every = {name: size for some in CHANGES.values() for name, size in some.items()}
    print(
        "\nfit with an augmentation over fit without, 96 x 1 x 64 x 64, batches of 16"
    )
    for module in ("resnet_tiny", "ran_tiny"):
        plain = PlaneFeatureNet(
            module=module,
            batch_size=16,
            max_epochs=4,
            validation_fraction=None,
            device="cpu",
            random_state=0,
        )
        for name, settings in (CHANGES | {"all of them": every}).items():
            changed = clone(plain).set_params(augmentation=Augmentation(**settings))
            pairs = [
                take_turns(partial(plain.fit, X, y), partial(changed.fit, X, y), i)[:2]
                for i in range(repeats + 1)
            ]
            ratios = [with_it / without for without, with_it in pairs[1:]]
            print(
                f"{module:12}{name:20}{np.median(ratios):6.2f}  "
                f"({min(ratios):.2f}-{max(ratios):.2f})",
                flush=True,
            )


def write_cohort(folder, n_patients, n_planes=6, side=128):
    """Write maps as files; return the frame that refers to them."""
    import pandas as pd

    from sknac.cohort import ArrayRef, Plane, Study

    rng = np.random.default_rng(0)
    cells = np.empty(n_patients, dtype=object)
    for i in range(n_patients):
        planes = []
        for j in range(n_planes):
            path = folder / f"{i}-{j}.npy"
            np.save(path, rng.random((4, side, side), dtype=np.float32))
            maps = ArrayRef.from_file(path)
            planes.append(Plane(maps, "maps", channels=("mbf", "si", "esd", "eac")))
        cells[i] = Study(planes)
    index = pd.Index([f"P{i}" for i in range(n_patients)], name="patient_id")
    return pd.DataFrame({"us_pre": cells}, index=index)


def peak_memory():
    """Peak memory of this process in MB; a child's rusage would have its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure_memory(n_patients):
    """Fit on files in this process and print its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        X = write_cohort(Path(folder), n_patients)
        net = PlaneFeatureNet(
            module="ran_tiny", max_epochs=1, torch_threads=1, device="cpu"
        )
        before = peak_memory()
        net.fit(X, np.arange(n_patients) % 2).predict_proba(X)
        peak = peak_memory()
    print(json.dumps({"before": before, "peak": peak}))


def bench_memory():
    """Print the peak memory of fitting on 50, 100 and 200 patients."""
    print("\npeak memory of fit and predict, 6 planes of 4 x 128 x 128 in files")
    for n_patients in (50, 100, 200):
        command = [sys.executable, __file__, "--memory", str(n_patients)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        pixels = n_patients * 6 * 4 * 128 * 128 * 4 / 2**20
        print(
            f"{n_patients:4} patients: {found['peak']:6.0f} MB (before fit "
            f"{found['before']:.0f} MB; the maps are {pixels:.0f} MB)",
            flush=True,
        )


def main():
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory:
        measure_memory(args.memory)
        return
    print(f"torch {torch.__version__}, {args.threads} thread(s)")
    bench_speed(args.repeats)
    bench_augmentation(args.repeats)
    bench_memory()


if __name__ == "__main__":
    main()
