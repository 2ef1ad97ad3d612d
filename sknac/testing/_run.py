"""Choose the checks by an estimator's tags, and run them with pytest or without."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sklearn.base import is_classifier
from sklearn.exceptions import EstimatorCheckFailedWarning

from sknac.testing import _input_checks, _meta_checks, _output_checks, _state_checks
from sknac.testing._cohorts import make_check_cohort
from sknac.testing._tags import takes
from sknac.utils._sklearn import StrOptions, validate_params


def cohort_checks(estimator):
    """Yield name, kind of planes and ``check(estimator)`` of each that applies.

    What does not depend on the planes is checked on the first kind only.
    """
    once = (*_state_checks.ONCE, *_input_checks.ONCE, *_meta_checks.CHECKS)
    checks = [*_input_checks.CHECKS, *_output_checks.CHECKS, *_state_checks.CHECKS]
    if is_classifier(estimator):
        checks += _output_checks.CLASSIFIER_CHECKS
    if hasattr(estimator, "transform"):
        checks += _output_checks.TRANSFORMER_CHECKS
    kinds, visits = takes(estimator)
    for kind in kinds:
        for check in (*once, *checks) if kind == kinds[0] else checks:
            yield check.__name__, kind, partial(_run, check, kind, visits)


def _run(check, kind, visits, estimator):
    """Run a check on a cohort of its own, which it may spoil."""
    check(estimator, *pickle.loads(_pickled_cohort(kind, visits)))


@cache
def _pickled_cohort(kind, visits):
    """Make a cohort once; what is loaded from it is new every time."""
    return pickle.dumps(make_check_cohort(kind, visits=visits))


@validate_params(
    {
        "expected_failed_checks": [dict, None],
        "on_fail": [StrOptions({"raise", "warn"}), None],
    },
    prefer_skip_nested_validation=False,  # the checks are about it
)
def check_cohort_estimator(
    estimator: Any,
    *,
    expected_failed_checks: dict[str, str] | None = None,
    on_fail: str | None = "raise",
) -> list[dict]:
    """Run every check on an estimator that takes cohort frames.

    The counterpart of scikit-learn's ``check_estimator``, without pytest.

    Parameters
    ----------
    estimator : estimator
        It is cloned for each check. Its attribute ``kinds``, such as
        ``("bmode", "maps")``, tells the kinds of planes that it takes, and
        ``n_visits`` the number of ultrasound columns (None: any). In a pipeline the
        first step's count.
    expected_failed_checks : dict or None, default=None
        Reasons by names of checks that may fail.
    on_fail : {"raise", "warn"} or None, default="raise"
        ``"raise"`` stops at the first check that fails, with its error; ``"warn"``
        warns of each; None says nothing.

    Returns
    -------
    list of dict
        Per check ``estimator``, ``check_name``, ``plane_kind``, ``exception``,
        ``status`` (``"passed"``, ``"failed"`` or ``"xfail"``), ``expected_to_fail``
        and ``expected_to_fail_reason``.

    Raises
    ------
    AssertionError
        If a check fails; it says what to do. What the estimator itself raises is
        passed on.
    ValueError
        If the estimator has no ``kinds``.

    See Also
    --------
    parametrize_with_cohort_checks : A test of pytest for each check.

    Examples
    --------
    >>> from sknac.roi import ROIMasker
    >>> from sknac.testing import check_cohort_estimator
    >>> results = check_cohort_estimator(ROIMasker())
    >>> {result["status"] for result in results}
    {'passed'}
    """
    expected = expected_failed_checks or {}
    results = []
    for name, kind, check in cohort_checks(estimator):
        error = _error_of(check, estimator)
        result = {
            "estimator": estimator,
            "check_name": name,
            "exception": error,
            "status": _status(error, name in expected),
            "expected_to_fail": name in expected,
            "expected_to_fail_reason": expected.get(
                name, "Check is not expected to fail"
            ),
        }
        if result["status"] == "failed" and on_fail == "raise":
            error.add_note(f"in {name} on {kind} planes, of {estimator!r}")
            raise error
        if result["status"] == "failed" and on_fail == "warn":
            warnings.warn(EstimatorCheckFailedWarning(**result), stacklevel=2)
        results.append(result | {"plane_kind": kind})
    return results


def _error_of(check, estimator):
    """Run a check and return what it raises, or None."""
    try:
        check(estimator)
    except Exception as error:
        return error
    return None


def _status(error, expected):
    """Name an outcome as scikit-learn does."""
    if error is None:
        return "passed"
    return "xfail" if expected else "failed"


def parametrize_with_cohort_checks(
    estimators: list,
    *,
    expected_failed_checks: Callable[[object], dict[str, str]] | None = None,
) -> Any:
    """Decorate a pytest test so that it runs every check on every estimator.

    The counterpart of scikit-learn's ``parametrize_with_checks`` for estimators
    on cohort frames, for your own steps too.

    Parameters
    ----------
    estimators : list of estimator
        Each is cloned for each check; their tags say on which planes, see
        `check_cohort_estimator`.
    expected_failed_checks : callable or None, default=None
        ``f(estimator) -> {check name: reason}``; these are marked xfail.

    Returns
    -------
    pytest mark
        Parametrizes the arguments ``estimator`` and ``check``.

    See Also
    --------
    check_cohort_estimator : The same checks without pytest.

    Examples
    --------
    >>> from sknac.roi import ROIMasker
    >>> from sknac.testing import parametrize_with_cohort_checks
    >>> @parametrize_with_cohort_checks([ROIMasker()])
    ... def test_cohort_checks(estimator, check):
    ...     check(estimator)
    """
    import pytest

    cases = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if expected_failed_checks else {}
        for name, kind, check in cohort_checks(estimator):
            marks = ()
            if name in expected:
                marks = pytest.mark.xfail(reason=expected[name], strict=True)
            label = f"{type(estimator).__name__}-{name}-{kind}"
            cases.append(pytest.param(estimator, check, id=label, marks=marks))
    return pytest.mark.parametrize(("estimator", "check"), cases)
