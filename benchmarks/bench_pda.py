"""Prediction difference analysis against captum's feature ablation.

Run ``python benchmarks/bench_pda.py [--sides 128 512] [--rounds 3] [--whole]``. The
patient has 6 planes of 4 channels with a region of interest of 30 %; patches are 8 x 8
with a stride of 4. The peer is captum's `FeatureAblation` with several perturbations
per pass, on the same patient model (features of every plane -> mean -> predictive
network -> probability) in torch alone, one call for each of the four shifted grids
that make patches of a stride of 4 out of features that may not overlap. Captum is also
given the credit of a user who merges all patches that are zero into one feature.

A whole patient takes hours, so all three sides - captum, whole images, and the
incremental way - are timed on the same sample of positions, in turns, and each is
multiplied by the number of positions that it has to compute. With ``--whole``,
`prediction_difference` also runs on the whole patient at 128 pixels. The goal is a
tenth of captum's time per patient at equal answers (1e-6).
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import time
from dataclasses import replace

import numpy as np
import torch
from captum.attr import FeatureAblation
from sklearn.pipeline import make_pipeline

from sknac.inspection import prediction_difference
from sknac.inspection._difference import _batch_size
from sknac.inspection._difference_score import PatientScore, computing, make_coder
from sknac.inspection._occlusion import Lattice, occluded_batches, patches_that_count
from sknac.inspection._pipeline import split_model
from sknac.nets import PlaneFeatureNet, PredictiveNet

PATCH, STRIDE, N_CHANNELS, ROI_SHARE = 8, 4, 4, 0.3
BUILD = {"device": "cpu", "random_state": 0, "validation_fraction": None}


def make_patient(side, n_planes, rng):
    """Draw maps in 0..1 inside an ellipse of 30 % of the frame, 0 outside."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    radius = np.sqrt(ROI_SHARE / np.pi / 1.2)
    inside = (y / radius) ** 2 + (x / (1.2 * radius)) ** 2 < 1
    planes = rng.random((n_planes, N_CHANNELS, side, side), dtype=np.float32)
    return np.where(inside, planes, 0).astype(np.float32)


def make_model(module, side, rng):
    """Fit the two networks for one epoch; what they learn does not matter."""
    X = [make_patient(side, 1, rng) for _ in range(2)]
    y = ["response", "non-response"]
    model = make_pipeline(
        PlaneFeatureNet(module=module, max_epochs=1, batch_size=2, **BUILD),
        PredictiveNet(max_epochs=1, batch_size=2, **BUILD),
    )
    return model.fit(X, y)


def patient_function(model):
    """Write the patient's probability in torch: (n, n_planes, ...) -> (n,)."""
    features, predict = model[0].module_.features, model[1].module_

    def probability(x):
        n_planes = x.shape[1]
        planes = x.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        means = features(planes).unflatten(0, (-1, n_planes)).mean(1)
        return torch.softmax(predict(means).double(), dim=1)[:, -1]

    return probability


def ablate(function, x, patches, per_pass):
    """Ask captum for patches of the first plane, as many calls as grids."""
    values = np.zeros(len(patches))
    n_passes = 0
    for grid in range(4):  # patches of one parity in both directions do not overlap
        own = np.flatnonzero(2 * (patches[:, 1] % 2) + patches[:, 2] % 2 == grid)
        if not len(own):
            continue
        mask = torch.zeros(x.shape[1:], dtype=torch.long)[None]
        for number, (channel, i, j) in enumerate(patches[own].tolist(), start=1):
            rows = slice(i * STRIDE, i * STRIDE + PATCH)
            columns = slice(j * STRIDE, j * STRIDE + PATCH)
            mask[0, 0, channel, rows, columns] = number
        found = FeatureAblation(function).attribute(
            x, feature_mask=mask, perturbations_per_eval=per_pass
        )
        for k in own:
            channel, i, j = patches[k]
            values[k] = found[0, 0, channel, i * STRIDE, j * STRIDE].abs()
        n_passes += len(own) + 2  # the unchanged patient, and the rest as a feature
    return values, n_passes


