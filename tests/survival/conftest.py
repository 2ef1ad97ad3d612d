"""Data of the survival tests, as the R script had them."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import pandas as pd
import pytest


def _larynx():
    """Return lifelines' larynx data with stages S1 to S4 as groups."""
    from lifelines.datasets import load_larynx

    data = load_larynx().rename(columns={"death": "event"})
    stage = 1 + data["Stage_II"] + 2 * data["Stage_III"] + 3 * data["Stage_IV"]
    return data.assign(group="S" + stage.astype(int).astype(str))


def _leukemia():
    """Return lifelines' leukemia data with the treatment as group."""
    from lifelines.datasets import load_leukemia

    data = load_leukemia().rename(columns={"t": "time", "status": "event"})
    return data.assign(group=data["Rx"].astype(str))


def _rossi():
    """Return lifelines' recidivism data with financial aid as group."""
    from lifelines.datasets import load_rossi

    data = load_rossi().rename(columns={"week": "time", "arrest": "event"})
    return data.assign(group=data["fin"].map({0: "0no", 1: "1yes"}))


def _waltons():
    """Return lifelines' waltons data."""
    from lifelines.datasets import load_waltons

    return load_waltons().rename(columns={"T": "time", "E": "event"})


@pytest.fixture(scope="session")
def datasets():
    """Four data sets with columns `time`, `event` and `group`."""
    return {
        "larynx": _larynx(),
        "leukemia": _leukemia(),
        "rossi": _rossi(),
        "waltons": _waltons(),
    }


@pytest.fixture(scope="session")
def entered():
    """70 patients who came under observation at different times.

    Simulated in R 4.2.2 (set.seed(103)), rounded to 0.1.
    """
    return pd.DataFrame(json.loads((Path(__file__).parent / "entry.json").read_text()))


@pytest.fixture(scope="session")
def lung():
    """R's survival::lung as lifelines ships it, where ph.ecog is 0, 1 or 2."""
    from lifelines.datasets import load_lung

    data = load_lung()
    data = data[data["ph.ecog"] < 3].reset_index(drop=True)
    data["ecog"] = data["ph.ecog"].astype(int)
    return data.rename(columns={"status": "event"})


@pytest.fixture(scope="session")
def gbsg():
    """The 686 patients of R's survival::gbsg as lifelines ships them."""
    from lifelines.datasets import load_gbsg2

    data = load_gbsg2()
    data["grade"] = data["tgrade"].map({"I": 1, "II": 2, "III": 3})
    data["hormon"] = (data["horTh"] == "yes").astype(int)
    names = {"cens": "event", "tsize": "size", "pnodes": "nodes"}
    return data.rename(columns=names)
