import numpy as np
import pytest

from sknac.nets._weights import item_weights

CLASSES = np.array(["non-response", "response"])
CODES = np.array([0, 1, 1, 1])
ONES = np.ones(4)


def test_mapping_weighs_by_label_and_leaves_other_classes_at_one():
    got = item_weights(CODES, ONES, {"non-response": 5}, CLASSES)
    np.testing.assert_array_equal(got, [5, 1, 1, 1])


def test_balanced_gives_every_class_the_same_total():
    got = item_weights(CODES, ONES, "balanced", CLASSES)
    np.testing.assert_allclose(got, [2, 2 / 3, 2 / 3, 2 / 3])


def test_sample_and_class_weights_multiply():
    got = item_weights(CODES, np.arange(4.0), {"response": 3}, CLASSES)
    np.testing.assert_array_equal(got, [0, 3, 6, 9])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"nonresponse": 5}, "names .'nonresponse'."),
        ({"response": -1}, "negative"),
        ({"response": np.nan}, "must hold numbers, finite"),
        ({"response": np.inf}, "must hold numbers, finite"),
        ({"response": "5"}, "must hold numbers, finite"),
    ],
)
def test_impossible_class_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        item_weights(CODES, ONES, weights, CLASSES)
