"""What a network looked at: heat maps of its decision on each image."""

# SPDX-License-Identifier: BSD-3-Clause

__all__: list[str] = []
