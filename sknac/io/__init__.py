"""Files to arrays and headers; nothing here knows of patients.

The formats page of the documentation lists what opens.
Files are untrusted: header, size and dimensions are checked before anything
large is allocated, and a damaged file is one `SknacFormatError`.
"""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.io._files import read_array, read_info
from sknac.io._info import ArrayInfo
from sknac.io._iq import rf_from_iq
from sknac.io._register import register_reader

__all__ = ["ArrayInfo", "read_array", "read_info", "register_reader", "rf_from_iq"]