class Sampled:
    """Our side on a sample of positions of the first plane."""

    def __init__(self, model, planes, lattice, *, incremental):
        self.model, self.lattice = split_model(model), lattice
        coder = make_coder(self.model)
        if not incremental:
            whole = [replace(one, split=None) for one in coder.encoders]
            coder = replace(coder, encoders=tuple(whole))
        layout = torch.channels_last
        images = torch.from_numpy(planes).contiguous(memory_format=layout)
        with computing(self.model.net):
            self.score = PatientScore(coder, [list(images.split(1))])
            self.around = self.score.around(0, 0)

    def __call__(self, patches):
        """Compute the differences."""
        image, channels = self.score.visits[0][0], range(N_CHANNELS)
        size = _batch_size(image.shape)
        with computing(self.model.net):
            means = [self.score.unchanged]
            for batch in occluded_batches(image, self.lattice, channels, patches, size):
                means.append(self.around(batch))
        found = self.model.finish(np.concatenate(means))[:, -1]
        return np.abs(found[1:] - found[0])


def timed(function, *args):
    """Run a function; return its seconds and result."""
    start = time.perf_counter()
    result = function(*args)
    return time.perf_counter() - start, result


def bench(module, side, args):
    """Time one network at one size and print what a patient costs."""
    rng = np.random.default_rng(0)
    model = make_model(module, side, rng)
    n_planes = args.planes
    patient = make_patient(side, n_planes, rng)
    lattice = Lattice(PATCH, STRIDE, (side, side))
    patches = patches_that_count(patient[0], lattice, range(N_CHANNELS))
    n_all = n_planes * N_CHANNELS * int(np.prod(lattice.shape))
    n_filled = n_planes * len(patches)
    # At 512 one plane stands for the six: captum computes all of them each time.
    n_shown = n_planes if side <= 256 else 1
    x = torch.from_numpy(patient[None, :n_shown])
    function = patient_function(model)
    ours = {
        name: Sampled(model, patient[:n_shown], lattice, incremental=name == "ours")
        for name in ("whole", "ours")
    }
    rows = []
    for number in range(args.rounds + 1):
        size = args.positions if number else 2 * _batch_size(x.shape)  # warm up
        first = int(rng.integers(0, len(patches) - size))
        sample = patches[first : first + size]
        few = sample[:: max(size // args.captum_positions, 1)]
        seconds, (expected, n_passes) = timed(
            ablate, torch.no_grad()(function), x, few, args.per_pass
        )
        row = {"captum": seconds / n_passes * n_planes / n_shown}
        for name in sorted(ours, reverse=number % 2 == 0):
            seconds, found = timed(ours[name], sample)
            row[name] = seconds / size
            if name == "ours":
                got = found[:: max(size // args.captum_positions, 1)]
                row["error"] = np.abs(got - expected).max()
        rows.append(row)
    rows = rows[1:]
    each = {name: np.median([row[name] for row in rows]) for name in rows[0]}
    error = max(row["error"] for row in rows)
    ratios = [row["captum"] * n_all / (row["ours"] * n_filled) for row in rows]
    print(f"\n{module}, {side} px: {n_planes} planes, {n_filled} of {n_all} patches")
    print(f"  filled; largest difference from captum {error:.1e}")
    lines = {
        "captum, every patch": each["captum"] * n_all,
        "captum, zeros merged": each["captum"] * n_filled,
        "whole images, planes kept": each["whole"] * n_filled,
        "prediction_difference": each["ours"] * n_filled,
    }
    for name, seconds in lines.items():
        print(f"  {name:28}{seconds / 3600:8.3f} h per patient")
    ratio = np.median(ratios)
    print(f"  ratio per patient {ratio:.1f}  ({min(ratios):.1f}-{max(ratios):.1f})")
    print(
        f"  of it: planes kept {n_planes:.1f}, zeros skipped {n_all / n_filled:.2f}, "
        f"incremental {each['whole'] / each['ours']:.2f}, "
        f"rest {each['captum'] / each['whole'] / n_planes:.2f}"
    )
    print(
        f"  single plane: {ratio / n_planes:.1f}  (seconds per position: captum "
        f"{each['captum'] / n_planes:.4f}, whole {each['whole']:.4f}, "
        f"ours {each['ours']:.4f})",
        flush=True,
    )
    if args.whole and side <= 128:
        seconds, _ = timed(prediction_difference, model, [patient])
        print(f"  prediction_difference on the whole patient: {seconds:.0f} s")


def main():
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=["resnet101", "ran56"])
    parser.add_argument("--sides", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--planes", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--positions", type=int, default=32, help="of ours, a round")
    parser.add_argument("--captum-positions", type=int, default=8)
    parser.add_argument("--per-pass", type=int, default=4, help="captum's batch")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--whole", action="store_true")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    load = os.getloadavg()[0]
    print(f"{torch.get_num_threads()} threads, load {load:.1f} before the start")
    for side in args.sides:
        for module in args.modules:
            bench(module, side, args)


if __name__ == "__main__":
    main()
