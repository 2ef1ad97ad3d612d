"""Errors and warnings speak one dialect: what is wrong, and how to mend it.

A message is nested behind a place (``row P017, column us_pre: ...``), so it has no
full stop; it reads ``X must be <legal>, got <value>`` or ``<what is wrong>; <what to
do>``. Each template in the source is read, not only those that a test provokes.
"""

import ast
from itertools import product
from pathlib import Path

import pytest

import sknac

_ROOT = Path(sknac.__file__).parent

# Python asks for these by their type; nobody reads their text.
_WORDLESS = {"AttributeError", "NotImplementedError", "KeyboardInterrupt"}


# Our own functions that raise or warn with a text, and its place among the arguments.
_TELLERS = {"raise_first": 1, "warn_user": 0, "warn_undefined": 0, "warn_hint": 0}
_TELLERS |= {"note_fault": 0}
# Settings and attributes that hold such a text until it is raised.
_TOLD = {"refusal"}


def _templates(node, known=()):
    """Yield the texts that an expression may give, ``{}`` for what is filled in.

    Names stand for all that is assigned to them in `known`, pairs of name and value.
    """
    if isinstance(node, ast.Name):
        others = [(name, value) for name, value in known if name != node.id]
        for name, value in known:
            if name == node.id:
                yield from list(_templates(value, others)) or ["{}"]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [
            [part.value] if isinstance(part, ast.Constant) else _filled(part, known)
            for part in node.values
        ]
        yield from map("".join, product(*parts))
    elif isinstance(node, ast.IfExp):
        yield from _templates(node.body, known)
        yield from _templates(node.orelse, known)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = list(_templates(node.left, known)) or ["{}"]
        right = list(_templates(node.right, known)) or ["{}"]
        yield from (first + last for first in left for last in right)


def _filled(part, known):
    """Return what a placeholder may give: the texts that say the mend, else ``{}``."""
    if getattr(part.value, "attr", "") in _TOLD:
        return ["{}; {}"]
    texts = list(_templates(part.value, known))
    return [text if "; " in text or not text else "{}" for text in texts] or ["{}"]


def _message(node):
    """The expression that holds the text of a raise or a warning, or None."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        name = getattr(node.exc.func, "id", getattr(node.exc.func, "attr", ""))
        return node.exc.args[-1] if node.exc.args and name not in _WORDLESS else None
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for keyword in node.keywords:
            if keyword.arg in _TOLD:
                return keyword.value
        at = 0 if name == "warn" else _TELLERS.get(name, len(node.args))
        return node.args[at] if len(node.args) > at else None
    return None


def _quotes(node, expression, known):
    """Tell whether a raise passes on the words of the error that it is raised from."""
    cause = getattr(getattr(node, "cause", None), "id", None)
    names = {each.id for each in ast.walk(expression) if isinstance(each, ast.Name)}
    more = [value for name, value in known if name in names]
    names |= {e.id for v in more for e in ast.walk(v) if isinstance(e, ast.Name)}
    return cause in names


def _own(scope):
    """Yield the nodes of a module or function, but of no function inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own(child)


def _assigned(nodes):
    """Yield names and what is assigned to each, or added to it."""
    for node in nodes:
        if getattr(node, "value", None) is None:
            continue
        if isinstance(node, ast.Assign):
            yield from ((t.id, node.value) for t in node.targets if hasattr(t, "id"))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign):
            yield getattr(node.target, "id", ""), node.value


def _scopes(scope, known=()):
    """Yield the nodes of each scope with what is assigned there and outside."""
    nodes = list(_own(scope))
    known = [*known, *_assigned(nodes)]
    yield nodes, known
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name not in _TELLERS:
            yield from _scopes(node, known)


def _messages(source):
    """Yield line and text of each message that a module writes itself."""
    for nodes, known in _scopes(ast.parse(source)):
        for node in nodes:
            expression = _message(node)
            if expression is None or _quotes(node, expression, known):
                continue
            for text in _templates(expression, known):
                if any(letter.isalpha() for letter in text):  # else told elsewhere
                    yield node.lineno, text


def _is_in_dialect(text):
    """Tell whether a message has no full stop and says how to mend it."""
    mends = "; " in text or " must " in text
    return mends and not text.rstrip().endswith(".")


def _complaints(source):
    """List the messages of a module that are not in the dialect."""
    return [
        f"line {line}: {text!r}"
        for line, text in _messages(source)
        if not _is_in_dialect(text)
    ]


@pytest.mark.parametrize(
    "name", sorted(path.relative_to(_ROOT).as_posix() for path in _ROOT.rglob("*.py"))
)
def test_messages_say_what_to_do(name):
    found = _complaints((_ROOT / name).read_text())
    assert not found, "\n".join(
        [f"sknac/{name}: no full stop; '; ' or ' must '", *found]
    )


@pytest.mark.parametrize(
    ("source", "n_complaints"),
    [
        ("raise ValueError(f'size must be 1 or 2, got {size}')", 0),
        ("raise CohortError(f'row {row}: no core; outline the tumour')", 0),
        ("raise SknacFormatError(path, 'cut off; copy it again')", 0),
        ("raise ValueError(f'{place}: {error}') from error", 0),
        ("raise ValueError(text)", 0),
        ("raise", 0),
        ("raise error", 0),
        ("raise AttributeError(name)", 0),
        ("raise ValueError('size must be 1 or 2.')", 1),
        ("raise ValueError(f'bad size {size}')", 1),
        ("raise SknacFormatError(path, 'cut off')", 1),
        ("raise ValueError('bad' if bad else 'worse')", 2),
        ("raise ValueError(f'bad {size}' + mend)", 1),
        ("warnings.warn('too few bins', UserWarning, stacklevel=2)", 1),
        ("warnings.warn('too few bins; widen the band', stacklevel=2)", 0),
        ("text = 'bad size'\nraise ValueError(text)", 1),
        ("text = f'bad {size}' if size else 'none'\nraise ValueError(text)", 2),
        ("def f(x):\n  what = 'x is bad'\n  raise_first(x, what, index)", 1),
        ("def f(x):\n  what = 'x is bad; mend it'\n  raise_first(x, what, index)", 0),
        ("WHY = 'bad'\ndef f(x):\n  raise ValueError(WHY)", 1),
        ("WHY = 'bad'\ndef f(x):\n  raise ValueError(f'{x}' + WHY)", 1),
        ("def f():\n  t = 'bad'\ndef g(t):\n  raise ValueError(t)", 0),
        ("if (t := 'bad'):\n  warn_user(t)", 1),
        ("warn_undefined('nothing varies: NaN')", 1),
        ("def f(text):\n  warn_user(text, Hint)", 0),
        ("Variable(refusal=f'it holds {kind}')", 1),
        ("Variable(refusal='it is text; name numbers')", 0),
        ("raise ValueError(f'{place}: {variable.refusal}')", 0),
        (
            "end = '...' if many else ''\nraise ValueError(f'it must be x, got {end}')",
            0,
        ),
        ("mend = '; mend it'\nraise ValueError(f'{x} is bad{mend}')", 0),
        ("raise ValueError(f'{place} is bad: {error}') from error", 0),
        ("text = f'{place} is bad: {error}'\nraise ValueError(text) from error", 0),
        ("raise ValueError(f'{place} is bad: {error}') from None", 1),
    ],
)
def test_the_reader_of_messages_sees(source, n_complaints):
    assert len(_complaints(source)) == n_complaints
