"""Small tools that the packages share; none is public."""

# SPDX-License-Identifier: BSD-3-Clause

__all__: list[str] = []
