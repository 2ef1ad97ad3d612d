"""Reference values from R, and the public data they were computed on."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

# Made in R 4.2.2 with base stats; every case holds its R call and a relative
# tolerance.
ORACLES = json.loads((Path(__file__).parent / "data" / "r_stats.json").read_text())

CASES = {
    "stepwise_case": "stepwise.",
    "numeric_case": "numeric.",
    "categorical_case": "categorical.",
}


def pytest_generate_tests(metafunc):
    """Run a test once per reference case of the kind it asks for."""
    for fixture, prefix in CASES.items():
        if fixture in metafunc.fixturenames:
            found = {k: v for k, v in ORACLES["cases"].items() if k.startswith(prefix)}
            metafunc.parametrize(fixture, found.values(), ids=found.keys())


def _cancer():
    """Return the breast cancer table as recoded for R (pos = 1 = malignant)."""
    frame = load_breast_cancer(as_frame=True).frame
    frame = frame.rename(columns=lambda c: c.replace(" ", "_"))
    frame["pos"] = (frame["target"] == 0).astype(int)
    frame["smoothness_r2"] = frame["mean_smoothness"].round(2)
    frame["symmetry_r2"] = frame["mean_symmetry"].round(2)
    return frame


def _standardised(names):
    """Return columns of the breast cancer table standardised on all its rows."""
    frame = _cancer()
    z = frame[names.split()]
    return ((z - z.mean()) / z.std(ddof=0)).assign(y=frame["pos"])


def _step():
    """Return every third row of eight standardised columns."""
    names = (
        "mean_texture mean_smoothness mean_compactness mean_symmetry "
        "mean_fractal_dimension texture_error smoothness_error symmetry_error"
    )
    return _standardised(names).iloc[::3].reset_index(drop=True)


def _drop():
    """Return every second row of eight others."""
    names = (
        "concave_points_error mean_fractal_dimension mean_symmetry mean_texture "
        "smoothness_error texture_error worst_concavity worst_texture"
    )
    return _standardised(names).iloc[1::2].reset_index(drop=True)


def _bc42():
    """Return the first 21 of each class."""
    frame = _cancer()
    parts = [frame[frame["pos"] == k].head(21) for k in (1, 0)]
    return pd.concat(parts)


def _spector():
    """Return statsmodels' data on a way of teaching."""
    import statsmodels.api as sm

    data = sm.datasets.spector.load_pandas().data.rename(columns={"GRADE": "y"})
    return data.assign(y=data["y"].astype(int))


def _anes():
    """Return statsmodels' election survey; 1 = expected to vote Dole."""
    import statsmodels.api as sm

    data = sm.datasets.anes96.load_pandas().data
    names = [
        "TVnews",
        "selfLR",
        "ClinLR",
        "DoleLR",
        "age",
        "educ",
        "income",
        "logpopul",
    ]
    return data[names].assign(y=data["vote"].astype(int))


def _lifelines(name, columns=None):
    """Return a data set of lifelines with some columns renamed."""
    import lifelines.datasets

    return getattr(lifelines.datasets, f"load_{name}")().rename(columns=columns or {})


LOADERS = {
    "pub_anes": _anes,
    "pub_bc": _cancer,
    "pub_bc42": _bc42,
    "pub_bcdrop": _drop,
    "pub_bcstep": _step,
    "pub_gbsg2": lambda: _lifelines("gbsg2"),
    "pub_leukemia": lambda: _lifelines("leukemia", {"t": "time", "status": "event"}),
    "pub_rossi": lambda: _lifelines("rossi", {"week": "time", "arrest": "event"}),
    "pub_spector": _spector,
}


@cache
def load(name):
    """Load a table of the reference cases."""
    return LOADERS[name]()


@pytest.fixture(scope="session")
def data():
    """Give the loader of a case's table."""
    return load


@pytest.fixture(scope="session")
def counts_of():
    """Give the maker of a case's table, from the data where it has any."""

    def make(case):
        v = case["values"]
        if case["data"] is None:
            return np.array(v["counts"])
        table = load(case["data"])
        found = pd.crosstab(table[v["row_variable"]], table[v["column_variable"]])
        assert found.to_numpy().tolist() == v["counts"]
        return found.to_numpy()

    return make


@pytest.fixture
def rng():
    """Give a seeded generator."""
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def cohort():
    """Give 120 patients with receptors, subtype, age and response."""
    rng = np.random.default_rng(3)
    her2, er = rng.integers(0, 2, (2, 120))
    age = rng.normal(50, 9, 120)
    odds = 1.5 * her2 - 1.2 * er
    y = np.where(rng.random(120) < 1 / (1 + np.exp(-odds)), "response", "non-response")
    grade = rng.choice(["G1", "G2", "G3"], 120)
    X = pd.DataFrame({"age": age, "er": er, "her2": her2, "grade": grade})
    X.index = pd.Index([f"P{row:03d}" for row in range(120)], name="patient_id")
    return X, y
