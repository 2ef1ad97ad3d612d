"""The one room for scikit-learn's private names, and what stands in it."""

import ast
from pathlib import Path

import pytest
from sklearn.callback import ProgressBar
from sklearn.linear_model import LogisticRegression

import sknac
from sknac.decision import WeightedYoudenThreshold
from sknac.features import VisitDelta
from sknac.nets import SeedEnsemble
from sknac.roi import ROIMasker
from sknac.utils import _sklearn
from sknac.utils._sklearn import progress_of, without_callbacks

_ROOT = Path(sknac.__file__).parent
_ROOM = "utils/_sklearn.py"


def _privates(source):
    """List scikit-learn's private modules and names that a module imports."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "sklearn"
        ):
            words = node.module.split(".") + [alias.name for alias in node.names]
            found += [word for word in words if word.startswith("_")]
        elif isinstance(node, ast.Import):
            words = [word for alias in node.names for word in alias.name.split(".")]
            found += [
                word for word in words[1:] if words[0] == "sklearn" and word[0] == "_"
            ]
    return found


def test_private_names_of_scikit_learn_are_imported_in_one_place():
    found = {
        path.relative_to(_ROOT).as_posix()
        for path in _ROOT.rglob("*.py")
        if _privates(path.read_text())
    }
    assert found == {_ROOM}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from sklearn.base import _fit_context", ["_fit_context"]),
        ("from sklearn.utils._tags import Tags", ["_tags"]),
        ("import sklearn._config", ["_config"]),
        ("from sklearn.base import clone", []),
        ("from sknac.utils._sklearn import Real", []),
    ],
)
def test_the_reader_of_imports_sees(source, names):
    assert _privates(source) == names


def test_every_name_in_the_room_is_used():
    texts = [
        path.read_text()
        for path in _ROOT.rglob("*.py")
        if path.relative_to(_ROOT).as_posix() != _ROOM
    ]
    unused = [
        name for name in _sklearn.__all__ if not any(name in text for text in texts)
    ]
    assert unused == []


def test_a_step_without_callbacks_is_its_own_twin():
    step = ROIMasker(margin_mm=2.0)
    assert without_callbacks(step) is step


def test_the_twin_of_a_step_with_callbacks_has_none():
    step = ROIMasker(margin_mm=2.0).set_callbacks(ProgressBar())
    twin = without_callbacks(step)
    assert type(twin) is ROIMasker
    assert twin.get_params() == step.get_params()
    assert not any("callback" in name for name in vars(twin))
    assert any("callback" in name for name in vars(step))


def test_nobody_listens_where_there_is_no_callback():
    with progress_of(ROIMasker(), 3) as on_plane:
        assert on_plane is None


def test_private_attributes_of_callbacks_stand_in_the_room():
    words = ("_init_callback_context", "_callback_fit_ctx", "_skl_callbacks")
    found = {
        path.relative_to(_ROOT).as_posix()
        for path in _ROOT.rglob("*.py")
        if any(word in path.read_text() for word in words)
    }
    assert found == {_ROOM}


@pytest.mark.parametrize(
    "made",
    [
        WeightedYoudenThreshold(LogisticRegression, pos_label=1),
        VisitDelta(ROIMasker),
        SeedEnsemble(LogisticRegression),
    ],
)
def test_a_class_is_no_estimator(made):
    with pytest.raises(
        ValueError, match=r"must be an instance implementing .* Got <cl"
    ):
        made.fit([[0.0], [1.0]], [0, 1])
