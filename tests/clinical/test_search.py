"""The selection against what a search by hand of all models finds."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import numpy as np
import pytest

from sknac.clinical._logistic import fit_logistic
from sknac.clinical._search import StepwiseSearch


@pytest.fixture
def data():
    """Give four predictors, two of which count, of 150 patients."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(150, 4))
    y = (X[:, 0] + 0.6 * X[:, 2] + rng.logistic(size=150) > 0).astype(float)
    return {f"x{at}": X[:, [at]] for at in range(4)}, y


def search(data, **settings):
    """Make a search with the usual settings."""
    usual = {"criterion": "p", "direction": "both", "entry": 0.05, "removal": 0.1}
    return StepwiseSearch(*data, list(data[0]), test="lr", **(usual | settings))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_criterion_ends_where_no_step_helps(data, criterion, full):
    run = search(data, criterion=criterion)
    found = getattr(run.run(full=full), criterion)
    every = [
        getattr(fit_logistic(data[0], list(terms), data[1]), criterion)
        for size in range(5)
        for terms in combinations(data[0], size)
    ]
    # Predictors are independent: the best of all models is where the steps end.
    assert found == pytest.approx(min(every))


def test_first_term_is_the_one_that_lowers_the_deviance_most(data):
    run = search(data, direction="forward")
    fit = run.run(full=False)
    alone = {name: fit_logistic(data[0], [name], data[1]).deviance for name in data[0]}
    assert fit.terms[0] == min(alone, key=alone.get)
    entered = [row["pvalue"] for row in run.path if row["action"] == "add"]
    assert max(entered) < 0.05


def test_backward_keeps_what_is_below_removal(data):
    run = search(data, direction="backward")
    fit = run.run(full=True)
    assert set(fit.terms) == {"x0", "x2"}
    dropped = [row["pvalue"] for row in run.path if row["action"] == "drop"]
    assert min(dropped) > 0.1


def test_every_step_that_was_thought_of_is_kept(data):
    run = search(data, direction="forward")
    run.run(full=False)
    first = [row["term"] for row in run.considered if row["step"] == 1]
    assert first == list(data[0])
    assert [row["n_terms"] for row in run.path] == list(range(len(run.path)))
