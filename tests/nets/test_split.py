"""An estimator is split around its network, and what comes out is what it predicts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.nets.split import split_model
from sknac.preprocessing import MapScaler, PlaneResizer

pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

CORE = PolygonOutline([(8, 10), (8, 20), (16, 20), (16, 10)])
LABELS = np.array(["response", "non-response"] * 6)
PAIR = DLRClassifier(
    module="resnet_tiny", columns=["us_pre", "us_post2"], max_epochs=1, random_state=0
)
PLANE = PlaneFeatureNet(
    module="resnet_tiny", columns="us_pre", max_epochs=1, random_state=0
)
SMALL = make_pipeline(PlaneResizer(image_size=32), MapScaler())


@pytest.fixture(scope="module")
def labels():
    """Labels of 12 patients."""
    return LABELS


@pytest.fixture(scope="module")
def bags():
    """12 bags of 1-3 planes with two channels."""
    rng = np.random.default_rng(0)
    return [
        rng.random((1 + i % 3, 2, 32, 32)).astype(np.float32)
        for i in range(len(LABELS))
    ]


@pytest.fixture(scope="module")
def pairs():
    """12 pairs of images with one channel."""
    rng = np.random.default_rng(1)
    return rng.random((len(LABELS), 2, 1, 32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def plane_net(bags):
    """A network on planes, hardly trained, with maps of 4 x 4 pixels."""
    net = PlaneFeatureNet(module="ran_tiny", max_epochs=1, random_state=0)
    return net.fit(bags, LABELS)


@pytest.fixture(scope="module")
def pair_net(pairs):
    """A network on two visits, hardly trained."""
    net = DLRClassifier(module="resnet_tiny", max_epochs=1, random_state=0)
    return net.fit(pairs, LABELS)


@pytest.fixture(scope="module")
def cohort():
    """12 patients with two visits of 1-3 B-mode planes, 48 x 64 at 0.5 mm."""
    rng = np.random.default_rng(2)

    def study(n):
        images = rng.integers(0, 255, (n, 48, 64)).astype(np.uint8)
        return Study([Plane(im, "bmode", (0.5, 0.5), core=CORE) for im in images])

    visits = {"us_pre": lambda i: 1 + i % 3, "us_post2": lambda i: 1 + i % 2}
    cells = {name: [study(n(i)) for i in range(12)] for name, n in visits.items()}
    index = pd.Index([f"P{i:02d}" for i in range(12)], name="patient_id")
    return pd.DataFrame({**cells, "age": 50}, index=index)


def calibrated(estimator, method="sigmoid"):
    """A calibration of one fitted estimator."""
    return CalibratedClassifierCV(estimator, method=method, cv=2, ensemble=False)


def predicted(model, X):
    """Patients' probabilities, put together from the parts."""
    items = model.items(model.images(X))
    return model.finish(items.mean_by_row(model.item_values(items)))


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(SMALL, PAIR),
        make_pipeline(*clone(SMALL), "passthrough", PLANE),
        make_pipeline(SMALL, PLANE, PredictiveNet(max_epochs=2, random_state=0)),
        make_pipeline(SMALL, PLANE, StandardScaler(), LogisticRegression()),
        make_pipeline(SMALL, make_pipeline(PLANE, LogisticRegression())),
        make_pipeline(
            SMALL, PLANE, WeightedYoudenThreshold(LogisticRegression(), cv=2)
        ),
        WeightedYoudenThreshold(make_pipeline(SMALL, PAIR), cv="resubstitution"),
        GridSearchCV(make_pipeline(SMALL, PAIR), {"dlrclassifier__lr": [1e-3]}, cv=2),
        RandomizedSearchCV(
            WeightedYoudenThreshold(make_pipeline(SMALL, PAIR), cv="resubstitution"),
            {"weight": [0.5]},
            n_iter=1,
            cv=2,
        ),
        calibrated(make_pipeline(SMALL, PAIR)),
        calibrated(make_pipeline(SMALL, PLANE, LogisticRegression()), "isotonic"),
        calibrated(make_pipeline(SMALL, PLANE, LogisticRegression()), "temperature"),
        calibrated(
            WeightedYoudenThreshold(make_pipeline(SMALL, PAIR), cv="resubstitution")
        ),
        calibrated(make_pipeline(SMALL, PLANE, PredictiveNet(max_epochs=1))),
        make_pipeline(SMALL, PLANE, calibrated(LogisticRegression())),
        make_pipeline(SMALL, calibrated(PAIR)),
        make_pipeline(SMALL, PLANE, CalibratedClassifierCV(LogisticRegression(), cv=2)),
        WeightedYoudenThreshold(
            calibrated(make_pipeline(SMALL, PAIR)), cv="resubstitution"
        ),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_parts_together_predict_as_the_whole(estimator, cohort, labels):
    fitted = clone(estimator).fit(cohort, labels)
    model = split_model(fitted)
    assert isinstance(model.net, DLRClassifier | PlaneFeatureNet)
    np.testing.assert_allclose(
        predicted(model, cohort), fitted.predict_proba(cohort), rtol=1e-12
    )
    assert model.classes.tolist() == fitted.classes_.tolist()


