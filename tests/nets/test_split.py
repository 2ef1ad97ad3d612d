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

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet, SeedEnsemble
from sknac.nets.split import split_model
from sknac.preprocessing import MapScaler, PlaneResizer

pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

PAIR = DLRClassifier(
    module="resnet_tiny", columns=["us_pre", "us_post2"], max_epochs=1, random_state=0
)
PLANE = PlaneFeatureNet(
    module="resnet_tiny", columns="us_pre", max_epochs=1, random_state=0
)
SMALL = make_pipeline(PlaneResizer(image_size=32), MapScaler())


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
def test_parts_together_predict_as_the_whole(estimator, small_cohort, small_labels):
    fitted = clone(estimator).fit(small_cohort, small_labels)
    model = split_model(fitted)
    assert isinstance(model.net, DLRClassifier | PlaneFeatureNet)
    np.testing.assert_allclose(
        predicted(model, small_cohort), fitted.predict_proba(small_cohort), rtol=1e-12
    )
    assert model.classes.tolist() == fitted.classes_.tolist()


def test_missing_visits_go_through_the_parts_of_a_network_that_masks_them(
    small_cohort, small_labels
):
    X = small_cohort[["us_pre", "us_post2"]].copy()
    X.at["P03", "us_post2"] = X.at["P05", "us_pre"] = None
    mask = {"missing_visits": "mask", "module__fusion": "attention"}
    fitted = clone(make_pipeline(SMALL, PAIR)).set_params(
        **{f"dlrclassifier__{name}": mask[name] for name in mask}
    )
    model = split_model(fitted.fit(X, small_labels))
    np.testing.assert_allclose(predicted(model, X), fitted.predict_proba(X), rtol=1e-12)
    X.at["P05", "us_post2"] = None
    with pytest.raises(ValueError, match="row P05, column us_pre/us_post2: every vis"):
        model.images(X)


@pytest.mark.parametrize("ensemble", [False, True])
def test_a_calibrated_frozen_estimator_is_split(small_cohort, small_labels, ensemble):
    system = clone(make_pipeline(SMALL, PAIR)).fit(small_cohort, small_labels)
    outer = CalibratedClassifierCV(FrozenEstimator(system), cv=3, ensemble=ensemble)
    model = split_model(FrozenEstimator(outer.fit(small_cohort, small_labels)))
    assert model.net is system[-1]
    np.testing.assert_allclose(
        predicted(model, small_cohort), outer.predict_proba(small_cohort), rtol=1e-12
    )


def test_a_calibration_of_several_says_what_to_pass(small_cohort, small_labels):
    outer = CalibratedClassifierCV(make_pipeline(SMALL, PAIR), cv=2, ensemble=True)
    outer.fit(small_cohort, small_labels)
    with pytest.raises(ValueError, match="each fold; set ensemble=False"):
        split_model(outer)
    one = split_model(outer.calibrated_classifiers_[0].estimator)
    assert len(predicted(one, small_cohort)) == 12


def test_frozen_parts_are_looked_through(small_cohort, small_labels):
    system = clone(make_pipeline(SMALL, PAIR)).fit(small_cohort, small_labels)
    frozen = WeightedYoudenThreshold(FrozenEstimator(system), cv="resubstitution")
    model = split_model(frozen.fit(small_cohort, small_labels))
    assert model.net is system[-1]
    np.testing.assert_array_equal(
        predicted(model, small_cohort), predicted(split_model(system), small_cohort)
    )


def test_bare_nets_are_split_for_arrays_too(
    small_plane_net, small_pair_net, small_bags, small_pairs
):
    for net, X in ((small_plane_net, small_bags), (small_pair_net, small_pairs)):
        model = split_model(net)
        assert model.before == model.after == ()
        np.testing.assert_array_equal(predicted(model, X), net.predict_proba(X))


def test_features_keep_their_names_where_the_next_step_asks(small_cohort, small_labels):
    estimator = make_pipeline(SMALL, PLANE, LogisticRegression())
    fitted = (
        clone(estimator).set_output(transform="pandas").fit(small_cohort, small_labels)
    )
    model = split_model(fitted)
    assert model.after[0].feature_names_in_[0].startswith("planefeaturenet")
    np.testing.assert_array_equal(
        predicted(model, small_cohort), fitted.predict_proba(small_cohort)
    )


def test_missing_visit_is_refused_before_any_step_works(
    small_cohort, small_labels, monkeypatch
):
    model = split_model(
        clone(make_pipeline(SMALL, PAIR)).fit(small_cohort, small_labels)
    )
    gap = small_cohort.copy()
    gap.at["P03", "us_post2"] = None
    monkeypatch.setattr(PlaneResizer, "transform_plane", None)
    with pytest.raises(ValueError, match="row P03, column us_post2: the visit is miss"):
        model.images(gap)


def test_stages_are_refused_with_what_to_pass(small_cohort, small_labels):
    stage = make_pipeline(SMALL, PAIR)
    columns = ["us_pre", "us_post2"]
    staged = StagedClassifier([("dlr2", stage, columns)]).fit(
        small_cohort, small_labels
    )
    with pytest.raises(ValueError, match="named_stages_") as error:
        split_model(staged)
    assert "['dlr2'] and X[['us_pre', 'us_post2']]" in str(error.value)
    one = split_model(staged.named_stages_["dlr2"])
    assert len(predicted(one, small_cohort[columns])) == 12


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


def test_a_network_of_several_seeds_says_what_to_pass(small_cohort, small_labels):
    ensemble = SeedEnsemble(PAIR, n_seeds=2, random_state=0)
    model = make_pipeline(SMALL, ensemble).fit(small_cohort, small_labels)
    with pytest.raises(ValueError, match=r"SeedEnsemble holds a network for each of"):
        split_model(model)
    one = make_pipeline(*model[:-1], model[-1].estimators_[0])
    assert split_model(one).net is ensemble.estimators_[0]


def test_estimators_without_one_network_are_refused(
    small_plane_net, small_cohort, small_labels
):
    table = pd.DataFrame({"age": np.arange(12.0)})
    with pytest.raises(ValueError, match="must be a PlaneFeatureNet"):
        split_model(LogisticRegression().fit(table, small_labels))
    with pytest.raises(ValueError, match=r"got .*StandardScaler.*Dummy"):
        split_model(
            make_pipeline(StandardScaler(), DummyClassifier()).fit(table, small_labels)
        )
    with pytest.raises(ValueError, match="several fitted estimators"):
        split_model(BaggingClassifier(n_estimators=2).fit(table, small_labels))
    with pytest.raises(ValueError, match="holds 2 image networks"):
        split_model(make_pipeline(small_plane_net, small_plane_net))


def test_a_classifier_without_probabilities_is_refused(small_cohort, small_labels):
    fitted = clone(make_pipeline(SMALL, PLANE, RidgeClassifier())).fit(
        small_cohort, small_labels
    )
    with pytest.raises(ValueError, match=r"RidgeClassifier.*has no predict_proba"):
        split_model(fitted)
