"""Doubts are said at once, or gathered and said once a kind."""

# SPDX-License-Identifier: BSD-3-Clause

import threading

import pytest

from sknac.utils._doubts import gathered, kind_of, once_a_kind, say


def test_doubt_is_a_warning_unless_somebody_gathers():
    with gathered() as outer:
        with gathered() as inner:
            say("deep")
        say("less deep")
    assert (outer, inner) == (["less deep"], ["deep"])
    with pytest.warns(UserWarning, match="said aloud"):
        say("said aloud")


def test_another_threads_doubts_are_not_gathered():
    found = []

    def work(text):
        with gathered() as said:
            say(text)
        found.append(said)

    with gathered() as mine:
        threads = [threading.Thread(target=work, args=(t,)) for t in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert mine == []
    assert sorted(found) == [["a"], ["b"]]


def test_kinds_of_doubts_differ_in_more_than_numbers():
    one, other = "noise is -1.5 to +2e3 dB; scan", "noise is +4 to +17 dB; scan"
    assert kind_of(one) == kind_of(other) != kind_of("noise is unknown; scan")


def test_kind_is_said_once_with_its_first_place_and_its_planes():
    doubts = [[], ["gain +3 dB", "gain +4 dB"], ["gain +9 dB", "flat"]]
    assert once_a_kind(["p0", "p1", "p2"], doubts) == [
        "2 of 3 planes, the first p1: gain +3 dB",
        "1 of 3 planes, the first p2: flat",
    ]
