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
import pandas as pd
import torch
from captum.attr import FeatureAblation
from sklearn.pipeline import make_pipeline

from sknac.inspection import prediction_difference
from sknac.inspection._difference import _batch_size
from sknac.inspection._difference_score import PatientScore, make_coder
from sknac.inspection._occlusion import Lattice, occluded_batches, patches_that_count
from sknac.nets import PlaneFeatureNet, PredictiveNet
from sknac.nets.split import computing, split_model

PATCH, STRIDE, N_CHANNELS, ROI_SHARE = 8, 4, 4, 0.3
BUILD = {"device": "cpu", "random_state": 0, "validation_fraction": None}


def make_patient(side, n_planes, rng):
    """Draw maps in 0..1 inside an ellipse of 30 % of the frame, 0 outside."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    radius = np.sqrt(ROI_SHARE / np.pi / 1.2)
    inside = (y / radius) ** 2 + (x / (1.2 * radius)) ** 2 < 1
    planes = rng.random((n_planes, N_CHANNELS, side, side), dtype=np.float32)
    return np.where(inside, planes, 0).astype(np.float32)


def make_model(module, rng):
    """Fit the two networks for one epoch; what they learn does not matter."""
    X = [make_patient(128, 1, rng) for _ in range(2)]
    y = ["response", "non-response"]
    model = make_pipeline(
        PlaneFeatureNet(module=module, max_epochs=1, batch_size=2, **BUILD),
        PredictiveNet(max_epochs=1, batch_size=2, **BUILD),
    )
    return model.fit(X, y)


def speak_up(model, patient):
    """Scale the last layer, so that a plane moves the log-odds by 0.02.

    Networks that have learned nothing hardly move, and equal answers would say little;
    made to move more, they magnify the rounding of their features.
    """
    net, predict = model[0].module_, model[1].module_
    images = torch.from_numpy(patient).contiguous(memory_format=torch.channels_last)
    *_, last = (part for part in predict.modules() if isinstance(part, torch.nn.Linear))
    with torch.no_grad():
        features = torch.cat([net.features(image[None]) for image in images])
        blank = net.features(torch.zeros_like(images[:1]))
        less = torch.cat([blank, features[1:]])
        whole, without = predict(torch.stack([features.mean(0), less.mean(0)]))
        odds = (whole - without).diff().abs() / 0.02
        last.weight /= odds
        last.bias.copy_((last.bias - whole) / odds)


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
        size = _batch_size(image.shape, "cpu")
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


class Case:
    """One network at one size: a patient, captum's side and ours."""

    def __init__(self, module, side, args):
        rng = np.random.default_rng(0)
        self.name, self.args, self.rng = f"{module}, {side} px", args, rng
        self.n_positions = args.positions if side <= 256 else args.positions // 2
        # Both networks take images of any size: the small ones fit sooner.
        self.model = make_model(module, rng)
        self.patient = make_patient(side, args.planes, rng)
        speak_up(self.model, self.patient)
        lattice = Lattice(PATCH, STRIDE, (side, side))
        channels = range(N_CHANNELS)
        filled = [
            patches_that_count(plane, lattice, channels) for plane in self.patient
        ]
        self.patches = filled[0]
        self.n_filled = sum(map(len, filled))
        self.n_all = args.planes * N_CHANNELS * int(np.prod(lattice.shape))
        # At 512 one plane stands for all: captum computes each of them every time.
        shown = self.patient[: args.planes if side <= 256 else 1]
        self.scale = args.planes / len(shown)
        self.x = torch.from_numpy(shown[None])
        self.function = torch.no_grad()(patient_function(self.model))
        self.ours = {
            kind: Sampled(self.model, shown, lattice, incremental=kind == "ours")
            for kind in ("whole", "ours")
        }

    def tune(self):
        """Warm up, and find the number of perturbations per pass that suits captum."""
        few = self.patches[: self.n_positions : self.args.every]
        for run in self.ours.values():
            run(few)
        ablate(self.function, self.x, few[:1], 1)
        seconds = {
            n: timed(ablate, self.function, self.x, few, n)[0] for n in (1, 2, 4)
        }
        self.per_pass = min(seconds, key=seconds.get)

    def round(self, number):
        """Time all sides on one sample of neighbours; return seconds per position."""
        size, step = self.n_positions, self.args.every
        first = int(self.rng.integers(0, len(self.patches) - size))
        sample = self.patches[first : first + size]
        seconds, (expected, n_passes) = timed(
            ablate, self.function, self.x, sample[::step], self.per_pass
        )
        row = {"captum": seconds / n_passes * self.scale}
        for kind in sorted(self.ours, reverse=number % 2 == 0):
            seconds, found = timed(self.ours[kind], sample)
            row[kind] = seconds / size
        row["error"] = np.abs(found[::step] - expected).max()
        row["largest"] = expected.max()
        return row


def report(case, rows):
    """Print what a patient costs, and why."""
    rows = pd.DataFrame(rows)
    each, n_planes = rows.median(), case.args.planes
    captum, whole, ours = each["captum"], each["whole"], each["ours"]
    skipped = case.n_all / case.n_filled
    ratios = rows["captum"] / rows["ours"] * skipped
    print(f"\n{case.name}: {n_planes} planes, {case.n_filled} of {case.n_all} patches")
    print(
        f"  filled; captum {case.per_pass} per pass; largest difference between the "
        f"two {rows['error'].max():.1e}, of values up to {rows['largest'].max():.1e}"
    )
    lines = {
        "captum, every patch": captum * case.n_all,
        "captum, zeros merged": captum * case.n_filled,
        "whole images, planes kept": whole * case.n_filled,
        "prediction_difference": ours * case.n_filled,
    }
    for name, seconds in lines.items():
        print(f"  {name:28}{seconds / 3600:8.3f} h per patient")
    print(
        f"  ratio per patient {ratios.median():.1f}  ({ratios.min():.1f}-"
        f"{ratios.max():.1f}); without the zeros {ratios.median() / skipped:.1f}"
    )
    print(
        f"  single plane {ratios.median() / n_planes:.1f}: zeros {skipped:.2f}, "
        f"incremental {whole / ours:.2f}, captum's own cost "
        f"{captum / whole / n_planes:.2f}",
        flush=True,
    )


def bench(module, side, args):
    """Time one network at one size."""
    case = Case(module, side, args)
    case.tune()
    report(case, [case.round(number) for number in range(args.rounds)])
    if args.whole and side <= 128:
        seconds, _ = timed(prediction_difference, case.model, [case.patient])
        print(f"  prediction_difference on the whole patient: {seconds:.0f} s")


def main():
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=["resnet101", "ran56"])
    parser.add_argument("--sides", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--planes", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--positions", type=int, default=16, help="a round")
    parser.add_argument("--every", type=int, default=4, help="share given to captum")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--whole", action="store_true")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    load = os.getloadavg()[0]
    print(f"{torch.get_num_threads()} threads, load {load:.1f} before the start")
    start = time.perf_counter()
    for side in args.sides:
        for module in args.modules:
            bench(module, side, args)
    print(f"\nall in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
