"""The checks run outside pytest and inside it."""

from collections import Counter

import pytest
from sklearn.exceptions import EstimatorCheckFailedWarning

from sknac.preprocessing import PlaneResizer
from sknac.roi import ROIMasker
from sknac.testing import check_cohort_estimator, parametrize_with_cohort_checks
from sknac.testing._run import cohort_checks


class _LosesIndex(ROIMasker):
    """Forgets who is who."""

    kinds = ("maps",)

    def transform(self, X):
        return super().transform(X).reset_index(drop=True)


_FAILS = {"check_frame_steps_keep_the_frame", "check_pandas_output"}


def test_the_first_failure_is_raised_and_named():
    with pytest.raises(AssertionError, match="must be a DataFrame on X") as caught:
        check_cohort_estimator(_LosesIndex())
    (note,) = caught.value.__notes__
    assert "in check_pandas_output on maps planes, of _LosesIndex()" in note


def test_failures_are_told_where_nothing_is_raised():
    results = check_cohort_estimator(_LosesIndex(), on_fail=None)
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert failed == _FAILS
    assert all((r["exception"] is None) == (r["status"] == "passed") for r in results)


def test_failures_are_warned_of():
    with pytest.warns(EstimatorCheckFailedWarning) as caught:
        check_cohort_estimator(_LosesIndex(), on_fail="warn")
    assert {str(warning.message.check_name) for warning in caught} == _FAILS


def test_expected_failures_do_not_raise():
    reasons = dict.fromkeys(_FAILS, "it has no index")
    results = check_cohort_estimator(_LosesIndex(), expected_failed_checks=reasons)
    assert Counter(r["status"] for r in results)["xfail"] == len(_FAILS)
    expected = [r for r in results if r["expected_to_fail"]]
    assert {r["expected_to_fail_reason"] for r in expected} == {"it has no index"}


def test_an_error_of_the_estimator_itself_is_passed_on():
    class Broken(ROIMasker):
        def fit(self, X, y=None):
            raise ZeroDivisionError("no margin")

    with pytest.raises(ZeroDivisionError, match="no margin"):
        check_cohort_estimator(Broken())


def test_on_fail_is_checked():
    with pytest.raises(ValueError, match=r"'on_fail' parameter .* must be"):
        check_cohort_estimator(ROIMasker(), on_fail="shout")


def test_what_depends_on_planes_is_checked_on_every_kind():
    seen = {}
    for name, kind, _ in cohort_checks(PlaneResizer(image_size=16)):
        seen.setdefault(name, []).append(kind)
    assert seen["check_ragged_planes"] == ["bmode", "maps"]
    assert seen["check_invalid_settings_are_refused"] == ["bmode"]


def test_each_check_has_a_cohort_of_its_own():
    class ChangesX(ROIMasker):
        def transform(self, X):
            X["age"] = -1
            return super().transform(X)

    checks = {name: check for name, _, check in cohort_checks(ChangesX())}
    for _ in range(2):
        with pytest.raises(AssertionError, match="X was changed"):
            checks["check_input_not_mutated"](ChangesX())


def test_pytest_runs_the_same_checks():
    expected = {"check_pandas_output": "it has no index"}
    mark = parametrize_with_cohort_checks(
        [_LosesIndex()], expected_failed_checks=lambda estimator: expected
    )
    cases = mark.args[1]
    assert [case.id for case in cases] == [
        f"_LosesIndex-{name}-{kind}" for name, kind, _ in cohort_checks(_LosesIndex())
    ]
    marked = [case.id for case in cases if case.marks]
    assert marked == ["_LosesIndex-check_pandas_output-maps"]
