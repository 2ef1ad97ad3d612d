"""Cohort steps compose with scikit-learn's own tools, all on one cohort frame."""

import io

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import cohort_from_table
from sknac.datasets import make_rf_cohort
from sknac.exceptions import StaleFileError
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import QUSMapper
from sknac.roi import ROIMasker


@pytest.fixture(scope="module")
def cohort():
    """Sixteen simulated patients with small RF planes."""
    return make_rf_cohort(
        n_patients=16,
        n_planes=(1, 2),
        depth_mm=18.0,
        width_mm=15.0,
        prevalence=0.5,
        effect_size=2.0,
        random_state=0,
    )


@pytest.fixture(scope="module")
def model(cohort):
    """Mapper -> masker -> resize -> scale -> plane features -> classifier."""
    mapper = QUSMapper(
        cohort.reference,
        attenuation_db_cm_mhz="attenuation_db_cm_mhz",
        channels=("mbf", "si", "esd", "eac"),
        overlap=0.5,
    )
    features = PlaneFeatureNet(
        module="resnet_tiny", max_epochs=2, lr=3e-3, torch_threads=1, random_state=0
    )
    return Pipeline(
        [
            ("maps", mapper),
            ("region", ROIMasker(margin_mm=2.0)),
            ("resize", PlaneResizer(image_size=32)),
            ("scale", MapScaler()),
            ("features", features),
            ("classify", LogisticRegression(max_iter=1000)),
        ]
    )


@pytest.fixture(scope="module")
def fitted(cohort, model):
    """The pipeline, fitted once."""
    return clone(model).fit(cohort.X, cohort.y)


def test_grid_search_reaches_steps_and_network_in_two_processes(cohort, model):
    grid = {"region__region": ["core", "core+margin"], "features__lr": [1e-3]}
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(model, grid, cv=folds, n_jobs=2, scoring="roc_auc")
    search.fit(cohort.X, cohort.y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.predict(cohort.X).shape == (16,)


def test_clone_is_unfitted_and_equal(fitted):
    copy = clone(fitted)
    assert not hasattr(copy["scale"], "low_")
    assert repr(copy) == repr(clone(copy))


def test_cross_val_predict_gives_one_row_per_patient(cohort, model):
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    proba = cross_val_predict(
        model, cohort.X, cohort.y, cv=folds, method="predict_proba"
    )
    assert proba.shape == (16, 2)
    assert np.isfinite(proba).all()


def test_joblib_round_trip_predicts_the_same(cohort, fitted):
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    copy = joblib.load(buffer)
    assert np.array_equal(copy.predict_proba(cohort.X), fitted.predict_proba(cohort.X))


def test_stratified_split_keeps_patients_whole(cohort):
    train, test, _, y_test = train_test_split(
        cohort.X, cohort.y, stratify=cohort.y, test_size=0.25, random_state=0
    )
    assert set(train.index).isdisjoint(test.index)
    assert len(train) + len(test) == 16
    assert y_test.value_counts().tolist() == [2, 2]
    digests = [
        {plane.digest for cell in part["us_pre"] for plane in cell.planes}
        for part in (train, test)
    ]
    assert digests[0].isdisjoint(digests[1])


def test_clinical_and_ultrasound_columns_mix(cohort, model):
    mixed = make_pipeline(
        ColumnTransformer(
            [
                ("us", Pipeline(model.steps[:-1]), ["us_pre", "attenuation_db_cm_mhz"]),
                ("clinical", StandardScaler(), ["age", "er"]),
            ]
        ),
        LogisticRegression(max_iter=1000),
    )
    mixed.fit(cohort.X, cohort.y)
    names = mixed[0].get_feature_names_out()
    assert len(names) == 32 + 2
    assert list(names[-2:]) == ["clinical__age", "clinical__er"]
    assert mixed.predict(cohort.X).shape == (16,)


def _write_and_read(folder, offset):
    """Write eight images and build their cohort."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(8):
        image = rng.integers(0, 100, (40, 40)) + offset
        np.save(folder / f"{i}.npy", image.astype(np.uint8))
        rows.append((f"P{i}", "pre", f"{i}.npy", "bmode"))
    columns = ["patient_id", "visit", "path", "kind"]
    return cohort_from_table(pd.DataFrame(rows, columns=columns), root=folder)


def test_cached_pipeline_misses_after_a_file_changed(tmp_path):
    """The digest in the handle is what joblib hashes; without it: stale results."""
    data, cache = tmp_path / "data", joblib.Memory(tmp_path / "cache", verbose=0)
    data.mkdir()
    steps = [("resize", PlaneResizer(image_size=8)), ("scale", MapScaler())]
    pipeline = Pipeline([*steps, ("last", "passthrough")], memory=cache)
    first = _write_and_read(data, offset=0)
    low_before = clone(pipeline).fit(first)["scale"].low_[0]
    second = _write_and_read(data, offset=100)
    low_after = clone(pipeline).fit(second)["scale"].low_[0]
    assert low_after == pytest.approx(low_before + 100, abs=5)
    with pytest.raises(StaleFileError, match="build the cohort again"):
        first["us_pre"].iloc[0].planes[0].load()


def test_cached_pipeline_hits_for_the_same_content(tmp_path, monkeypatch):
    data, cache = tmp_path / "data", joblib.Memory(tmp_path / "cache", verbose=0)
    data.mkdir()
    X = _write_and_read(data, offset=0)
    pipeline = Pipeline(
        [("resize", PlaneResizer(image_size=8)), ("last", "passthrough")]
    )
    pipeline.set_params(memory=cache).fit(X)

    def refuse(self, plane):
        raise AssertionError("computed again")

    monkeypatch.setattr(PlaneResizer, "transform_plane", refuse)
    clone(pipeline).fit(X)
