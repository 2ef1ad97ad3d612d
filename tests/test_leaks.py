"""No file that sknac writes tells patients' names or paths but where it is said.

Names stand in packs, and in a report that is asked for them; paths in no file but the
models that keep their settings (`systems.save_model`, joblib).
"""

# SPDX-License-Identifier: BSD-3-Clause

from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import ArrayRef, pack_cohort
from sknac.datasets import make_rf_cohort
from sknac.qus import ReferencePhantom, qus_maps
from sknac.report import StudyReport
from sknac.systems import hand_over, make_qus_response_pipeline

NAME, PLACE = b"SENTINEL-ID", b"SENTINEL-PATH"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Where scans lie, of which no file may tell, and where files are written."""
    return tmp_path_factory.mktemp("SENTINEL-PATH"), tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def cohort(places):
    """Patients and a phantom in files."""
    made = make_rf_cohort(n_patients=10, n_planes=1, depth_mm=18, width_mm=15)

    def filed(plane, name):
        path = places[0] / f"{name}.npy"
        np.save(path, plane.load())
        return plane.replace(image=ArrayRef.from_file(path))

    X = made.X.set_axis([f"SENTINEL-ID-{n:02}" for n in range(10)])
    X["us_pre"] = [
        type(study)([filed(plane, f"{n}-{i}") for i, plane in enumerate(study.planes)])
        for n, study in enumerate(X["us_pre"])
    ]
    phantom = made.reference
    scans = [filed(p, f"p{i}") for i, p in enumerate(phantom.acquisitions)]
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    reference = ReferencePhantom(scans, bsc=phantom.bsc, **known)
    return X, pd.Series(np.asarray(made.y), X.index), reference


@pytest.fixture(scope="module")
def system(cohort, places):
    """The QUS system, with its maps in a store."""
    X, y, reference = cohort
    model = make_qus_response_pipeline(
        reference,
        attenuation_db_cm_mhz=0.7,
        preset="tiny",
        random_state=0,
        store=places[1] / "store",
    )
    for name in ("features", "predict"):
        quick = {"max_epochs": 1, "validation_fraction": None, "torch_threads": 1}
        model.set_params(**{f"{name}__{k}": v for k, v in quick.items()})
    return model.fit(X, y)


def holds(path, text):
    """Name the files under a path that hold a text, also in their names."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    assert files
    known = [file for file in files if text in file.read_bytes()]
    return known + [file for file in files if text in str(file.name).encode()]


@pytest.mark.filterwarnings("ignore")
def test_a_report_tells_names_only_when_asked(cohort, system, places):
    X, y, _ = cohort
    for show in (False, True):
        report = StudyReport("R", show_ids=show, n_resamples=20)
        classes = sorted(y.unique())
        report.add_estimator("Q", system, X, y, pos_label=classes[0])
        folder = report.save(places[1] / f"report-{show}").parent
        assert bool(holds(folder, NAME)) == show
        assert not holds(folder, PLACE)


def test_a_store_holds_neither(system, places):
    assert not holds(places[1] / "store", NAME)
    assert not holds(places[1] / "store", PLACE)


def test_maps_and_exports_hold_neither(cohort, places):
    X, _, reference = cohort
    maps = qus_maps(
        X["us_pre"].iloc[0].planes[0],
        reference,
        attenuation_db_cm_mhz=0.7,
        overlap=0.5,
    )
    maps.save(places[1] / "maps.npz")
    maps.export(places[1] / "maps.mat")
    maps.export(places[1] / "maps.mha", channels="mbf")
    for name in ("maps.npz", "maps.mat", "maps.mha"):
        assert not holds(places[1] / name, NAME)
        assert not holds(places[1] / name, PLACE)


def test_a_pack_holds_names_and_no_paths(cohort, places):
    with ZipFile(pack_cohort(cohort[0], places[1] / "a.cohort")) as pack:
        data = b"".join(map(pack.read, pack.namelist()))
    assert NAME in data
    assert PLACE not in data


def test_weights_and_a_model_that_is_handed_on_hold_neither(system, places):
    system[-1].save_params(
        f_params=places[1] / "w.pt", f_history=places[1] / "history.json"
    )
    hand_over(system, places[1] / "model.joblib")
    for name in ("w.pt", "history.json", "model.joblib"):
        assert not holds(places[1] / name, NAME)
        assert not holds(places[1] / name, PLACE)
