"""The guide's steps of one's own pass the checks."""

from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config

from sknac.testing import check_cohort_estimator, make_check_cohort

_GUIDE = Path(__file__).parents[2] / "docs" / "guide"


@pytest.fixture
def steps(monkeypatch):
    """The module that the guide shows."""
    monkeypatch.syspath_prepend(_GUIDE)
    return pytest.importorskip("own_steps")


@pytest.mark.parametrize("name", ["Smooth", "LazySmooth", "CoreArea"])
def test_the_guides_steps_pass_the_checks(steps, name):
    with parallel_config(backend="threading"):  # processes do not know the module
        results = check_cohort_estimator(getattr(steps, name)())
    assert {result["status"] for result in results} == {"passed"}


def test_the_guides_area_is_the_drawn_squares(steps):
    X, _ = make_check_cohort("maps", image_size=51)
    areas = steps.CoreArea().fit_transform(X)
    # The core spans 0.3 to 0.7 of 50 steps of 0.3 mm: a square of 6 mm.
    assert np.allclose(areas, 36.0, rtol=0.11)


def test_a_negative_blur_is_refused_by_name(steps):
    X, _ = make_check_cohort("maps")
    with pytest.raises(ValueError, match="sigma_px must be >= 0, got -1"):
        steps.Smooth(sigma_px=-1).fit(X)
