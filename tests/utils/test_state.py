import copy
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import sknac
from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold
from sknac.exceptions import SknacFormatError
from sknac.nets import PredictiveNet
from sknac.preprocessing import MapScaler
from sknac.utils import _state
from sknac.utils._state import Packed, SavedState


class Holder(SavedState, BaseEstimator):
    """An estimator of somebody's own that holds anything."""

    def __init__(self, value=None):
        self.value = value


def by_skops(estimator):
    data = skops.io.dumps(estimator)
    asked = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith(("sknac.", Holder.__module__)) for name in asked)
    return skops.io.loads(data, trusted=asked)


def by_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


FORMATS = pytest.mark.parametrize("save_and_load", [by_pickle, by_skops, copy.deepcopy])
FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": ["x", None]}),
    pd.DataFrame({"a": [True, False]}, index=pd.Index(["P2", "P1"], name="patient")),
    pd.DataFrame([[1, 2.5], [3, 4.5]], columns=["twice", "twice"]),
    pd.DataFrame(index=pd.RangeIndex(1, 7, 2, name="epoch")),
    pd.DataFrame({"day": pd.to_datetime(["2020-01-02"])}, dtype="datetime64[ns]"),
    pd.DataFrame({1: np.float32([0.1]), 2: np.int8([3])}),
]


@FORMATS
@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: str([*frame.columns]))
def test_a_table_comes_back_as_it_was(frame, save_and_load):
    again = save_and_load(Holder(frame)).value
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert type(again.index) is type(frame.index)


@FORMATS
@pytest.mark.parametrize(
    "value",
    [
        {True: 2.0, False: 1.0},
        {(40.0, 0.3): {"deep": {1: "one"}}},
        {None: 1, 2: (3, [4, {5: 6}])},
        {"only": "text"},
        [{0: "a"}, ({1.5: "b"},)],
    ],
    ids=str,
)
def test_a_dict_keeps_its_keys(value, save_and_load):
    again = save_and_load(Holder(value)).value
    assert again == value
    assert repr(again) == repr(value)  # True is no 1


