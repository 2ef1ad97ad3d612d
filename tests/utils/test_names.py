"""Names that are one to people, and names that are none."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.utils._names import brief, is_same, nearly_one, same_to_people, why_no_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P1", "P1 "),
        ("P 1", "P  1"),
        ("P1", "P\u00a01"),
        ("M\u00fcller", "Mu\u0308ller"),  # NFC and NFD
        ("P1", "\uff30\uff11"),  # full width
        ("P1", "P\u200b1"),  # zero width space
        ("P1", "\ufeffP1"),  # a byte order mark
        ("P1", "P\u00ad1"),  # soft hyphen
        ("P1", "P1\ufe0f"),  # variation selector
        ("P1", "P\u31641"),  # Hangul filler
        ("P1", "\u04201"),  # Cyrillic
        ("A1", "\u03911"),  # Greek
        ("P-1", "P\u22121"),  # minus
        ("P-1", "P\u20111"),  # a hyphen that does not break
        ("P\u00b2", "P2"),
        ("p1", "P01"),
        ("1", 1),
    ],
)
def test_spellings_of_one_name_are_one_to_people(one, other):
    assert same_to_people(one) == same_to_people(other)
    assert nearly_one(["P7", one, other]) == (one, other)


def test_names_that_differ_stay_apart():
    names = [
        "P1",
        "P2",
        "P10",
        "1.1",
        "11",
        "1-1",
        "\u041f1",
        "\u96761",
        "\u96762",
        "pre",
    ]
    assert nearly_one(names) is None
    assert nearly_one([1, 2, 1.0, "a", "a"]) is None
    assert not is_same(1, "1")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("P\0001", "the control character U+0000"),
        ("P\n1", "the control character U+000A"),
        ("\x1b[31m", "the control character U+001B"),
        ("P\ud8001", "half of a character, U+D800"),
        ("P\u200b1", "the invisible character U+200B"),
        ("\u202eP1", "the invisible character U+202E"),
        ("P\u20281", "the invisible character U+2028"),
        ("P\u31641", "the invisible character U+3164"),
        ("x" * 257, "has 257 characters, and 256 are the most"),
    ],
)
def test_what_no_page_can_show_is_no_name(name, what):
    said, mend = why_no_name(name)
    assert what in said
    assert mend
    assert len(brief(name)) <= 40
    assert brief(name).isprintable()


def test_names_of_all_alphabets_are_names():
    for name in [
        "P1",
        "M\u00fcller",
        "Mu\u0308ller",
        "\u96761",
        "P\u00a01",
        "\U0001f600",
    ]:
        assert why_no_name(name) is None
    assert why_no_name(7) is None
    assert why_no_name("a\u200b.npy", seen=False) is None
    assert why_no_name("a\0.npy", seen=False)
