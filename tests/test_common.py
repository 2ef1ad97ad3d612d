"""Every estimator on cohort frames passes the cohort checks."""

from sklearn.base import clone

from sknac.features import MapStatistics
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom
from sknac.roi import ROICropper, ROIMasker
from sknac.testing import make_check_cohort, parametrize_with_cohort_checks


def _mapper(**settings):
    """A mapper whose phantom was scanned with the check cohort's settings."""
    X, _ = make_check_cohort("rf")
    phantom = ReferencePhantom(
        [cell.planes[0] for cell in X["us_pre"][:2]],
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(bsc_1mhz=1e-6, exponent=3.2),
    )
    return QUSMapper(phantom, attenuation_db_cm_mhz=0.6, overlap=0.5, **settings)


@parametrize_with_cohort_checks([_mapper(), _mapper(pixel_mm=0.2)], kind="rf")
def test_rf_steps(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks([_mapper()], kind="rf")
def test_rf_steps_with_a_store(estimator, check, tmp_path):
    check(clone(estimator).set_params(store=tmp_path))


@parametrize_with_cohort_checks(
    [ROIMasker(margin_mm=1.0), PlaneResizer(image_size=16), MapScaler()], kind="maps"
)
def test_map_steps(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks(
    [ROICropper(), PlaneResizer(image_size=16, keep_aspect=True), MapScaler()],
    kind="bmode",
)
def test_bmode_steps(estimator, check):
    check(estimator)


# Networks are tiny, and one thread makes two fits alike bit for bit.
QUICK = {"max_epochs": 2, "lr": 3e-3, "random_state": 0, "torch_threads": 1}
PLANE_NETS = [PlaneFeatureNet(module="ran_tiny", **QUICK)]
PAIR_NETS = [DLRClassifier(module="ran_tiny", **QUICK)]


@parametrize_with_cohort_checks([*PLANE_NETS, MapStatistics()], kind="maps")
def test_features_of_maps(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks([*PLANE_NETS, MapStatistics()], kind="bmode")
def test_features_of_bmode(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks(
    [*PAIR_NETS, MapStatistics()], kind="maps", visits=("pre", "post2")
)
def test_two_visits_of_maps(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks(
    [*PAIR_NETS, MapStatistics()], kind="bmode", visits=("pre", "post2")
)
def test_two_visits_of_bmode(estimator, check):
    check(estimator)
