"""A small study in scores and clinical columns, and estimators fitted to it."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold
from sknac.report import StudyReport

RESPONSE = {"pos_label": "response"}


@pytest.fixture(scope="session")
def study():
    """80 training and 40 test patients: labels, two scores, clinical columns."""
    rng = np.random.default_rng(5)
    n = 120
    y = np.where(rng.random(n) < 0.5, "response", "non-response")
    shift = 1.2 * (y == "response")

    def probability(noise):
        return 1 / (1 + np.exp(-(shift - 0.6 + noise * rng.normal(size=n))))

    index = pd.Index([f"MRN-{i:04}" for i in range(n)], name="patient_id")
    X = pd.DataFrame(
        {
            "dlr2": probability(1.0),
            "dlr4": probability(0.7),
            "age": rng.normal(48, 9, n).round(),
            "her2": (rng.random(n) < 0.3 + 0.4 * (y == "response")).astype(int),
            "subtype": rng.choice(["HR+", "HER2+", "TN"], n),
        },
        index=index,
    )
    y = pd.Series(y, index=index, name="response")
    train, test = index[:80], index[80:]
    time = pd.Series(rng.exponential(8, n).round(2), index=index)
    return SimpleNamespace(
        X=X.loc[test],
        y=y[test],
        X_train=X.loc[train],
        y_train=y[train],
        time=time[test].clip(upper=10),
        event=time[test] < 10,
    )


@pytest.fixture(scope="session")
def cascade(study):
    """The two scores in stages, each at a threshold of its own."""
    stages = [
        (
            "DLR-2",
            WeightedYoudenThreshold(
                ScoreColumn("dlr2", **RESPONSE), weight=0.8, **RESPONSE
            ),
            ["dlr2"],
        ),
        (
            "DLR-4",
            WeightedYoudenThreshold(
                ScoreColumn("dlr4", **RESPONSE), weight=0.2, **RESPONSE
            ),
            ["dlr4"],
        ),
    ]
    return StagedClassifier(stages, stop_label="non-response").fit(
        study.X_train, study.y_train
    )


@pytest.fixture(scope="session")
def clinical(study):
    """A stepwise logistic regression on two columns."""
    X = study.X_train[["age", "her2"]]
    return StepwiseLogisticRegression(criterion="aic", **RESPONSE).fit(X, study.y_train)


def make_report(title="A study", **settings):
    """Make a report with few resamples."""
    return StudyReport(title, **({"n_resamples": 50} | settings))


@pytest.fixture(scope="session")
def new():
    """The maker of empty reports."""
    return make_report


@pytest.fixture(scope="session")
def full(study, cascade):
    """A report with most of what there can be; tests add nothing to it."""
    report = make_report(synthetic=True)
    report.add_estimator(
        "DLRP",
        cascade,
        study.X,
        study.y,
        pos_label="response",
        X_train=study.X_train,
        y_train=study.y_train,
    )
    report.add_subgroups("DLRP", ["subtype"])
    report.add_survival("DLRP", study.time, study.event, time_label="years")
    return report


@pytest.fixture(scope="session")
def bare(study):
    """A report of one score alone; tests add nothing to it."""
    report = make_report()
    return report.add_predictions("x", study.y, study.X["dlr2"], pos_label="response")


@pytest.fixture
def scored(study, new):
    """A report of one score on the test patients."""
    return new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")


@pytest.fixture(scope="session")
def full_html(full):
    """Its page."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return full.to_html()


@pytest.fixture(scope="session")
def bare_html(bare):
    """Its page."""
    return bare.to_html()


@pytest.fixture(scope="session")
def results(full):
    """All numbers of the only system of the full report."""
    return full.to_dict()["systems"][0]["results"]


SKIPPED = pytest.StashKey[str]()


def pytest_configure(config):
    """Give the browser's tests a place to say why they were skipped."""
    config.skipped_browser = SKIPPED


def pytest_terminal_summary(terminalreporter, config):
    """Say loudly that the report was not opened in a browser."""
    reason = config.stash.get(SKIPPED, None)
    if reason:
        terminalreporter.write_line(
            f"WARNING: the report was not opened in a browser: {reason}", yellow=True
        )


def plain():
    """A logistic regression on two columns, unfitted."""
    columns = ColumnTransformer([("kept", "passthrough", ["dlr4", "her2"])])
    return make_pipeline(columns, LogisticRegression())


@pytest.fixture(scope="session")
def crossed(study, cascade):
    """A report of a cascade and a plain model by cross-validation, and no test."""
    report = make_report(labels={"her2": "HER2", ("her2", 1): "positive"})
    report.add_cv(
        "DLRP",
        cascade,
        study.X_train,
        study.y_train,
        others={"plain": plain()},
        compare=[("DLRP", "plain")],
        **RESPONSE,
    )
    report.add_subgroups("DLRP", ["subtype"])
    return report.add_sample_size("DLRP", 4)


@pytest.fixture(scope="session")
def crossed_html(crossed):
    """Its page."""
    return crossed.to_html()


@pytest.fixture(scope="session")
def other_cohort(study):
    """30 of the training patients as those of another hospital."""
    X, y = study.X_train.iloc[:30], study.y_train.iloc[:30]
    names = [f"B{i}" for i in range(30)]
    return X.set_axis(names), y.set_axis(names)


@pytest.fixture(scope="session")
def two_cohorts(study, cascade, other_cohort):
    """A report of a fitted cascade on two cohorts; tests add nothing to it."""
    report = make_report()
    report.add_estimator(
        "DLRP", cascade, study.X, study.y, cohort="Hospital A", **RESPONSE
    )
    X, y = other_cohort
    return report.add_cohort("DLRP", "Hospital B", y, X=X)


@pytest.fixture(scope="session")
def two_cohorts_html(two_cohorts):
    """Its page."""
    return two_cohorts.to_html()
