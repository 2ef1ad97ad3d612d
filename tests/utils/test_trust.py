"""What a saved state may name, and what it must not get called."""

# SPDX-License-Identifier: BSD-3-Clause

import builtins
import os
import subprocess
from functools import partial

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_info
from sknac.utils import _trust
from sknac.utils._trust import check_makers, is_trusted_reader, trust_reader


class Base:
    """Stands for networks."""


class Own(Base):
    """A network of the user's."""


def make(**settings):
    """Build a network, as a function of the user's."""
    return Own()


def check(make, **settings):
    check_makers("Net", (make, settings), known={trust_reader}, base=Base)


@pytest.mark.parametrize(
    "allowed",
    [Own, make, partial(make, width=2), trust_reader, np.mean, Own()],
    ids=["class", "function", "partial", "known", "another package's", "network"],
)
def test_networks_and_what_others_wrote_may_be_built(allowed):
    check(allowed)
    check(Own, inner={"make": [allowed]}, width=3, kind=float, name="os.system")


@pytest.mark.parametrize(
    "refused",
    [
        os.system,
        subprocess.Popen,
        builtins.eval,
        read_info,
        [].append,
        partial(os.system, "true"),
        partial,
        is_trusted_reader,
        SknacFormatError("a", "b").with_traceback,
    ],
    ids=lambda thing: getattr(thing, "__name__", "partial"),
)
def test_nothing_of_python_or_sknac_is_called(refused):
    for spec in (
        {"make": refused},
        {"make": Own, "inner": ({"deep": [refused]},)},
        {"make": partial(make, act=refused)},
    ):
        with pytest.raises(SknacFormatError, match=r"Net: .* asks to call .*; load no"):
            check(**spec)


def test_what_others_made_is_not_called_under_a_name_of_ours(monkeypatch):
    check(np.median)
    monkeypatch.setattr(_trust, "median", np.median, raising=False)
    with pytest.raises(SknacFormatError, match=r"asks to call numpy\.median"):
        check(np.median)


def test_readers_are_trusted_one_by_one():
    assert not is_trusted_reader("lab:info, lab:frame")
    trust_reader("lab:info, lab:frame")
    assert is_trusted_reader("lab:info, lab:frame")
    assert not is_trusted_reader("os:system, os:system")
