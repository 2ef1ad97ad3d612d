"""Names of patients, visits and columns: which are none, and which two are one."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

LONGEST = 256
_SHOWN = 40
# Letters of other alphabets that look as Latin ones do.
_TWINS = str.maketrans(
    # Cyrillic capitals, small ones, Greek
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422"
    "\u0423\u0425\u0406\u0408\u0405"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f"
    "\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXo",
)
_DASHES = re.compile("[\u2010-\u2015\u2212_]")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_SIGNS = {"Cs": "half of a character,", "Cc": "the control character"}
_UNSEEN = ("Cf", "Zl", "Zp")
# Signs that take no place in a line and are not of Unicode's categories for those.
_EMPTY = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"


def same_to_people(name: Any) -> str:
    """Return what names have in common that differ by blanks, case or zeros only.

    Accents written as one sign or two, letters of full width, signs without width and
    letters of other alphabets that look alike make no difference either.
    """
    return _ZEROS.sub("", _DASHES.sub("-", plain_form(name)))


def plain_form(name: Any) -> str:
    """Return a name without blanks, case, and what Unicode writes in several ways."""
    text = str(name)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_TWINS)
        text = "".join(sign for sign in text if not _is_invisible(sign))
    return "".join(text.split()).casefold()


def _is_invisible(sign):
    """Tell whether a sign takes no place: also what only chooses a form of another."""
    is_form = "\ufe00" <= sign <= "\ufe0f"
    return is_form or sign in _EMPTY or unicodedata.category(sign) == "Cf"


def why_no_name(
    name: Any, longest: int = LONGEST, *, seen: bool = True
) -> tuple[str, str] | None:
    """Say why a text cannot name anything, and the mend; None if it can.

    What is no text is not judged. Pages, file systems and fonts stumble over signs
    that do not print, and people over those that cannot be `seen`, which a path may
    have.
    """
    if not isinstance(name, str):
        return None
    if len(name) > longest:
        return f"has {len(name)} characters, and {longest} are the most", "shorten it"
    for sign in "" if name.isascii() and name.isprintable() else name:
        kind = unicodedata.category(sign)
        if kind in ("Cc", "Cs") or (seen and (kind in _UNSEEN or _is_invisible(sign))):
            what = _SIGNS.get(kind, "the invisible character")
            return f"holds {what} U+{ord(sign):04X}", "delete it"
    return None


def brief(name: Any) -> str:
    """Write a name in an error, not all of a long one."""
    text = ascii(name) if isinstance(name, str) and why_no_name(name) else repr(name)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def nearly_one(names: Iterable[Any]) -> tuple[Any, Any] | None:
    """Find two names that differ, and that a person reads as one; None if none do."""
    seen: dict[str, Any] = {}
    for name in names:
        first = seen.setdefault(same_to_people(name), name)
        if first is not name and not is_same(first, name):
            return first, name
    return None


def wrong_name(names: Iterable[Any]) -> tuple[Any, str, str] | None:
    """Find a name that is none: it, what is wrong with it, and the mend."""
    for name in names:
        if odd := why_no_name(name):
            return name, *odd
    return None


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two names are one: equal, and both text or both numbers."""
    return isinstance(one, str) == isinstance(other, str) and bool(one == other)
