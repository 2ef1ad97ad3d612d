"""Errors and warnings speak one dialect: what is wrong, and how to mend it.

A message is nested behind a place (``row P017, column us_pre: ...``), so it has no
full stop; it reads ``X must be <legal>, got <value>`` or ``<what is wrong>; <what to
do>``. Each template in the source is read, not only those that a test provokes.
"""

import ast
from pathlib import Path

import pytest

import sknac

_ROOT = Path(sknac.__file__).parent

# Python asks for these by their type; nobody reads their text.
_WORDLESS = {"AttributeError", "NotImplementedError", "KeyboardInterrupt"}


def _templates(node):
    """Yield the texts that an expression may give, ``{}`` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (
            part.value if isinstance(part, ast.Constant) else "{}"
            for part in node.values
        )
        yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from _templates(node.body)
        yield from _templates(node.orelse)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = list(_templates(node.left)) or ["{}"]
        right = list(_templates(node.right)) or ["{}"]
        yield from (first + last for first in left for last in right)


def _message(node):
    """The expression that holds the text of a raise or a warning, or None."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        name = getattr(node.exc.func, "id", getattr(node.exc.func, "attr", ""))
        return node.exc.args[-1] if node.exc.args and name not in _WORDLESS else None
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "warn":
        return node.args[0] if node.args else None
    return None


def _messages(source):
    """Yield line and text of each message that a module writes itself."""
    for node in ast.walk(ast.parse(source)):
        expression = _message(node)
        for text in _templates(expression) if expression is not None else ():
            if any(letter.isalpha() for letter in text):  # else a place and an error
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
    ],
)
def test_the_reader_of_messages_sees(source, n_complaints):
    assert len(_complaints(source)) == n_complaints
