"""Probabilities: the edges of what is legal."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics import _checks


def test_probabilities_include_0_and_1():
    assert _checks.check_probabilities(np.array([0.0, 1.0]), "p").size == 2
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got .* to 1.2;"):
        _checks.check_probabilities(np.array([0.1, 1.2]), "p")
