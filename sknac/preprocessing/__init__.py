"""Make planes alike: one size, one range of values."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.preprocessing._resizer import PlaneResizer
from sknac.preprocessing._scaler import MapScaler

__all__ = ["MapScaler", "PlaneResizer"]
