"""Every estimator on cohort frames passes the cohort checks."""

from sknac.features import MapStatistics
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper, ROIMasker
from sknac.testing import parametrize_with_cohort_checks


@parametrize_with_cohort_checks(
    [ROIMasker(margin_mm=1.0), PlaneResizer(size=16), MapScaler()], kind="maps"
)
def test_map_steps(estimator, check):
    check(estimator)


@parametrize_with_cohort_checks(
    [ROICropper(), PlaneResizer(size=16, keep_aspect=True), MapScaler()], kind="bmode"
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
