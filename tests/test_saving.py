"""Every estimator, fitted or not, comes back from the formats that people save in.

mlflow's scikit-learn flavour writes cloudpickle or skops.
"""

import importlib
import io
import pickle
import pkgutil
import tempfile
import zipfile
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

import sknac
from sknac.clinical import StepwiseLogisticRegression, TumorChange
from sknac.cohort import ArrayRef, MaskOutline, PlaneTransformer, Study
from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold
from sknac.features import (
    MapStatistics,
    OutlineShape,
    RegionSpectrum,
    StableFeatures,
    Texture,
    VisitDelta,
)
from sknac.nets import (
    RAN,
    Augmentation,
    DLRClassifier,
    EncoderFeatures,
    PlaneFeatureNet,
    PredictiveNet,
    SeedEnsemble,
)
from sknac.preprocessing import BurnedInAnnotations, MapScaler, PlaneResizer
from sknac.qus import (
    EnvelopeMapper,
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
    TabulatedBSC,
)
from sknac.roi import RegionChannels, ROICropper, ROIMasker
from sknac.systems import (
    DLRPClassifier,
    make_dlr_pipeline,
    make_qus_response_pipeline,
)
from sknac.testing import make_check_cohort

pytestmark = pytest.mark.filterwarnings(
    "ignore:The threshold for weight", "ignore:The predictors .* separate"
)
QUICK = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
VISITS = ("pre", "post2", "post4")
# What skops does not trust of scikit-learn itself: splitters, a search's scorer.
OF_SKLEARN = {
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.metrics._scorer._PassthroughScorer",
}
METHODS = ("transform", "predict", "predict_proba", "decision_function")


def phantom(bsc=None):
    """A phantom scanned with the check cohort's settings."""
    X, _ = make_check_cohort("rf")
    planes = [cell.planes[0] for cell in X["us_pre"].iloc[:5:2]]
    bsc = PowerLaw(bsc_1mhz=1e-6, exponent=3.2) if bsc is None else bsc
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
    return ReferencePhantom(planes, bsc=bsc, **known)


def mapper(bsc=None, **settings):
    return QUSMapper(
        phantom(bsc), **{"attenuation_db_cm_mhz": 0.6, "overlap": 0.5} | settings
    )


def quick(model, *networks):
    """Train a system's networks for one epoch, on one thread."""
    names = [f"{n}__{name}" for n in networks for name in QUICK if name[0] != "r"]
    return model.set_params(**dict.fromkeys(names, 1))


def cascade(**settings):
    model = DLRPClassifier(preset="tiny", random_state=0, **settings)
    model.set_params(dlr2__cv="resubstitution", dlr4__cv="resubstitution")
    return quick(model, "dlr2__estimator__dlr", "dlr4__estimator__dlr")


def qus_system(**settings):
    model = make_qus_response_pipeline(
        phantom(),
        attenuation_db_cm_mhz=0.6,
        preset="tiny",
        random_state=0,
        **settings,
    )
    return quick(model, "features", "predict")


FOLDER = tempfile.TemporaryDirectory()


def weights():
    path = f"{FOLDER.name}/tiny.pt"
    torch.save(RAN(3, layout="tiny", width=2).state_dict(), path)
    return path


def clinical():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    X["grade"] = rng.choice(["I", "II", "III"], 60)
    X["size_pre"], X["size_post"] = rng.uniform(1, 9, (2, 60))
    X["score"], X["second"] = rng.uniform(size=(2, 60))
    return X, np.where(X["a"] + rng.normal(size=60) > 0, "response", "no response")


def rf():
    return make_check_cohort("rf")


def bmode():
    return make_check_cohort("bmode", visits=VISITS)


def numbers():
    X, y = clinical()
    return X[["a", "b"]], y


def features():
    X, y = numbers()
    return X.to_numpy(np.float32), y


