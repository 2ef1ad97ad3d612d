"""A whole study as one file to read, one file of numbers, and its figures."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.report._study import StudyReport

__all__ = ["StudyReport"]
