"""What an estimator is checked on is read from its class."""

import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import PlaneTransformer
from sknac.decision import WeightedYoudenThreshold
from sknac.features import MapStatistics
from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.roi import ROICropper, ROIMasker
from sknac.testing._tags import takes

_IMAGES = ("bmode", "maps")


@pytest.mark.parametrize(
    ("estimator", "kinds", "n_visits"),
    [
        (PlaneTransformer(), ("bmode", "maps", "rf"), 2),
        (ROIMasker(), _IMAGES, 2),
        (PlaneFeatureNet(), _IMAGES, 1),
        (DLRClassifier(), _IMAGES, 2),
        (make_pipeline(ROICropper(), PlaneFeatureNet()), ("bmode",), 1),
        (make_pipeline("passthrough", MapStatistics()), _IMAGES, 2),
        (GridSearchCV(make_pipeline(ROICropper(), DLRClassifier()), {}), ("bmode",), 2),
        (WeightedYoudenThreshold(DLRClassifier()), _IMAGES, 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_tags_are_found_inside_too(estimator, kinds, n_visits):
    assert takes(estimator) == (kinds, ("pre", "post2")[:n_visits])


def test_a_step_may_need_three_visits():
    class Change(BaseEstimator):
        kinds = ["maps"]
        n_visits = 3

    assert takes(Change()) == (("maps",), ("pre", "post2", "post4"))


def test_no_tag_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="LogisticRegression has no attribute kinds; "):
        takes(LogisticRegression())
