"""Patterns of file names: what of a path is patient, visit or plane."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_TOKEN = re.compile(r"\{([^{}]*)\}|(\*\*/)|(\*)")
_FIELD = re.compile(r"([A-Za-z]\w*)(?::([^{}:]+))?")


@dataclass(frozen=True)
class Pattern:
    """A pattern of paths such as ``{patient_id}/{visit}/*.dcm``.

    ``fields`` are the names in braces. `match` reads a path with fields as short and
    as long as can be, so that one that can be read in two ways is noticed.
    """

    text: str
    fields: tuple[str, ...]
    short: re.Pattern
    long: re.Pattern

    def match(self, path: str) -> tuple[dict[str, str], tuple[str, ...]] | None:
        """Read a path's fields and what its stars stand for; None where it differs.

        Raises
        ------
        ValueError
            If the path can be read in two ways; it shows both.
        """
        short, long = self.short.fullmatch(path), self.long.fullmatch(path)
        if short is None:
            return None
        one, other = (self._fields(found) for found in (short, long))
        if one != other:
            raise ValueError(
                f"{path} can be read as {_shown(one)} and as {_shown(other)}; list "
                "what a field may be, such as {visit:pre|post2}, or rename the files"
            )
        stars = {name: t for name, t in short.groupdict().items() if name[:2] == "__"}
        return one, tuple(stars.values())

    def _fields(self, found):
        """Take the named fields of a match."""
        return {name: found[name] for name in self.fields}


def read_pattern(text: str, what: str) -> Pattern:
    """Compile a pattern; `what` names the argument in errors."""
    if not isinstance(text, str):
        raise ValueError(f"{what} must be text, got {type(text).__name__}")
    parts, fields, at, last = [], {}, 0, ""
    text = str(PurePosixPath(text.replace("\\", "/")))
    if re.match(r"/|[A-Za-z]:|\.\./", text):
        raise ValueError(
            f"{what}={text!r} leads out of root; give its first folders as root"
        )
    for token in _TOKEN.finditer(text):
        literal = text[at : token.start()]
        if not literal and last and last != "/":
            raise ValueError(
                f"{what}={text!r} has {last} and {token[0]} side by side; put what "
                "separates them in between"
            )
        parts.append(re.escape(literal))
        parts.append(_compiled(token, fields, what, text))
        at, last = token.end(), "/" if token[2] else token[0]
    parts.append(re.escape(text[at:]))
    if set("{}") & set(_TOKEN.sub("", text)):
        raise ValueError(f"{what}={text!r} has a brace too many; write {{patient_id}}")
    short, long = (
        "".join(p if isinstance(p, str) else p[greedy] for p in parts)
        for greedy in (0, 1)
    )
    flags = re.IGNORECASE  # scan.PNG is no other format than scan.png
    return Pattern(
        text, tuple(fields), re.compile(short, flags), re.compile(long, flags)
    )


def _compiled(token, fields, what, text):
    """Return a token's regular expression, lazy and greedy."""
    number = f"__{token.start()}"
    if token[2]:
        return rf"(?P<{number}>(?:[^/]+/)*?)", rf"(?P<{number}>(?:[^/]+/)*)"
    if token[3]:
        return rf"(?P<{number}>[^/]*?)", rf"(?P<{number}>[^/]*)"
    field = _FIELD.fullmatch(token[1])
    if field is None:
        raise ValueError(
            f"{what}={text!r}: a field must be a name such as {{visit}}, or with what "
            f"it may be, such as {{visit:pre|post2}}, got {token[0]}"
        )
    name, choices = field[1], field[2]
    if name in fields:
        return f"(?P={name})", f"(?P={name})"
    fields[name] = choices
    if choices:
        listed = "|".join(map(re.escape, choices.split("|")))
        return f"(?P<{name}>{listed})", f"(?P<{name}>{listed})"
    return f"(?P<{name}>[^/]+?)", f"(?P<{name}>[^/]+)"


def _shown(fields):
    """Write fields as they were read."""
    return ", ".join(f"{name} {value!r}" for name, value in fields.items())
