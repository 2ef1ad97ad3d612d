"""Run the cohort checks under pytest, as scikit-learn runs its own."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from functools import partial

from sklearn.base import is_classifier

from sknac.testing import _checks
from sknac.testing._cohorts import make_check_cohort


def estimator_cohort_checks(
    estimator, *, kind: str = "maps", visits: tuple[str, ...] = ("pre",)
) -> Iterator[tuple[str, Callable]]:
    """Yield the checks that apply to an estimator.

    Parameters
    ----------
    estimator : estimator
        Takes cohort frames; it is cloned.
    kind : {"rf", "bmode", "maps"}, default="maps"
        Kind of planes that it takes.
    visits : tuple of str, default=("pre",)
        Visits that it needs.

    Yields
    ------
    name : str
        Name of the check.
    check : callable
        ``check(estimator)``, which raises AssertionError where it fails.

    Examples
    --------
    >>> from sknac.roi import ROIMasker
    >>> from sknac.testing import estimator_cohort_checks
    >>> for name, check in estimator_cohort_checks(ROIMasker(), kind="maps"):
    ...     check(ROIMasker())
    """
    checks = list(_checks.ALL)
    checks += _checks.CLASSIFIER if is_classifier(estimator) else ()
    checks += _checks.TRANSFORMER if hasattr(estimator, "transform") else ()
    X, y = make_check_cohort(kind, visits=visits)
    for check in checks:
        yield check.__name__, partial(check, X=X, y=y)


def parametrize_with_cohort_checks(
    estimators: list,
    *,
    kind: str = "maps",
    visits: tuple[str, ...] = ("pre",),
    expected_failed_checks: Callable[[object], dict[str, str]] | None = None,
):
    """Decorate a pytest test so that it runs every check on every estimator.

    The counterpart of scikit-learn's ``parametrize_with_checks`` for estimators
    on cohort frames, for your own steps too.

    Parameters
    ----------
    estimators : list of estimator
        Each is cloned for each check.
    kind : {"rf", "bmode", "maps"}, default="maps"
        Kind of planes that they take.
    visits : tuple of str, default=("pre",)
        Visits that they need.
    expected_failed_checks : callable or None, default=None
        ``f(estimator) -> {check name: reason}``; these are marked xfail.

    Returns
    -------
    pytest mark
        Parametrizes the arguments ``estimator`` and ``check``.

    Examples
    --------
    >>> from sknac.roi import ROIMasker
    >>> from sknac.testing import parametrize_with_cohort_checks
    >>> @parametrize_with_cohort_checks([ROIMasker()], kind="maps")
    ... def test_cohort_checks(estimator, check):
    ...     check(estimator)
    """
    import pytest

    cases = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if expected_failed_checks else {}
        for name, check in estimator_cohort_checks(estimator, kind=kind, visits=visits):
            marks = ()
            if name in expected:
                marks = pytest.mark.xfail(reason=expected[name], strict=True)
            label = f"{type(estimator).__name__}-{name}"
            cases.append(pytest.param(estimator, check, id=label, marks=marks))
    return pytest.mark.parametrize(("estimator", "check"), cases)
