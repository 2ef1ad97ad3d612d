"""Every estimator on cohort frames passes the cohort checks."""

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
