"""What the tests of the checks share."""

import pytest

from sknac.testing._run import cohort_checks


@pytest.fixture
def complaint():
    """Run one check on an estimator; return what it complains of, or None."""

    def run(estimator, name):
        found = [check for known, _, check in cohort_checks(estimator) if known == name]
        try:
            found[0](estimator)
        except AssertionError as error:
            return str(error)

    return run
