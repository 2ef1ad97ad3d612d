"""Every estimator on cohort frames passes the cohort checks."""

import importlib
import pkgutil
import tempfile

import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

import sknac
from sknac.cohort import PlaneTransformer
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
    DLRClassifier,
    EncoderFeatures,
    PlaneFeatureNet,
    SeedEnsemble,
)
from sknac.preprocessing import BurnedInAnnotations, MapScaler, PlaneResizer
from sknac.qus import EnvelopeMapper, PowerLaw, QUSMapper, ReferencePhantom
from sknac.roi import RegionChannels, ROICropper, ROIMasker
from sknac.systems import (
    DLRPClassifier,
    make_dlr_pipeline,
    make_qus_response_pipeline,
)
from sknac.testing import make_check_cohort, parametrize_with_cohort_checks


def _phantom():
    """A phantom scanned with the check cohort's settings."""
    X, _ = make_check_cohort("rf")
    return ReferencePhantom(
        [cell.planes[0] for cell in X["us_pre"].iloc[:5:2]],
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(bsc_1mhz=1e-6, exponent=3.2),
    )


def _mapper(**settings):
    """A mapper with this phantom."""
    return QUSMapper(_phantom(), attenuation_db_cm_mhz=0.6, overlap=0.5, **settings)


_FOLDER = tempfile.TemporaryDirectory()


def _encoder():
    """A tiny encoder with weights in a file, of a network on colour images."""
    size = {"width": 2, "modules": (0, 0, 0), "last_units": 1}
    path = f"{_FOLDER.name}/tiny.pt"
    torch.save(RAN(3, layout="tiny", **size).state_dict(), path)
    settings = {"module_settings": size, "normalise": (0, 1)}
    return EncoderFeatures("ran_tiny", weights=path, **settings)


STEPS = [
    _mapper(),
    EnvelopeMapper(overlap=0.5),
    ROIMasker(margin_mm=1.0),
    ROICropper(),
    RegionChannels(margin_mm=1.0),
    PlaneResizer(image_size=16),
    MapScaler(),
    BurnedInAnnotations(action="mask"),
    MapStatistics(),
    OutlineShape(descriptors=["solidity"]),
    RegionSpectrum(_phantom(), attenuation_db_cm_mhz=0.6, window_mm=1.0, overlap=0.5),
    VisitDelta(MapStatistics(statistics=["mean", "sd"])),
    StableFeatures(MapStatistics(statistics=["mean", "sd"]), threshold=0.5),
    Texture(regions="core", levels=4, distances=[1], properties=["contrast"]),
    _encoder(),
]


@parametrize_with_cohort_checks(STEPS)
def test_steps(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_cohort_checks(
    [_mapper(pixel_mm=0.2), PlaneResizer(image_size=16, keep_aspect=True)]
)
def test_steps_with_other_settings(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks([_mapper()])
def test_a_mapper_with_a_store(estimator, check, tmp_path):
    check(clone(estimator).set_params(store=tmp_path))


# Networks are tiny, and one thread makes two fits alike bit for bit.
QUICK = {"max_epochs": 1, "lr": 3e-3, "random_state": 0, "torch_threads": 1}
NETS = [
    PlaneFeatureNet(module="ran_tiny", **QUICK),
    DLRClassifier(module="ran_tiny", **QUICK),
]


@parametrize_with_cohort_checks(NETS)
def test_networks(estimator, check):
    check(estimator)


def _quick(model, *networks):
    """Train a system's networks for one epoch, on one thread."""
    names = [
        f"{n}__{name}" for n in networks for name in ("max_epochs", "torch_threads")
    ]
    return model.set_params(**dict.fromkeys(names, 1))


def _stages():
    """The cascade with thresholds from the training scores."""
    model = DLRPClassifier(preset="tiny", random_state=0)
    model.set_params(dlr2__cv="resubstitution", dlr4__cv="resubstitution")
    return _quick(model, "dlr2__estimator__dlr", "dlr4__estimator__dlr")


@parametrize_with_cohort_checks(
    [_quick(make_dlr_pipeline(preset="tiny", random_state=0), "dlr")]
)
def test_dlr_pipeline(estimator, check):
    check(estimator)


SGD = SGDClassifier(loss="log_loss", max_iter=5, tol=None)


@pytest.mark.slow  # members are fitted in every check; its own tests have frames too
@parametrize_with_cohort_checks(
    [SeedEnsemble(make_pipeline(MapStatistics(), SGD), n_seeds=2, random_state=0)]
)
def test_seed_ensemble(estimator, check):
    check(estimator)


def _reasons(estimator):
    """What the systems cannot keep: their labels are words by default."""
    return {"check_label_types": "non-response is named in the settings"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The threshold for weight")
@parametrize_with_cohort_checks(
    [
        _quick(
            make_qus_response_pipeline(
                _mapper().reference,
                attenuation_db_cm_mhz=0.6,
                preset="tiny",
                random_state=0,
            ),
            "features",
            "predict",
        ),
        _stages(),
    ],
    expected_failed_checks=_reasons,
)
def test_systems(estimator, check):
    check(estimator)


def test_no_estimator_is_forgotten():
    packages = [module.name for module in pkgutil.iter_modules(sknac.__path__)]
    faces = [importlib.import_module(f"sknac.{package}") for package in packages]
    public = {getattr(face, name) for face in faces for name in face.__all__}
    on_frames = {thing for thing in public if hasattr(thing, "kinds")}
    checked = {type(estimator) for estimator in [*STEPS, *NETS, _stages()]}
    assert on_frames - {PlaneTransformer} == checked
