"""The cohorts that the checks run on."""

import numpy as np
import pytest

from sknac.testing import make_check_cohort


@pytest.mark.parametrize("kind", ["rf", "bmode", "maps"])
def test_check_cohort_is_the_same_each_time(kind):
    first, second = (make_check_cohort(kind)[0] for _ in range(2))
    assert first.equals(second)


@pytest.mark.parametrize(("kind", "shape"), [("bmode", (9, 9)), ("maps", (4, 9, 9))])
def test_images_have_the_size_asked_for(kind, shape):
    X, _ = make_check_cohort(kind, image_size=9)
    planes = [plane for cell in X["us_pre"] for plane in cell.planes]
    assert {plane.image.shape for plane in planes} == {shape}
    assert {plane.kind for plane in planes} == {kind}


def test_brightness_tells_the_classes_apart():
    X, y = make_check_cohort("maps")
    means = X["us_pre"].map(lambda cell: np.mean([p.load() for p in cell.planes]))
    assert means[y == "response"].min() > means[y == "non-response"].max()


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be"):
        make_check_cohort("mri")