CASES = {
    "QUSMapper": (mapper(), rf),
    "QUSMapper, Faran": (mapper(FaranSpheres(diameters_um=(40, 50))), rf),
    "QUSMapper, Gaussian": (mapper(GaussianScatterers(esd_um=90, eac_db=30)), rf),
    "QUSMapper, table": (mapper(TabulatedBSC([1, 15], [1e-6, 1e-2])), rf),
    "QUSMapper, options": (mapper(options=SpectralOptions(size_fit="masd")), rf),
    "QUSMapper, column": (
        mapper(attenuation_db_cm_mhz="alpha"),
        lambda: (rf()[0].assign(alpha=0.6), rf()[1]),
    ),
    "EnvelopeMapper": (EnvelopeMapper(overlap=0.5, channels=["nakagami_m"]), rf),
    "ROIMasker": (ROIMasker(margin_mm=1.0), make_check_cohort),
    "ROICropper": (ROICropper(columns=pd.Index(["us_pre"])), bmode),
    "RegionChannels": (RegionChannels(regions=pd.Index(["core"])), bmode),
    "PlaneResizer": (PlaneResizer(image_size=(16, 12), columns=["us_pre"]), bmode),
    "BurnedInAnnotations": (BurnedInAnnotations(action="mask"), bmode),
    "MapScaler": (MapScaler(), make_check_cohort),
    "MapStatistics": (MapStatistics(), make_check_cohort),
    "OutlineShape": (OutlineShape(descriptors=pd.Index(["extent"])), bmode),
    "RegionSpectrum": (
        RegionSpectrum(mapper().reference, attenuation_db_cm_mhz=0.6, window_mm=1.0),
        rf,
    ),
    "VisitDelta": (
        VisitDelta(
            make_pipeline(MapScaler(), MapStatistics(statistics=["sd"])),
            visits=[("pre", "post2"), ("pre", "post4")],
            how=["difference", "ratio"],
        ),
        bmode,
    ),
    "StableFeatures": (
        StableFeatures(MapStatistics(statistics=["mean", "sd"]), threshold=0.5),
        make_check_cohort,
    ),
    "Texture": (
        Texture(distances_mm=pd.Index([0.5]), margin_mm=1.0),
        make_check_cohort,
    ),
    "EncoderFeatures": (
        EncoderFeatures(
            "ran_tiny", weights=Path(weights()), module_settings={"width": 2}
        ),
        make_check_cohort,
    ),
    "SpectralOptions": (SpectralOptions(form_factor="fluid_sphere"), None),
    "Augmentation": (Augmentation(rotate_deg=5.0, masks=["core"]), None),
    "TumorChange": (
        TumorChange({"pre": "size_pre", 2: pd.Index(["size_post"])}),
        clinical,
    ),
    "Stepwise, factor": (
        make_pipeline(
            StepwiseLogisticRegression(criterion="aic", pos_label="response")
        ),
        lambda: (clinical()[0][["a", "b", "grade"]], clinical()[1]),
    ),
    "StepwiseLogisticRegression": (
        StepwiseLogisticRegression(pos_label="response"),
        numbers,
    ),
    "Stepwise, 1 and 0": (
        StepwiseLogisticRegression(pos_label=0),
        lambda: (numbers()[0], (numbers()[1] == "response").astype(int)),
    ),
    "ScoreColumn": (ScoreColumn("score", pos_label="response"), clinical),
    "ScoreColumn, True and False": (
        ScoreColumn("score", pos_label=False),
        lambda: (clinical()[0], clinical()[1] == "response"),
    ),
    "WeightedYoudenThreshold": (
        WeightedYoudenThreshold(
            LogisticRegression(), pos_label="response", cv=StratifiedKFold(3)
        ),
        numbers,
    ),
    "StagedClassifier": (
        StagedClassifier(
            [
                ("first", ScoreColumn("score", pos_label="response"), ["score"]),
                (
                    "then",
                    ScoreColumn("second", pos_label="response"),
                    pd.Index(["second"]),
                ),
            ],
            stop_label="no response",
        ),
        clinical,
    ),
    "StagedClassifier, a band": (
        StagedClassifier(
            [
                ("first", ScoreColumn("score", pos_label="response"), ["score"]),
                ("then", ScoreColumn("second", pos_label="response"), ["second"]),
            ],
            stop_label="no response",
            defer={"first": (0.3, None)},
        ),
        clinical,
    ),
    "GridSearchCV": (
        GridSearchCV(
            StepwiseLogisticRegression(pos_label="response"),
            {"criterion": ["p", "bic"]},
            cv=2,
        ),
        numbers,
    ),
    "PredictiveNet": (PredictiveNet(module="mlp_tiny", **QUICK), features),
    "PredictiveNet, classes True and False": (
        PredictiveNet(module="mlp_tiny", class_weight={True: 2.0, False: 1.0}, **QUICK),
        lambda: (features()[0], features()[1] == "response"),
    ),
    "PlaneFeatureNet": (
        PlaneFeatureNet(module="ran_tiny", cross_fit=2, columns="us_pre", **QUICK),
        bmode,
    ),
    "PlaneFeatureNet, changed images": (
        PlaneFeatureNet(
            module="ran_tiny",
            columns="us_pre",
            augmentation=Augmentation(speckle=0.1),
            n_test_views=1,
            **QUICK,
        ),
        bmode,
    ),
    "DLRClassifier": (
        DLRClassifier(module="ran_tiny", columns=("us_pre", "us_post2"), **QUICK),
        bmode,
    ),
    "SeedEnsemble": (
        SeedEnsemble(PredictiveNet(module="mlp_tiny", **QUICK), n_seeds=2),
        features,
    ),
    "DLR pipeline": (quick(make_dlr_pipeline(preset="tiny"), "dlr"), bmode),
    "DLRPClassifier": (cascade(), bmode),
    "QUS system": (qus_system(), rf),
}


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    """An estimator unfitted, fitted, and the data."""
    estimator, make = CASES[request.param]
    X, y = make() if make else (None, None)
    if isinstance(X, pd.DataFrame):
        X = X.set_axis([f"SENTINEL-{row:05}" for row in range(len(X))])
        y = pd.Series(np.asarray(y), X.index)
    fitted = clone(estimator).fit(X, y) if make else None
    return estimator, fitted, X


