"""The drawing of a network's training."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.decision import WeightedYoudenThreshold
from sknac.nets import PredictiveNet, TrainingCurveDisplay

pytestmark = [
    pytest.mark.mpl,
    pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set"),
]


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    """Forty patients with four features."""
    X = np.random.default_rng(0).normal(size=(40, 4))
    return X, np.where(X[:, 0] > 0, "response", "non-response")


@pytest.fixture(scope="module")
def net(table):
    """A small network, trained."""
    net = PredictiveNet(
        module="mlp_tiny", max_epochs=6, lr=0.03, random_state=0, torch_threads=1
    )
    return net.fit(*table)


def test_curves_are_the_losses_and_the_kept_epoch(net):
    shown = TrainingCurveDisplay.from_estimator(net)
    curve = net.training_curve_
    for line, name in zip(shown.lines_, ("train_loss", "valid_loss"), strict=True):
        np.testing.assert_array_equal(line.get_xydata().T, [curve.index, curve[name]])
    assert shown.kept_line_.get_xdata() == [net.best_epoch_] * 2
    texts = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    assert texts == [
        "training",
        "validation (n = 10)",
        f"kept: epoch {net.best_epoch_}",
    ]
    assert len({line.get_linestyle() for line in shown.lines_}) == 2


def test_training_without_validation_has_one_curve(table):
    net = PredictiveNet(module="mlp_tiny", max_epochs=2, validation_fraction=None)
    shown = TrainingCurveDisplay.from_estimator(net.fit(*table))
    assert [line.get_label() for line in shown.lines_] == ["training"]


def test_other_quantities_can_be_drawn(net):
    shown = TrainingCurveDisplay(curve=net.training_curve_).plot(quantities=["lr"])
    assert shown.lines_[0].get_label() == "learning rate"
    assert shown.ax_.get_ylabel() == ""
    with pytest.raises(
        ValueError, match=r"none of \['auc'\]; choose from \['train_loss'"
    ):
        shown.plot(quantities=["auc"])


def test_net_is_found_inside_other_estimators(net, table):
    pipeline = make_pipeline(StandardScaler(), net)
    model = WeightedYoudenThreshold(pipeline, weight=0.5, cv="prefit")
    pipeline[0].fit(table[0])
    shown = TrainingCurveDisplay.from_estimator(model.fit(*table))
    assert shown.curve.equals(net.training_curve_)


def test_none_and_several_nets_are_told(net, table):
    with pytest.raises(ValueError, match="holds no fitted network"):
        TrainingCurveDisplay.from_estimator(LogisticRegression().fit(*table))
    with pytest.raises(ValueError, match="holds no fitted network"):
        TrainingCurveDisplay.from_estimator(PredictiveNet())
    both = make_pipeline(net, net)
    with pytest.raises(ValueError, match=r"\['predictivenet-1'\], \['predictivenet-2'"):
        TrainingCurveDisplay.from_estimator(both)


def test_styling_goes_through_kwargs(net):
    _, ax = plt.subplots()
    shown = TrainingCurveDisplay.from_estimator(
        net, ax=ax, line_kwargs={"color": "k"}, kept_kwargs={"color": "r"}
    )
    assert shown.ax_ is ax
    assert shown.lines_[0].get_color() == "k"
    assert shown.kept_line_.get_color() == "r"


@pytest.mark.parametrize(
    "wrap",
    [
        FrozenEstimator,
        lambda net: CalibratedClassifierCV(FrozenEstimator(net)),
        lambda net: CalibratedClassifierCV(FrozenEstimator(net), ensemble=True),
        lambda net: GridSearchCV(
            CalibratedClassifierCV(
                make_pipeline(StandardScaler(), FrozenEstimator(net)), ensemble=False
            ),
            {"cv": [2]},
            cv=2,
        ),
    ],
    ids=["frozen", "calibrated", "each fold", "search"],
)
def test_net_is_found_under_calibrations_and_searches(net, table, wrap):
    shown = TrainingCurveDisplay.from_estimator(wrap(net).fit(*table))
    assert shown.curve.equals(net.training_curve_)
