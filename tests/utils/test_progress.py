"""Progress is told on terminals alone."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.utils._progress import tracked


def test_items_come_as_they_are_and_nothing_is_printed_in_pipes(capsys):
    assert list(tracked([3, 1, 2], "counting")) == [3, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(tracked([3, 1, 2], "counting")) == [3, 1, 2]
    assert "counting" in capsys.readouterr().err


def test_items_may_come_one_by_one(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(tracked(iter([3, 1, 2]), "counting", 3)) == [3, 1, 2]
    assert "100%" in capsys.readouterr().err