@pytest.mark.parametrize("ensemble", [False, True])
def test_a_calibrated_frozen_estimator_is_split(cohort, labels, ensemble):
    system = clone(make_pipeline(SMALL, PAIR)).fit(cohort, labels)
    outer = CalibratedClassifierCV(FrozenEstimator(system), cv=3, ensemble=ensemble)
    model = split_model(FrozenEstimator(outer.fit(cohort, labels)))
    assert model.net is system[-1]
    np.testing.assert_allclose(
        predicted(model, cohort), outer.predict_proba(cohort), rtol=1e-12
    )


def test_a_calibration_of_several_says_what_to_pass(cohort, labels):
    outer = CalibratedClassifierCV(make_pipeline(SMALL, PAIR), cv=2, ensemble=True)
    outer.fit(cohort, labels)
    with pytest.raises(ValueError, match="each fold; set ensemble=False"):
        split_model(outer)
    one = split_model(outer.calibrated_classifiers_[0].estimator)
    assert len(predicted(one, cohort)) == 12


def test_frozen_parts_are_looked_through(cohort, labels):
    system = clone(make_pipeline(SMALL, PAIR)).fit(cohort, labels)
    frozen = WeightedYoudenThreshold(FrozenEstimator(system), cv="resubstitution")
    model = split_model(frozen.fit(cohort, labels))
    assert model.net is system[-1]
    np.testing.assert_array_equal(
        predicted(model, cohort), predicted(split_model(system), cohort)
    )


def test_bare_nets_are_split_for_arrays_too(plane_net, pair_net, bags, pairs):
    for net, X in ((plane_net, bags), (pair_net, pairs)):
        model = split_model(net)
        assert model.before == model.after == ()
        np.testing.assert_array_equal(predicted(model, X), net.predict_proba(X))


def test_features_keep_their_names_where_the_next_step_asks(cohort, labels):
    estimator = make_pipeline(SMALL, PLANE, LogisticRegression())
    fitted = clone(estimator).set_output(transform="pandas").fit(cohort, labels)
    model = split_model(fitted)
    assert model.after[0].feature_names_in_[0].startswith("planefeaturenet")
    np.testing.assert_array_equal(
        predicted(model, cohort), fitted.predict_proba(cohort)
    )


def test_missing_visit_is_refused_before_any_step_works(cohort, labels, monkeypatch):
    model = split_model(clone(make_pipeline(SMALL, PAIR)).fit(cohort, labels))
    gap = cohort.copy()
    gap.at["P03", "us_post2"] = None
    monkeypatch.setattr(PlaneResizer, "transform_plane", None)
    with pytest.raises(ValueError, match="row P03, column us_post2: the visit is miss"):
        model.images(gap)


def test_stages_are_refused_with_what_to_pass(cohort, labels):
    stage = make_pipeline(SMALL, PAIR)
    columns = ["us_pre", "us_post2"]
    staged = StagedClassifier([("dlr2", stage, columns)]).fit(cohort, labels)
    with pytest.raises(ValueError, match="named_stages_") as error:
        split_model(staged)
    assert "['dlr2'] and X[['us_pre', 'us_post2']]" in str(error.value)
    one = split_model(staged.named_stages_["dlr2"])
    assert len(predicted(one, cohort[columns])) == 12


@pytest.mark.parametrize(
    "estimator",
    [PAIR, make_pipeline(SMALL, PAIR), WeightedYoudenThreshold(PAIR), StagedClassifier],
    ids=["net", "pipeline", "threshold", "stages"],
)
def test_unfitted_estimators_are_refused(estimator):
    if estimator is StagedClassifier:
        estimator = StagedClassifier([("dlr2", PAIR, ["us_pre", "us_post2"])])
    with pytest.raises(NotFittedError):
        split_model(estimator)


def test_estimators_without_one_network_are_refused(plane_net, cohort, labels):
    table = pd.DataFrame({"age": np.arange(12.0)})
    with pytest.raises(ValueError, match="must be a PlaneFeatureNet"):
        split_model(LogisticRegression().fit(table, labels))
    with pytest.raises(ValueError, match=r"got .*StandardScaler.*Dummy"):
        split_model(
            make_pipeline(StandardScaler(), DummyClassifier()).fit(table, labels)
        )
    with pytest.raises(ValueError, match="several fitted estimators"):
        split_model(BaggingClassifier(n_estimators=2).fit(table, labels))
    with pytest.raises(ValueError, match="holds 2 image networks"):
        split_model(make_pipeline(plane_net, plane_net))


def test_a_classifier_without_probabilities_is_refused(cohort, labels):
    fitted = clone(make_pipeline(SMALL, PLANE, RidgeClassifier())).fit(cohort, labels)
    with pytest.raises(ValueError, match=r"RidgeClassifier.*has no predict_proba"):
        split_model(fitted)
