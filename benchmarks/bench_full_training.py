"""Train the full-size RAN-56 at 512 pixels on a cohort of the paper's size.

Run ``python benchmarks/bench_full_training.py`` on a machine with a GPU:
131 + 50 simulated patients, 4 to 7 planes each, four maps. It prints the seconds per
epoch, the peak memory, and how far the AUC lies above that of shuffled labels, for
each combination of ``--precision`` and ``--memory-format`` that is asked for.
``--smoke`` runs the same code on a CPU in half a minute, small.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import itertools
import json
import resource
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from sknac.datasets import make_rf_cohort
from sknac.systems import make_qus_response_pipeline

POSITIVE = "non-response"


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="small, for a CPU")
    parser.add_argument("--module", default="ran56")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--precision", nargs="+", default=["bf16"])
    parser.add_argument("--memory-format", nargs="+", default=["channels_last"])
    parser.add_argument("--micro-batch-size", type=int, default=None)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--effect-size", type=float, default=1.5)
    parser.add_argument("--max-seconds", type=float, default=None)
    parser.add_argument("--out", type=Path, default=None, help="JSON file")
    args = parser.parse_args()
    if args.smoke:
        args.module, args.epochs, args.workers = "ran_tiny", 2, 0
    return args


def prepare(args):
    """Simulate, map, cut, resize and scale once; return both parts."""
    few = {"n_patients": 24, "n_planes": 1, "depth_mm": 18.0, "width_mm": 15.0}
    full = {"n_patients": 181, "n_planes": (4, 7)}
    cohort = make_rf_cohort(
        **(few if args.smoke else full),
        effect_size=args.effect_size,
        prevalence=0.24,
        n_jobs=-1,
        random_state=0,
    )
    model = make_qus_response_pipeline(
        cohort.reference,
        attenuation_db_cm_mhz="attenuation_db_cm_mhz",
        preset="tiny" if args.smoke else "paper",
        random_state=0,
        n_jobs=-1,
    )
    if not args.smoke:  # pixels of 0.1 mm come out of windows all the same
        model.set_params(maps__overlap=0.9)
    test_size = 8 if args.smoke else 50
    train, test = train_test_split(
        cohort.X.index, stratify=cohort.y, test_size=test_size, random_state=0
    )
    images = model[:4]
    seen = images.fit_transform(cohort.X.loc[train], cohort.y[train])
    new = images.transform(cohort.X.loc[test])
    return model[4:], (seen, cohort.y[train]), (new, cohort.y[test])


def peak_memory(on_gpu):
    """Peak memory in GB: the GPU's, or this process's."""
    if on_gpu:
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def train_once(nets, args, precision, memory_format, train, test):
    """Train both networks; return their figures."""
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    nets = clone(nets).set_params(
        features__module=args.module,
        features__max_epochs=args.epochs,
        features__patience=None,
        features__autocast=precision == "bf16",
        features__channels_last=memory_format == "channels_last",
        features__micro_batch_size=args.micro_batch_size,
        features__iterator_train__num_workers=args.workers,
        features__iterator_valid__num_workers=args.workers,
    )
    start = time.perf_counter()
    nets.fit(*train)
    seconds = time.perf_counter() - start
    column = list(nets.classes_).index(POSITIVE)
    score = nets.predict_proba(test[0])[:, column]
    return {
        "AUC": float(roc_auc_score(test[1] == POSITIVE, score)),
        "fit_s": seconds,
        "epoch_s": nets["features"].training_curve_["seconds"].median().item(),
        "best_epoch": nets["features"].best_epoch_,
        "peak_gb": peak_memory(on_gpu),
    }


def main():
    """Train on true and on shuffled labels, setting by setting."""
    args = parse()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"torch {torch.__version__} on {device}; SIMULATED patients", flush=True)
    start = time.perf_counter()
    nets, train, test = prepare(args)
    n_planes = sum(study.n_planes for study in train[0]["us_pre"])
    side = train[0]["us_pre"].iloc[0].planes[0].image.shape
    print(
        f"[{time.perf_counter() - start:.0f} s] {len(train[1])} + {len(test[1])} "
        f"patients, {n_planes} training planes of {side}",
        flush=True,
    )
    shuffled = np.random.default_rng(0).permutation(train[1])
    rows = []
    for precision, memory_format in itertools.product(
        args.precision, args.memory_format
    ):
        for labels, y in (("true", train[1]), ("shuffled", shuffled)):
            part = (train[0], y)
            row = train_once(nets, args, precision, memory_format, part, test)
            row = {"precision": precision, "format": memory_format, "y": labels} | row
            rows.append(row)
            late = time.perf_counter() - start
            print(f"[{late:.0f} s] {json.dumps(row)}", flush=True)
            if args.out:
                args.out.write_text(json.dumps({"device": device, "rows": rows}))
            if args.max_seconds and late > args.max_seconds:
                print("--max-seconds is over")
                return
        true, mixed = rows[-2]["AUC"], rows[-1]["AUC"]
        print(f"AUC {true:.3f}, shuffled {mixed:.3f}, gap {true - mixed:.3f}")


if __name__ == "__main__":
    main()
