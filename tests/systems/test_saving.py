"""Models in files: whole or not there, and handed on without a path."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
import os
import zipfile

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import ArrayRef, InMemoryArray
from sknac.datasets import make_rf_cohort
from sknac.features import MapStatistics
from sknac.nets import EncoderFeatures, ResNet
from sknac.preprocessing import MapScaler
from sknac.qus import QUSMapper, ReferencePhantom
from sknac.systems import hand_over, make_qus_response_pipeline, save_model
from sknac.testing import make_check_cohort

HERE = "SENTINEL-PATH"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that no file may tell of."""
    return tmp_path_factory.mktemp(HERE)


@pytest.fixture(scope="module")
def cohort(folder):
    """A tiny cohort, and its phantom in files."""
    made = make_rf_cohort(n_patients=6, n_planes=1, depth_mm=18, width_mm=15)
    planes = []
    for number, plane in enumerate(made.reference.acquisitions):
        path = folder / f"{number}.npy"
        np.save(path, plane.load())
        planes.append(plane.replace(image=ArrayRef.from_file(path)))
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    made.reference = ReferencePhantom(planes, bsc=made.reference.bsc, **known)
    made.X.index = [f"SENTINEL-ID-{n}" for n in range(len(made.X))]
    made.y = pd.Series(np.asarray(made.y), made.X.index)
    return made


@pytest.fixture(scope="module")
def system(cohort, folder):
    """The QUS system with a store, a cache and a phantom in files."""
    model = make_qus_response_pipeline(
        cohort.reference,
        attenuation_db_cm_mhz=0.7,
        preset="tiny",
        random_state=0,
        store=folder / "maps",
        memory=str(folder / "cache"),
    )
    quick = {"max_epochs": 1, "validation_fraction": None}
    quick = {f"{s}__{k}": v for s in ("features", "predict") for k, v in quick.items()}
    return model.set_params(**quick).fit(cohort.X, cohort.y)


def load(file):
    """Load as a receiver would."""
    if file.suffix != ".skops":
        return joblib.load(file)
    asked = skops.io.get_untrusted_types(file=file)
    return skops.io.load(file, trusted=asked)


def bytes_in(file):
    """Everything that is written in a file."""
    if file.suffix != ".skops":
        return file.read_bytes()
    with zipfile.ZipFile(file) as parts:
        return b"".join(map(parts.read, parts.namelist()))


@pytest.mark.parametrize("suffix", [".joblib", ".skops"])
def test_a_system_that_is_handed_on_predicts_the_same_without_a_path(
    system, cohort, tmp_path, suffix
):
    expected = system.predict_proba(cohort.X)
    params = repr(system.get_params())
    file = hand_over(system, tmp_path / f"model{suffix}")
    assert repr(system.get_params()) == params
    assert b"SENTINEL" not in bytes_in(file)
    again = load(file)
    np.testing.assert_array_equal(again.predict_proba(cohort.X), expected)
    assert again.memory is None
    assert again[0].store == "auto"  # its default
    planes = again[0].reference.acquisitions
    assert all(isinstance(plane.image, InMemoryArray) for plane in planes)


def test_planes_of_other_depths_are_mapped_as_before(system, cohort, tmp_path):
    again = load(hand_over(system, tmp_path / "m.joblib"))
    plane = cohort.X["us_pre"].iloc[0].planes[0]
    short = plane.replace(image=plane.load()[:700], core=None, roi=None)
    expected = system[0].transform_plane(short).load()
    np.testing.assert_array_equal(again[0].transform_plane(short).load(), expected)


def test_a_saved_system_keeps_its_settings(system, tmp_path):
    again = load(save_model(system, tmp_path / "model.joblib"))
    assert again[0].store == system[0].store
    assert HERE in again[0].reference.acquisitions[0].image.path


def encoder(folder):
    torch.save(ResNet(1, layout="tiny", width=2).state_dict(), folder / "w.pt")
    return EncoderFeatures(
        "resnet_tiny", weights=folder / "w.pt", module_settings={"width": 2}
    )


def test_weights_are_left_out_and_a_refit_says_so(folder, tmp_path):
    X, _ = make_check_cohort("maps", image_size=32)
    step = encoder(folder).fit(X)
    again = load(hand_over(step, tmp_path / "m.skops"))
    assert b"SENTINEL" not in bytes_in(tmp_path / "m.skops")
    np.testing.assert_array_equal(again.transform(X), step.transform(X))
    with pytest.raises(ValueError, match=r"must be .* got 'w\.pt \(left out by hand_o"):
        again.fit(X)


def test_paths_in_a_search_and_its_results_are_taken_out(folder, tmp_path):
    X, y = make_check_cohort("maps")
    pipeline = make_pipeline(MapScaler(), MapStatistics(), LogisticRegression())
    caches = {"memory": [None, str(folder / "a"), joblib.Memory(folder / "b")]}
    search = GridSearchCV(pipeline, caches, cv=2).fit(X, y)
    again = load(hand_over(search, tmp_path / "m.joblib"))
    assert b"SENTINEL" not in (tmp_path / "m.joblib").read_bytes()
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_a_path_that_cannot_be_taken_out_is_named(folder, tmp_path):
    X, y = np.arange(8.0)[:, None], [0, 1] * 4
    model = LogisticRegression().fit(X, y)
    (folder / "log").touch()
    model.classes_ = pd.Series([str(folder / "log")] * 2)
    model.where_ = folder / "log"
    with pytest.raises(ValueError, match=r"log is still in what is to be handed on; "):
        hand_over(model, tmp_path / "m.joblib")
    assert not (tmp_path / "m.joblib").exists()


def test_what_is_not_fitted_is_not_handed_on(tmp_path):
    with pytest.raises(NotFittedError):
        hand_over(LogisticRegression(), tmp_path / "m.joblib")


@pytest.mark.parametrize("write", [save_model, hand_over])
@pytest.mark.parametrize("name", ["model", "model.npz", "model.onnx"])
def test_another_suffix_is_refused(tmp_path, write, name):
    with pytest.raises(ValueError, match=r"file must end in \.joblib, .* got 'model"):
        write(MapScaler(), tmp_path / name)


@pytest.mark.parametrize("suffix", [".joblib", ".pkl", ".skops"])
def test_a_save_that_fails_leaves_the_old_model(tmp_path, monkeypatch, suffix):
    file = save_model(MapScaler(limits=(5.0, 95.0)), tmp_path / f"m{suffix}")
    before = file.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"could not be written .*; make room"):
        save_model(MapScaler(), file)
    assert file.read_bytes() == before
    assert load(file).limits == (5.0, 95.0)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_phantom_that_is_gone_is_told(cohort, tmp_path):
    path = tmp_path / "a.npy"
    plane = cohort.reference.acquisitions[0]
    np.save(path, plane.load())
    there = plane.replace(image=ArrayRef.from_file(path))
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    mapper = QUSMapper(
        ReferencePhantom(there, **known), attenuation_db_cm_mhz=0.7, channels=("mbf",)
    )
    mapper.set_params(overlap=0.5).fit(cohort.X)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.npy is gone"):
        hand_over(mapper, tmp_path / "m.joblib")
