"""What several packages share, private but for the versions for bug reports."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.utils._versions import show_versions

__all__ = ["show_versions"]
