"""Reference values from R, and the public data they were computed on."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

# Made in R 4.2.2 with pROC 1.18.0, cutpointr 1.1.2 and base stats; every case
# holds its R call and a relative tolerance.
ORACLES = json.loads((Path(__file__).parent / "data" / "r_proc.json").read_text())

# The same R: parts of the area and rates at a rate, on data that other cases hold.
PARTS = json.loads((Path(__file__).parent / "data" / "r_partial.json").read_text())

# Which cases a test that asks for one of these fixtures runs on.
CASES = {
    "auc_case": "auc.",
    "paired_case": "delong_paired.",
    "unpaired_case": "delong_unpaired.",
    "contrast_case": "delong_contrast.",
    "bootstrap_case": "bootstrap.",
    "operating_case": "operating_point.",
}


def pytest_generate_tests(metafunc):
    """Run a test once per reference case of the kind it asks for."""
    for fixture, prefix in CASES.items():
        if fixture in metafunc.fixturenames:
            found = {k: v for k, v in ORACLES["cases"].items() if k.startswith(prefix)}
            metafunc.parametrize(fixture, found.values(), ids=found.keys())


@pytest.fixture(params=PARTS["cases"])
def part_case(request):
    """Give labels, scores and R's values of a part of the curve."""
    case, folder = PARTS["cases"][request.param], Path(__file__).parent / "data"
    if case["data"] == "pub2_urine":
        held = json.loads((folder / "r_optimism.json").read_text())["data"]
        arrays = held["pub2_urine"]["arrays"]
    else:
        held = json.loads((folder / "r_cvauc.json").read_text())["cases"]
        arrays = held[f"cvauc.{case['data']}"]["data"]
    score = np.array(arrays[case["score"]], dtype=float)
    return np.array(arrays[case["outcome"]]), score, case["values"]


@cache
def breast_cancer(name):
    """Load the breast cancer table as recoded for R (pos = 1 = malignant)."""
    frame = load_breast_cancer(as_frame=True).frame
    frame = frame.rename(columns=lambda c: c.replace(" ", "_"))
    frame["pos"] = (frame["target"] == 0).astype(int)
    frame["smoothness_r2"] = frame["mean_smoothness"].round(2)
    frame["symmetry_r2"] = frame["mean_symmetry"].round(2)
    parts = {
        "pub_bc": frame,
        "pub_bc42": pd.concat(
            [frame[frame["pos"] == 1].head(21), frame[frame["pos"] == 0].head(21)]
        ),
        "pub_bc_even": frame.iloc[0::2],
        "pub_bc_odd": frame.iloc[1::2],
    }
    return parts[name]


@pytest.fixture(scope="session")
def data():
    """Give the loader of a case's table."""
    return breast_cancer


@pytest.fixture(scope="session")
def proportions():
    """Give the grid of binomial intervals (binom.test, prop.test, Wald)."""
    return ORACLES["cases"]["proportion_ci.grid"]["values"]["rows"]


@pytest.fixture
def rng():
    """Give a seeded generator."""
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def tied():
    """Give 42 patients, 21 responders, with rounded scores of two models."""
    rng = np.random.default_rng(7)
    y = np.repeat(["response", "non-response"], 21)
    truth = np.repeat([1.0, 0.0], 21)
    a = np.round(truth + rng.normal(size=42), 1)
    b = np.round(0.5 * truth + 0.5 * a + 0.7 * rng.normal(size=42), 1)
    return y, a, b