@FORMATS
@pytest.mark.parametrize(
    "value",
    [
        pd.Index(["us_pre", "us_post2"], name="visit"),
        pd.RangeIndex(3),
        pd.Series([1.5, 2.5], index=["a", "b"], name="s"),
        pd.Index([1, 2]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_index_or_series_comes_back(value, save_and_load):
    again = save_and_load(Holder(value)).value
    assert type(again) is type(value)
    assert again.equals(value)
    assert again.name == value.name


@FORMATS
def test_a_path_comes_back(save_and_load, tmp_path):
    assert save_and_load(Holder(tmp_path)).value == Path(tmp_path)


def test_what_only_pandas_can_hold_is_pickled_as_ever():
    value = pd.Series(["a", "b", "a"], dtype="category")
    pd.testing.assert_series_equal(by_pickle(Holder(value)).value, value)


def test_equal_estimators_are_hashed_alike():
    first, second = (Holder({1: FRAMES[0].copy()}) for _ in range(2))
    assert joblib.hash(first) == joblib.hash(second)
    assert joblib.hash(first) != joblib.hash(Holder({1: FRAMES[1]}))


BARE = [
    PredictiveNet(max_epochs=1),
    ScoreColumn("score"),
    MapScaler(),
    StepwiseLogisticRegression(),
]


@pytest.mark.parametrize("bare", BARE, ids=lambda bare: type(bare).__name__)
def test_another_version_of_scikit_learn_is_warned_of(bare):
    state = bare.__getstate__()
    assert state["_sklearn_version"]
    other = state | {"_sklearn_version": "1.0"}
    with pytest.warns(InconsistentVersionWarning, match=f"{type(bare).__name__} from"):
        type(bare).__new__(type(bare)).__setstate__(other)


@pytest.mark.parametrize("bare", BARE, ids=lambda bare: type(bare).__name__)
def test_the_version_is_no_attribute_of_the_loaded(bare):
    for again in (by_pickle(bare), by_skops(bare), clone(by_pickle(bare))):
        assert "_sklearn_version" not in vars(again)


rng = np.random.default_rng(0)
X = pd.DataFrame({"a": rng.random(60), "g": rng.choice(["u", "v", "w"], 60)})
Y = (X["a"] + rng.random(60) > 1).to_numpy().astype(int)
MODELS = {
    "stepwise": StepwiseLogisticRegression(
        pos_label=1, factors=["g"], entry=0.9, removal=0.95
    ),
    "threshold": WeightedYoudenThreshold(
        StepwiseLogisticRegression(pos_label=1), pos_label=1, cv="resubstitution"
    ),
    "cascade": StagedClassifier(
        [("one", ScoreColumn("a", pos_label=1), ["a"])], stop_label=0
    ),
}


PARTS = {
    "stepwise": lambda m: [
        m._coef.tobytes(),
        m.summary_["pvalue"].to_numpy().tobytes(),
    ],
    "threshold": lambda m: [m.estimator_._coef.tobytes(), m.curve_.scores.tobytes()],
    "cascade": lambda m: [m.classes_.tobytes()],
}


@pytest.mark.parametrize("name", MODELS)
def test_a_flipped_bit_of_what_was_learned_is_refused(name):
    model = clone(MODELS[name]).fit(X if name == "stepwise" else X[["a"]], Y)
    data = pickle.dumps(model)
    refused = 0
    for part in PARTS[name](model):
        start = data.find(part)
        assert start > 0
        for bit in range(0, 8 * len(part), max(5, len(part) // 8)):
            damaged = bytearray(data)
            damaged[start + bit // 8] ^= 1 << bit % 8
            with pytest.raises(SknacFormatError, match="the file is damaged"):
                pickle.loads(bytes(damaged))
            refused += 1
    assert refused > 10


@pytest.mark.parametrize(
    ("attribute", "change"),
    [
        ("_coef", lambda v: np.nextafter(v, 9)),
        ("classes_", lambda v: v[::-1].copy()),
        ("_terms", lambda v: v[::-1]),
        ("summary_", lambda v: Packed(v.kind, v.parts[::-1])),
        ("pos_label", lambda v: 0),
    ],
)
def test_a_change_of_any_attribute_is_refused(attribute, change):
    state = clone(MODELS["stepwise"]).fit(X, Y).__getstate__()
    StepwiseLogisticRegression().__setstate__(state)
    state = state | {attribute: change(state[attribute])}
    with pytest.raises(SknacFormatError, match="the file is damaged; load another"):
        StepwiseLogisticRegression().__setstate__(state)


@pytest.mark.parametrize("bare", BARE[1:], ids=lambda bare: type(bare).__name__)
def test_states_without_digests_load_and_subclasses_may_leave_attributes_out(bare):
    state = bare.__getstate__()
    digests = state.pop("_sknac_digests")
    type(bare).__new__(type(bare)).__setstate__(state)
    key = next(iter(digests))
    state["_sknac_digests"] = digests
    again = type(bare).__new__(type(bare))
    again.__setstate__({k: v for k, v in state.items() if k != key} | {"new": 1})
    assert again.new == 1
    assert not hasattr(again, key)
    assert "_sknac_digests" not in vars(again)


@pytest.mark.parametrize("fitted", BARE, ids=lambda one: type(one).__name__)
def test_every_estimator_tells_the_version_that_saved_it(fitted):
    state = fitted.__getstate__()
    number, version = state["_sknac_stamp"]
    assert version == sknac.__version__
    again = type(fitted).__new__(type(fitted))
    with pytest.warns(UserWarning, match=r"was saved by sknac 0\.0\.1 and loaded by"):
        again.__setstate__({**state, "_sknac_stamp": (number, "0.0.1")})
    with pytest.raises(SknacFormatError, match="upgrade sknac"):
        again.__setstate__({**state, "_sknac_stamp": (99, "9.0")})
    assert not hasattr(again, "_sknac_stamp")


def learned(model):
    """Something of scikit-learn's in an estimator of sknac, fitted."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    return Holder([model.fit(X, X[:, 0] > 0)])


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (LogisticRegression(), "coef_"),
        (StandardScaler(), "mean_"),
        (PCA(2), "components_"),
        (make_pipeline(StandardScaler(), LinearSVC()), "steps"),
        (KNeighborsClassifier(), "_fit_X"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_parts_of_others_learned_counts_in_the_digest(model, name):
    holder = learned(model)
    by_pickle(holder)
    data = skops.io.dumps(holder)
    skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    state = copy.deepcopy(holder.__getstate__())
    part = state["value"][0]
    part, name = (part[1], "coef_") if name == "steps" else (part, name)
    array = vars(part)[name]
    array.flat[0] = np.nextafter(array.flat[0], np.inf)  # one bit
    with pytest.raises(SknacFormatError, match="not as it was saved"):
        Holder().__setstate__(state)


def test_files_of_before_the_stamp_are_read_with_a_warning():
    state = learned(LogisticRegression()).__getstate__()
    del state["_sknac_stamp"]
    shallow = {k: _state._digest(v, False) for k, v in state.items() if k[0] != "_"}
    old = Holder()
    with pytest.warns(UserWarning, match="saved by sknac unknown"):
        old.__setstate__(state | {"_sknac_digests": shallow})
    assert old.value[0].coef_.shape == (1, 3)
