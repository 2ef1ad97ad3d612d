"""Make planes alike: one size, one range of values, nothing drawn on them."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.preprocessing._burned_in import BurnedInAnnotations
from sknac.preprocessing._resizer import PlaneResizer
from sknac.preprocessing._scaler import MapScaler

__all__ = ["BurnedInAnnotations", "MapScaler", "PlaneResizer"]
