"""Predict a breast tumour's response to chemotherapy from ultrasound.

Public names live in the subpackages: `sknac.io`, `sknac.cohort`, `sknac.roi`,
`sknac.qus`, `sknac.datasets`, `sknac.preprocessing`, `sknac.features`,
`sknac.nets`, `sknac.inspection`, `sknac.metrics`, `sknac.clinical`,
`sknac.survival`, `sknac.decision`, `sknac.systems`, `sknac.report` and
`sknac.testing`. `sknac.show_versions` prints what a report of a fault needs.
"""

# SPDX-License-Identifier: BSD-3-Clause

__version__ = "0.2.0"

__all__ = ["__version__", "show_versions"]


def __getattr__(name):
    """Import a name when it is asked for: ``import sknac`` alone costs nothing."""
    if name == "show_versions":
        from sknac.utils._versions import show_versions

        return show_versions
    raise AttributeError(f"module 'sknac' has no attribute {name!r}")


def __dir__():
    """List the names that are imported late, too."""
    return sorted({*globals(), *__all__})