def by_cloudpickle(estimator):
    return cloudpickle.loads(cloudpickle.dumps(estimator))


def by_skops(estimator):
    """Load; only types of sknac ask for trust, and a few of scikit-learn."""
    data = skops.io.dumps(estimator)
    asked = skops.io.get_untrusted_types(data=data)
    assert {name for name in asked if not name.startswith("sknac.")} <= OF_SKLEARN
    return skops.io.loads(data, trusted=asked)


FORMATS = pytest.mark.parametrize("save_and_load", [by_cloudpickle, by_skops])


@FORMATS
def test_an_unfitted_estimator_comes_back_with_its_settings(case, save_and_load):
    before, again = case[0], save_and_load(case[0])
    assert repr(again) == repr(before)
    assert not [name for name in vars(again) if name not in vars(before)]


@FORMATS
def test_a_fitted_estimator_gives_the_same_to_the_last_bit(case, save_and_load):
    _, fitted, X = case
    if fitted is None:
        pytest.skip("holds settings only")
    again = save_and_load(fitted)
    methods = [name for name in METHODS if hasattr(fitted, name)]
    assert methods
    for name in methods:
        expected, found = getattr(fitted, name)(X), getattr(again, name)(X)
        assert type(found) is type(expected)
        if isinstance(found, pd.DataFrame):
            pd.testing.assert_frame_equal(found, expected, check_exact=True)
        else:
            np.testing.assert_array_equal(found, expected)


@FORMATS
def test_fitted_tables_and_dicts_come_back(case, save_and_load):
    _, fitted, _ = case
    again = save_and_load(fitted) if fitted is not None else None
    for name, value in vars(fitted or object).items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(getattr(again, name), value)
        elif isinstance(value, dict) and name[0] != "_":
            assert [*getattr(again, name)] == [*value]


def test_no_saved_estimator_holds_the_name_of_a_patient(case):
    _, fitted, X = case
    if not isinstance(X, pd.DataFrame):
        pytest.skip("has no names")
    for name in METHODS:
        if hasattr(fitted, name):
            getattr(fitted, name)(X)
    assert b"SENTINEL" not in pickle.dumps(fitted)
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(fitted))) as file:
        assert not [n for n in file.namelist() if b"SENTINEL" in file.read(n)]


def test_no_estimator_is_forgotten():
    packages = [module.name for module in pkgutil.iter_modules(sknac.__path__)]
    faces = [importlib.import_module(f"sknac.{package}") for package in packages]
    public = {getattr(face, name) for face in faces for name in face.__all__}
    estimators = {
        thing
        for thing in public
        if isinstance(thing, type) and issubclass(thing, BaseEstimator)
    }
    seen = {type(estimator) for estimator, _ in CASES.values()}
    assert estimators - {PlaneTransformer} <= seen


@FORMATS
def test_a_phantom_in_files_comes_back(save_and_load, tmp_path):
    whole, planes = phantom(), []
    for number, plane in enumerate(whole.acquisitions):
        np.save(tmp_path / f"{number}.npy", plane.load())
        image = ArrayRef.from_file(tmp_path / f"{number}.npy")
        core = MaskOutline(plane.core_mask(), plane.grid)
        planes.append(plane.replace(image=image, core=core))
    step = QUSMapper(
        ReferencePhantom(
            planes,
            attenuation_db_cm_mhz=0.5,
            speed_of_sound=1540.0,
            bsc=whole.bsc,
        ),
        attenuation_db_cm_mhz=0.6,
        store=str(tmp_path / "maps"),
    )
    X, _ = rf()
    expected = step.fit_transform(X)
    assert save_and_load(step).transform(X).equals(expected)


def test_a_cohort_with_maps_in_memory_comes_back_by_skops():
    study = make_check_cohort()[0]["us_pre"].iloc[0]
    again = by_skops(study)
    assert isinstance(again, Study)
    assert again == study
    np.testing.assert_array_equal(again.planes[0].load(), study.planes[0].load())
    assert not again.planes[0].load().flags.writeable
